"""Owns the engine protocol over Pulumi: what is asked for becomes jobs and removals of the deployment's one stack."""

from __future__ import annotations

import threading
from functools import cached_property
from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import Accounts
from flowyml_infra.apply.engines.pulumi.programs import check_installed
from flowyml_infra.bundled import bundled_path
from flowyml_infra.errors import EngineError, EngineUnavailableError
from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import EngineContext, Intent, Made, PartStep, Reading, Subject
    from flowyml_infra.apply.engines.pulumi.desk import Desk
    from flowyml_infra.apply.engines.pulumi.looking import Look
    from flowyml_infra.apply.engines.pulumi.site import Site
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace
    from flowyml_infra.resources.values import Value


class PulumiEngine:
    """See :class:`flowyml_infra.apply.engine.Engine`. Pulumi itself is loaded when it is first needed.

    Args:
        site: Tells where the state is that it works beside; asked when Pulumi is first needed.
    """

    name = "pulumi"
    version = __version__
    resumes = True

    def __init__(self, site: Callable[[], Site]) -> None:
        self._locate = site
        self._desk: Desk | None = None
        self._look: Look | EngineError | None = None
        self._viewed: Workspace | None = None
        self._lock = threading.Lock()

    @cached_property
    def _site(self) -> Site:
        return self._locate()

    def prepare(self, intents: Sequence[Intent], context: EngineContext) -> None:
        """See :class:`flowyml_infra.apply.engine.Engine`."""
        _check_able(intents)
        self._at(context).prepare(intents)

    def preview(self, intents: Sequence[Intent], context: EngineContext) -> Mapping[Address, Sequence[PartStep]]:
        """See :class:`flowyml_infra.apply.engine.Engine`; it works on a copy of its record, which is thrown away."""
        _check_able(intents)
        from flowyml_infra.apply.engines.pulumi.previewing import preview

        return preview(self._site, intents, context)

    def create(self, subject: Subject, context: EngineContext) -> Made:
        """See :class:`flowyml_infra.apply.engine.Engine`; one that was interrupted is completed."""
        return self._at(context).make(subject)

    def update(self, subject: Subject, before: Mapping[str, Value], context: EngineContext) -> Made:
        """See :class:`flowyml_infra.apply.engine.Engine`; what changed is the engine's own finding."""
        del before
        return self._at(context).make(subject)

    def delete(self, subject: Subject, context: EngineContext) -> None:
        """See :class:`flowyml_infra.apply.engine.Engine`; of one that was interrupted, what there is."""
        self._at(context).remove(subject)

    def read(self, subject: Subject, context: EngineContext) -> Reading | None:
        """See :class:`flowyml_infra.apply.engine.Engine`."""
        with self._lock:
            if self._look is None:
                self._look = self._looked(subject, context)
        if isinstance(self._look, EngineError):
            raise self._look
        return self._look.reading(subject)

    def locate(self, subject: Subject, context: EngineContext) -> Made | None:
        """Never asked: :attr:`resumes` says that a creation is completed by asking for it again."""
        raise AssertionError(f"{subject.address} in {context.key} is resumed, not located")

    def settle(self, subjects: Sequence[Subject], context: EngineContext, *, forget: bool) -> Accounts:
        """See :class:`flowyml_infra.apply.engine.Engine`."""
        if not subjects and not self._site.backend.used():
            return Accounts()
        check_installed(subject.kind.provider for subject in subjects)
        return self._at(context).settle(subjects, forget=forget)

    def close(self) -> None:
        """Finish what is under way, and let go of everything; a look that nobody waits for any more is ended."""
        viewed = self._viewed
        if viewed is not None:
            viewed.abandon()
        with self._lock:
            desk, self._desk = self._desk, None
        if desk is not None:
            desk.close()

    def _looked(self, subject: Subject, context: EngineContext) -> Look | EngineError:
        """One look at everything; one that failed is not repeated for each resource."""
        try:
            check_installed([subject.kind.provider])
            from flowyml_infra.apply.engines.pulumi.looking import Look
            from flowyml_infra.apply.engines.pulumi.site import stack_name
            from flowyml_infra.apply.engines.pulumi.workspace import Workspace

            workspace = Workspace(self._site, stack_name(context.key, context.lineage), context.lineage, looks=True)
            self._viewed = workspace
            try:
                return Look(workspace)
            finally:
                self._viewed = None
                workspace.close()
        except EngineError as error:
            return error

    def _at(self, context: EngineContext) -> Desk:
        from flowyml_infra.apply.engines.pulumi.desk import Desk

        with self._lock:
            if self._desk is None:
                self._desk = Desk(self._site, context)
            return self._desk


def _check_able(intents: Sequence[Intent]) -> None:
    for intent in intents:
        subject = intent.subject
        if not has_program(subject.kind.provider, subject.kind.name):
            raise EngineUnavailableError(
                f"this version plans {subject.address}, and cannot make it yet",
                code="engine.no_program",
                address=subject.address,
                hint="leave it out with --exclude, or apply it with a version that can; nothing was touched",
            )
    check_installed(intent.subject.kind.provider for intent in intents)


def has_program(cloud: str, kind: str) -> bool:
    """Whether this version can make ``cloud.kind``; loads nothing."""
    try:
        return bundled_path("programs", cloud, f"{kind}.py").is_file()
    except FileNotFoundError:
        return False
