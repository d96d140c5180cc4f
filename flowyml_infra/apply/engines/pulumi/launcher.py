"""Owns the starting and ending of the Pulumi CLI, in a process session of its own that is on record while it runs.

Each plugin leads a process group of its own; what they have in common with the CLI that started them is the session.

A Ctrl-C in the terminal reaches this process alone, which lets the CLI finish what is under way. When this process is
killed instead, the record says which processes have to be ended before anything else is done.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from flowyml_infra.apply.engines.pulumi.cli import version_of
from flowyml_infra.errors import EngineError, EngineUnavailableError
from flowyml_infra.state.process import ProcessIdentity, is_gone, process_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from typing import IO

    from flowyml_infra.address import Address

_PATIENCE_SECONDS: Final = 20.0
"""How long processes may take to end by themselves."""

BRIEF_SECONDS: Final = 900.0
"""How long a command may take that asks no cloud: it reads and writes the engine's own record."""

LONG_SECONDS: Final = 6 * 3600.0
"""How long a command may take that asks a cloud; longer than any provider waits for any one thing."""

_LONG: Final = frozenset({"up", "preview", "refresh", "destroy", "import"})


class Launcher(PulumiCommand):
    """Runs the CLI as the Automation API asks.

    Args:
        cli: The CLI.
        record: The file that names the running session.
        hidden: Variables of this process that the CLI is not given, nor what it starts.

    Attributes:
        lasts: An ``up`` lasts as long as there is something to do: whoever waits for an answer bounds that.

    Raises:
        EngineUnavailableError: The CLI does not run, or is too old.
    """

    lasts = False

    def __init__(self, cli: Path, record: Path, hidden: Collection[str] = ()) -> None:
        # The base class would look for the CLI by itself.
        self.command = str(cli)
        self.version = VersionInfo.parse(version_of(cli))
        self._record = record
        self._hidden = frozenset(hidden)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], Any] | None = None,
        on_error: Callable[[str], Any] | None = None,
    ) -> CommandResult:
        """Run one command to its end; see the base class.

        Raises:
            CommandError: It failed.
            EngineError: It did not end in time, and was ended.
        """
        inherited = {name: value for name, value in os.environ.items() if name not in self._hidden}
        environment = {**inherited, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        process = subprocess.Popen(  # noqa: S603 - the user's own CLI
            [self.command, "--non-interactive", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            cwd=cwd,
            env=environment,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
        self._record.write_text(json.dumps(process_of(process.pid).to_json()), encoding="utf-8")
        try:
            out, err = _lines(process.stdout, on_output), _lines(process.stderr, on_error)
            code = self._waited(process, args[0])
            result = CommandResult(stdout=out(), stderr=err(), code=code)
        finally:
            self._record.unlink(missing_ok=True)
        if result.code != 0:
            raise create_command_error(result)
        return result

    def _waited(self, process: subprocess.Popen[str], command: str) -> int:
        seconds = LONG_SECONDS if command in _LONG else BRIEF_SECONDS
        try:
            return process.wait(None if self.lasts and command == "up" else seconds)
        except subprocess.TimeoutExpired:
            end_left_over(self._record)
            raise out_of_time(
                f"`pulumi {command}` did not end within {seconds / 60:g} minutes, and was ended"
            ) from None


def out_of_time(message: str, address: Address | None = None) -> EngineError:
    """The error of something that the engine was given up on for."""
    return EngineError(
        message,
        code="engine.timeout",
        address=address,
        hint="check that the cloud and the engine's backend can be reached, then run the same command again: what was "
        "under way is looked up",
    )


def end_left_over(record: Path) -> bool:
    """End what a killed process left running under ``record``; whether there was anything.

    Raises:
        EngineUnavailableError: It runs on another machine, or does not end.
    """
    try:
        data = json.loads(record.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except ValueError:
        data = {}  # killed while it was written: nothing had been asked of the CLI yet
    leader = ProcessIdentity.from_json(data)
    if leader.pid and leader.host != process_of(os.getpid()).host and not is_gone(leader):
        raise EngineUnavailableError(
            f"the engine may still be at work on {leader.host}, as process {leader.pid}",
            code="engine.elsewhere",
            hint=f"end it there, then remove {record}",
        )
    for number in (signal.SIGTERM, signal.SIGKILL):
        if _ended(leader, number):
            record.unlink(missing_ok=True)
            return True
    raise EngineUnavailableError(
        f"what is left of an earlier run does not end: process session {leader.pid}",
        code="engine.left_over",
        hint="end it by hand, then run the same command again",
    )


def _ended(leader: ProcessIdentity, number: signal.Signals) -> bool:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    for pid in _members(leader.pid):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
    while time.monotonic() < deadline:
        if not any(_members(leader.pid)):
            return True
        time.sleep(0.05)
    return False


def _members(session: int) -> Iterator[int]:
    """The Pulumi processes of the session, see proc_pid_stat(5); an id that was used again is none of them."""
    for entry in Path("/proc").glob("[0-9]*") if session else ():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if fields[3] == str(session) and fields[0] not in "ZX" and b"pulumi" in command:
            yield int(entry.name)


def _lines(stream: IO[str] | None, callback: Callable[[str], Any] | None) -> Callable[[], str]:
    """Read ``stream`` on a thread; what is returned waits for its end and gives all of it."""
    assert stream is not None  # noqa: S101 - both are pipes
    found: list[str] = []

    def read() -> None:
        with stream:
            for line in stream:
                text = line.rstrip()
                found.append(text)
                if callback is not None:
                    callback(text)

    thread = threading.Thread(target=read, name="pulumi output", daemon=True)
    thread.start()

    def whole() -> str:
        thread.join()
        return "\n".join(found)

    return whole
