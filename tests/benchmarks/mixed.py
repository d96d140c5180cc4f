"""Measures plans of one stack with N resources of every kind of every cloud, one in ten of them after its neighbour.

    python tests/benchmarks/mixed.py [--size 10000] [--repeat 3] [--terraform] [--json FILE]

Each figure is the user and system CPU time and the peak memory of one whole process, the median of the repeats. The
state that the plans are compared with is recorded once by an engine that makes nothing. With ``--terraform``, plans of
as many ``terraform_data`` are measured beside them, from a state that is written as a file.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
import terraform as beside

from flowyml_infra.apply.engine import Made, Reading
from flowyml_infra.project import Project, applying, engines
from flowyml_infra.resources.catalogue import every_kind
from flowyml_infra.resources.derivation import FromComponent

PROJECT = """\
project: {name: many}
location:
  aws: {region: eu-west-1}
  gcp: {region: europe-west1, project_id: many-1}
  azure: {region: westeurope, subscription_id: 00000000-0000-0000-0000-000000000001, resource_group: many}
"""
EXTRA: dict[str, dict[str, Any]] = {
    "kubernetes.registry_secret": {"server": "ghcr.io", "username": "robot", "password": "${MANY_PASSWORD}"},
    "kubernetes.quota": {"cpu": "64"},
    "azure.secret": {"value": "${MANY_PASSWORD}"},
}
"""What kinds need that nothing else gives."""
SAMPLES = {"string": "text", "integer": 1, "boolean": True, "list": ["text"], "mapping": {"a": "b"}}


class Nothing:
    """An engine that makes nothing and says that all is there."""

    name, version, resumes = "nothing", "1", False

    def prepare(self, intents: Any, context: Any) -> None:
        """All will do."""

    def preview(self, intents: Any, context: Any) -> dict[Any, Any]:
        """Nothing has parts."""
        return {}

    def settle(self, subjects: Any, context: Any, *, forget: bool) -> Any:
        """It keeps no record of its own."""
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""

    def create(self, subject: Any, context: Any) -> Made:
        """What the kind would give."""
        kind = subject.kind
        outputs = {
            item.name: subject.properties[item.echoes] if item.echoes else SAMPLES[item.type] for item in kind.outputs
        }
        return Made(f"id-of-{subject.address}", outputs)

    def update(self, subject: Any, before: Any, context: Any) -> Made:
        """The same."""
        return self.create(subject, context)

    def delete(self, subject: Any, context: Any) -> None:
        """Gone."""

    def read(self, subject: Any, context: Any) -> Reading | None:
        """As it was made."""
        return Reading(subject.physical_id or "", subject.properties)

    def locate(self, subject: Any, context: Any) -> Made | None:
        """Never interrupted."""


def manifest(size: int, edited: str = "a") -> dict[str, Any]:
    """A stack of ``size`` resources, kind after kind."""
    kinds = [kind for kind in every_kind() if kind.provider != "local"]
    resources: dict[str, Any] = {}
    for index in range(size):
        kind = kinds[index % len(kinds)]
        entry: dict[str, Any] = {"kind": kind.name, "provider": kind.provider, **EXTRA.get(kind.id, {})}
        for item in kind.properties:
            if item.required and isinstance(item.derived, FromComponent) and item.name not in entry:
                entry[item.name] = "given"
        for key in ("tags", "labels"):
            if kind.property(key) is not None:
                entry[key] = {"cost": edited if index < len(kinds) else "a"}
        if index % 10 == 9:
            before = kinds[(index - 1) % len(kinds)]
            entry["depends_on"] = [f"{before.id}.r{index - 1}"]
        resources[f"r{index}"] = entry
    return {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "many"},
        "spec": {"provider": "aws", "location": {"namespace": "many"}, "resources": resources},
    }


def write(folder: Path, size: int, edited: str = "a") -> None:
    """The project; JSON is YAML as well."""
    (folder / "stacks").mkdir(exist_ok=True)
    (folder / "flowyml.yaml").write_text(PROJECT)
    (folder / "stacks" / "many.yaml").write_text(json.dumps(manifest(size, edited), indent=1))


def record(folder: Path) -> float:
    """Apply the stack with an engine that makes nothing; the CPU seconds that took."""
    made = {"local": Nothing(), "pulumi": Nothing()}
    engines.engines = applying.engines = lambda project: made  # type: ignore[assignment]
    began = time.process_time()
    with Project.open(folder) as project:
        project.apply(project.plan("many"))
    return time.process_time() - began


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", type=int, default=10_000)
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--terraform", action="store_true")
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    # Applying, in this process, and planning, in others, have the same secrets and the same key for them.
    variables = {"FLOWYML_STATE_KEY": "a passphrase for a benchmark", "MANY_PASSWORD": "none"}
    beside.ENVIRONMENT.update(variables)
    os.environ.update(variables)
    figures: dict[str, Any] = {"size": given.size}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, given.size)
        plan = [*beside.OURS, "plan", "many"]
        figures["first plan"] = measured(plan, folder, given.repeat, fresh=True)
        figures["apply that makes nothing, CPU s"] = round(record(folder), 2)
        figures["plan, nothing to do"] = measured(plan, folder, given.repeat)
        write(folder, given.size, edited="b")
        figures["plan, one of each kind changed"] = measured(plan, folder, given.repeat)
    if given.terraform:
        figures["terraform"] = terraform(given.size, given.repeat)
    for title, figure in figures.items():
        print(f"{title:36} {figure}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))


def measured(command: list[str], folder: Path, repeat: int, *, fresh: bool = False) -> dict[str, float]:
    """The median cost of ``command``; ``fresh`` forgets before each run what was compiled."""
    costs = []
    for _ in range(repeat):
        if fresh:
            for path in (folder / ".flowyml").rglob("*") if (folder / ".flowyml").exists() else ():
                if path.is_file():
                    path.unlink()
        costs.append(beside.measure(command, folder))
    middle = beside.median(costs)
    return {"cpu": round(middle.cpu, 3), "wall": round(middle.wall, 3), "MB": round(middle.memory)}


def terraform(size: int, repeat: int) -> dict[str, Any]:
    """The same plans by Terraform."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        beside.write_theirs(folder, size)
        beside.measure([*beside.TERRAFORM, "init", "-input=false"], folder)
        plan = [*beside.TERRAFORM, "plan", "-input=false", "-no-color"]
        figures: dict[str, Any] = {"first plan": measured(plan, folder, 1)}
        beside.write_their_state(folder, size)
        return {**figures, "plan, nothing to do": measured(plan, folder, repeat)}


if __name__ == "__main__":
    main()
