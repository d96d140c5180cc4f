"""Measures plan and apply beside Terraform on the same graphs: N resources, one in ten of them after its neighbour.

    python tests/benchmarks/terraform.py [--sizes 100,1000,10000] [--apply-up-to 1000] [--repeat 3] [--json FILE]

Each figure is the user and system CPU time of one whole process and its children, the median of the repeats, both
tools in the same run. Terraform makes ``terraform_data``, we make directories on disk. Terraform writes its whole state
at each change, so an apply of 10,000 takes it the better part of an hour: beyond ``--apply-up-to`` its state is written
as a file instead, which its plan reads like any other.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

OURS = [sys.executable, "-m", "flowyml_infra"]
TERRAFORM = ["terraform"]
# An installed package has its bytecode beside it; a checkout has to be allowed to write it.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@dataclass(frozen=True)
class Cost:
    """What one process cost: CPU seconds, wall seconds, peak memory in MB."""

    cpu: float
    wall: float
    memory: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run ``command`` in ``folder`` to its end."""
    began = time.monotonic()
    with (folder / "out.txt").open("wb") as out:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=ENVIRONMENT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        text = (folder / "out.txt").read_text()[-3000:]
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}:\n{text}")
    return Cost(usage.ru_utime + usage.ru_stime, time.monotonic() - began, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """The cost with the median CPU time."""
    middle = statistics.median_low(cost.cpu for cost in costs)
    return next(cost for cost in costs if cost.cpu == middle)


def write_ours(folder: Path, size: int, edited: str = "a") -> None:
    """A manifest with ``size`` directories."""
    lines = [
        "apiVersion: flowyml/v1",
        "kind: StackDefinition",
        "metadata:",
        "  name: many",
        "spec:",
        "  provider: local",
    ]
    lines.append("  resources:")
    for index in range(size):
        value = edited if index == 0 else "a"
        lines += [f"    r{index}:", "      kind: directory", f"      path: made/{index}"]
        lines.append(f"      labels: {{value: {value}}}")
        if index % 10 == 9:
            lines.append(f"      depends_on: [local.directory.r{index - 1}]")
    (folder / "stacks").mkdir(exist_ok=True)
    (folder / "stacks" / "many.yaml").write_text("\n".join(lines) + "\n")


def write_theirs(folder: Path, size: int, edited: str = "a") -> None:
    """The same graph for Terraform."""
    lines: list[str] = []
    for index in range(size):
        value = edited if index == 0 else "a"
        after = f"\n  depends_on = [terraform_data.r{index - 1}]" if index % 10 == 9 else ""
        lines.append(f'resource "terraform_data" "r{index}" {{\n  input = "{value}"{after}\n}}')
    (folder / "main.tf").write_text("\n".join(lines) + "\n")


def write_their_state(folder: Path, size: int) -> None:
    """The state that an apply of the graph leaves."""
    resources = [
        {
            "mode": "managed",
            "type": "terraform_data",
            "name": f"r{index}",
            "provider": 'provider["terraform.io/builtin/terraform"]',
            "instances": [
                {
                    "schema_version": 0,
                    "attributes": {
                        "id": str(uuid.uuid4()),
                        "input": {"value": "a", "type": "string"},
                        "output": {"value": "a", "type": "string"},
                        "triggers_replace": None,
                    },
                    "sensitive_attributes": [],
                    "dependencies": [f"terraform_data.r{index - 1}"] if index % 10 == 9 else [],
                }
            ],
        }
        for index in range(size)
    ]
    state = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": str(uuid.uuid4()), "outputs": {}}
    (folder / "terraform.tfstate").write_text(json.dumps({**state, "resources": resources, "check_results": None}))


def bench_size(size: int, *, repeat: int, applies: bool, folder: Path) -> dict[str, dict[str, Cost | None]]:
    """Every figure for one size, ours and theirs."""
    ours, theirs = folder / "ours", folder / "theirs"
    ours.mkdir()
    theirs.mkdir()
    write_ours(ours, size)
    write_theirs(theirs, size)
    measure([*TERRAFORM, "init", "-input=false"], theirs)
    plan_theirs = [*TERRAFORM, "plan", "-input=false", "-lock=false"]
    apply_theirs = [*TERRAFORM, "apply", "-input=false", "-auto-approve"]
    plan_ours, apply_ours = [*OURS, "plan", "many"], [*OURS, "apply", "many", "--auto-approve", "-q"]

    def pair(command: list[str], other: list[str] | None) -> dict[str, Cost | None]:
        mine = [measure(command, ours) for _ in range(repeat)]
        other_costs = [measure(other, theirs) for _ in range(repeat)] if other else []
        return {"ours": median(mine), "terraform": median(other_costs) if other_costs else None}

    figures = {"first plan": pair(plan_ours, plan_theirs if applies else None)}
    figures["first apply"] = {
        "ours": measure(apply_ours, ours),
        "terraform": measure(apply_theirs, theirs) if applies else None,
    }
    if not applies:
        write_their_state(theirs, size)
    measure(plan_ours, ours)
    figures["no-op plan"] = pair(plan_ours, plan_theirs)
    write_ours(ours, size, "b")
    write_theirs(theirs, size, "b")
    figures["plan, 1 change"] = pair(plan_ours, plan_theirs)
    figures["apply, 1 change"] = {
        "ours": measure(apply_ours, ours),
        "terraform": measure(apply_theirs, theirs) if applies else None,
    }
    return figures


def show(size: int, figures: dict[str, dict[str, Cost | None]]) -> None:
    """Print one size as a table."""
    print(f"\n{size:,} resources{'':14}{'ours':>24}{'terraform':>26}{'ratio':>9}")
    for name, pair in figures.items():
        mine, other = pair["ours"], pair["terraform"]
        assert mine is not None
        left = f"{mine.cpu:8.2f} CPU s {mine.memory:6.0f} MB"
        right = f"{other.cpu:8.2f} CPU s {other.memory:6.0f} MB" if other else "-"
        ratio = f"{other.cpu / mine.cpu:8.1f}x" if other else "-"
        print(f"  {name:<20}{left:>26}{right:>26}{ratio:>9}")


def main() -> None:
    """Measure, print, and write the figures where that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="100,1000,10000")
    parser.add_argument("--apply-up-to", type=int, default=1000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    if not shutil.which("terraform"):
        raise SystemExit("the terraform command is needed to compare with")
    results: dict[int, dict[str, dict[str, Cost | None]]] = {}
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            applies = size <= arguments.apply_up_to
            results[size] = bench_size(size, repeat=arguments.repeat, applies=applies, folder=Path(folder))
        show(size, results[size])
    if {1000, 10000} <= set(results):
        small, large = (results[size]["first apply"]["ours"] for size in (1000, 10000))
        assert small is not None
        assert large is not None
        print(f"\ncost of recording, 10,000 to 1,000 resources: {large.cpu / small.cpu:.1f} (10 is flat)")
    if arguments.json:
        plain = {
            size: {
                name: {tool: vars(cost) if cost else None for tool, cost in pair.items()} for name, pair in f.items()
            }
            for size, f in results.items()
        }
        arguments.json.write_text(json.dumps(plain, indent=2))


if __name__ == "__main__":
    main()
