"""Measures what pipelines cost: CPU seconds, wall seconds and peak memory of a whole process, against the bars.

    python tests/benchmarks/pipelines.py [--repeat N] [--json FILE]

Each case runs in a fresh folder and a fresh process, with the default binder, on the built-in local stack. The best of
the repetitions counts, as everything else on the machine only adds to it. Exits with 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

PRELUDE = "from flowyml_infra import Pipeline, step\n"
ONE = f"""{PRELUDE}
@step
def hello():
    return {{"greeting": "hello"}}
assert Pipeline("one", steps=[hello]).run().success
"""
CHAIN = f"""{PRELUDE}
def make(number):
    if number == 0:
        return step(lambda: 0, name="s0", outputs=["v0"])
    return step(lambda x: x + 1, name=f"s{{number}}", inputs=[f"v{{number - 1}}"], outputs=[f"v{{number}}"])
result = Pipeline("chain", steps=[make(number) for number in range(1000)]).run().raise_for_status()
assert result.outputs["v999"] == 999
"""
WIDE = f"""{PRELUDE}
def make(number):
    return step(lambda: number, name=f"s{{number}}", outputs=[f"v{{number}}"])
join = step(lambda *parts: sum(parts), name="join", inputs=[f"v{{number}}" for number in range(200)])
result = Pipeline("wide", steps=[*(make(number) for number in range(200)), join]).run().raise_for_status()
assert result.outputs["join"] == sum(range(200))
"""
ARRAY = f"""{PRELUDE}
import numpy as np
@step
def make():
    return np.ones(12_500_000)
@step
def passed(make):
    return make
@step
def total(passed):
    return float(passed.sum())
result = Pipeline("array", steps=[make, passed, total]).run().raise_for_status()
assert result.outputs["total"] == 12_500_000
"""


@dataclass(frozen=True)
class Measure:
    """What one process took.

    Attributes:
        cpu: User and system seconds.
        wall: Seconds.
        peak_mb: The most memory it had, in 10^6 bytes.
        disk_mb: What its folder had in it afterwards, in 10^6 bytes.
    """

    cpu: float
    wall: float
    peak_mb: float
    disk_mb: float


@dataclass(frozen=True)
class Bar:
    """One figure and what it must not exceed."""

    case: str
    figure: str
    value: float
    most: float

    @property
    def held(self) -> bool:
        """Whether it is not exceeded."""
        return self.value <= self.most


def measure(code: str, folder: Path) -> Measure:
    """Run ``code`` in ``folder`` as a process of its own."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("FLOWYML_")}
    environ["PYTHONPATH"] = str(Path(__file__).parents[2])
    environ["OMP_NUM_THREADS"] = environ["OPENBLAS_NUM_THREADS"] = "1"
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, env=environ)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"a case failed with {process.returncode}")
    disk = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return Measure(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024 / 1e6, disk / 1e6)


def best(codes: list[str], repeat: int) -> list[Measure]:
    """The least of each figure of each of ``codes``, which run one after the other in one folder."""
    rounds: list[list[Measure]] = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append([measure(code, Path(folder)) for code in codes])
    return [
        Measure(*(min(getattr(item, name) for item in column) for name in ("cpu", "wall", "peak_mb", "disk_mb")))
        for column in zip(*rounds, strict=True)
    ]


def bars(repeat: int) -> tuple[dict[str, Measure], list[Bar]]:
    """Every measurement by case, and every bar."""
    (bare,) = best(["pass"], repeat)
    (imported,) = best([PRELUDE], repeat)
    # The first process in a folder makes it, the second remembers what it compiled; from the third on nothing changes.
    first, _, again = best([ONE, ONE, ONE], repeat)
    _, _, chain, cached = best([ONE, ONE, CHAIN, CHAIN], repeat)
    (wide,) = best([WIDE], repeat)
    found = {
        "interpreter": bare,
        "import": imported,
        "one step, fresh folder": first,
        "one step, again": again,
        "chain of 1,000": chain,
        "chain of 1,000, cached": cached,
        "200 wide and a join": wide,
    }
    # A second over a thousand steps is a millisecond a step.
    computed, reused = (item.cpu - again.cpu for item in (chain, cached))
    held = [
        Bar("import", "CPU s", imported.cpu, 0.35),
        Bar("one step, again", "CPU s", again.cpu, 0.6),
        Bar("one step, again", "wall s", again.wall, 0.6),
        Bar("one step, again", "peak MB", again.peak_mb, 80),
        Bar("one step, fresh folder", "CPU s", first.cpu, 0.6),
        Bar("chain of 1,000", "CPU s", chain.cpu, 3.5),
        Bar("chain of 1,000", "CPU ms a step", computed, 3),
        Bar("chain of 1,000, cached", "CPU ms a step", reused, computed / 3),
        Bar("200 wide and a join", "CPU s", wide.cpu, 1.2),
    ]
    try:
        import numpy as np  # noqa: F401
    except ImportError:
        return found, held
    (array,) = best([ARRAY], repeat)
    found["100 MB array, 3 steps"] = array
    held += [
        Bar("100 MB array, 3 steps", "CPU s", array.cpu, 1.5),
        Bar("100 MB array, 3 steps", "peak MB", array.peak_mb, 350),
        Bar("100 MB array, 3 steps", "disk MB", array.disk_mb, 101),
    ]
    return found, held


def main() -> int:
    """Measure, print a table, and say whether every bar holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    found, held = bars(options.repeat)
    print(f"{'case':26}{'CPU s':>8}{'wall s':>8}{'peak MB':>9}{'disk MB':>9}")
    for name, item in found.items():
        print(f"{name:26}{item.cpu:8.2f}{item.wall:8.2f}{item.peak_mb:9.0f}{item.disk_mb:9.1f}")
    print(f"\n{'bar':42}{'value':>9}{'most':>9}")
    for bar in held:
        print(f"{f'{bar.case}: {bar.figure}':42}{bar.value:9.3f}{bar.most:9.3f}  {'' if bar.held else 'MISSED'}")
    if options.json:
        document = {
            "measures": {name: asdict(item) for name, item in found.items()},
            "bars": [{**asdict(bar), "held": bar.held} for bar in held],
        }
        options.json.write_text(json.dumps(document, indent=2) + "\n")
    return 0 if all(bar.held for bar in held) else 1


if __name__ == "__main__":
    sys.exit(main())
