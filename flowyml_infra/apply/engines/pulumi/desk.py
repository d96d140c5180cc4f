"""Owns one deployment as the engine works on it: its stack, the names in it, the way from a subject to an answer."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from flowyml_infra.apply.engine import Accounts, Stranger
from flowyml_infra.apply.engines.pulumi.adopting import restore, take_off, take_over
from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.finding import find_begun
from flowyml_infra.apply.engines.pulumi.following import follow
from flowyml_infra.apply.engines.pulumi.foreseeing import foresee
from flowyml_infra.apply.engines.pulumi.job import Job, Removal, component_type
from flowyml_infra.apply.engines.pulumi.launcher import LONG_SECONDS, out_of_time
from flowyml_infra.apply.engines.pulumi.mending import mend
from flowyml_infra.apply.engines.pulumi.patience import patiently
from flowyml_infra.apply.engines.pulumi.programs import PACKAGES, load_program, make_inputs
from flowyml_infra.apply.engines.pulumi.providing import provide
from flowyml_infra.apply.engines.pulumi.registering import provider_name
from flowyml_infra.apply.engines.pulumi.rollup import Rollup, StepSeen
from flowyml_infra.apply.engines.pulumi.runner import Runner
from flowyml_infra.apply.engines.pulumi.session import Session
from flowyml_infra.apply.engines.pulumi.site import stack_name
from flowyml_infra.apply.engines.pulumi.superseded import set_apart
from flowyml_infra.apply.engines.pulumi.urns import (
    address_of,
    component_name,
    component_urn,
    free_name,
    name_of,
    provider_urn,
    targets_of,
)
from flowyml_infra.apply.engines.pulumi.workspace import Workspace
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future

    from pulumi.automation.errors import CommandError

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import EngineContext, Intent, Made, Subject
    from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
    from flowyml_infra.apply.engines.pulumi.runner import Run
    from flowyml_infra.apply.engines.pulumi.site import Site

_T = TypeVar("_T")


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
        self._places: dict[str, tuple[str, str]] = {}
        # A provider that is there must not be a target: with it, all that it made would be.
        self._providers = set(self._record.providers())
        self._components = set(self._record.components())
        self.foreseen: dict[Address, list[StepSeen]] = {}
        """What the engine would do, by address; filled by :meth:`prepare`."""
        self._runner = Runner(self._open_session, self._carry_out, self._urn)

    def prepare(self, intents: Sequence[Intent]) -> None:
        """Give everything that is to be made or changed its name, and compare the engine's view with the plan.

        Raises:
            EngineError: The engine refuses it, or would do something else.
        """
        strayed = [intent.subject.creation_id for intent in intents if intent.strayed]
        if strayed:
            self._note(follow(self._workspace, self._record, strayed))
        jobs = [(intent, self._job(intent.subject)) for intent in intents if intent.action != "drop"]
        self._restore([(intent.subject, job) for intent, job in jobs])
        for intent, job in jobs:
            if intent.action == "delete":
                self.foreseen[job.address] = list(self._deleted(self._urn(job)))
        jobs = [(intent, job) for intent, job in jobs if intent.action != "delete"]
        if not jobs:
            return
        foreseen = self._foresee(jobs)
        begun = [job for intent, job in jobs if intent.resumes]
        self._note(find_begun(self._workspace, self._record, begun, foreseen))
        imports = [(i, job) for i, job in jobs if i.action == "import" and self._urn(job) not in self._components]
        if imports:
            self._import(imports, foreseen)

    def settle(self, subjects: Sequence[Subject], *, forget: bool) -> Accounts:
        """Bring Pulumi's record in line with ``subjects``, which are all that our rows have.

        Raises:
            EngineError: The cloud cannot be asked.
        """
        jobs = [(subject, self._job(subject)) for subject in subjects]
        restored = [(job.address, self._urn(job)) for job in self._restore(jobs)]
        known = {subject.creation_id for subject in subjects}
        strangers = {urn: mark for urn, mark in self._record.components().items() if mark not in known}
        if forget and strangers:
            self._note(take_off(self._workspace, list(strangers)))
        there = {address: bool(self._record.parts(urn)) for address, urn in restored}
        return Accounts(
            tuple(address for address, found in there.items() if found),
            tuple(address for address, found in there.items() if not found),
            tuple(Stranger(address_of(urn), mark) for urn, mark in strangers.items()),
        )

    def _restore(self, jobs: Sequence[tuple[Subject, Job]]) -> list[Job]:
        """Put back on record what our rows have, and Pulumi's record has lost; returns what that was."""
        lost = [(job, subject) for subject, job in jobs if subject.children and self._urn(job) not in self._components]
        if lost:
            self._provide([job for job, _ in lost])
            self._note(restore(self._workspace, self._record, lost))
        return [job for job, _ in lost]

    def _import(self, imports: Sequence[tuple[Intent, Job]], foreseen: Rollup) -> None:
        self._provide([job for _, job in imports])
        try:
            for intent, job in imports:
                id_ = str(intent.subject.physical_id)
                self._note(take_over(self._workspace, self._record, job, id_, foreseen))
            # What is there now may have to be replaced to become what is wanted: an import never does that.
            self._foresee(imports)
        except EngineError:
            # Of several, none is left on Pulumi's record: nobody would know that it is there.
            self._note(take_off(self._workspace, [self._urn(job) for _, job in imports]))
            raise

    def _provide(self, jobs: Sequence[Job]) -> None:
        places = {job.provider: self._places[job.provider] for job in jobs}
        self._note(provide(self._workspace, self._record, places, self._derive))
        self._providers |= set(places)
        self._targets -= set(places)

    def _foresee(self, jobs: Sequence[tuple[Intent, Job]]) -> Rollup:
        seen = patiently(lambda: foresee(self._workspace, jobs, sorted(self._targets), self._derive))
        for _, job in jobs:
            # A replacement deletes as well.
            self.foreseen[job.address] = [*self.foreseen.get(job.address, ()), *seen.steps(self._urn(job))]
        return seen

    def _deleted(self, component: str) -> Iterator[StepSeen]:
        for urn in [component, *self._record.parts(component)]:
            if urn in self._record.resources:
                yield StepSeen(urn, str(self._record.resources[urn]["type"]), "delete", {})

    def _note(self, record: Checkpoint) -> None:
        self._record = record
        self._components = set(record.components())

    def make(self, subject: Subject) -> Made:
        """Bring ``subject`` to what it is described as."""
        return patiently(lambda: self._make(subject))

    def _make(self, subject: Subject) -> Made:
        job = self._job(subject)
        self._runner.ask(job)
        made = self._answered(job.answer, job.address)
        component = self._urn(job)
        self._components.add(component)
        self._remove_all_but(made, component, subject)
        return made

    def _remove_all_but(self, made: Made, component: str, subject: Subject) -> None:
        """Remove the parts that the resource had before and has no more, and those that were superseded."""
        left = set(self._record.parts(component)) - {child.urn for child in made.children}
        renewed = component in self._record.superseded or self._record.has_other_ids(made.children)
        if left or renewed:
            self._await_removal(Removal(subject.address, left, set(left), component if renewed else None))

    def remove(self, subject: Subject) -> None:
        """Remove what there is of ``subject``."""
        patiently(lambda: self._remove(subject))

    def _remove(self, subject: Subject) -> None:
        urn = self._record.component(subject.creation_id) or self._made_here(subject)
        if urn is None:
            return
        self._await_removal(Removal(subject.address, {urn}, set(targets_of(urn))))

    def _await_removal(self, removal: Removal) -> None:
        self._runner.ask(removal)
        self._answered(removal.answer, removal.address)

    def _answered(self, answer: Future[_T], address: Address) -> _T:
        """The answer; an engine that gives none is ended, so that nobody waits for it any more.

        Raises:
            EngineError: What was asked for failed, or was not answered in time.
        """
        try:
            return answer.result(LONG_SECONDS)
        except TimeoutError:
            self._workspace.abandon()
            raise out_of_time(
                f"the engine gave no answer within {LONG_SECONDS / 60:g} minutes, and was ended", address
            ) from None

    def close(self) -> None:
        """Finish what is under way, and let go of everything."""
        self._runner.close()
        # A record that an engine left half written when it was killed is for the next apply to mend.
        with suppress(EngineError):
            # What a creation left behind that failed is in the record alone.
            if not self._components and self._workspace.checkpoint().empty:
                self._workspace.forget()
        self._workspace.close()

    def _job(self, subject: Subject) -> Job:
        cloud = subject.kind.provider
        place = load_program(cloud).place(make_inputs(subject.properties, subject.creation_id, self._derive))
        provider = provider_urn(self._workspace.name, PACKAGES[cloud], provider_name(cloud, place))
        self._places[provider] = cloud, place
        if provider not in self._providers:
            self._targets.add(provider)
        name, values = self._name(subject), dict(subject.properties)
        job = Job(subject.address, subject.kind, name, subject.creation_id, values, provider)
        self._targets.update(targets_of(self._urn(job)))
        return job

    def _name(self, subject: Subject) -> str:
        """What the component is called: as it is on record, else as it was named before, else a free name."""
        there = self._record.component(subject.creation_id)
        if there is not None:
            return name_of(there)
        if subject.children:
            return component_name(subject.children[0].urn)
        if subject.address not in self._names:
            taken = {name_of(urn) for urn in self._components} | set(self._names.values())
            self._names[subject.address] = free_name(subject.address, taken)
        return self._names[subject.address]

    def _made_here(self, subject: Subject) -> str | None:
        name = self._names.get(subject.address)
        if name is None:
            return None
        urn = component_urn(self._workspace.name, component_type(subject.kind), name)
        return urn if urn in self._components else None

    def _urn(self, job: Job) -> str:
        return component_urn(self._workspace.name, job.type, job.name)

    def _open_session(self, ended: Callable[[Run, CommandError | None], None]) -> Run:
        self._workspace.launcher.lasts = True
        return Session(self._workspace.stack, sorted(self._targets), self._context.alive, self._derive, ended)

    def _carry_out(self, removals: Sequence[Removal]) -> None:
        """Remove everything that is asked for in one go; what others stopped is asked for again."""
        left = self._with_superseded(removals)
        while left:
            rollup, error = self._destroy(left)
            again = self._settle(left, rollup, error)
            if len(again) == len(left):
                self._fail(again, rollup, error)
                return
            left = again

    def _with_superseded(self, removals: Sequence[Removal]) -> list[Removal]:
        """The removals with all that they are about; those are answered that turn out to be about nothing."""
        components = {removal.component for removal in removals if removal.component}
        if components:
            record, apart = set_apart(self._workspace, components)
            self._note(record)
            for removal in removals:
                found = apart.get(removal.component or "", set())
                removal.urns |= found
                removal.targets |= found
        for removal in removals:
            if not removal.urns:
                removal.answer.set_result(None)
        return [removal for removal in removals if removal.urns]

    def _destroy(self, removals: Sequence[Removal]) -> tuple[Rollup, CommandError | None]:
        from pulumi.automation.errors import CommandError

        self._context.alive()
        targets = sorted({target for removal in removals for target in removal.targets})
        rollup = Rollup()
        try:
            self._workspace.stack.destroy(target=targets, on_event=rollup.hear, suppress_outputs=True)
        except CommandError as error:
            return rollup, error
        return rollup, None

    def _settle(self, removals: Sequence[Removal], rollup: Rollup, error: CommandError | None) -> list[Removal]:
        """Answer what is done and what failed; returns what was stopped by the failure of others."""
        if error is not None:
            self._note(self._workspace.checkpoint())
        left = self._record.resources if error is not None else {}
        stopped: list[Removal] = []
        for removal in removals:
            told = [text for urn in removal.urns for text in rollup.messages(urn)]
            if not any(urn in left for urn in removal.urns):
                self._components.difference_update(removal.urns)
                removal.answer.set_result(None)
            elif told:
                removal.answer.set_exception(failure(removal.address, told))
            else:
                stopped.append(removal)
        return stopped

    def _fail(self, removals: Sequence[Removal], rollup: Rollup, error: CommandError | None) -> None:
        told = rollup.other_messages() or (messages_of(error) if error else [])
        for removal in removals:
            removal.answer.set_exception(failure(removal.address, told))
