"""Owns the errors about amounts that steps ask for; see ``definition.quantity`` for what an amount is."""

from __future__ import annotations

import re
from typing import Final

from flowyml_infra.definition import quantity
from flowyml_infra.errors import DefinitionError

_LOOSE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmgt])(?P<binary>i?)b?", re.ASCII | re.IGNORECASE)


def cores(text: str) -> float:
    """The number of cores that ``text`` asks for: ``"500m"`` is 0.5.

    Raises:
        DefinitionError: It is no such quantity.
    """
    amount = quantity.cores(text)
    if amount is None:
        raise wrong("cpu", text, 'write cores as "8" or "0.5", or thousandths as "500m"')
    return amount


def size_bytes(text: str, name: str = "size") -> int:
    """The number of bytes that ``text`` asks for: ``"1Gi"`` is 1073741824.

    Raises:
        DefinitionError: It is no such quantity.
    """
    amount = quantity.size_bytes(text)
    if amount is None or text.endswith("B"):
        # Manifests take 32GB as well; Kubernetes, to which this goes as it is, does not.
        raise wrong(name, text, _suggest(text))
    return amount


def wrong(name: str, value: str, hint: str) -> DefinitionError:
    """The error for a value that means nothing, or contradicts another one."""
    return DefinitionError(f"{name}: {value!r} cannot be", code="definition.resources", hint=hint)


def _suggest(text: str) -> str:
    match = _LOOSE.fullmatch(text.strip())
    if match is None:
        return 'write a number and a unit: "32Gi", "512Mi", "100G"'
    number, unit = match["number"], match["unit"].upper()
    binary = f'"{number}{unit}i", by powers of 1024'
    if match["binary"]:
        return f"write {binary}"
    return f'write {binary}, or "{number}{"k" if unit == "K" else unit}", by powers of 1000'
