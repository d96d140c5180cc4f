"""The report says what was run, and the document quotes it whole."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from flowyml_infra.apply import reading
from flowyml_infra.apply.engines.pulumi import installation, launcher
from flowyml_infra.audit import sqlite
from flowyml_infra.audit.postgresql import answering, sessions
from flowyml_infra.resolution import lockfile
from flowyml_infra.state.encryption import key_service
from tests.reliability import report
from tests.reliability.__main__ import arguments
from tests.reliability.failure_class import Ground
from tests.reliability.registry import CLASSES

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"


def test_the_document_has_a_line_for_each_class_on_each_backend():
    text = DOCUMENT.read_text()
    for item in CLASSES:
        for backend in item.backends:
            start = f"| `{item.name}`: {item.title} | {item.bar} | {report.TITLES[backend]} | "
            assert start in text, f"run python -m tests.reliability --document {DOCUMENT.relative_to(ROOT)}"


def test_the_files_and_commands_that_it_names_are_there():
    text = DOCUMENT.read_text()
    named = re.findall(r"`(tests/[\w/]+\.py)`", text)
    assert len(named) > 8
    for name in named:
        assert (ROOT / name).is_file()
    commands = re.findall(r"python -m tests\.reliability ([^`\n]+)", text)
    assert len(commands) > 1
    for command in commands:
        arguments().parse_args(command.split())


def test_the_waits_that_it_names_are_those_of_the_code():
    rows = [line.split(" | ") for line in DOCUMENT.read_text().partition("## How long it waits")[2].splitlines()]
    waits = {row[0].removeprefix("| "): row[1] for row in rows if len(row) == 3}
    for what, wait in (
        ("another process that writes to a state in a file", f"{sqlite.BUSY_SECONDS:g} s"),
        ("a row or a table that another session has locked", f"{sessions.BUSY_SECONDS:g} s"),
        ("one statement", f"{sessions.STATEMENT_SECONDS:g} s"),
        ("a server that says nothing at all", f"{answering.ANSWER_SECONDS:g} s"),
        ("a server that restarts", f"{sessions.RECONNECT_SECONDS:g} s"),
        ("AWS KMS", f"{key_service.CONNECT_SECONDS:g} s to connect, {key_service.ANSWER_SECONDS:g} s to answer"),
        ("another process that writes `flowyml.lock`", f"{lockfile.HOLD_SECONDS:g} s"),
        ("another process that installs the Pulumi CLI", f"{installation.WAIT_SECONDS / 60:g} min"),
        ("the Pulumi CLI at work on its own record", f"{launcher.BRIEF_SECONDS / 60:g} min"),
        ("the engine's answer about one resource, a preview, a refresh", f"{launcher.LONG_SECONDS / 3600:g} h"),
        ("one look at a resource", f"{reading.TIMEOUT:g} s"),
    ):
        assert waits[what].startswith(wait), what


def test_a_report_that_goes_on_adds_up_and_keeps_the_other_lines(tmp_path):
    path = tmp_path / "report.json"
    ground = Ground("sqlite", tmp_path, count=3, failures=["no"])
    first = report.line_of(CLASSES[0], ground, 1.5, None)
    report.store(path, replace(first, backend="postgresql"))
    report.store(path, report.line_of(CLASSES[0], ground, 2.0, first))
    lines = report.read(path)
    added = lines[CLASSES[0].name, "sqlite"]
    assert (added.count, added.failed, added.seconds) == (6, 2, 3.5)
    assert lines[CLASSES[0].name, "postgresql"].count == 3


def test_a_class_that_was_not_run_says_so(tmp_path):
    assert report.table(CLASSES, {}).count("not run") == sum(len(item.backends) for item in CLASSES)
    document = tmp_path / "a.md"
    document.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.quote(document, "new")
    assert document.read_text() == f"before\n{report.BEGIN}\nnew\n{report.END}\nafter\n"
