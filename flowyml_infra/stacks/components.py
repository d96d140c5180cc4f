"""Owns what steps ask for: compute resources and container images, typed and checked when they are made."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flowyml_infra.resources.values import Json

_CPU: Final = re.compile(r"(?P<cores>\d+(\.\d{1,3})?)|(?P<milli>\d+)m")
_SIZE: Final = re.compile(r"(?P<number>\d+(\.\d+)?)(?P<unit>Ki|Mi|Gi|Ti|k|M|G|T)?")
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


@dataclass(frozen=True, kw_only=True)
class ResourceConfig:
    """The compute resources that a step asks for. Quantities are written as Kubernetes writes them.

    Attributes:
        cpu: Cores, ``"8"`` or ``"0.5"``, or thousandths of one, ``"500m"``.
        memory: Bytes with a unit: ``"32Gi"``.
        disk_size: Bytes with a unit: ``"100Gi"``.
        gpu: The type of the accelerator, as its cloud names it.
        gpu_count: How many; 1 when only the type is given.
        machine_type: The machine, as its cloud names it.
        preemptible: The cloud may take the machine back; cheaper.
        autoscaling: The number of machines may follow the load.

    Raises:
        DefinitionError: A quantity has no meaning, or two of them contradict each other.
    """

    cpu: str | None = None
    memory: str | None = None
    disk_size: str | None = None
    gpu: str | None = None
    gpu_count: int | None = None
    machine_type: str | None = None
    preemptible: bool = False
    autoscaling: bool = False

    def __post_init__(self) -> None:
        if self.cpu is not None and cores(self.cpu) <= 0:
            raise _wrong("cpu", self.cpu, "it has to be more than nothing")
        for name in ("memory", "disk_size"):
            value = getattr(self, name)
            if value is not None and size_bytes(value, name) <= 0:
                raise _wrong(name, value, "it has to be more than nothing")
        if self.gpu_count is not None and self.gpu_count < 0:
            raise _wrong("gpu_count", str(self.gpu_count), "it cannot be negative")
        if self.gpu_count and self.gpu is None:
            raise _wrong("gpu_count", str(self.gpu_count), "gpu has to name the type, for example nvidia-tesla-v100")
        if self.gpu is not None and self.gpu_count is None:
            object.__setattr__(self, "gpu_count", 1)
        if self.gpu is not None and self.gpu_count == 0:
            raise _wrong("gpu_count", "0", f"gpu asks for {self.gpu}; leave gpu out to have none")

    def to_json(self) -> dict[str, Json]:
        """What was asked for, without what was left open."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}


def cores(text: str) -> float:
    """The number of cores that ``text`` asks for: ``"500m"`` is 0.5.

    Raises:
        DefinitionError: It is no such quantity.
    """
    match = _CPU.fullmatch(text)
    if match is None:
        raise _wrong("cpu", text, 'write cores as "8" or "0.5", or thousandths as "500m"')
    return int(match["milli"]) / 1000 if match["milli"] else float(match["cores"])


def size_bytes(text: str, name: str = "size") -> int:
    """The number of bytes that ``text`` asks for: ``"1Gi"`` is 1073741824.

    Raises:
        DefinitionError: It is no such quantity.
    """
    match = _SIZE.fullmatch(text)
    if match is None:
        raise _wrong(name, text, 'write a number and a unit: "32Gi", "512Mi", "100G"')
    return int(float(match["number"]) * _UNITS[match["unit"]])


@dataclass(frozen=True, kw_only=True)
class DockerConfig:
    """The container image that steps run in: one that is there, one built from a Dockerfile, or one put together.

    Attributes:
        image: An image that is there.
        dockerfile: The path of a Dockerfile to build.
        build_context: The folder that it is built in.
        build_args: Arguments of the build by name.
        base_image: The image that requirements are installed on.
        requirements: What pip installs on it.
        env_vars: Environment variables by name.

    Raises:
        DefinitionError: More than one way is given, or none.
    """

    image: str | None = None
    dockerfile: str | None = None
    build_context: str = "."
    build_args: Mapping[str, str] = field(default_factory=dict)
    base_image: str | None = None
    requirements: Sequence[str] = ()
    env_vars: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ways = [name for name in ("image", "dockerfile", "base_image") if getattr(self, name) is not None]
        if len(ways) != 1:
            found = " and ".join(ways) or "none of them"
            raise _wrong("DockerConfig", found, "give one of image, dockerfile and base_image")
        if self.requirements and self.base_image is None:
            raise _wrong("requirements", ", ".join(self.requirements), "they are installed on a base_image; give one")
        if self.build_args and self.dockerfile is None:
            raise _wrong("build_args", ", ".join(self.build_args), "only the build of a dockerfile takes them")


def _wrong(name: str, value: str, hint: str) -> DefinitionError:
    return DefinitionError(f"{name}: {value!r} cannot be", code="definition.resources", hint=hint)
