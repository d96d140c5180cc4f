"""Owns the folder of executables by which the engine finds the stand-in plugins.

A plugin is started twice for an apply, so its start is kept short: what the processes of a test have found out already
is told on the command line, and compiled modules are kept in the cache, whatever the tests themselves are told.
"""

from __future__ import annotations

import shlex
import sys
from importlib import metadata
from pathlib import Path

from tests.emulation import cache, servers
from tests.emulation.plugin.registry import PROVIDERS, STRICT


def write(folder: Path, sort: str = STRICT) -> Path:
    """Write ``pulumi-resource-NAME`` for every stand-in of that sort into ``folder``, for the front of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sdk in PROVIDERS.items():
        script = folder / f"pulumi-resource-{name}"
        command = [sys.executable, "-m", "tests.emulation.plugin.serving", sort, name, metadata.version(sdk)]
        lines = [
            "#!/bin/sh",
            "unset PYTHONDONTWRITEBYTECODE",
            f"export PYTHONPYCACHEPREFIX={shlex.quote(str(cache.folder() / 'bytecode'))}",
            # The SDK's path comes last: the stand-ins and the tests are those of this checkout.
            f"export PYTHONPATH={shlex.quote(servers.import_path({}))}:$PYTHONPATH",
            f'exec {shlex.join(command)} "$@"',
        ]
        script.write_text("\n".join([*lines, ""]))
        script.chmod(0o755)
    return folder
