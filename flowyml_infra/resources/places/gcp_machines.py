"""Owns the machine types of Compute Engine that this version knows, series by series.

Source: https://cloud.google.com/compute/docs/machine-resource.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.property import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json

_TYPE = re.compile(r"(?P<series>[a-z]\d[a-z]?)-(?P<shape>[a-z]+)(-(?P<size>\d+g?))?")
_CUSTOM = re.compile(r"([a-z]\d[a-z]?-)?custom-\d+-\d+(-ext)?")
_N1 = "2 4 8 16 32 64 96"
_N2 = "2 4 8 16 32 48 64 80 96"
_C3 = "4 8 22 44 88 176"
SERIES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    series: {shape: tuple(sizes.split()) for shape, sizes in shapes.items()}
    for series, shapes in {
        "n1": {
            "standard": f"1 {_N1}",
            "highmem": _N1,
            "highcpu": _N1,
            "megamem": "96",
            "ultramem": "40 80 160",
        },
        "e2": {
            "standard": "2 4 8 16 32",
            "highmem": "2 4 8 16",
            "highcpu": "2 4 8 16 32",
            "micro": "",
            "small": "",
            "medium": "",
        },
        "n2": {"standard": f"{_N2} 128", "highmem": f"{_N2} 128", "highcpu": _N2},
        "n2d": {"standard": f"{_N2} 128 224", "highmem": _N2, "highcpu": f"{_N2} 128 224"},
        "n4": dict.fromkeys(("standard", "highmem", "highcpu"), "2 4 8 16 32 48 64 80"),
        "t2d": {"standard": "1 2 4 8 16 32 48 60"},
        "c2": {"standard": "4 8 16 30 60"},
        "c2d": dict.fromkeys(("standard", "highmem", "highcpu"), "2 4 8 16 32 56 112"),
        "c3": dict.fromkeys(("standard", "highmem", "highcpu"), _C3),
        "m1": {"megamem": "96", "ultramem": "40 80 160"},
        "a2": {"highgpu": "1g 2g 4g 8g", "megagpu": "16g", "ultragpu": "1g 2g 4g 8g"},
        "a3": {"highgpu": "1g 2g 4g 8g", "megagpu": "8g"},
        "g2": {"standard": "4 8 12 16 24 32 48 96"},
    }.items()
}
"""Sizes by series and shape; newer series are there before this table has them."""


def machine_problem(value: Json) -> str | None:
    """What is wrong with ``value`` as a machine type, as a clause, or None."""
    text = str(value)
    if _CUSTOM.fullmatch(text):
        return None
    found = _TYPE.fullmatch(text)
    if found is None:
        return f"is {text!r}, which is no machine type; it reads SERIES-SHAPE-PROCESSORS, for example n1-standard-4"
    shapes = SERIES.get(found["series"])
    if shapes is None:
        return None
    sizes = shapes.get(found["shape"])
    if sizes is None:
        near = did_you_mean(found["shape"], shapes) or f"{found['series']} comes as {', '.join(shapes)}"
        return f"is {text!r}, which is no machine type; {near}"
    if (found["size"] or "") not in (sizes or ("",)):
        offered = ", ".join(sizes) or "one size, without a number"
        return f"is {text!r}; {found['series']}-{found['shape']} comes as {offered}"
    return None


def machine_doubt(value: Json) -> Doubt | None:
    """A doubt about a machine type of a series that is not known."""
    text = str(value)
    series = text.partition("-")[0]
    if series in SERIES or _CUSTOM.fullmatch(text):
        return None
    return Doubt(f"is {value!r}, of a series that this version does not know", did_you_mean(series, SERIES))
