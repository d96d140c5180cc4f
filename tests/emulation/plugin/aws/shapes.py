"""Owns the spelling of S3's structures: camelCase with plural lists in the provider, PascalCase in the API."""

from __future__ import annotations

from typing import Any

SPELLED = {"sseAlgorithm": "SSEAlgorithm", "kmsMasterKeyId": "KMSMasterKeyID", "mfaDelete": "MFADelete", "id": "ID"}
SPELLED_BACK = {api: own for own, api in SPELLED.items()}


def to_api(value: Any) -> Any:
    """``value`` with the API's names."""
    match value:
        case dict():
            return {SPELLED.get(key) or key[0].upper() + key[1:]: to_api(item) for key, item in value.items()}
        case list():
            return [to_api(item) for item in value]
    return value


def from_api(value: Any) -> Any:
    """``value`` with the provider's names."""
    match value:
        case dict():
            return {SPELLED_BACK.get(key) or key[0].lower() + key[1:]: from_api(item) for key, item in value.items()}
        case list():
            return [from_api(item) for item in value]
    return value


def lifecycle_filtered(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lifecycle rules with a filter in each: one that is left out takes everything."""
    return [{"filter": {"prefix": ""}, **rule} for rule in rules]


def lifecycle_to_api(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lifecycle rules for the API, which wants a filter in each."""
    return [to_api(rule) for rule in lifecycle_filtered(rules)]


def lifecycle_from_api(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lifecycle rules from the API, without the filter that it adds."""
    found = [from_api(rule) for rule in rules]
    return [{key: item for key, item in rule.items() if (key, item) != ("filter", {"prefix": ""})} for rule in found]
