"""Owns what follows from the name of a machine type of EC2: its processors, and the image that its hardware needs.

Sources: https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html,
https://docs.aws.amazon.com/eks/latest/APIReference/API_Nodegroup.html,
https://docs.aws.amazon.com/batch/latest/APIReference/API_Ec2Configuration.html.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_FAMILY = re.compile(r"(?P<series>[a-z]+)\d+(?P<features>[a-z-]*)")
_NVIDIA = ("g", "gr", "p")
_NEURON = ("inf", "trn")
_SMALL = {"nano": 2, "micro": 2, "small": 2, "large": 2, "xlarge": 4}
_METAL = {
    "g4dn": 96,
    "c5": 96,
    "m6g": 64,
    "c6g": 64,
    "r6g": 64,
    "m7g": 64,
    "c7g": 64,
    "m6a": 192,
    "c6a": 192,
    "m7a": 192,
    "m7i": 192,
    "c7i": 192,
}
_MOST_METAL = 128


class _Hardware(NamedTuple):
    arm: bool
    nvidia: bool
    neuron: bool


def processors(machine_type: str) -> int:
    """How many virtual processors a machine of this type has."""
    family, _, size = machine_type.partition(".")
    if size == "medium":
        return 2 if family.startswith("t") else 1
    if size == "metal":
        return _METAL.get(family, _MOST_METAL)
    times = size.removesuffix("xlarge")
    return 4 * int(times) if times.isdecimal() else _SMALL.get(size, 2)


def node_image(machine_type: str) -> str:
    """The kind of image of EKS that has the drivers for it."""
    found = _hardware(machine_type)
    architecture = "ARM_64" if found.arm else "x86_64"
    drivers = "NVIDIA" if found.nvidia else "NEURON" if found.neuron else "STANDARD"
    return f"AL2023_{architecture}_{drivers}"


def batch_image(machine_type: str) -> str:
    """The kind of image of Batch that has the drivers for it."""
    return "ECS_AL2023_NVIDIA" if _hardware(machine_type).nvidia else "ECS_AL2023"


def _hardware(machine_type: str) -> _Hardware:
    family = machine_type.partition(".")[0]
    found = _FAMILY.fullmatch(family)
    if found is None:
        return _Hardware(arm=False, nvidia=False, neuron=False)
    series, features = found["series"], found["features"]
    return _Hardware(
        arm=series == "a" or features.startswith("g"),
        # The graphics processors of g4ad are AMD's.
        nvidia=series in _NVIDIA and family != "g4ad",
        neuron=series in _NEURON and family != "inf1",
    )
