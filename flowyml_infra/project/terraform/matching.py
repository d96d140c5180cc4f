"""Owns which resource of Terraform's is which declared one: as it was said, or by what tells both apart; no guess."""

from __future__ import annotations

from collections import Counter
from shlex import quote
from typing import TYPE_CHECKING, Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import PlanError, UsageError
from flowyml_infra.plan.selection import check_known
from flowyml_infra.project.terraform.declared import Declared
from flowyml_infra.project.terraform.outcome import Match, Matching, Miss
from flowyml_infra.project.terraform.suggesting import Suggestions
from flowyml_infra.resources.terraform.catalogue import REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.project.terraform.terraform_state import TerraformResource, TerraformSetting, TerraformState
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.state.snapshot import Snapshot

_CODE: Final = "terraform.map"
_TROUBLE: Final[Mapping[str, tuple[str, str]]] = {
    "tainted": ("Terraform means to make it anew", "if it is sound: terraform untaint {address}"),
    "deposed": ("it is what a replacement left behind", "`terraform apply` removes it"),
    "no_id": ("the state does not say what the cloud calls it", "terraform apply -refresh-only"),
    "sensitive": (
        "Terraform holds its {attribute} as sensitive, so it is not read",
        "flowyml-infra state import ADDRESS ID",
    ),
}


def match(
    state: TerraformState,
    compiled: Compiled,
    snapshot: Snapshot,
    said: Sequence[tuple[str, Address]] = (),
    excluded: Sequence[Address] = (),
) -> Matching:
    """Match what Terraform has with what ``compiled`` declares and ``snapshot`` does not have yet.

    Args:
        state: What Terraform has.
        compiled: The definition.
        snapshot: What is recorded.
        said: Which resource of Terraform's becomes which declared one, where somebody said so.
        excluded: Declared ones that nothing is to become.

    Raises:
        UsageError: What was said names something twice, or nothing.
        PlanError: What was said cannot be: the two are not of one kind, or not one thing; or it is excluded, too.
    """
    check_known(excluded, compiled.graph.specs, "--exclude")
    return _Matcher(state, compiled, snapshot, frozenset(excluded)).run(said)


