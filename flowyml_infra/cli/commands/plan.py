"""Owns ``plan``: what an apply would change, and what the policies say to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, switch
from flowyml_infra.cli.arguments.selection import FORCE_ENV, STACK
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views.plan.unchanged import nothing, unchanged_sentence
from flowyml_infra.cli.views.plan.view import PlanHuman, PlanJson, PlanMarkdown, Shown
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session
    from flowyml_infra.cli.views.plan.picture import Picture
    from flowyml_infra.cli.views.plan.view import PlanView
    from flowyml_infra.project import Planned
    from flowyml_infra.project.fleet import Member
    from flowyml_infra.project.request import Request


class PlanArguments(Arguments):
    """The arguments of ``plan``."""

    stack: str | None = field(STACK, default=None)
    out: Path | None = field(option("--out", "FILE", "save the plan, for `apply FILE`", parse=Path), default=None)
    destroy: bool = field(switch("--destroy", text="plan the removal of everything"), default=False)
    refresh: bool = field(switch("--refresh", text="look at the world first; records nothing"), default=False)
    preview: bool = field(
        switch("--preview", text="also ask the engines what they would do with each part; writes nothing"),
        default=False,
    )
    target: tuple[Address, ...] = field(
        option("--target", "ADDRESS", "only this and what it depends on", parse=Address.parse, many=True), default=()
    )
    exclude: tuple[Address, ...] = field(
        option("--exclude", "ADDRESS", "all but this and what depends on it", parse=Address.parse, many=True),
        default=(),
    )
    replace: tuple[Address, ...] = field(
        option(
            "--replace", "ADDRESS", "replace this although nothing about it changed", parse=Address.parse, many=True
        ),
        default=(),
    )
    detailed_exitcode: bool = field(switch("--detailed-exitcode", text="exit 2 when there are changes"), default=False)
    markdown: bool = field(switch("--markdown", text="Markdown, for a pull request"), default=False)
    html: Path | None = field(option("--html", "FILE", "also write the plan as a web page", parse=Path), default=None)
    force_env: bool = field(FORCE_ENV, default=False)
    all: bool = field(switch("--all", text="plan every stack of the project"), default=False)


def run(arguments: PlanArguments, session: Session) -> Exit:
    """Make the plan, show it and save it where that was asked for."""
    if arguments.markdown and session.options.json:
        raise UsageError("--markdown and --json exclude each other")
    if arguments.all:
        return _every_stack(arguments, session)
    if _is_plain(arguments, session) and _recalled(arguments, session):
        return Exit.DONE
    planned = make(arguments, session)
    if arguments.out:
        planned.save(arguments.out)
    if arguments.preview:
        planned = session.project.preview(planned)
    follow_up = _follow_up(arguments, session)
    shown = shown_plan(planned, session, follow_up if planned.decision.outcome == "allow" else "")
    if arguments.html:
        from flowyml_infra.cli.views.plan.html import render_html

        arguments.html.write_text(render_html(shown.picture()), encoding="utf-8")
    _view(arguments, session).show(shown)
    if _is_plain(arguments, session) and shown.sentence is not None:
        from flowyml_infra.project.unchanged import remember

        remember(session.project, _request(arguments, session), planned)
    return _exit(arguments, planned)


def _is_plain(arguments: PlanArguments, session: Session) -> bool:
    """Whether nothing is asked for but the plan as people see it."""
    plain = PlanArguments(
        stack=arguments.stack, force_env=arguments.force_env, detailed_exitcode=arguments.detailed_exitcode
    )
    return arguments == plain and not session.options.json


def _recalled(arguments: PlanArguments, session: Session) -> bool:
    """Say that nothing changed, if an earlier plan had nothing to do and everything is as it was then."""
    from flowyml_infra.project.unchanged import recall

    found = recall(session.project, _request(arguments, session))
    if found is None:
        return False
    session.terminal.say(nothing(found.deployment, found.resources, found.source, session.terminal, destroy=False))
    return True


def _request(arguments: PlanArguments, session: Session) -> Request:
    from flowyml_infra.project.request import Request

    return Request(arguments.stack, session.options.env, arguments.force_env)


def make(arguments: PlanArguments, session: Session) -> Planned:
    """The plan that ``arguments`` ask for."""
    from flowyml_infra.plan.plan import PlanOptions

    options = PlanOptions(arguments.target, arguments.exclude, arguments.replace, arguments.destroy, arguments.refresh)
    return session.project.plan(
        arguments.stack, env=session.options.env, options=options, force_env=arguments.force_env
    )


def _every_stack(arguments: PlanArguments, session: Session) -> Exit:
    from flowyml_infra.cli.commands.whole_project import for_every_stack, refuse_beside_all
    from flowyml_infra.plan.plan import PlanOptions

    refuse_beside_all(
        stack=arguments.stack,
        out=arguments.out,
        html=arguments.html,
        target=arguments.target,
        exclude=arguments.exclude,
        replace=arguments.replace,
        preview=arguments.preview,
    )
    options = PlanOptions(destroy=arguments.destroy, refresh=arguments.refresh)
    env = session.options.env

    def one(member: Member) -> tuple[Exit, dict[str, object]]:
        planned = session.project.plan(member.name, env=env, options=options, force_env=env is not None)
        if not session.options.json:
            _view(arguments, session).show(shown_plan(planned, session))
            return _exit(arguments, planned), {}
        return _exit(arguments, planned), {"plan": planned.to_json()}

    return for_every_stack(session, one)


def _follow_up(arguments: PlanArguments, session: Session) -> str:
    """The command that carries out exactly what was planned; a plan of special wishes has to be saved for that."""
    if arguments.out:
        return f"Saved. To carry out exactly this: flowyml-infra apply {arguments.out}{session.selectors()}"
    stack = session.selectors(arguments.stack)
    if arguments.refresh or arguments.target or arguments.exclude or arguments.replace:
        return "To carry it out: plan it again with --out FILE, then flowyml-infra apply FILE"
    return f"To carry it out: flowyml-infra {'destroy' if arguments.destroy else 'apply'}{stack}"


def shown_plan(planned: Planned, session: Session, follow_up: str = "") -> Shown:
    """``planned`` for a view."""

    def picture() -> Picture:
        from flowyml_infra.cli.views.plan.picture import picture_of_plan

        return picture_of_plan(planned.plan, planned.decision, planned.preview)

    return Shown(picture, planned.to_json, follow_up, unchanged_sentence(planned, session.terminal))


def _view(arguments: PlanArguments, session: Session) -> PlanView:
    return PlanMarkdown(session) if arguments.markdown else session.view(PlanHuman, PlanJson)


def _exit(arguments: PlanArguments, planned: Planned) -> Exit:
    if not arguments.detailed_exitcode:
        return Exit.DONE
    if planned.decision.outcome == "deny":
        return Exit.DENIED
    return Exit.DONE if planned.plan.empty else Exit.CHANGES


COMMAND = Command(
    PlanArguments,
    run,
    "Compare a stack's definition with what is recorded, and show what an apply would change.\n"
    "Changes nothing, takes no lock, reads the world only with --refresh.",
    (
        ("plan", "the active stack"),
        ("plan prod --env production", "a stack by name, in an environment"),
        ("plan --out today.plan", "save it; `apply today.plan` does exactly this"),
        ("plan --detailed-exitcode", "exit 2 when there are changes"),
        ("plan --preview", "the engine's view below each change, before anything is approved"),
        ("plan --all", "every stack of the project, in the order they need each other"),
        ("plan --markdown", "for a comment on a pull request"),
    ),
)
