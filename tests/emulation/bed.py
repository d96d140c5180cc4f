"""Owns what a test of the engine works with: a folder, a backend, the plugins on the path, and what they were asked."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pulumi import automation

from tests.emulation import plugin_path, pulumi_cli
from tests.emulation.plugin import call_log, faults

PROJECT = "testbed"
PASSPHRASE = "a passphrase for tests"


@dataclass(frozen=True)
class Bed:
    """A private place for the engine: nothing in it is shared with another test or with the user's own Pulumi."""

    folder: Path
    extra: dict[str, str] = field(default_factory=dict)
    """Environment variables that lead the plugins to their clouds."""

    @property
    def shared(self) -> Path:
        """The folder in which the plugins write their calls and find their faults."""
        return self._made("plugins")

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the engine and its plugins."""
        plugins = plugin_path.write(self.folder / "bin")
        return {
            "PATH": os.pathsep.join([str(plugins), str(pulumi_cli.executable().parent), os.environ["PATH"]]),
            "PULUMI_HOME": str(self._made("home")),
            "PULUMI_BACKEND_URL": f"file://{self._made('backend')}",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            # A plugin that is not here is an error at once, not a download.
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            call_log.FOLDER_VARIABLE: str(self.shared),
            **self.extra,
        }

    def stack(self, program: Callable[[], None], name: str = "test") -> automation.Stack:
        """The stack ``name``, made when it is not there, with ``program`` to be run in this process."""
        environment = self.environment
        options = automation.LocalWorkspaceOptions(
            work_dir=str(self._made("work")),
            pulumi_home=environment["PULUMI_HOME"],
            pulumi_command=automation.PulumiCommand(root=str(pulumi_cli.root())),
            env_vars=environment,
        )
        return automation.create_or_select_stack(name, project_name=PROJECT, program=program, opts=options)

    def calls(self, method: str, token: str | None = None, preview: bool = False) -> list[call_log.Call]:
        """The calls of ``method`` that reached a plugin, in order, each once."""
        return [
            call
            for call in call_log.read(self.shared)
            if (call.method, call.preview, call.result) == (method, preview, call_log.BEGUN)
            and token in {None, call.token}
        ]

    def results(self, method: str, token: str) -> list[str]:
        """How the calls of ``method`` went; a call that was cut off has no result."""
        return [
            call.result
            for call in call_log.read(self.shared)
            if (call.method, call.token, call.preview) == (method, token, False) and call.result != call_log.BEGUN
        ]

    def suffer(self, *ordered: faults.Fault) -> None:
        """Let the plugins suffer ``ordered``, in place of what was ordered before."""
        faults.order(self.shared, *ordered)

    def release(self) -> None:
        """Let every call that hangs answer."""
        faults.release(self.shared)

    def _made(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path
