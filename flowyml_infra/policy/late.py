"""Owns the decisions that a plan had to leave open: each is made before its resource is touched, with its values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol

from flowyml_infra.errors import PolicyDeniedError
from flowyml_infra.policy.denial import denied
from flowyml_infra.policy.engine import ask_again
from flowyml_infra.resources.values import Unknown, leaves

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject
    from flowyml_infra.resources.values import Value


class Guard(Protocol):
    """What is asked about a resource before it is touched."""

    def __call__(
        self, address: Address, values: Mapping[str, Value], replaced: Mapping[str, Value] | None = None
    ) -> None:
        """Refuse what a rule denies.

        Args:
            address: The resource.
            values: What it is to be made with.
            replaced: The values of what has to be deleted for it although the plan did not say so, or None.

        Raises:
            PolicyDeniedError: A rule denies it, or cannot be decided.
        """


_MADE: Final = ("create", "update", "replace", "import")


def guard_of(subject: PolicySubject, policies: PolicySet) -> Guard:
    """What asks ``policies`` again where a value is not the one that ``subject`` was judged with.

    Nobody may have known it then, or it has changed since. What was allowed with the same values is not asked about
    twice, so that nothing is denied after its predecessor was deleted to make way for it.
    """
    changes = list(subject.changes)
    # An address can also be there a second time, with what an earlier replacement left behind.
    made = {change.address: n for n, change in enumerate(changes) if change.action in _MADE and change.chosen}

    def guard(address: Address, values: Mapping[str, Value], replaced: Mapping[str, Value] | None = None) -> None:
        place = made.get(address)
        if place is None or (replaced is None and values == changes[place].after and not _is_open(values)):
            return
        change = replace(changes[place], after=values)
        if replaced is not None:
            change = replace(change, action="replace", before=replaced)
        now = replace(subject, changes=(*changes[:place], change, *changes[place + 1 :]))
        found = ask_again(now, policies, address)
        if _is_open(values) and (any(item.deferred for item in found) or _is_judged_elsewhere(change, now, policies)):
            raise _undecided(address)
        if found:
            raise denied(found, f"the change of {address} is denied by", address)
        changes[place] = change

    return guard


def _is_open(values: Mapping[str, Value]) -> bool:
    return any(isinstance(leaf, Unknown) for name, value in values.items() for _, leaf in leaves(value, name))


def _is_judged_elsewhere(change: PlannedChange, subject: PolicySubject, policies: PolicySet) -> bool:
    """Whether a rule of another package sees ``change``: what it would say about a value to come, nobody knows."""
    alone = replace(subject, changes=(change,))
    return any(
        entry.rule.version and entry.severity == "deny" and entry.scope.narrow(alone).changes
        for entry in policies.entries
        if policies.asks(entry, subject)
    )


def _undecided(address: Address) -> PolicyDeniedError:
    return PolicyDeniedError(
        f"{address} would be deleted before it is known whether the policies allow what takes its place",
        code="policy.undecided",
        address=address,
        hint="apply what it refers to first, with --target, or have its successor made before: create_before_destroy",
    )
