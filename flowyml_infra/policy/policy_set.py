"""Owns the policies in force as one value: the entries with their rules and scopes, the waivers, and the digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowyml_infra.policy.scope import EVERYWHERE, Scope
from flowyml_infra.resources.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.policy.facts import Need
    from flowyml_infra.policy.prices import Prices
    from flowyml_infra.policy.rules.rule import Rule
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.policy.waivers import Waiver
    from flowyml_infra.resolution.shared_files import SharedFile
    from flowyml_infra.resources.values import Json

Severity = Literal["deny", "warn", "info"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One rule as a policy sets it.

    Attributes:
        name: What findings and waivers call it.
        rule: The rule.
        setting: What the rule read.
        severity: What a violation means.
        scope: Where it is asked.
        waivable: Whether it can be waived.
        source: The file that it stands in.
    """

    name: str
    rule: Rule
    setting: Any
    severity: Severity = "deny"
    scope: Scope = EVERYWHERE
    waivable: bool = True
    source: str = "flowyml.yaml"


@dataclass(frozen=True, slots=True)
class PolicySet:
    """The policies in force.

    Attributes:
        entries: In the order in which they are asked.
        waivers: Those that are on record, also those that have run out.
        prices: What kinds cost, or None where nobody says it.
        digest: SHA-256, in hexadecimal, over everything that decides: settings, files, code of rules, waivers.
        shared: The files from elsewhere, with what each is pinned to.
        unchecked: Which of them could not be asked whether they moved, a sentence each.
    """

    entries: tuple[Entry, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    prices: Prices | None = None
    digest: str = ""
    shared: tuple[SharedFile, ...] = ()
    unchecked: tuple[str, ...] = ()

    def needs(self, subject: PolicySubject) -> frozenset[Need]:
        """The facts that the entries which are asked about ``subject`` are decided by."""
        asked = [entry.rule.needs for entry in self.entries if self.asks(entry, subject)]
        return frozenset().union(*asked)

    def asks(self, entry: Entry, subject: PolicySubject) -> bool:
        """Whether ``entry`` is asked about ``subject``."""
        return subject.purpose in entry.rule.purposes and entry.scope.holds(subject)


def digest_of(parts: Mapping[str, Json]) -> str:
    """SHA-256, in hexadecimal, over the canonical JSON of ``parts``."""
    return hashlib.sha256(canonical_json(dict(parts)).encode("utf-8", "surrogatepass")).hexdigest()
