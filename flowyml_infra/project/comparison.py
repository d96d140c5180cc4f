"""Owns the comparison of two definitions: what is written differently, and what going from one to the other would do.

It looks at the definitions alone. What a plan does depends on the recorded state too, and may be less or more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.errors import DefinitionError, GraphError
from flowyml_infra.outputs.masking import SECRET
from flowyml_infra.plan.decide import Case, decide, remove
from flowyml_infra.plan.moves import follow_moves
from flowyml_infra.plan.prospect import Prospect
from flowyml_infra.resolution.remotes import Mode
from flowyml_infra.resolution.resolver import resolve_through
from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.clear_secrets import written_places
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.values import Sealed, Secret, canonical_json
from flowyml_infra.state.row import ResourceRow, Status, encode_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from flowyml_infra.address import Address
    from flowyml_infra.plan.changes import Change, Decided
    from flowyml_infra.resolution.resolved import Resolution
    from flowyml_infra.resolution.resolver import StackResolver
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.spec import ResourceSpec
    from flowyml_infra.resources.values import Json, StackReference, Value, Variable


@dataclass(frozen=True, slots=True)
class Difference:
    """One value of the manifest that differs; None on a side means that there is none."""

    path: str
    before: Json
    after: Json


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two definitions beside each other.

    Attributes:
        old: The one.
        new: The other.
        differences: What is written differently, by path.
        changes: What going from ``old`` to ``new`` would do, by address; what stays the same is left out.
        problem: Why that cannot be told, or None.
    """

    old: Resolution
    new: Resolution
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]
    problem: DefinitionError | GraphError | None = None

    @property
    def same(self) -> bool:
        """Whether they say the same."""
        return not self.differences


def compare(resolver: StackResolver, old: str, new: str | None, env: str | None) -> Comparison:
    """See ``Project.compare``."""
    # With one side alone, what is pinned is compared with what an update would pin.
    first, second = (Mode.FOLLOW, Mode.FOLLOW) if new is not None else (Mode.PINNED, Mode.UPDATE)
    before = resolve_through(resolver.loading(env, mode=first, keep=False), old, force_env=True)
    loading = resolver.loading(env, mode=second, keep=False)
    after = resolve_through(loading, old if new is None else new, force_env=True)
    found = _differences(before.definition.document, after.definition.document, "")
    differences = tuple(_masked(found, before, after))
    try:
        changes = tuple(_changes(_expand(before), _expand(after)))
    except (DefinitionError, GraphError) as error:
        return Comparison(before, after, differences, (), error)
    return Comparison(before, after, differences, changes)


def _expand(found: Resolution) -> Compiled:
    return expand(found.definition, found.environment, config=found.config)


def _masked(differences: Iterator[Difference], *sides: Resolution) -> Iterator[Difference]:
    """``differences`` without the secrets that either side holds in the clear."""
    hidden = {".".join(map(str, path)) for side in sides for _, path in written_places(side.definition)}
    for item in differences:
        yield Difference(item.path, _mask(item.before, item.path, hidden), _mask(item.after, item.path, hidden))


def _mask(value: Json, path: str, hidden: AbstractSet[str]) -> Json:
    if path in hidden:
        return None if value is None else SECRET
    if isinstance(value, dict):
        return {key: _mask(item, f"{path}.{key}", hidden) for key, item in value.items()}
    return value


def _differences(before: Json, after: Json, path: str) -> Iterator[Difference]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _differences(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif before != after or type(before) is not type(after):
        yield Difference(path, before, after)


class _AsWritten(Prospect):
    """References compare as they are written: what they lead to is not known, and is the same for both sides."""

    def wanted(self, spec: ResourceSpec) -> dict[str, Value]:
        return _sealed(spec)


def _changes(old: Compiled, new: Compiled) -> Iterator[Change]:
    rows, origins = follow_moves(new, {address: _row(spec) for address, spec in old.graph.specs.items()})
    said = {item.address: item.destroys for item in new.removed}
    for address in sorted({*new.graph.specs, *rows}):
        if address not in new.graph.specs:
            yield remove(rows[address], destroys=said.get(address))
            continue
        change = _decide(new.graph.specs[address], rows, origins)
        if change.action != "noop" or address in origins:
            yield change


def _decide(spec: ResourceSpec, rows: Mapping[Address, ResourceRow], origins: Mapping[Address, Address]) -> Decided:
    case = Case(spec, rows.get(spec.address), origins.get(spec.address))
    return decide(case, _AsWritten(_unasked, _unasked), canonical_json)


def _sealed(spec: ResourceSpec) -> dict[str, Value]:
    """The properties, with secrets that are written down as nobody reads them and as they still compare."""
    concealed = find_kind(spec.address).conceal(spec.properties)
    return {
        name: Sealed("", canonical_json(value.value)) if isinstance(value, Secret) else value
        for name, value in concealed.items()
    }


def _unasked(leaf: Variable | StackReference) -> Value:
    """Stands where a plan asks for values from outside; nothing here does."""
    raise AssertionError(leaf)


def _row(spec: ResourceSpec) -> ResourceRow:
    """The row that an apply of ``spec`` would have left."""
    return ResourceRow(
        spec.address,
        generation=1,
        status=Status.CREATED,
        creation_id="",
        spec_digest=spec.digest,
        properties_json=encode_values(_sealed(spec)),
        lifecycle_json=canonical_json(spec.lifecycle.to_json()),
        component=spec.component,
    )
