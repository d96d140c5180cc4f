"""Owns JSON documents among the inputs: one spelling for those that mean the same, and what IAM asks of policies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
RESOURCE = re.compile(r"\*|arn:[a-z-]+:[a-z0-9-]+:[^:]*:[^:]*:.+")
SID = re.compile(r"[A-Za-z0-9]*")
VERSIONS = {"2012-10-17", "2008-10-17"}
PRINCIPALS = {"AWS", "Service", "Federated", "CanonicalUser"}


def normal(document: object) -> str:
    """``document`` with its keys in order, without spaces, and lists of one as the one."""
    found = json.loads(document) if isinstance(document, str) else document
    return json.dumps(_single(found), sort_keys=True, separators=(",", ":"))


def json_problem(document: object) -> str | None:
    """What is wrong with a text that should be JSON."""
    try:
        json.loads(str(document))
    except ValueError as error:
        return f"contains an invalid JSON: {error}"
    return None


def rights_problem(document: object) -> str | None:
    """What IAM refuses in a policy that is attached to somebody: the resources are named, nobody else is."""
    return json_problem(document) or next(_problems(json.loads(str(document)), trust=False), None)


def trust_problem(document: object) -> str | None:
    """What IAM refuses in the trust of a role: those who take it are named, no resource is."""
    return json_problem(document) or next(_problems(json.loads(str(document)), trust=True), None)


def _single(value: Any) -> Any:
    match value:
        case dict():
            return {key: _single(item) for key, item in value.items()}
        case [one]:
            return _single(one)
        case list():
            # In the order of what they mean: the order of the keys in them is as free as theirs.
            return sorted((_single(item) for item in value), key=lambda item: json.dumps(item, sort_keys=True))
    return value


def _problems(policy: Any, *, trust: bool) -> Iterator[str]:
    if not isinstance(policy, Mapping) or policy.get("Version") not in VERSIONS:
        yield "MalformedPolicyDocument: the policy has no version"
        return
    statements = _listed(policy.get("Statement"))
    if not statements:
        yield "MalformedPolicyDocument: the policy has no statement"
    sids = [item["Sid"] for item in statements if "Sid" in item]
    if len(set(sids)) < len(sids):
        yield "MalformedPolicyDocument: Statement IDs (SID) in a single policy must be unique"
    for statement in statements:
        yield from (f"MalformedPolicyDocument: {clause}" for clause in _statement_problems(statement, trust=trust))


def _statement_problems(statement: Mapping[str, Any], *, trust: bool) -> Iterator[str]:
    if statement.get("Effect") not in {"Allow", "Deny"}:
        yield "Effect has to be Allow or Deny"
    if not SID.fullmatch(statement.get("Sid", "")):
        yield "Statement IDs (SID) must be alpha-numeric"
    actions = _listed(statement.get("Action", statement.get("NotAction")))
    if not actions or not all(ACTION.fullmatch(action) for action in actions):
        yield f"Actions/Conditions must be prefaced by a vendor: {actions}"
    yield from _who(statement) if trust else _what(statement)


def _who(statement: Mapping[str, Any]) -> Iterator[str]:
    who = statement.get("Principal", {})
    if "Resource" in statement:
        yield "Has prohibited field Resource"
    if not isinstance(who, Mapping) or not who or not set(who) <= PRINCIPALS or not all(map(_listed, who.values())):
        yield f"Invalid principal in policy: {who}"
        return
    for service in _listed(who.get("Service")):
        if not service.endswith((".amazonaws.com", ".amazonaws.com.cn")):
            yield f'Invalid principal in policy: "SERVICE":"{service}"'
    for provider in _listed(who.get("Federated")):
        if provider.startswith("arn:") and ":oidc-provider/" not in provider:
            yield f'Invalid principal in policy: "FEDERATED":"{provider}"'


def _what(statement: Mapping[str, Any]) -> Iterator[str]:
    if "Principal" in statement:
        yield "Policy document should not specify a principal"
    resources = _listed(statement.get("Resource", statement.get("NotResource")))
    if not resources:
        yield "Policy statement must contain resources"
    for resource in resources:
        if not RESOURCE.fullmatch(resource):
            yield f'Resource {resource} must be in ARN format or "*"'


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
