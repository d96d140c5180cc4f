"""Measures CPU time and peak memory at many resources: first apply, plan without changes, listing the state.

    python tests/benchmarks/memory.py [--size 100000] [--json FILE]

The apply is made by an engine that makes nothing, so that what is measured is ours. Each figure is one whole process.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import mixed
import terraform as beside


def write(folder: Path, size: int) -> None:
    """A manifest with ``size`` directories, in as few lines as they take: a file may have 400,000."""
    head = "apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata: {name: many}\n"
    head += "spec:\n  provider: local\n  resources:\n"
    lines = (f"    r{index}:\n      kind: directory\n      path: made/{index}\n" for index in range(size))
    (folder / "flowyml.yaml").write_text("project: {name: many}\n")
    (folder / "stacks").mkdir()
    (folder / "stacks" / "many.yaml").write_text(head + "".join(lines))


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--size", type=int, default=100_000)
    arguments.add_argument("--json", type=Path)
    arguments.add_argument("--record", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.record:
        cpu = mixed.record(given.record)
        print(json.dumps({"cpu": round(cpu, 2), "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))
        return
    variables = {"FLOWYML_STATE_KEY": "a passphrase for a benchmark"}
    beside.ENVIRONMENT.update(variables)
    os.environ.update(variables)
    figures: dict[str, object] = {"size": given.size}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, given.size)
        figures["first plan"] = mixed.measured([*beside.OURS, "plan", "many"], folder, 1)
        applied = subprocess.run(
            [sys.executable, str(Path(__file__).absolute()), "--record", name],
            capture_output=True,
            text=True,
            check=True,
            cwd=name,
        )
        figures["first apply"] = json.loads(applied.stdout)
        plan = [*beside.OURS, "plan", "many"]
        figures["plan after the apply"] = mixed.measured(plan, folder, 1)
        figures["plan, nothing to do"] = mixed.measured(plan, folder, 1)
        figures["state list"] = mixed.measured([*beside.OURS, "state", "list", "many"], folder, 1)
    for title, figure in figures.items():
        print(f"{title:24} {figure}")
    if given.json:
        given.json.write_text(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
