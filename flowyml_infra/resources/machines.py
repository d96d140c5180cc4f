"""Owns what ``spec.compute`` says about machines, as properties of the kind that they are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.problems import dotted
from flowyml_infra.definition.quantity import size_gib
from flowyml_infra.resources.places import aws_machines, gcp_machines
from flowyml_infra.resources.places.accelerators import google_name, machine_for, misfit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.definition.components import Component
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.problems import Path, Problems
    from flowyml_infra.resources.values import Json

SEPARATE_MACHINES: Final[Mapping[str, str]] = {
    "aws.cluster": "node_group",
    "gcp.cluster": "node_pool",
    "azure.cluster": "node_pool",
    "azure.ml_workspace": "ml_compute",
}
"""The kind of the machines that belong to compute of a kind; others have theirs among their own properties."""
_PLAIN: Final = ("min_nodes", "max_nodes", "preemptible")
_CLOUDS: Final = ("aws", "gcp", "azure")


def _sagemaker_problem(value: Json) -> str | None:
    text = str(value)
    if not text.startswith("ml."):
        return f"is {text!r}; the types of SageMaker begin with ml., for example ml.m5.large"
    return aws_machines.machine_problem(text.removeprefix("ml."))


_TYPE_CHECKS: Final[Mapping[str, Callable[[Json], str | None]]] = {
    "gcp.vertex": gcp_machines.machine_problem,
    "aws.identity": _sagemaker_problem,
}
"""What machine types look like where no kind has them; an identity is what SageMaker needs."""


@dataclass(frozen=True, slots=True)
class Machines:
    """What was said.

    Attributes:
        properties: By the property of the machines' kind.
        places: Where the document says it.
    """

    properties: dict[str, Json] = field(default_factory=dict)
    places: dict[str, Path] = field(default_factory=dict)

    def put(self, name: str, value: Json, path: Path) -> None:
        """Note that the property ``name`` is ``value``, as ``path`` says."""
        self.properties[name] = value
        self.places[name] = path

    def of(self, kind: Kind) -> dict[str, Json]:
        """Those that ``kind`` has; the others are what steps ask for."""
        return {name: value for name, value in self.properties.items() if kind.property(name) is not None}

    def check_kept(self, kind: Kind, problems: Problems) -> None:
        """Where ``kind`` keeps no machines: check the type that steps will ask for, and doubt a number of them."""
        for name in ("min_nodes", "max_nodes"):
            if name in self.properties and kind.property(name) is None:
                path = self.places[name]
                summary = f"{dotted(path)} has no effect: {kind.id} keeps no machines of its own"
                problems.doubt(path, summary, "remove it")
        machine = self.properties.get("machine_type")
        check = _TYPE_CHECKS.get(kind.id)
        clause = check(machine) if check is not None and isinstance(machine, str) and "${" not in machine else None
        if clause is not None:
            path = self.places["machine_type"]
            problems.add("definition.value", path, f"{dotted(path)} {clause}")


def read_machines(component: Component, problems: Problems) -> Machines:
    """What the compute ``component`` says about machines; what cannot be is noted."""
    given, machines = component.properties, Machines()
    for name in _PLAIN:
        if name in given:
            machines.put(name, given[name], (*component.path, name))
    _read_type(component, machines, problems)
    _read_disk(component, machines)
    if component.provider in _CLOUDS:
        _read_accelerators(component, machines, problems)
    if given.get("autoscaling") is False:
        _fix_number(component, machines, problems)
    return machines


def _read_type(component: Component, machines: Machines, problems: Problems) -> None:
    given = component.properties
    named = [key for key in ("size", "machine_type") if key in given]
    if len(named) == 2 and given["size"] != given["machine_type"]:
        path = (*component.path, "machine_type")
        problems.add("definition.value", path, f"{dotted(path)} and size name two types of machine", "keep one of them")
    if named:
        machines.put("machine_type", given[named[-1]], (*component.path, named[-1]))


def _read_disk(component: Component, machines: Machines) -> None:
    written = component.properties.get("disk_size")
    if isinstance(written, str):
        size = size_gib(written)
        machines.put("disk_size", written if size is None else size, (*component.path, "disk_size"))


def _read_accelerators(component: Component, machines: Machines, problems: Problems) -> None:
    """The accelerators, and the smallest machine with so many of them unless the type is said."""
    given, path = component.properties, (*component.path, "gpu")
    gpu, count = given.get("gpu"), given.get("gpu_count", 1)
    if not isinstance(gpu, str) or "${" in gpu or not isinstance(count, int) or count == 0:
        return  # none, or known only when it is applied
    named = machines.properties.get("machine_type")
    machine = named.removeprefix("ml.") if isinstance(named, str) else None
    wrong = misfit(component.provider, gpu, count, machine)
    if wrong is not None:
        problems.add("definition.value", path, f"{dotted(path)} {wrong.clause}", wrong.hint)
        return
    if machine is None:
        prefix = "ml." if given.get("backend") == "sagemaker" else ""
        machines.put("machine_type", f"{prefix}{machine_for(component.provider, gpu, count)}", path)
    machines.put("gpu", google_name(gpu) if component.provider == "gcp" else gpu, path)
    machines.put("gpu_count", count, (*component.path, "gpu_count") if "gpu_count" in given else path)


def _fix_number(component: Component, machines: Machines, problems: Problems) -> None:
    """A number of machines that does not follow the load: both ends are the same."""
    least, most = (machines.properties.get(name) for name in ("min_nodes", "max_nodes"))
    path = (*component.path, "autoscaling")
    if least is not None and most is not None and least != most:
        hint = "write the same number twice, or leave autoscaling out"
        problems.add("definition.value", path, f"{dotted(path)} is off, and min_nodes and max_nodes differ", hint)
        return
    number = most if most is not None else least
    if number is not None:
        for name in ("min_nodes", "max_nodes"):
            machines.put(name, number, machines.places.get(name, path))
