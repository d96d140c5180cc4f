"""Runs the failure classes and reports what they came to.

    python -m tests.reliability --full                            # every class, as often as its bar asks for
    python -m tests.reliability --full --only kill-at-random      # one class
    python -m tests.reliability --full --jobs 4                   # by four processes side by side
    python -m tests.reliability --full --minutes 7 --go-on        # for a while; goes on where the report ends
    python -m tests.reliability --document docs/reliability.md    # put the table of the report into the document

Without ``--full`` each class runs in the short form of the ordinary tests. The report is written after every class:
JSON in ``reliability-report.json``, and the same as a table beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.emulation import postgresql_server
from tests.reliability import report
from tests.reliability.failure_class import BACKENDS, FailureClass, Ground
from tests.reliability.pieces import run_pieces
from tests.reliability.registry import CLASSES


def main() -> int:
    """Run what was asked for; 1 when a case failed."""
    asked = arguments().parse_args()
    lines = report.read(asked.report)
    if asked.document:
        report.quote(asked.document, report.table(CLASSES, lines))
        return 0
    until = time.monotonic() + asked.minutes * 60
    failed = False
    with contextlib.ExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="flowyml-reliability-"))
        stack.callback(shutil.rmtree, root, ignore_errors=True)
        os.environ["XDG_DATA_HOME"] = str(root / "user")
        server = None
        for item in CLASSES:
            for backend in item.backends:
                if item.name not in (asked.only or [item.name]) or backend not in (
                    *(asked.backend or BACKENDS),
                    "none",
                ):
                    continue
                if backend == "postgresql" and server is None:
                    server = postgresql_server.started()
                    stack.callback(server.close)
                ground = Ground(backend, root, server if backend == "postgresql" else None, until=until)
                before = lines.get((item.name, backend)) if asked.go_on else None
                failed |= run(item, ground, asked, before)
    asked.report.with_suffix(".md").write_text(report.table(CLASSES, report.read(asked.report)) + "\n")
    return int(failed)


def run(item: FailureClass, ground: Ground, asked: argparse.Namespace, before: report.Line | None) -> bool:
    """Run one class on one backend and report; whether a case failed."""
    ground.done = before.count if before else 0
    ground.wanted = (item.full if asked.full else item.short) - ground.done
    if ground.wanted <= 0 or time.monotonic() >= ground.until:
        return False
    began = time.monotonic()
    if asked.jobs > 1 and not item.whole:
        run_pieces(item, ground, asked.jobs)
    else:
        item.run(ground)
    line = report.line_of(item, ground, time.monotonic() - began, before)
    report.store(asked.report, line)
    print(f"{item.name} on {ground.backend}: {line.count} run, {line.failed} failed, {line.seconds} s", flush=True)
    for failure in ground.failures:
        print(f"  {failure}", file=sys.stderr, flush=True)
    return bool(ground.failures)


def arguments() -> argparse.ArgumentParser:
    """What the command takes."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.reliability", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="as often as the bar of each class asks for")
    parser.add_argument("--only", action="append", choices=[item.name for item in CLASSES], help="this class; repeat")
    parser.add_argument("--backend", action="append", choices=BACKENDS, default=None, help="this kind of state; repeat")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no case after so long")
    parser.add_argument("--go-on", action="store_true", help="go on where the report ends")
    parser.add_argument("--jobs", type=int, default=1, help="so many processes side by side")
    parser.add_argument("--report", type=Path, default=Path("reliability-report.json"), help="where the report goes")
    parser.add_argument("--document", type=Path, help="run nothing: put the report's table into this document")
    return parser


if __name__ == "__main__":
    sys.exit(main())
