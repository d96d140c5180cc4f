"""Measures ``drift`` beside ``terraform plan -refresh-only`` on graphs where nothing has drifted.

    python tests/benchmarks/drift.py [--sizes 1000] [--repeat 3]

Both tools read all that they made. Ours opens every folder on disk and its mark; Terraform's ``terraform_data`` is
nothing that could be read, so what it costs is going through the graph and the state.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from terraform import OURS, TERRAFORM, measure, median, show, write_ours, write_their_state, write_theirs


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", default="1000")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    for size in map(int, arguments.sizes.split(",")):
        with tempfile.TemporaryDirectory() as folder:
            ours, theirs = Path(folder, "ours"), Path(folder, "theirs")
            ours.mkdir()
            write_ours(ours, size)
            measure([*OURS, "apply", "many", "--auto-approve", "-q"], ours)
            mine = [measure([*OURS, "drift", "many"], ours) for _ in range(arguments.repeat)]
            other = []
            if shutil.which("terraform"):
                theirs.mkdir()
                write_theirs(theirs, size)
                write_their_state(theirs, size)
                measure([*TERRAFORM, "init", "-input=false"], theirs)
                look = [*TERRAFORM, "plan", "-refresh-only", "-input=false", "-lock=false"]
                other = [measure(look, theirs) for _ in range(arguments.repeat)]
        show(size, {"drift": {"ours": median(mine), "terraform": median(other) if other else None}})


if __name__ == "__main__":
    main()
