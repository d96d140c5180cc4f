"""Owns the facade: one project folder, and everything that can be asked of it. The work is done by the layers below."""

from __future__ import annotations

import os
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Self

from flowyml_infra.errors import InfraError, StateError
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.location import locate_state, project_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path
    from types import TracebackType

    from flowyml_infra.address import Address
    from flowyml_infra.apply.reading import ReadOptions
    from flowyml_infra.apply.rebuilding import Rebuilt
    from flowyml_infra.apply.result import ApplyEvent, ApplyResult
    from flowyml_infra.audit.event import AuditEvent
    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.diagnostics import Diagnostic
    from flowyml_infra.outputs.contracts import StackOutputs
    from flowyml_infra.plan.plan import PlanOptions
    from flowyml_infra.policy.cases import CaseResult
    from flowyml_infra.policy.decision import Decision
    from flowyml_infra.policy.policy_set import PolicySet
    from flowyml_infra.policy.waivers import Waiver
    from flowyml_infra.project.comparison import Comparison
    from flowyml_infra.project.drifting import Drift
    from flowyml_infra.project.planned import Planned
    from flowyml_infra.project.replay import Replayed
    from flowyml_infra.project.rollback import WayBack
    from flowyml_infra.resolution.registered import RegisteredStack
    from flowyml_infra.resolution.resolver import StackArgument, StackResolver
    from flowyml_infra.resolution.updating import Updated
    from flowyml_infra.resources.compiled import Adoption, Compiled
    from flowyml_infra.state.push import Export
    from flowyml_infra.state.snapshot import Snapshot
    from flowyml_infra.state.sql_store import SqlStore
    from flowyml_infra.state.sqlite_reader import SqliteReader
    from flowyml_infra.state.store import Sealer


