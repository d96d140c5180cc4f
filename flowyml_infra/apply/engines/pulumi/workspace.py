"""Owns the opening of a deployment's stack through the Automation API, and Pulumi's record of it."""

from __future__ import annotations

import datetime as dt
import gc
import json
import shutil
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi import automation

from flowyml_infra.apply.engines.pulumi.backends import PROJECT
from flowyml_infra.apply.engines.pulumi.channels import keep_apart
from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.cli import find_cli
from flowyml_infra.apply.engines.pulumi.failures import explained, no_record
from flowyml_infra.apply.engines.pulumi.launcher import Launcher, end_left_over
from flowyml_infra.errors import InfraError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.engines.pulumi.site import Site

SECRETS: Final = frozenset(
    {"FLOWYML_STATE_KEY", "FLOWYML_STATE_NEW_KEY", "FLOWYML_STATE_URL", "FLOWYML_ENGINE_BACKEND"}
)
"""The library's own variables that may hold secrets."""


class Workspace:
    """The stack of one deployment. What a killed run left behind is ended first.

    Args:
        site: Where the state is.
        name: The stack's name.
        lineage: The deployment's lineage.
        looks: It is only looked at: somebody else may be at work on it, and nothing is ended, made or unlocked.

    Raises:
        EngineUnavailableError: There is no CLI that can be used.
        NoEngineRecordError: There is no such stack, and it is only looked at.
        EngineError: The backend cannot be opened.
        StateError: The backend is a database that cannot be reached.
    """

    def __init__(self, site: Site, name: str, lineage: str, *, looks: bool = False) -> None:
        self._site = site
        self._looks = looks
        self.name = name
        if looks and not site.backend.used():
            raise no_record()
        if not looks:
            site.folder.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="flowyml-engine-"))
        self._run = self._folder / "run" if looks else site.folder / f"{name}.run"
        try:
            # First of all: it may be writing the record, which is looked at next.
            self._left_over = not looks and end_left_over(self._run)
            self._access = site.backend.reach(self._folder, name, looks=looks)
        except InfraError:
            shutil.rmtree(self._folder)
            raise
        try:
            self._open(lineage)
        except InfraError:
            self.close()
            raise

    def _open(self, lineage: str) -> None:
        site, looks, access = self._site, self._looks, self._access
        cli = find_cli(site.settings.cli).path
        self.launcher = Launcher(cli, self._run, access.hidden | site.hidden | SECRETS)
        self._environment = {
            **site.settings.environment(),
            **access.environment,
            "PULUMI_BACKEND_URL": access.url,
            "PULUMI_CONFIG_PASSPHRASE": site.passphrase(lineage),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_CHECKPOINT_BACKUPS": "true",
        }
        # Settings are written to a file: where the backend is, which may hold a secret, the environment alone says.
        settings = automation.ProjectSettings(PROJECT, "python")
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self._folder),
            pulumi_command=self.launcher,
            env_vars=self._environment,
            project_settings=settings,
        )
        keep_apart()
        open_stack = automation.select_stack if looks else automation.create_or_select_stack
        with explained():
            self.stack = _Stack(open_stack(self.name, project_name=PROJECT, program=_nothing, opts=options))
            if self._left_over or (not looks and site.backend.locked(self.name)):
                self.stack.cancel()

    def checkpoint(self) -> Checkpoint:
        """Pulumi's record."""
        return Checkpoint.of(self.exported())

    def exported(self) -> dict[str, Any]:
        """Pulumi's record as it exports it, secrets encrypted; the Automation API would have them in the clear."""
        with explained():
            result = self.launcher.run(["stack", "export", "--stack", self.name], str(self._folder), self._environment)
        return dict(json.loads(result.stdout).get("deployment") or {})

    def replace(self, deployment: Mapping[str, Any]) -> None:
        """Make ``deployment`` Pulumi's record."""
        with explained():
            self.stack.import_stack(automation.Deployment(version=3, deployment=dict(deployment)))

    def forget(self) -> None:
        """Remove the stack, in which nothing is left but how its clouds were reached."""
        with explained():
            self.stack.workspace.remove_stack(self.name, force=True)
        self._site.backend.clear(self.name)

    def abandon(self) -> None:
        """End what is under way; whoever waits for it is told that it failed.

        Raises:
            EngineUnavailableError: It does not end.
        """
        end_left_over(self._run)

    def close(self) -> None:
        """Remove the working files, and what failed programs left in memory."""
        self._access.held.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if not self._looks:
            with suppress(InfraError):
                self._site.backend.prune(self.name)
        # Coroutines that nobody awaits any more complain where they are collected, and that is nobody's business.
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        gc.collect()
        sys.unraisablehook = hook


class _Stack(automation.Stack):
    """A stack whose outputs and history nobody reads: asking for them after each run took as long as the run."""

    def __init__(self, opened: automation.Stack) -> None:
        vars(self).update(vars(opened))

    def outputs(self) -> automation.OutputMap:
        """None: what was made is told by the program itself."""
        return {}

    def info(self, show_secrets: bool = True) -> automation.UpdateSummary:  # noqa: ARG002 - the base's
        """A summary that says nothing."""
        return automation.UpdateSummary("update", dt.datetime.now(dt.UTC), "", {}, {}, "succeeded")


def _nothing() -> None:
    """The program of a stack that is only looked at."""
