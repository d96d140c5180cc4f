"""Owns ``state import-terraform`` and ``state export``: what other tools made, and what they get to know."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional, switch
from flowyml_infra.cli.arguments.selection import AUTO_APPROVE, STACK, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.document import write_document
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.project import Planned
    from flowyml_infra.project.terraform.outcome import Matching
    from flowyml_infra.state.snapshot import Snapshot


def mapping(text: str) -> tuple[str, Address]:
    """``TF_ADDRESS=ADDRESS``; a key in the first one may hold an equals sign.

    Raises:
        ValueError: It has no equals sign, or nothing before it.
        GraphError: What stands behind it is no address.
    """
    terraform, sign, address = text.rpartition("=")
    if not sign or not terraform:
        raise ValueError(text)
    return terraform, Address.parse(address)


class ExportArguments(Arguments):
    """The arguments of ``state export``."""

    stack: str | None = field(STACK, default=None)
    format: str = field(
        option(
            "--format",
            "FORMAT",
            "json (the default), or terraform-import: blocks that Terraform takes things over by",
            choices=("json", "terraform-import"),
        ),
        default="json",
    )
    out: Path | None = field(option("--out", "FILE", "write it there, for you alone to read", parse=Path), default=None)
    show_secrets: bool = field(switch("--show-secrets", text="outputs that are secrets in the clear"), default=False)


class ImportTerraformArguments(Arguments):
    """The arguments of ``state import-terraform``."""

    file: str = field(
        positional("FILE", "a terraform.tfstate, or what `terraform show -json` printed; - for standard input")
    )
    stack: str | None = field(STACK_OPTION, default=None)
    map: tuple[tuple[str, Address], ...] = field(
        option(
            "--map", "TF_ADDRESS=ADDRESS", "this resource of Terraform's is that declared one", parse=mapping, many=True
        ),
        default=(),
    )
    exclude: tuple[Address, ...] = field(
        option("--exclude", "ADDRESS", "take nothing over as this declared one", parse=Address.parse, many=True),
        default=(),
    )
    dry_run: bool = field(switch("--dry-run", text="show what would be taken over, and the plan"), default=False)
    auto_approve: bool = field(AUTO_APPROVE, default=False)


def import_terraform(arguments: ImportTerraformArguments, session: Session) -> Exit:
    """Match what Terraform has with what is declared, show it, ask, and take over what was matched."""
    from flowyml_infra.cli.views.terraform import MatchingHuman, MatchingJson
    from flowyml_infra.project.terraform.adopting import match_with_stack, plan_imports
    from flowyml_infra.project.terraform.state_file import load_state

    state = load_state(arguments.file)
    deployment = (arguments.stack, session.options.env)
    matching = match_with_stack(session.project, state, deployment, arguments.map, arguments.exclude)
    view = session.view(MatchingHuman, MatchingJson)
    if not matching.matches:
        return _nothing(matching, session, dry_run=arguments.dry_run)
    planned = plan_imports(session.project, matching, deployment)
    if arguments.dry_run:
        view.show(matching, {"plan": planned.to_json()})
        _show_plan(planned, session)
        return Exit.DONE
    return _take_over(matching, planned, session, ask=not arguments.auto_approve)


def _nothing(matching: Matching, session: Session, *, dry_run: bool) -> Exit:
    """Show why nothing is taken over; an error where something could be, and that was asked for."""
    from flowyml_infra.cli.views.terraform import MatchingHuman, MatchingJson
    from flowyml_infra.diagnostics import Diagnostic

    view = session.view(MatchingHuman, MatchingJson)
    if dry_run or not matching.unfinished:
        view.show(matching, {"plan": None})
        return Exit.DONE
    summary = f"nothing of {matching.state.name} is taken over"
    found = Diagnostic("error", "terraform.nothing", summary, hint="`unmatched` says why, and what to do")
    view.show(matching, {"diagnostics": [found.to_json()]})
    return Exit.ERROR


def _take_over(matching: Matching, planned: Planned, session: Session, *, ask: bool) -> Exit:
    from shlex import quote

    from flowyml_infra.cli.commands.apply import applied, carry_out
    from flowyml_infra.cli.views.terraform import MatchingHuman, MatchingJson, to_remove
    from flowyml_infra.errors import EngineError

    try:
        if session.options.json:
            if ask:
                session.confirm("")
            code, body = applied(planned, session, parallelism=1)
            MatchingJson(session).show(matching, body)
            return code
        MatchingHuman(session).show(matching, {})
        session.progress("")
        code = carry_out(planned, session, ask=ask, parallelism=1)
    except EngineError:
        session.terminal.note("Nothing is taken over. `--exclude ADDRESS` leaves out what the engine refuses.")
        raise
    if code is Exit.DONE:
        names = " ".join(quote(address) for address in to_remove(matching))
        session.advise(
            "\nTerraform still has them on record, and would go on changing or even delete them. Take them out of its\n"
            f"configuration, and off its record: terraform state rm {names}"
        )
    return code


def _show_plan(planned: Planned, session: Session) -> None:
    from flowyml_infra.cli.commands.plan import shown_plan
    from flowyml_infra.cli.views.plan.view import PlanHuman

    if not session.options.json:
        session.terminal.say("")
        PlanHuman(session).show(shown_plan(planned, session))


def export(arguments: ExportArguments, session: Session) -> Exit:
    """Write what is recorded, for other tools."""
    from flowyml_infra.project.exporting import recorded

    blocks = arguments.format == "terraform-import"
    if blocks and arguments.show_secrets:
        raise UsageError("blocks for Terraform hold no outputs", hint="leave --show-secrets out")
    if blocks and session.options.json and arguments.out is None:
        raise UsageError("blocks for Terraform are no JSON", hint="leave --json out, or give --out FILE")
    project = session.project
    snapshot = recorded(project, project.key(arguments.stack, session.options.env))
    text = _blocks(snapshot) if blocks else _document(snapshot, session, show_secrets=arguments.show_secrets)
    if arguments.out is None:
        session.terminal.out.write(text)
        return Exit.DONE
    _write(arguments.out, text)
    if session.options.json:
        write_document(session.terminal, {"file": str(arguments.out), "resources": len(snapshot.rows)})
    else:
        session.progress(f"Written to {arguments.out}.")
    return Exit.DONE


def _blocks(snapshot: Snapshot) -> str:
    from flowyml_infra.project.terraform.import_blocks import import_blocks

    return import_blocks(snapshot)


def _document(snapshot: Snapshot, session: Session, *, show_secrets: bool) -> str:
    import json

    from flowyml_infra.project.exporting import portable_document

    document = portable_document(session.project, snapshot, show_secrets=show_secrets)
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _write(path: Path, text: str) -> None:
    from flowyml_infra.whole_file import write_whole

    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}",
            code="usage.file",
            hint="name a file in a folder that is there",
        ) from error


EXPORT = Command(
    ExportArguments,
    export,
    "Write what is recorded of a deployment as one JSON document for other tools: resources with their ids, inputs,\n"
    "outputs and parts, and what pipelines are bound to. Secrets are masked. It cannot be pushed back; `state pull`\n"
    "prints what can.",
    (
        ("state export prod --out prod.json", "for an inventory, a dashboard or a report"),
        ("state export --show-secrets --out prod.json", "with outputs that are secrets in the clear"),
        ("state export --format terraform-import > imports.tf", "to go on with Terraform"),
    ),
)
IMPORT_TERRAFORM = Command(
    ImportTerraformArguments,
    import_terraform,
    "Take over what Terraform made: each resource of its state with the kind, name and place of a declared one, or\n"
    "that --map names. What is left is listed with the reason and with what to declare. Nothing is guessed, nothing\n"
    "is made anew, and Terraform's state stays as it is. A stack that mlstacks deployed has its terraform.tfstate in\n"
    "mlstacks' folder for configuration, under terraform/PROVIDER-modular.",
    (
        ("state import-terraform terraform.tfstate --dry-run", "what would be taken over"),
        ("state import-terraform terraform.tfstate --stack prod", "take it over, after asking"),
        ("state import-terraform - --auto-approve", "from `terraform state pull` in a pipe"),
        (
            "state import-terraform terraform.tfstate --map 'aws_vpc.main=aws.network.main'",
            "what has no name to be known by",
        ),
    ),
)
