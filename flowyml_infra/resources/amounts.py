"""Owns properties that are amounts in a cluster: one spelling for each amount, so that ``1000m`` is ``1`` to a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.definition.quantity import cores, size_bytes
from flowyml_infra.resources.cloud_properties import text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.values import Json

_FACTORS: Final[Mapping[str, int]] = {
    "": 1,
    **{unit: 1000**power for power, unit in enumerate("kMGTP", start=1)},
    **{f"{unit}i": 1024**power for power, unit in enumerate("KMGTP", start=1)},
}


def cores_property(name: str, description: str, *feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A property that is a number of cores, such as ``8`` or ``500m``."""
    return text(name, description, *feeds, check=cores_problem, normalise=normal_cores, **rest)


def bytes_property(name: str, description: str, *feeds: str, **rest: Any) -> Property:  # noqa: ANN401 - the fields of Property
    """A property that is a number of bytes, such as ``32Gi``."""
    return text(name, description, *feeds, check=bytes_problem, normalise=normal_bytes, **rest)


def cores_problem(value: Json) -> str | None:
    """What is wrong with a number of cores, as a clause."""
    if cores(str(value)):
        return None
    return f'is {value!r}; write a number of cores above 0, such as "8" or "0.5", or thousandths of one, such as "500m"'


def bytes_problem(value: Json) -> str | None:
    """What is wrong with a number of bytes, as a clause."""
    if size_bytes(str(value)):
        return None
    return f'is {value!r}; write a number above 0 with a unit, such as "32Gi" or "512Mi"'


def normal_cores(value: Json) -> Json:
    """The one spelling of a number of cores: whole where it is, else in thousandths."""
    thousandths = round((cores(str(value)) or 0) * 1000)
    return f"{thousandths}m" if thousandths % 1000 else str(thousandths // 1000)


def normal_bytes(value: Json) -> Json:
    """The one spelling of a number of bytes: in the largest unit that leaves no rest."""
    size = size_bytes(str(value)) or 0
    unit = max((unit for unit, factor in _FACTORS.items() if size % factor == 0), key=lambda unit: _FACTORS[unit])
    return f"{size // _FACTORS[unit]}{unit}"
