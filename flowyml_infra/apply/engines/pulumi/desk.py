"""Owns one deployment as the engine works on it: its stack, the names in it, the way from a subject to an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.finding import find_begun
from flowyml_infra.apply.engines.pulumi.following import follow
from flowyml_infra.apply.engines.pulumi.foreseeing import foresee
from flowyml_infra.apply.engines.pulumi.job import Job, Removal
from flowyml_infra.apply.engines.pulumi.mending import mend
from flowyml_infra.apply.engines.pulumi.programs import PACKAGES, load_program, make_inputs
from flowyml_infra.apply.engines.pulumi.registering import provider_name
from flowyml_infra.apply.engines.pulumi.rollup import Rollup
from flowyml_infra.apply.engines.pulumi.runner import Runner
from flowyml_infra.apply.engines.pulumi.session import Session
from flowyml_infra.apply.engines.pulumi.site import stack_name
from flowyml_infra.apply.engines.pulumi.urns import component_urn, free_name, name_of, provider_urn, targets_of
from flowyml_infra.apply.engines.pulumi.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from pulumi.automation.errors import CommandError

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import EngineContext, Intent, Made, Subject
    from flowyml_infra.apply.engines.pulumi.runner import Run
    from flowyml_infra.apply.engines.pulumi.site import Site


class Desk:
    """Answers for one deployment. Methods may be called from several threads.

    Args:
        site: Where the state is.
        context: Where the engine works.

    Raises:
        EngineUnavailableError: There is no CLI that can be used.
        EngineError: The engine's record cannot be opened or mended.
    """

    def __init__(self, site: Site, context: EngineContext) -> None:
        self._context = context
        self._derive = site.derive
        self._workspace = Workspace(site, stack_name(context.key, context.lineage), context.lineage)
        self._record = mend(self._workspace)
        self._names: dict[Address, str] = {}
        self._targets: set[str] = set()
        # A provider that is there must not be a target: with it, all that it made would be.
        self._providers = set(self._record.providers())
        self._components = self._record.components()
        self._runner = Runner(self._open_session, self._carry_out, self._urn)

    def prepare(self, intents: Sequence[Intent]) -> None:
        """Give everything that is to be made or changed its name, and compare the engine's view with the plan.

        Raises:
            EngineError: The engine refuses it, or would do something else.
        """
        strayed = [intent.subject.creation_id for intent in intents if intent.strayed]
        if strayed:
            self._record = follow(self._workspace, self._record, strayed)
            self._components = self._record.components()
        jobs = [(i, self._job(i.subject)) for i in intents if i.action in ("create", "update")]
        if not jobs:
            return
        foreseen = foresee(self._workspace, jobs, sorted(self._targets), self._derive)
        begun = [job for intent, job in jobs if intent.resumes]
        if begun and find_begun(self._workspace, begun, foreseen):
            self._record = self._workspace.checkpoint()

    def make(self, subject: Subject) -> Made:
        """Bring ``subject`` to what it is described as."""
        job = self._job(subject)
        provider = self._provider(subject)
        job.answer.add_done_callback(lambda answer: self._answered(job, provider, answer))
        self._runner.ask(job)
        made = job.answer.result()
        self._components.add(self._urn(job))
        return made

    def remove(self, subject: Subject) -> None:
        """Remove what there is of ``subject``."""
        urn = self._record.component(subject.creation_id) or self._made_here(subject)
        if urn is None:
            return
        removal = Removal(subject.address, urn)
        self._runner.ask(removal)
        removal.answer.result()

    def close(self) -> None:
        """Finish what is under way, and let go of everything."""
        self._runner.close()
        # What a creation left behind that failed is in the record alone.
        if not self._components and self._workspace.checkpoint().empty:
            self._workspace.forget()
        self._workspace.close()

    def _job(self, subject: Subject) -> Job:
        job = Job(subject.address, subject.kind, self._name(subject), subject.creation_id, dict(subject.properties))
        self._targets.update(targets_of(self._urn(job)))
        provider = self._provider(subject)
        if provider not in self._providers:
            self._targets.add(provider)
        return job

    def _provider(self, subject: Subject) -> str:
        """The URN of the provider that makes ``subject``."""
        cloud = subject.kind.provider
        place = load_program(cloud).place(make_inputs(subject.properties, subject.creation_id, self._derive))
        return provider_urn(self._workspace.name, PACKAGES[cloud], provider_name(cloud, place))

    def _name(self, subject: Subject) -> str:
        """What the component is called: as it is on record, else as it was named before, else a free name."""
        there = self._record.component(subject.creation_id)
        if there is not None:
            return name_of(there)
        if subject.address not in self._names:
            taken = {name_of(urn) for urn in self._components} | set(self._names.values())
            self._names[subject.address] = free_name(subject.address, taken)
        return self._names[subject.address]

    def _made_here(self, subject: Subject) -> str | None:
        name = self._names.get(subject.address)
        if name is None:
            return None
        urn = component_urn(self._workspace.name, f"flowyml:{subject.kind.provider}:{subject.kind.name}", name)
        return urn if urn in self._components else None

    def _urn(self, job: Job) -> str:
        return component_urn(self._workspace.name, job.type, job.name)

    def _open_session(self, ended: Callable[[Run, CommandError | None], None]) -> Run:
        return Session(self._workspace.stack, sorted(self._targets), self._context.alive, self._derive, ended)

    def _answered(self, job: Job, provider: str, answer: Future[Made]) -> None:
        """Leave alone what is done: a session deletes what it may touch and does not register."""
        self._targets.difference_update(targets_of(self._urn(job)))
        if answer.exception() is None:
            self._providers.add(provider)
            self._targets.discard(provider)

    def _carry_out(self, removals: Sequence[Removal]) -> None:
        """Remove everything that is asked for in one go."""
        from pulumi.automation.errors import CommandError

        self._context.alive()
        targets = sorted({pattern for removal in removals for pattern in targets_of(removal.urn)})
        rollup = Rollup()
        error: CommandError | None = None
        try:
            self._workspace.stack.destroy(target=targets, on_event=rollup.hear, suppress_outputs=True)
        except CommandError as caught:
            error = caught
        self._settle(removals, rollup, error)

    def _settle(self, removals: Sequence[Removal], rollup: Rollup, error: CommandError | None) -> None:
        left = self._workspace.checkpoint().components() if error is not None else set()
        for removal in removals:
            if removal.urn not in left:
                self._components.discard(removal.urn)
                removal.answer.set_result(None)
                continue
            told = rollup.messages(removal.urn) or rollup.other_messages() or (messages_of(error) if error else [])
            removal.answer.set_exception(failure(removal.address, told))
