"""Owns ``policy …``: asking the policies, trying new ones, and letting a rule pass for a while."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.cli.arguments.declaration import Arguments, Command, field, option, positional, switch
from flowyml_infra.cli.arguments.selection import FORCE_ENV, STACK, STACK_OPTION
from flowyml_infra.cli.exits import Exit
from flowyml_infra.cli.views import policy as views
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from flowyml_infra.cli.session import Session


class CheckArguments(Arguments):
    """The arguments of ``policy check``."""

    stack: str | None = field(STACK, default=None)
    destroy: bool = field(switch("--destroy", text="judge the removal of everything"), default=False)
    image: str | None = field(option("--image", "IMAGE", "judge a pipeline run in this image instead"), default=None)
    force_env: bool = field(FORCE_ENV, default=False)


class ListArguments(Arguments):
    """The arguments of ``policy list``."""

    available: bool = field(switch("--available", text="the rules that there are, with their keys"), default=False)


class ExamplesArguments(Arguments):
    """The arguments of ``policy test``."""

    file: str | None = field(positional("FILE", "a policy file (default: every one with examples)"), default=None)


class ReplayArguments(Arguments):
    """The arguments of ``policy replay``."""

    file: str | None = field(
        positional("FILE", "a policy file or its URI (default: the policies in force)"), default=None
    )


class WaiveArguments(Arguments):
    """The arguments of ``policy waive``."""

    rule: str = field(positional("RULE", "the rule, as `policy check` names it"))
    address: Address | None = field(
        positional("ADDRESS", "the resource (default: what is said about the stack itself)", parse=Address.parse),
        default=None,
    )
    until: date | None = field(
        option("--until", "DATE", "the last day, as 2026-03-31", parse=date.fromisoformat), default=None
    )
    why: str = field(option("--why", "TEXT", "why it is right"), default="")
    stack: str | None = field(STACK_OPTION, default=None)


def check(arguments: CheckArguments, session: Session) -> Exit:
    """Show what the policies say; refused is 3."""
    from flowyml_infra.plan.plan import PlanOptions

    project, env = session.project, session.options.env
    if arguments.image is not None:
        if arguments.destroy:
            raise UsageError("--image and --destroy exclude each other")
        key, decision = project.check_run(arguments.stack, env, image=arguments.image, force_env=arguments.force_env)
    else:
        options = PlanOptions(destroy=arguments.destroy)
        planned = project.plan(arguments.stack, env=env, options=options, force_env=arguments.force_env)
        key, decision = planned.plan.key, planned.decision
    session.view(views.CheckHuman, views.CheckJson).show(key, decision)
    return Exit.DENIED if decision.refusals else Exit.DONE


def list_rules(arguments: ListArguments, session: Session) -> Exit:
    """Show the rules in force and the waivers, or the rules that there are."""
    if arguments.available:
        from flowyml_infra.policy.available import available_rules

        session.view(views.AvailableHuman, views.AvailableJson).show(available_rules())
        return Exit.DONE
    session.view(views.InForceHuman, views.InForceJson).show(session.project.policies())
    return Exit.DONE


def try_examples(arguments: ExamplesArguments, session: Session) -> Exit:
    """Try the examples; one that fails is an error."""
    results = session.project.try_policies(*([arguments.file] if arguments.file else []))
    session.view(views.ExamplesHuman, views.ExamplesJson).show(results)
    return Exit.DONE if all(result.passed for result in results) else Exit.ERROR


def replay(arguments: ReplayArguments, session: Session) -> Exit:
    """Show what the policies would say about all that is recorded; refused anywhere is 3."""
    replayed = session.project.replay_policies(arguments.file)
    session.view(views.ReplayHuman, views.ReplayJson).show(replayed)
    return Exit.DENIED if any(item.decision.refusals for item in replayed) else Exit.DONE


def waive(arguments: WaiveArguments, session: Session) -> Exit:
    """Let a rule pass at one address for a while."""
    if arguments.until is None or not arguments.why.strip():
        raise UsageError(
            "a waiver says until when it counts and why", hint="give --until 2026-03-31 --why 'the reason'"
        )
    key = session.project.key(arguments.stack, session.options.env)
    waiver, path = session.project.waive(
        arguments.rule, key, address=arguments.address, until=arguments.until, why=arguments.why.strip()
    )
    session.view(views.WaiveHuman, views.WaiveJson).show(waiver, path)
    session.advise(f"Commit {path.name}, so that it counts for everybody and is reviewed.")
    return Exit.DONE


CHECK = Command(
    CheckArguments,
    check,
    "Plan a stack and show what the policies say to it, and nothing else. Nothing is changed.\n"
    "With --image it is a pipeline run in that image that is judged.",
    (
        ("policy check prod --env production", "exit 3 when an apply would be refused"),
        ("policy check prod --image ghcr.io/acme/train:2", "a run in another image"),
    ),
)
LIST = Command(
    ListArguments,
    list_rules,
    "List the rules in force, where each comes from and counts, what shared files are pinned to, and the waivers.",
    (("policy list", "what is in force"), ("policy list --available", "every rule that there is, with its keys")),
)
TEST = Command(
    ExamplesArguments,
    try_examples,
    "Try a policy on the examples beside it: policies/org.cases.yaml for policies/org.yaml or policies/org.rego.",
    (("policy test", "every policy with examples"), ("policy test policies/org.yaml", "one of them")),
)
REPLAY = Command(
    ReplayArguments,
    replay,
    "Run a policy over everything that stands recorded, before it is enforced. Nothing is changed.",
    (
        ("policy replay policies/new.yaml", "exit 3 when a deployment would be refused"),
        ("policy replay github://acme/policies//org.yaml@v2", "a shared policy, as it is there now"),
    ),
)
WAIVE = Command(
    WaiveArguments,
    waive,
    "Let one rule pass at one address of one deployment until a day. Who did it, and why, is on record in\n"
    "flowyml.waivers.yaml and in the audit log, and stands in every report. Some rules cannot be waived.",
    (
        (
            "policy waive public_access aws.bucket.site --stack web --until 2026-03-31 --why 'a public web site'",
            "for one bucket",
        ),
    ),
)
