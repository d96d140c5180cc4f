"""Owns the amounts that steps ask for, as Kubernetes writes them: cores, and bytes with a unit."""

from __future__ import annotations

import re
from typing import Final

from flowyml_infra.errors import DefinitionError

_CPU: Final = re.compile(r"(?P<cores>\d+(\.\d{1,3})?)|(?P<milli>\d+)m", re.ASCII)
_SIZE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>Ki|Mi|Gi|Ti|k|M|G|T)?", re.ASCII)
_LOOSE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)\s*(?P<unit>[kmgt])(?P<binary>i?)b?", re.ASCII | re.IGNORECASE)
_UNITS: Final = {
    None: 1,
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "Ki": 2**10,
    "Mi": 2**20,
    "Gi": 2**30,
    "Ti": 2**40,
}


def cores(text: str) -> float:
    """The number of cores that ``text`` asks for: ``"500m"`` is 0.5.

    Raises:
        DefinitionError: It is no such quantity.
    """
    match = _CPU.fullmatch(text)
    if match is None:
        raise wrong("cpu", text, 'write cores as "8" or "0.5", or thousandths as "500m"')
    return int(match["milli"]) / 1000 if match["milli"] else float(match["cores"])


def size_bytes(text: str, name: str = "size") -> int:
    """The number of bytes that ``text`` asks for: ``"1Gi"`` is 1073741824.

    Raises:
        DefinitionError: It is no such quantity.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise wrong(name, text, _suggest(text))
    return int(float(match["number"]) * _UNITS[match["unit"]])


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
