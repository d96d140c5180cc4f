"""Owns the machine types of EC2 that this version knows, family by family; see https://aws.amazon.com/ec2/instance-types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.property import Doubt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.values import Json

_TYPE = re.compile(r"(?P<family>[a-z]+\d+[a-z0-9-]*)\.(?P<size>nano|micro|small|medium|large|xlarge|\d+xlarge|metal)")
_GENERAL = "large xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge"
_SIXTH = f"medium {_GENERAL} 32xlarge 48xlarge metal"
SIZES: Final[Mapping[str, frozenset[str]]] = {
    family: frozenset(sizes.split())
    for family, sizes in {
        "t3": "nano micro small medium large xlarge 2xlarge",
        "t3a": "nano micro small medium large xlarge 2xlarge",
        "t4g": "nano micro small medium large xlarge 2xlarge",
        **dict.fromkeys(("m5", "m5a", "m5d", "r5", "r5a", "c5a"), _GENERAL),
        "c5": "large xlarge 2xlarge 4xlarge 9xlarge 12xlarge 18xlarge 24xlarge metal",
        **dict.fromkeys(
            ("m6i", "m6a", "m6g", "m7i", "m7a", "m7g", "c6i", "c6a", "c6g", "c7i", "c7g", "r6i", "r6g"), _SIXTH
        ),
        "g4dn": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge metal",
        "g5": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "g6": "xlarge 2xlarge 4xlarge 8xlarge 12xlarge 16xlarge 24xlarge 48xlarge",
        "p3": "2xlarge 8xlarge 16xlarge",
        "p3dn": "24xlarge",
        "p4d": "24xlarge",
        "p4de": "24xlarge",
        "p5": "4xlarge 48xlarge",
        "trn1": "2xlarge 32xlarge",
        "inf2": "xlarge 8xlarge 24xlarge 48xlarge",
    }.items()
}
"""Sizes by family; newer families are there before this list has them."""


def machine_problem(value: Json) -> str | None:
    """What is wrong with ``value`` as a machine type, as a clause, or None."""
    text = str(value)
    found = _TYPE.fullmatch(text)
    if found is None:
        family, _, size = text.partition(".")
        near = did_you_mean(size, SIZES.get(family, ())) or "it reads FAMILY.SIZE, for example m5.large"
        return f"is {text!r}, which is no machine type; {near}"
    sizes = SIZES.get(found["family"])
    if sizes is not None and found["size"] not in sizes:
        return f"is {text!r}; {found['family']} comes as {', '.join(sorted(sizes, key=_rank))}"
    return None


def machine_doubt(value: Json) -> Doubt | None:
    """A doubt about a machine type of a family that is not known."""
    family = str(value).partition(".")[0]
    if family in SIZES:
        return None
    return Doubt(f"is {value!r}, of a family that this version does not know", did_you_mean(family, SIZES))


def _rank(size: str) -> tuple[int, str]:
    plain = ("nano", "micro", "small", "medium", "large", "xlarge")
    if size in plain:
        return plain.index(size), size
    number = size.removesuffix("xlarge")
    return (100 + int(number), size) if number.isdecimal() else (1000, size)
