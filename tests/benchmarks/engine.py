"""Measures an apply through the engine beside select, preview and up of the same inline program.

    python tests/benchmarks/engine.py [--sizes 50,200] [--repeat 3] [--json FILE]

Both make N resources of all kinds on AWS and Kubernetes, each of which is several to the engine, with plugins that make
everything at once. Each figure is the median of the repeats, which take turns: user and system CPU seconds of all
processes that a command starts, plugins included, and wall seconds.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from flowyml_infra.definition.project_config import ProjectConfig  # noqa: E402
from flowyml_infra.definition.stack_definition import StackDefinition  # noqa: E402
from flowyml_infra.resources.catalogue import every_kind  # noqa: E402
from flowyml_infra.resources.expand import expand  # noqa: E402
from tests.emulation.instant import surroundings  # noqa: E402

PROJECT = "project: {name: many}\n"
NEEDED: dict[str, dict[str, Any]] = {"aws.node_group": {"cluster": "training"}, "kubernetes.quota": {"pods": 9}}
LEFT_OUT = ("kubernetes.registry_secret",)
"""Kinds that cannot do without a secret."""
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Cost:
    """What one command cost, with all that it started."""

    cpu: float
    wall: float


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", default="50,200")
    arguments.add_argument("--repeat", type=int, default=3)
    arguments.add_argument("--json", type=Path)
    given = arguments.parse_args()
    # What a command leaves running becomes our child, and is counted.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    figures: dict[str, Any] = {}
    for size in (int(text) for text in given.sizes.split(",")):
        figures[str(size)] = measure(size, given.repeat)
        print(f"{size:5} resources  {json.dumps(figures[str(size)])}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))


def measure(size: int, repeat: int) -> dict[str, Any]:
    """Both commands by turns, each in a folder of its own."""
    costs: dict[str, list[Cost]] = {"apply": [], "beside": [], "apply without changes": []}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {**plain(), **surroundings.environment(folder), "PYTHONPATH": str(ROOT)}
        declared = manifest(size)
        (folder / "resources.json").write_text(json.dumps(properties(declared)))
        for number in range(repeat):
            ours, theirs = folder / f"ours-{number}", folder / f"theirs-{number}"
            write(ours, declared)
            apply = [sys.executable, "-m", "flowyml_infra", "apply", "many", "--auto-approve"]
            costs["apply"].append(run(apply, ours, environment))
            beside = [str(Path(__file__).with_name("engine_beside.py")), str(folder / "resources.json"), str(theirs)]
            costs["beside"].append(run([sys.executable, *beside], folder, environment))
            costs["apply without changes"].append(run(apply, ours, environment))
            shutil.rmtree(ours)
    return summary(costs)


def summary(costs: dict[str, list[Cost]]) -> dict[str, Any]:
    """The medians, and ours as a multiple of theirs."""
    found: dict[str, Any] = {}
    for name, each in costs.items():
        found[name] = {
            "cpu": round(statistics.median(cost.cpu for cost in each), 2),
            "wall": round(statistics.median(cost.wall for cost in each), 2),
        }
    for figure in ("cpu", "wall"):
        found[f"{figure} ratio"] = round(found["apply"][figure] / found["beside"][figure], 3)
    return found


def run(command: list[str], folder: Path, environment: dict[str, str]) -> Cost:
    """Run ``command`` and wait for all that it started."""
    before, began = children_seconds(), time.monotonic()
    with (folder / "out.txt").open("wb") as out:
        ended = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=environment, check=False
        )
    wall = time.monotonic() - began
    if ended.returncode:
        raise SystemExit(
            f"{' '.join(command)} ended with {ended.returncode}:\n{(folder / 'out.txt').read_text()[-3000:]}"
        )
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return Cost(children_seconds() - before, wall)


def children_seconds() -> float:
    """CPU seconds of everything that was waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def plain() -> dict[str, str]:
    """This process's variables without those that could lead elsewhere; bytecode may be written."""
    foreign = (*surroundings.FOREIGN, "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def manifest(size: int) -> dict[str, Any]:
    """A stack of ``size`` resources, kind after kind."""
    kinds = [kind for kind in every_kind() if kind.provider in ("aws", "kubernetes") and kind.id not in LEFT_OUT]
    resources = {
        f"r{index}": {"kind": kind.name, "provider": kind.provider, **NEEDED.get(kind.id, {})}
        for index, kind in ((index, kinds[index % len(kinds)]) for index in range(size))
    }
    location = {"region": "eu-west-1", "namespace": "many"}
    return {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "many"},
        "spec": {"provider": "aws", "location": location, "resources": resources},
    }


def properties(declared: dict[str, Any]) -> dict[str, Any]:
    """What the programs are given for each resource."""
    config = ProjectConfig.from_bytes(PROJECT.encode(), "/nowhere", environ={})
    definition = StackDefinition.from_mapping(declared, config=config, environ={})
    specs = expand(definition, "default", config=config).graph.specs
    return {
        address.name: {"provider": address.provider, "kind": address.kind, "properties": spec.properties}
        for address, spec in specs.items()
    }


def write(folder: Path, declared: dict[str, Any]) -> None:
    """The project; JSON is YAML as well."""
    (folder / "stacks").mkdir(parents=True)
    (folder / "flowyml.yaml").write_text(PROJECT)
    (folder / "stacks" / "many.yaml").write_text(json.dumps(declared))


if __name__ == "__main__":
    main()