class Project:
    """A project folder with its definitions and its state.

    Use :meth:`open`; as a context manager it closes what it opened.
    """

    def __init__(self, root: Path, url: str) -> None:
        self.root = root
        self.state_url = url
        self._store: SqlStore | None = None
        self._reader: SqliteReader | SqlStore | None = None
        self._registered = False

    @classmethod
    def open(cls, path: str | Path | None = None, *, state_url: str | None = None) -> Project:
        """The project in ``path``, or around the working directory.

        Args:
            path: Its folder; by default the nearest parent of the working directory with a flowyml.yaml.
            state_url: Where the state is; by default ``FLOWYML_STATE_URL``, flowyml.yaml, then SQLite in the project.

        Raises:
            UsageError: ``path`` is no folder.
            DefinitionError: flowyml.yaml is wrong.
            AuditError: There is an identity token, and the keys that it is to be checked with cannot be read.
        """
        root = project_root(path)
        project = cls(root, locate_state(root, state_url))
        if any(name.startswith("FLOWYML_AUDIT_TOKEN") for name in os.environ):
            from flowyml_infra.project.events import believe_tokens

            believe_tokens(project)
        return project

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> list[str]:
        """Note where the audit log ends now, tell the webhook, and close the state.

        Returns:
            What did not work about the first two, in words; it is made up for by the next command.
        """
        from flowyml_infra.project.settling import settle

        opened = [state for state in (self._store, self._reader) if state is not None]
        wrote = self._store is not None or self._registered
        problems = settle(self, wrote=wrote) if opened or wrote else []
        self._store, self._reader, self._registered = None, None, False
        for state in opened:
            state.close()
        return problems

    @cached_property
    def config(self) -> ProjectConfig:
        """flowyml.yaml, or its defaults.

        Raises:
            DefinitionError: It is wrong; ``diagnostics`` lists every problem.
        """
        from flowyml_infra.definition.project_config import ProjectConfig

        return ProjectConfig.load(self.root)

    def reader(self) -> SqliteReader | SqlStore:
        """The recorded state, for reading alone."""
        if self._store is not None:
            return self._store
        if self._reader is None:
            from flowyml_infra.state import open_reader

            self._reader = open_reader(self.state_url, project_root=self.root)
        return self._reader

    def store(self) -> SqlStore:
        """The recorded state, for writing; made when there is none."""
        if self._store is None:
            from flowyml_infra.state import open_store

            encrypt_rows = self.config.encrypts_rows
            self._store = open_store(self.state_url, project_root=self.root, encrypt_rows=encrypt_rows)
        return self._store

    def sealer(self) -> Sealer:
        """The state's encryption; makes the state and its key when there are none."""
        return self.reader().sealer() or self.store().sealer()

    def append_events(self, *events: AuditEvent) -> None:
        """Append to the audit chain; makes the state when there is none."""
        if not self.reader().append_events(events):
            self.store().append_events(events)

    def note_events(self, *events: AuditEvent) -> None:
        """Append to the audit chain where that is possible: who may only read the state can look all the same."""
        try:
            self.append_events(*events)
        except StateError as error:
            if error.code != "state.readonly":
                raise

    def compile(
        self,
        stack: StackArgument = None,
        env: str | None = None,
        *,
        force_env: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> Compiled:
        """The definition that ``stack`` and ``env`` lead to, expanded; by default with this process's variables.

        Raises:
            ResolutionError: They lead nowhere.
            DefinitionError: The definition is wrong.
            GraphError: Its resources form no graph.
        """
        from flowyml_infra.resources.compilation import CompileRequest, compile_stack

        request = CompileRequest(self.root, stack, env, force_env, os.environ if environ is None else environ)
        return compile_stack(request, self.reader())

    def validate(self, stack: str | None = None, env: str | None = None) -> tuple[Diagnostic, ...]:
        """Every problem of flowyml.yaml and of the definition; errors first come from whatever stops the loading."""
        from flowyml_infra.project.validation import validate

        return validate(self, stack, env)

    def plan(
        self,
        stack: StackArgument = None,
        *,
        env: str | None = None,
        options: PlanOptions | None = None,
        force_env: bool = False,
        imports: tuple[Adoption, ...] = (),
    ) -> Planned:
        """Compare the definition with the recorded state; changes nothing and takes no lease.

        Args:
            stack: A name, path, URI, definition or stack object; None leaves it to the resolution chain.
            env: The environment's name.
            options: What is asked beyond that.
            force_env: Allow a stack that is not the one the environment maps to.
            imports: What to take over beside what the definition says.

        Raises:
            ResolutionError: ``stack`` or ``env`` leads nowhere.
            DefinitionError: The definition is wrong.
            PlanError: A protected resource would go, or an address names nothing.
        """
        from flowyml_infra.plan.plan import PlanOptions as Options
        from flowyml_infra.project.events import record_plan
        from flowyml_infra.project.planning import compile_for_plan, plan_compiled, with_imports
        from flowyml_infra.project.request import Request
        from flowyml_infra.resolution.places import is_remote

        asked = options or Options()
        compiled = compile_for_plan(self, stack, env, force_env=force_env, destroy=asked.destroy)
        if imports:
            compiled = with_imports(compiled, imports)
        named = stack
        if stack is None:
            # Where nothing was named, what the name leads to depends on this machine; a URI leads to one place.
            named = compiled.source if is_remote(compiled.source) else compiled.name
        request = Request(named if isinstance(named, str) else None, env, force_env, self._file(named))
        planned = plan_compiled(self, compiled, request, asked)
        record_plan(self, planned)
        return planned

    def plan_rollback(
        self, key: DeploymentKey, to: str | None = None, *, options: PlanOptions | None = None
    ) -> WayBack:
        """Plan the way back to what an earlier apply declared; changes nothing and takes no lease.

        Policies, the protection of the environment, secrets and other stacks' outputs are those of today.

        Args:
            key: The deployment.
            to: An operation, a serial, the digest of a definition, or the beginning of an id or digest; None for the
                definition before the present one.
            options: What is asked beyond that.

        Raises:
            StateError: ``to`` names nothing whose definition is recorded.
            PlanError: A protected resource would go.
        """
        from flowyml_infra.plan.plan import PlanOptions as Options
        from flowyml_infra.project.rollback import plan_back

        return plan_back(self, key, to, options or Options())

    def preview(self, planned: Planned) -> Planned:
        """``planned`` with what the engines would do with the parts of each resource; writes nothing anywhere.

        Raises:
            ApplyError: An engine would refuse it, or do something else; ``diagnostics`` has every reason.
        """
        from flowyml_infra.project.planning import with_preview

        return with_preview(self, planned)

    def _file(self, named: object) -> str | None:
        """``named`` as seen from the project, if it is the path of a file."""
        from flowyml_infra.resolution.paths import is_name

        # A file may have a stack's name by chance, and then a name it is.
        if not isinstance(named, str) or is_name(named) or not os.path.isfile(named):  # noqa: PTH113 - no pathlib here
            return None
        return os.path.relpath(os.path.realpath(named), os.path.realpath(self.root))

    def load_plan(self, path: str | Path) -> Planned:
        """A saved plan, checked against the state it was made from.

        Raises:
            StalePlanError: It was edited, replayed, or the state has moved on.
        """
        from pathlib import Path as FilePath

        from flowyml_infra.project.saving import reload_plan

        return reload_plan(self, FilePath(path))

    def apply(
        self,
        planned: Planned,
        *,
        parallelism: int = 10,
        progress: Callable[[ApplyEvent], None] | None = None,
        stop: Event | None = None,
    ) -> ApplyResult:
        """Pass ``planned`` through the policy gate and carry it out.

        Args:
            planned: What :meth:`plan` or :meth:`load_plan` gave.
            parallelism: How many engine calls may run at once.
            progress: Told of every start and end, on the caller's thread.
            stop: Once set, nothing more is started; what is in flight is finished and recorded.

        Raises:
            PolicyDeniedError: A rule denies it or could not be decided; nothing was touched.
            StateLockedError: Someone else holds the lease.
            StalePlanError: State, policies or source have changed, or the plan was used.
            PartialApplyError: It stopped part way; ``result`` says how far.
            ApplyInterruptedError: It was stopped; ``result`` says how far.
        """
        from flowyml_infra.project.applying import apply_planned

        return apply_planned(self, planned, parallelism=parallelism, progress=progress, stop=stop or Event())

    def rebuild(self, stack: str | None = None, env: str | None = None, *, forget: bool = False) -> Rebuilt:
        """Bring what is recorded here and what engines have on records of their own in line with each other.

        Args:
            stack: As for :meth:`plan`.
            env: As for :meth:`plan`.
            forget: Engines drop what is neither recorded nor declared from their records. The world keeps it.

        Raises:
            PolicyDeniedError: A rule denies what would be recorded or forgotten.
            StateLockedError: Someone else works on the deployment.
            EngineError: The world cannot be looked at.
        """
        from flowyml_infra.project.recording import rebuild_state

        return rebuild_state(self, stack, env, forget=forget)

    def look(
        self,
        stack: str | None = None,
        env: str | None = None,
        *,
        targets: tuple[Address, ...] = (),
        options: ReadOptions | None = None,
    ) -> Drift:
        """Compare the world with what is recorded of a deployment; changes neither, and keeps what was found.

        Args:
            stack: As for :meth:`plan`.
            env: As for :meth:`plan`.
            targets: Look at these alone.
            options: How many are read at once, and how long one may take.

        Raises:
            PlanError: A target names nothing that is recorded.
        """
        from flowyml_infra.apply.reading import DEFAULT
        from flowyml_infra.project.drifting import look_at_world

        return look_at_world(self, stack, env, targets, options or DEFAULT)

    def refresh(self, drift: Drift) -> int:
        """Record what :meth:`look` found, so that the next plan sets it back; returns the serial.

        Raises:
            PolicyDeniedError: A rule about who acts, or when, refuses it.
            StateLockedError: Someone else works on the deployment.
            StateConflictError: The state was written since the look.
        """
        from flowyml_infra.project.refreshing import take_in_drift

        return take_in_drift(self, drift)

    def push_state(self, key: DeploymentKey, export: Export, *, force: bool = False) -> tuple[int, int]:
        """Pass ``export`` through the policy gate and make it the recorded state of ``key``.

        Returns:
            The serial, and how many records were written or dropped.

        Raises:
            PolicyDeniedError: A rule denies what would stand recorded.
            StateError: It is of another deployment or lineage, older than what is recorded, or sealed otherwise.
            StateLockedError: Someone else works on the deployment.
        """
        from flowyml_infra.project.recording import push_state

        return push_state(self, key, export, force=force)

    def rename(self, key: DeploymentKey, source: Address, target: Address) -> int:
        """Give what is recorded at ``source`` the address ``target``; returns the serial.

        Raises:
            PolicyDeniedError: A rule denies what that leads to.
            StateError: Nothing is recorded at ``source``, something is at ``target``, or they differ in kind.
            StateLockedError: Someone else works on the deployment.
        """
        from flowyml_infra.project.recording import rename_resource

        return rename_resource(self, key, source, target)

    def forget(self, key: DeploymentKey, address: Address) -> int:
        """Drop the record of ``address`` and leave the thing itself alone; returns the serial.

        Raises:
            PolicyDeniedError: A rule denies what that leads to.
            StateError: Nothing is recorded there.
            StateLockedError: Someone else works on the deployment.
        """
        from flowyml_infra.project.recording import forget_resource

        return forget_resource(self, key, address)

    def policies(self) -> PolicySet:
        """The policies in force, with their waivers.

        Raises:
            DefinitionError: One of them is wrong.
        """
        from flowyml_infra.project.policies import policies_in_force

        return policies_in_force(self, self.config.policies_document)

    def check_run(
        self, stack: StackArgument = None, env: str | None = None, *, image: str | None = None, force_env: bool = False
    ) -> tuple[DeploymentKey, Decision]:
        """What the policies say about a pipeline run on ``stack``, in ``image`` where that is the run's own.

        Raises:
            ResolutionError: ``stack`` or ``env`` leads nowhere.
        """
        from flowyml_infra.project.policies import gate_of, run_facts

        compiled = self.compile(stack, env, force_env=force_env)
        gate = gate_of(self, compiled)
        facts = run_facts(self, gate, compiled, image)
        return DeploymentKey(compiled.name, compiled.environment), gate.check_run(compiled, image=image, facts=facts)

    def try_policies(self, *files: str) -> list[CaseResult]:
        """Try policy files on the examples beside them; without ``files``, every one that has some.

        Raises:
            UsageError: There are no examples.
            DefinitionError: A policy or an example is wrong.
        """
        from flowyml_infra.project.policy_tests import try_policies

        return try_policies(self, files)

    def replay_policies(self, file: str | None = None) -> list[Replayed]:
        """What the policies of ``file`` alone, or those in force, say about every recorded deployment.

        Args:
            file: A path or a URI; what a URI leads to is taken as it is there now.

        Raises:
            DefinitionError: The policies are wrong.
            ResolutionError: They are elsewhere, and not to be had.
        """
        from flowyml_infra.project.replay import replay

        return replay(self, file)

    def waive(
        self, rule: str, key: DeploymentKey, *, until: date, why: str, address: str | None = None
    ) -> tuple[Waiver, Path]:
        """Let ``rule`` pass for ``key`` until a day, at ``address`` or in what it says about the stack itself.

        Returns:
            The waiver, and the file that it stands in.

        Raises:
            UsageError: There is no such rule, it cannot be waived, or the day is past or too far off.
        """
        from flowyml_infra.audit.actor import current_actor
        from flowyml_infra.policy.waivers import Waiver as Made
        from flowyml_infra.project.waiving import add_waiver

        waiver = Made(rule, key.stack, key.environment, address, current_actor(), why, until)
        return waiver, add_waiver(self, waiver)

    def resolver(self) -> StackResolver:
        """Finds definitions by name, among the project's own and those registered."""
        from flowyml_infra.resolution.resolver import StackResolver

        return StackResolver(self.root, self.reader())

    def register(self, stack: str) -> RegisteredStack:
        """Register the definition that ``stack`` leads to; it provisions nothing.

        Raises:
            ResolutionError: It leads nowhere.
            DefinitionError: The definition is wrong.
        """
        from flowyml_infra.stacks.registry import register_definition

        self._registered = True
        return register_definition(self.resolver().resolve(stack), self.root, self.state_url)

    def update(self, stack: str | None = None, env: str | None = None, *, everything: bool = False) -> list[Updated]:
        """Look at what remote sources have now, and pin it in flowyml.lock: those on the way to ``stack``, or all.

        Every pin that becomes another one is on record.

        Raises:
            ResolutionError: ``stack`` leads nowhere, or a source cannot be read.
            DefinitionError: The definition that is there now is wrong.
        """
        from flowyml_infra.project.repinning import update_pins

        return update_pins(self, stack, env, everything=everything)

    def compare(self, old: str, new: str | None = None, env: str | None = None) -> Comparison:
        """Two definitions, and what going from one to the other would do; nothing is pinned or recorded.

        Args:
            old: A name, path or URI.
            new: Another; None for what the sources of ``old`` have now, whatever flowyml.lock pins.
            env: The environment's name.

        Raises:
            ResolutionError: One of them leads nowhere.
            DefinitionError: One of them is wrong.
            GraphError: The resources of one of them form no graph.
        """
        from flowyml_infra.project.comparison import compare

        return compare(self.resolver(), old, new, env)

    def key(self, stack: str | None = None, env: str | None = None) -> DeploymentKey:
        """The deployment that ``stack`` and ``env`` lead to.

        Raises:
            ResolutionError: They lead nowhere.
        """
        try:
            compiled = self.compile(stack, env)
        except InfraError:
            # What is recorded can be looked at and mended also when its definition is gone or wrong.
            named = DeploymentKey(stack, env or "default") if stack is not None else None
            if named is None or named not in self.reader().deployments():
                raise
            return named
        return DeploymentKey(compiled.name, compiled.environment)

    def show(self, stack: str | None = None, env: str | None = None) -> Snapshot:
        """What is recorded of a deployment."""
        return self.reader().snapshot(self.key(stack, env))

    def outputs(self, stack: str | None = None, env: str | None = None) -> StackOutputs:
        """The component outputs of an applied stack; secrets are opened when they are asked for.

        Raises:
            OutputError: The stack is not applied.
        """
        from flowyml_infra.project.outputs import stack_outputs

        return stack_outputs(self, self.key(stack, env))
