"""Owns the scope of a rule: on which stacks, environments, labels and addresses it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import Options, SettingError, mapping, texts, values_by_name
from flowyml_infra.policy.rules.rule import matches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.policy.subject import PlannedChange, PolicySubject
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a rule counts; globs, and None for everywhere.

    Attributes:
        stacks: Names of stacks.
        environments: Names of environments.
        labels: Accepted values by label of ``metadata.labels``; all of them must be there.
        addresses: Addresses of resources; the rule sees no others. One that was renamed is seen by its former name too.
    """

    stacks: tuple[str, ...] | None = None
    environments: tuple[str, ...] | None = None
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    addresses: tuple[str, ...] | None = None

    def holds(self, subject: PolicySubject) -> bool:
        """Whether the rule is asked about ``subject`` at all."""
        if self.stacks is not None and not matches(subject.stack, self.stacks):
            return False
        if self.environments is not None and not matches(subject.environment, self.environments):
            return False
        labels = subject.labels
        return all(label in labels and matches(labels[label], values) for label, values in self.labels.items())

    def narrow(self, subject: PolicySubject) -> PolicySubject:
        """``subject`` with the resources that the rule sees."""
        if self.addresses is None:
            return subject
        addresses = self.addresses
        seen = (item for item in subject.changes if matches(item.address, addresses) or self.holds_former(item))
        return replace(subject, changes=tuple(seen))

    def holds_former(self, change: PlannedChange) -> bool:
        """Whether it names an address that a resource had before, and not the one that it has."""
        addresses = self.addresses
        if addresses is None or matches(change.address, addresses):
            return False
        return any(matches(address, addresses) for address in change.former)


EVERYWHERE = Scope()


def read_scope(setting: Json) -> Scope:
    """A scope as a policy writes it.

    Raises:
        SettingError: It is something else, or so narrow that it holds nowhere.
    """
    options = Options(mapping(setting))
    scope = Scope(
        options.read("stacks", _globs, None),
        options.read("environments", _globs, None),
        options.read("labels", values_by_name, {}),
        options.read("addresses", _globs, None),
    )
    options.finish()
    return scope


def _globs(setting: Json) -> tuple[str, ...]:
    found = (setting,) if isinstance(setting, str) and setting.strip() else texts(setting)
    if not found:
        raise SettingError("is empty, so the rule would never be asked", hint="remove the key, or name one")
    return found