class _Matcher:
    def __init__(
        self, state: TerraformState, compiled: Compiled, snapshot: Snapshot, excluded: frozenset[Address]
    ) -> None:
        self._state, self._compiled, self._snapshot, self._excluded = state, compiled, snapshot, excluded
        self._declared = Declared(compiled.graph.specs)
        self._suggestions = Suggestions(compiled.graph.specs)
        moved = {item.target for item in compiled.moved if item.source in snapshot.rows}
        self._recorded = set(snapshot.rows) | moved
        self._found: dict[str, Match | Miss] = {}

    def run(self, said: Sequence[tuple[str, Address]]) -> Matching:
        taken = self._as_said(said)
        claims: dict[Address, list[TerraformResource]] = {}
        for resource in self._state.resources:
            if resource.address not in self._found:
                outcome = self._by_name(resource, taken)
                if isinstance(outcome, Match):
                    claims.setdefault(outcome.address, []).append(resource)
                self._found[resource.address] = outcome
        self._refuse_rivals(claims)
        self._hold_back()
        outcomes = [self._found[resource.address] for resource in self._state.resources]
        matches = tuple(item for item in outcomes if isinstance(item, Match))
        misses = tuple(item for item in outcomes if isinstance(item, Miss))
        return Matching(self._state, matches, misses, tuple(self._settings(matches)))

    def _as_said(self, said: Sequence[tuple[str, Address]]) -> set[Address]:
        """Settle what was said; returns the addresses that are given away by it."""
        there = {resource.address: resource for resource in self._state.resources}
        named = Counter([*(terraform for terraform, _ in said), *(str(address) for _, address in said)])
        for name, times in named.items():
            if times > 1:
                raise UsageError(f"--map names {name} twice", code=_CODE, hint="one thing has one address")
        for terraform, address in said:
            resource = there.get(terraform)
            if resource is None:
                raise UsageError(
                    f"--map {terraform}: {self._state.name} has nothing of that name that could be taken over",
                    code=_CODE,
                    hint=did_you_mean(terraform, there) or "--dry-run lists what it has",
                )
            self._found[terraform] = self._one_as_said(resource, address)
        return {address for _, address in said}

    def _one_as_said(self, resource: TerraformResource, address: Address) -> Match | Miss:
        spec = self._compiled.graph.specs.get(address)
        if spec is None:
            hint = did_you_mean(address, self._compiled.graph.specs) or "declare it under spec.resources first"
            raise PlanError(
                f"{resource.address} is to become {address}, which is not declared",
                code=_CODE,
                address=address,
                hint=hint,
            )
        kind = f"{address.provider}.{address.kind}"
        if resource.kind and resource.kind != kind:
            raise PlanError(
                f"{resource.address} cannot become {address}: it is what {resource.kind} stands for",
                code=_CODE,
                address=address,
                hint=f"name an address that begins with {resource.kind}",
            )
        stopped = self._in_trouble(resource) or self._known_already(resource, address)
        if stopped is not None and stopped.code != "recorded":
            raise PlanError(
                f"{resource.address} cannot become {address}: {stopped.reason}",
                code=_CODE,
                address=address,
                hint=stopped.hint,
            )
        differences = self._declared.differences(spec, resource)
        if stopped is None and differences:
            raise PlanError(
                f"{resource.address} cannot become {address}: {'; '.join(map(str, differences))}",
                code=_CODE,
                address=address,
                hint=f"set {differences[0].property}: {differences[0].there} in the definition, if it is meant",
            )
        return stopped or Match(resource, address)

    def _by_name(self, resource: TerraformResource, taken: set[Address]) -> Match | Miss:
        stopped = self._in_trouble(resource)
        if stopped is not None:
            return stopped
        if not self._declared.tells_apart(resource.kind):
            open_ = self._first_open(self._declared.of_kind(resource.kind), taken)
            which = open_ or f"{resource.kind}.NAME"
            return Miss(
                resource,
                "not_told_apart",
                f"nothing in a definition tells one {resource.kind} from another",
                f"if it is meant: {_option(resource, which)}",
                {} if open_ else self._suggestions.of(resource),
            )
        named = [spec for spec in self._declared.named_as(resource) if spec.address not in taken]
        same = [spec for spec in named if not self._declared.differences(spec, resource)]
        if len(same) == 1:
            address = same[0].address
            return self._known_already(resource, address) or Match(resource, address)
        if same:
            names = " and ".join(spec.address for spec in same)
            return Miss(resource, "ambiguous", f"it may be {names}", f"{_option(resource, 'ADDRESS')} says which")
        if named:
            why = "; ".join(map(str, self._declared.differences(named[0], resource)))
            return Miss(resource, "elsewhere", f"{named[0].address} has its name and is another one: {why}")
        unnamed = self._first_open(self._declared.unnamed(resource.kind), taken)
        if unnamed is not None:
            return Miss(
                resource,
                "unnamed",
                f"{unnamed} is declared without a name, and would get one that is made up",
                f"if it is meant, give it the name {(resource.tells or {}).get('name')}",
            )
        return Miss(
            resource,
            "not_declared",
            f"no {resource.kind} of its name is declared",
            "declare it, and run this again",
            self._suggestions.of(resource),
        )

    def _first_open(self, specs: Iterable[ResourceSpec], taken: set[Address]) -> Address | None:
        """The first of ``specs`` that something may still become."""
        open_ = (spec.address for spec in specs if spec.address not in taken and spec.address not in self._recorded)
        return next(open_, None)

    def _in_trouble(self, resource: TerraformResource) -> Miss | None:
        if resource.type in REFUSED:
            hint = "make a new one beside it, and move what it keeps"
            return Miss(resource, "refused", REFUSED[resource.type], hint)
        if resource.trouble is None:
            return None
        reason, hint = _TROUBLE[resource.trouble]
        return Miss(
            resource,
            resource.trouble,
            reason.format(attribute=resource.attribute),
            hint.format(address=quote(resource.address)),
        )

    def _known_already(self, resource: TerraformResource, address: Address) -> Miss | None:
        row = self._snapshot.rows.get(address)
        if row is not None and row.physical_id not in (None, resource.id):
            return Miss(resource, "recorded", f"{address} is recorded already, as {row.physical_id}")
        if address in self._recorded:
            return Miss(resource, "recorded", f"{address} is recorded already")
        if address in self._excluded:
            return Miss(resource, "excluded", f"it is {address}, which --exclude names")
        if any(item.address == address for item in self._compiled.imports):
            return Miss(
                resource,
                "imported",
                f"{self._compiled.source} imports {address} by itself",
                "`flowyml-infra apply` takes it over",
            )
        return None

    def _refuse_rivals(self, claims: Mapping[Address, Sequence[TerraformResource]]) -> None:
        for address, rivals in claims.items():
            if len(rivals) > 1:
                for resource in rivals:
                    others = ", ".join(item.address for item in rivals if item is not resource)
                    reason = f"it may be {address}, and so may {others}"
                    hint = f"{_option(resource, address)} says which one is"
                    self._found[resource.address] = Miss(resource, "ambiguous", reason, hint)

    def _hold_back(self) -> None:
        """Take nothing over whose dependencies would have to be made first: an import makes nothing new."""
        there = self._recorded | {item.address for item in self._compiled.imports}
        while True:
            matches = [item for item in self._found.values() if isinstance(item, Match)]
            known = there | {item.address for item in matches}
            stopped = [(item, self._missing(item.address, known)) for item in matches]
            stopped = [(item, missing) for item, missing in stopped if missing]
            if not stopped:
                return
            for item, missing in stopped:
                self._found[item.resource.address] = Miss(
                    item.resource,
                    "dependency",
                    f"{item.address} needs {missing[0]}, which is neither there nor taken over",
                    f"take that over, too, or make it first: flowyml-infra plan --target {missing[0]}",
                )

    def _missing(self, address: Address, known: set[Address]) -> list[Address]:
        return sorted(self._compiled.graph.with_dependencies([address]) - known)

    def _settings(self, matches: Iterable[Match]) -> Iterable[tuple[TerraformSetting, Address]]:
        owners = {(item.resource.kind, item.resource.id): item.address for item in matches}
        for setting in self._state.settings:
            address = owners.get((setting.kind, setting.owner))
            if address is not None:
                yield setting, address


def _option(resource: TerraformResource, address: str) -> str:
    return f"--map {quote(f'{resource.address}={address}')}"
