"""Reading a command line: finding the command, its arguments, and saying what is wrong."""

from __future__ import annotations

import inspect
import shlex
from pathlib import Path

import pytest

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.catalogue import ENTRIES, GROUPS
from flowyml_infra.cli.arguments.declaration import declared, from_namespace
from flowyml_infra.cli.arguments.help import group_overview, overview
from flowyml_infra.cli.arguments.options import GlobalOptions
from flowyml_infra.cli.arguments.parser import make_parser, parse, read_line
from flowyml_infra.cli.commands.apply import ApplyArguments
from flowyml_infra.cli.commands.plan import PlanArguments
from flowyml_infra.errors import InfraError, UsageError


def read(text: str) -> tuple[object, GlobalOptions]:
    line = read_line(text.split())
    assert line.entry is not None
    command, options, namespace = parse(line.entry, line.rest)
    return from_namespace(command.arguments, namespace), options


def test_every_option_of_plan_is_read() -> None:
    arguments, _ = read(
        "plan prod --out p.plan --destroy --refresh --target local.directory.a --target local.directory.b"
        " --exclude local.sqlite.c --replace local.directory.d --detailed-exitcode --markdown --html p.html --force-env"
    )
    assert arguments == PlanArguments(
        stack="prod",
        out=Path("p.plan"),
        destroy=True,
        refresh=True,
        target=(Address("local.directory.a"), Address("local.directory.b")),
        exclude=(Address("local.sqlite.c"),),
        replace=(Address("local.directory.d"),),
        detailed_exitcode=True,
        markdown=True,
        html=Path("p.html"),
        force_env=True,
    )


def test_what_is_left_out_has_its_default() -> None:
    assert read("apply") == (ApplyArguments(parallelism=10), GlobalOptions())


@pytest.mark.parametrize(
    "text",
    [
        "--json --env dev --project p state list prod",
        "state --json --env dev --project p list prod",
        "state list --json --env dev --project p prod",
        "state list prod --json --env=dev --project=p",
        "--json state --env=dev list --project p prod",
    ],
)
def test_global_options_may_stand_anywhere(text: str) -> None:
    arguments, options = read(text)
    assert options == GlobalOptions(project="p", env="dev", json=True)
    assert arguments.stack == "prod"  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["plan prod --out f", "plan --out f prod", "plan --json prod --out f -v"])
def test_a_stack_may_stand_before_or_after_options(text: str) -> None:
    arguments, _ = read(text)
    assert (arguments.stack, arguments.out) == ("prod", Path("f"))  # type: ignore[attr-defined]


def test_enterprise_is_the_same_as_without() -> None:
    assert read_line(["enterprise", "stack", "list"]) == read_line(["stack", "list"])


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("plna", "there is no command 'plna'", "did you mean 'plan'?"),
        ("xyzzy", "there is no command 'xyzzy'", "--help lists the commands"),
        ("state lst", "there is no command 'state lst'", "did you mean 'list'?"),
        (
            "state xyzzy",
            "there is no command 'state xyzzy'",
            (
                "state has: list, show, mv, rm, import, import-terraform, history, rollback-plan, pull, export, "
                "rebuild, push, doctor, backup, restore, migrate, grants, rotate-key"
            ),
        ),
        ("state", "state needs one of: list, show", None),
        ("--jsn plan", "unknown option '--jsn' before the command", "did you mean '--json'?"),
        (
            "plan --detailed-exit-code",
            "plan has no option '--detailed-exit-code'",
            "did you mean '--detailed-exitcode'?",
        ),
        ("plan --jsno", "plan has no option '--jsno'", "did you mean '--json'?"),
        ("plan a b", "plan takes no further argument, and got 'b'", "plan --help"),
        ("plan --out", "--out: expected one argument", "plan --help"),
        ("apply --parallelism many", "--parallelism: invalid parallelism value: 'many'", "apply --help"),
        ("apply --parallelism 0", "--parallelism: invalid parallelism value: '0'", "apply --help"),
        ("graph --format png", "--format: invalid choice: 'png'", "graph --help"),
        ("state mv local.directory.a", "required: TARGET", "state mv --help"),
        ("plan --target nonsense", "'nonsense' is not a resource address", "provider.kind.name"),
        ("plan --target local.directory.a[0]", "has an index", "indices are reserved"),
    ],
)
def test_a_mistake_is_named_with_its_cure(text: str, message: str, hint: str | None) -> None:
    with pytest.raises(InfraError) as caught:
        read(text)
    assert message in caught.value.message
    assert hint is None or hint in (caught.value.hint or "")


def test_an_option_is_not_completed_silently() -> None:
    with pytest.raises(UsageError, match="has no option '--dest'"):
        read("plan --dest")


@pytest.mark.parametrize("tokens", [[], ["--help"], ["-h"], ["--json", "--help"]])
def test_no_command_or_help_asks_for_the_overview(tokens: list[str]) -> None:
    line = read_line(tokens)
    assert (line.entry, line.asks, line.group) == (None, "help", None)


def test_a_group_has_help_of_its_own() -> None:
    assert read_line(["state", "--help"]).group == "state"
    text = group_overview("state")
    assert all(entry.summary in text for entry in GROUPS["state"])
    assert "audit" not in text


def test_the_overview_lists_every_command_and_global_option() -> None:
    text = overview()
    assert all(f"  {entry.text} " in text and entry.summary in text for entry in ENTRIES.values())
    assert all(flag in text for _, argument, _ in declared(GlobalOptions) for flag in argument.flags)
    assert max(map(len, text.splitlines())) <= 120


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.text)
def test_every_command_explains_itself(entry: object) -> None:
    command = entry.load()  # type: ignore[attr-defined]
    text = make_parser(entry, command).format_help()  # type: ignore[arg-type]
    assert command.description.splitlines()[0] in text
    assert "examples:" in text
    for line, _ in command.examples:
        typed = shlex.split(line.partition("|")[0].partition(">")[0])
        found = read_line(typed)
        assert found.entry is not None
        if found.entry == entry:
            parse(found.entry, found.rest)
    for _, argument, _ in declared(command.arguments):
        assert argument.text in " ".join(text.split())


def test_every_argument_field_is_declared() -> None:
    for entry in ENTRIES.values():
        arguments = entry.load().arguments
        assert {name for name, _, _ in declared(arguments)} == set(inspect.get_annotations(arguments))
