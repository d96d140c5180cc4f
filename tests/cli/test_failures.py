"""How failures reach people and programs: with their cure, without a traceback, without a secret."""

from __future__ import annotations

import io
import json

import pytest

from flowyml_infra.cli.terminal import Terminal
from flowyml_infra.cli.views.failure import diagnostics_of, show_failure
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import DefinitionError, InfraError, StateLockedError

BROKEN = DefinitionError(
    "stacks/prod.yaml is wrong",
    diagnostics=[
        Diagnostic(
            "error",
            "definition.unknown_key",
            "unknown key 'storge'",
            location=Location("stacks/prod.yaml", 4, 3),
            hint="did you mean 'storage'?",
        ),
        Diagnostic("error", "definition.type", "min_nodes is no number", "it is 'many'", address="aws.cluster.compute"),
    ],
    hint="see docs/manifest.md",
)


def shown(error: BaseException, *, json: bool = False, verbose: bool = False) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    show_failure(error, Terminal(out, err, io.StringIO(), color=False), json=json, verbose=verbose)
    return out.getvalue(), err.getvalue()


def test_every_problem_is_shown_with_its_place_and_cure() -> None:
    out, err = shown(BROKEN)
    assert out == ""
    assert err == (
        "Error: stacks/prod.yaml is wrong\n\n"
        "Error: unknown key 'storge'\n  at stacks/prod.yaml:4:3\n  hint: did you mean 'storage'?\n\n"
        "Error: min_nodes is no number\n  on aws.cluster.compute\n  it is 'many'\n\n"
        "hint: see docs/manifest.md\n"
    )


def test_a_single_error_is_one_paragraph() -> None:
    error = StateLockedError("iris@default is locked by ada", hint="wait", detail="it is held\nas a lease")
    assert shown(error)[1] == "Error: iris@default is locked by ada\n  it is held\n  as a lease\n  hint: wait\n"


def test_programs_get_one_document_and_nothing_else() -> None:
    out, err = shown(BROKEN, json=True)
    assert err == ""
    document = json.loads(out)
    assert document["format_version"] == "1"
    assert [item["code"] for item in document["diagnostics"]] == ["definition.unknown_key", "definition.type"]
    assert set(document["diagnostics"][0]) >= {
        "severity", "code", "summary", "detail", "address", "file", "line", "hint",
    }  # fmt: skip
    assert (document["diagnostics"][0]["file"], document["diagnostics"][0]["line"]) == ("stacks/prod.yaml", 4)


@pytest.mark.parametrize(
    ("error", "summary"),
    [
        (FileNotFoundError(2, "No such file or directory", "x.plan"), "No such file or directory: x.plan"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (KeyboardInterrupt(), "interrupted"),
        (InfraError("plain"), "plain"),
    ],
)
def test_what_the_system_says_is_passed_on(error: BaseException, summary: str) -> None:
    assert [item.summary for item in diagnostics_of(error)] == [summary]


def raised() -> ValueError:
    try:
        raise ValueError("canary-secret")
    except ValueError as error:
        return error


def test_a_mistake_of_ours_names_its_place_and_not_its_values() -> None:
    out, err = shown(raised())
    assert out == ""
    assert "this is a mistake in flowyml-infra: ValueError in test_failures.py, line" in err
    assert "canary-secret" not in err
    assert "Traceback" not in err


def test_the_trace_is_there_for_who_asks() -> None:
    assert "Traceback (most recent call last)" in shown(raised(), verbose=True)[1]


def test_text_from_files_cannot_steer_the_terminal() -> None:
    error = DefinitionError("x", diagnostics=[Diagnostic("error", "c", "key '\x1b[2J'", hint="\x07")])
    assert "\x1b" not in shown(error)[1]
    assert "\x07" not in shown(error)[1]
