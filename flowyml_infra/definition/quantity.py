"""Owns amounts as Kubernetes writes them: cores, and bytes with a unit.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity.
"""

from __future__ import annotations

import re
from typing import Final

_CPU: Final = re.compile(r"(?P<cores>\d+(\.\d{1,3})?)|(?P<milli>\d+)m", re.ASCII)
_SIZE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>[KMGTP]i|[kMGTP]|[MGT]B)?", re.ASCII)
_POWERS: Final = {unit: power for power, unit in enumerate("kMGTP", start=1)} | {"K": 1}
GIB: Final = 2**30
"""Bytes of a GiB."""


def cores(text: str) -> float | None:
    """The number of cores that ``text`` asks for, ``"500m"`` being 0.5; None when it is no such amount."""
    match = _CPU.fullmatch(text)
    if match is None:
        return None
    return int(match["milli"]) / 1000 if match["milli"] else float(match["cores"])


def size_bytes(text: str) -> int | None:
    """The number of bytes that ``text`` asks for, ``"1Gi"`` being 1073741824; None when it is no such amount."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return None
    unit = match["unit"]
    base = 1024 if unit is not None and unit.endswith("i") else 1000
    power = _POWERS[unit[0]] if unit is not None else 0
    return int(float(match["number"]) * base**power)


def size_gib(text: str) -> int | None:
    """The same in whole GiB, rounded up: what a disk that is made for it has at least."""
    size = size_bytes(text)
    return None if size is None else -(-size // GIB)
