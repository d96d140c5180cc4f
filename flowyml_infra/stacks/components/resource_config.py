"""Owns the compute resources that a step asks for, checked when they are put together."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from flowyml_infra.stacks.components.quantities import cores, size_bytes, wrong

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

_GOOGLE: Final = re.compile(r"(?P<series>[a-z]\d[a-z]?)-(standard|highmem|highcpu|megamem|ultramem)-(?P<cpus>\d+)")
"""Google's predefined machine types end in their number of vCPUs, see
https://cloud.google.com/compute/docs/machine-resource."""


@dataclass(frozen=True, kw_only=True)
class ResourceConfig:
    """The compute resources that a step asks for. Quantities are written as Kubernetes writes them.

    Attributes:
        cpu: Cores, ``"8"`` or ``"0.5"``, or thousandths of one, ``"500m"``; a number is taken as cores.
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
        for name in ("cpu", "memory", "disk_size"):
            value: object = getattr(self, name)
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                object.__setattr__(self, name, str(value))
            elif value is not None and not isinstance(value, str):
                raise wrong(name, repr(value), "write it as a text")
        self._check_amounts()
        self._check_gpu()
        self._check_machine()

    def to_json(self) -> dict[str, Json]:
        """What was asked for, without what was left open."""
        return {name: value for name, value in asdict(self).items() if value not in (None, False)}

    def _check_amounts(self) -> None:
        if self.cpu is not None and cores(self.cpu) <= 0:
            raise wrong("cpu", self.cpu, "it has to be more than nothing")
        for name in ("memory", "disk_size"):
            value = getattr(self, name)
            if value is not None and size_bytes(value, name) <= 0:
                raise wrong(name, value, "it has to be more than nothing")

    def _check_gpu(self) -> None:
        if self.gpu_count is not None and (type(self.gpu_count) is not int or self.gpu_count < 0):
            raise wrong("gpu_count", str(self.gpu_count), "it is a whole number and cannot be negative")
        if self.gpu_count and self.gpu is None:
            raise wrong("gpu_count", str(self.gpu_count), "gpu has to name the type, for example nvidia-tesla-v100")
        if self.gpu is not None and self.gpu_count is None:
            object.__setattr__(self, "gpu_count", 1)
        if self.gpu is not None and self.gpu_count == 0:
            raise wrong("gpu_count", "0", f"gpu asks for {self.gpu}; leave gpu out to have none")

    def _check_machine(self) -> None:
        """What is known of a machine type by its name alone, which is little."""
        machine = _GOOGLE.fullmatch(self.machine_type or "")
        if machine is None:
            return
        if self.cpu is not None and cores(self.cpu) > int(machine["cpus"]):
            hint = f"{self.machine_type} has {machine['cpus']}; choose a larger machine_type, or leave cpu out"
            raise wrong("cpu", self.cpu, hint)
        # https://cloud.google.com/compute/docs/gpus: only N1 machines take accelerators, others come with theirs.
        if self.gpu is not None and machine["series"] != "n1":
            hint = f"{self.machine_type} takes no accelerators; choose an n1 machine, or one that comes with them"
            raise wrong("gpu", self.gpu, hint)
