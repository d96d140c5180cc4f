"""Owns the opening of a deployment's stack through the Automation API, and Pulumi's record of it."""

from __future__ import annotations

import datetime as dt
import gc
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi import automation

from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.cli import find_cli
from flowyml_infra.apply.engines.pulumi.failures import explained, no_record
from flowyml_infra.apply.engines.pulumi.launcher import Launcher, end_left_over
from flowyml_infra.apply.engines.pulumi.site import FILE, PROJECT
from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.engines.pulumi.site import Site


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
    """

    def __init__(self, site: Site, name: str, lineage: str, *, looks: bool = False) -> None:
        self._site = site
        self._looks = looks
        self.name = name
        if looks and not site.used:
            raise no_record()
        if not looks:
            site.folder.mkdir(parents=True, exist_ok=True)
            if site.backend.startswith(FILE):
                Path(site.backend.removeprefix(FILE)).mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix="flowyml-engine-"))
        record = self._folder / "run" if looks else site.folder / f"{name}.run"
        cli = find_cli()
        left_over = not looks and end_left_over(record)
        self.launcher = Launcher(cli, record)
        self._environment = {
            "PULUMI_BACKEND_URL": site.backend,
            "PULUMI_CONFIG_PASSPHRASE": site.passphrase(lineage),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_CHECKPOINT_BACKUPS": "true",
        }
        settings = automation.ProjectSettings(PROJECT, "python", backend=automation.ProjectBackend(site.backend))
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self._folder),
            pulumi_command=self.launcher,
            env_vars=self._environment,
            project_settings=settings,
        )
        open_stack = automation.select_stack if looks else automation.create_or_select_stack
        try:
            with explained():
                self.stack = _Stack(open_stack(name, project_name=PROJECT, program=_nothing, opts=options))
                if left_over or (not looks and self._locked()):
                    self.stack.cancel()
        except EngineError:
            self.close()
            raise

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
        for path in self._own("stacks").glob(f"{self.name}.json.*"):
            path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """End a look that is under way; whoever waits for it is told that it failed.

        Raises:
            EngineUnavailableError: It does not end.
        """
        end_left_over(self._folder / "run")

    def close(self) -> None:
        """Remove the working files, and what failed programs left in memory."""
        shutil.rmtree(self._folder, ignore_errors=True)
        # A copy of the record for every run, for ever: our own history tells what was done.
        if not self._looks:
            shutil.rmtree(self._own("history") / self.name, ignore_errors=True)
        # Coroutines that nobody awaits any more complain where they are collected, and that is nobody's business.
        hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
        gc.collect()
        sys.unraisablehook = hook

    def _locked(self) -> bool:
        """Whether a lock of a run lies in the backend, whose lease we hold: its holder is gone."""
        if not self._site.backend.startswith(FILE):
            return False
        folder = Path(self._site.backend.removeprefix(FILE)) / ".pulumi" / "locks" / "organization" / PROJECT
        return any((folder / self.name).glob("*.json"))

    def _own(self, part: str) -> Path:
        """The folder in which a backend of files keeps ``part`` of its project; of others there is none."""
        return Path(self._site.backend.removeprefix(FILE)) / ".pulumi" / part / PROJECT


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
