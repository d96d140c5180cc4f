"""Owns the merging of an environment's overrides into a manifest; both are in shape already."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json


def merge(base: Json, over: Json) -> Json:
    """``base`` with ``over`` on top.

    Mappings merge key by key, everything else replaces what was there, and null removes the key. A resource that the
    overrides give another ``kind`` is replaced whole, because its properties would be those of the other kind.
    """
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    if "kind" in over and "kind" in base and over["kind"] != base["kind"]:
        return {key: item for key, item in over.items() if item is not None}
    merged = dict(base)
    for key, item in over.items():
        if item is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged[key], item) if key in merged else without_nulls(item)
    return merged


def without_nulls(value: Json) -> Json:
    """``value`` without the keys of mappings whose value is null; in overrides they have nothing to remove."""
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return value
