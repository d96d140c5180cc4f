"""Owns the folder of executables by which the engine finds the stand-in plugins."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from tests.emulation import servers
from tests.emulation.plugin.registry import PROVIDERS, STRICT


def write(folder: Path, sort: str = STRICT) -> Path:
    """Write ``pulumi-resource-NAME`` for every stand-in of that sort into ``folder``, to be put at the front of PATH."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PROVIDERS:
        script = folder / f"pulumi-resource-{name}"
        command = shlex.join([sys.executable, "-m", "tests.emulation.plugin.serving", sort, name])
        # The SDK's path comes last: the stand-ins and the tests are those of this checkout.
        lines = ["#!/bin/sh", f"export PYTHONPATH={shlex.quote(servers.import_path({}))}:$PYTHONPATH"]
        script.write_text("\n".join([*lines, f'exec {command} "$@"', ""]))
        script.chmod(0o755)
    return folder
