"""Owns the sizes of Azure's virtual machines that this version knows, family by family.

Source: https://learn.microsoft.com/azure/virtual-machines/sizes/overview. A family is written as its sizes are, with a
star for the number of processors; a size with fewer of them in use, ``Standard_E8-4s_v5``, belongs to its family too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.property import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json

_SIZE = re.compile(
    r"Standard_(?P<letters>[A-Z]+)(?P<number>\d+)(?P<fewer>-\d+)?(?P<rest>[a-z]*(_[A-Z0-9]+)*)", re.IGNORECASE
)
_OLD = "2 4 8 16 32 48 64"
_GENERAL = f"{_OLD} 96"
_LATEST = f"{_GENERAL} 128 192"
FAMILIES: Final[Mapping[str, tuple[int, ...]]] = {
    f"Standard_{family}": tuple(map(int, numbers.split()))
    for family, numbers in {
        "A*_v2": "1 2 4 8",
        "A*m_v2": "2 4 8",
        "B*s": "1 2",
        "B*ms": "1 2 4 8 12 16 20",
        **dict.fromkeys(("D*_v2", "DS*_v2"), "1 2 3 4 5 11 12 13 14 15"),
        **dict.fromkeys(("D*_v3", "D*s_v3", "D*_v4", "D*s_v4", "D*d_v4", "D*ds_v4"), _OLD),
        **dict.fromkeys(("D*a_v4", "D*as_v4", "D*_v5", "D*s_v5", "D*d_v5", "D*ds_v5", "D*as_v5", "D*ads_v5"), _GENERAL),
        **dict.fromkeys(("D*s_v6", "D*ds_v6", "D*as_v6", "D*ads_v6"), _LATEST),
        **dict.fromkeys(("E*_v3", "E*s_v3", "E*_v4", "E*s_v4", "E*d_v4", "E*ds_v4"), f"{_OLD} 20"),
        **dict.fromkeys(("E*as_v4", "E*_v5", "E*s_v5", "E*d_v5", "E*ds_v5", "E*as_v5", "E*ads_v5"), f"{_GENERAL} 20"),
        **dict.fromkeys(("E*s_v6", "E*ds_v6", "E*as_v6", "E*ads_v6"), f"{_LATEST} 20"),
        "F*s": "1 2 4 8 16",
        "F*s_v2": "2 4 8 16 32 48 64 72",
        **dict.fromkeys(("L*s_v3", "L*as_v3"), "8 16 32 48 64 80"),
        "NC*s_v3": "6 12 24",
        "NC*rs_v3": "24",
        "NC*as_T4_v3": "4 8 16 64",
        "NC*ads_A100_v4": "24 48 96",
        "NC*ads_H100_v5": "40",
        "NC*adis_H100_v5": "80",
        "ND*rs_v2": "40",
        **dict.fromkeys(("ND*asr_v4", "ND*amsr_A100_v4", "ND*isr_H100_v5", "ND*isr_H200_v5"), "96"),
        "NV*s_v3": "12 24 48",
        "NV*as_v4": "4 8 16 32",
        "NV*ads_A10_v5": "6 12 18 36 72",
        "NV*adms_A10_v5": "36",
    }.items()
}
"""Numbers of processors by family; newer families are there before this table has them."""
_SPELLINGS: Final = {family.lower(): family for family in FAMILIES}


def machine_name(value: Json) -> Json:
    """``value`` in Azure's own spelling, where its family is known: the API takes any case."""
    found = _SIZE.fullmatch(str(value))
    family = _SPELLINGS.get(_family(found)) if found is not None else None
    return value if found is None or family is None else _size(family, f"{found['number']}{found['fewer'] or ''}")


def machine_problem(value: Json) -> str | None:
    """What is wrong with ``value`` as a size of a machine, as a clause that names the nearest, or None."""
    text = str(value)
    found = _SIZE.fullmatch(text)
    if found is None:
        every = [_size(family, number) for family, numbers in FAMILIES.items() for number in numbers]
        near = did_you_mean(text, every) or "it reads Standard_FAMILY, for example Standard_D4s_v5"
        return f"is {text!r}, which is no size of a machine; {near}"
    family = _SPELLINGS.get(_family(found))
    if family is None or int(found["number"]) in FAMILIES[family]:
        return None
    nearest, *others = _nearest(FAMILIES[family], int(found["number"]))
    there = ", ".join(_size(family, number) for number in sorted([nearest, *others]))
    return f"is {text!r}; did you mean {_size(family, nearest)!r}? There is {there}"


def machine_doubt(value: Json) -> Doubt | None:
    """A doubt about a size of a family that is not known, with the nearest that is."""
    found = _SIZE.fullmatch(str(value))
    if found is None or _family(found) in _SPELLINGS:
        return None
    number = int(found["number"])
    nearest = (_size(family, _nearest(numbers, number)[0]) for family, numbers in FAMILIES.items())
    return Doubt(f"is {value!r}, of a family that this version does not know", did_you_mean(str(value), nearest))


def _family(found: re.Match[str]) -> str:
    return f"Standard_{found['letters']}*{found['rest']}".lower()


def _nearest(numbers: tuple[int, ...], wanted: int) -> list[int]:
    """``numbers``, those closest to ``wanted`` first."""
    return sorted(numbers, key=lambda number: (abs(number - wanted), number))


def _size(family: str, number: int | str) -> str:
    return family.replace("*", str(number))
