"""Owns the evaluation of policies: every rule that is set is asked, and those that always are; what they say adds up.

It reads nothing but its arguments. It fails closed: a rule that it does not know, or a setting that it cannot read,
denies.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.policy.decision import Decision, Finding
from flowyml_infra.policy.rules import secure_defaults
from flowyml_infra.policy.rules.catalogue import RULES, SECTIONS
from flowyml_infra.policy.rules.rule import SettingError
from flowyml_infra.resources.values import canonical_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json


def evaluate(subject: PolicySubject, policies: Mapping[str, Json]) -> Decision:
    """What ``policies``, the section of flowyml.yaml as plain JSON, say about ``subject``; findings in rule order."""
    findings = list(secure_defaults.judge(subject))
    for name, setting in _settings(policies):
        findings.extend(_judge(subject, name, setting))
    return Decision(tuple(findings), policy_digest(policies))


def policy_digest(policies: Mapping[str, Json]) -> str:
    """SHA-256 over the canonical JSON of ``policies``, in hexadecimal; it differs whenever a setting does."""
    return hashlib.sha256(canonical_json(dict(policies)).encode("utf-8", "surrogatepass")).hexdigest()


def _judge(subject: PolicySubject, name: str, setting: Json) -> list[Finding]:
    rule = RULES.get(name)
    if rule is None:
        return [_unknown(name)]
    try:
        return list(rule(subject, setting))
    except SettingError as error:
        return [Finding(name, "deny", f"policies.{name} {error}, so it can allow nothing")]


def _settings(policies: Mapping[str, Json]) -> list[tuple[str, Json]]:
    """Each rule's dotted name with its setting: known ones in the catalogue's order, then the others by name."""
    ranks = {name: rank for rank, name in enumerate(RULES)}
    return sorted(_flatten(policies), key=lambda pair: (ranks.get(pair[0], len(ranks)), pair[0]))


def _flatten(policies: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    for name, setting in policies.items():
        if name in SECTIONS and isinstance(setting, dict):
            yield from ((f"{name}.{key}", value) for key, value in setting.items())
        else:
            yield name, setting


def _unknown(name: str) -> Finding:
    if name in SECTIONS:
        return Finding(name, "deny", f"policies.{name} is not a mapping of rules, so it can allow nothing")
    hint = did_you_mean(name, RULES) or f"the rules are {', '.join(RULES)}"
    return Finding(name, "deny", f"policies.{name} is not a rule of this version, so it can allow nothing; {hint}")
