"""Owns the environment in which commands meet the instant stand-ins and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from flowyml_infra.apply.engines.pulumi.installation import install
from tests.emulation import plugin_path
from tests.emulation.plugin.registry import INSTANT

FOREIGN = ("FLOWYML_", "AWS_", "PULUMI_")
"""How the names of variables begin that could lead elsewhere."""


def environment(folder: Path) -> dict[str, str]:
    """The variables, with the stand-ins and the engine's home in ``folder``; the engine is built if it is not there."""
    return {
        "FLOWYML_PULUMI": str(install(lambda text: print(text, flush=True))),
        "FLOWYML_STATE_KEY": "a passphrase for tests alone",
        "PATH": os.pathsep.join([str(plugin_path.write(folder / "bin", INSTANT)), os.environ["PATH"]]),
        "PULUMI_HOME": str(folder / "home"),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
