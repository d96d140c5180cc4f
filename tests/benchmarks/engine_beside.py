"""Makes what the benchmark of the engine makes with the Automation API alone: select, preview and up of one program.

    python tests/benchmarks/engine_beside.py RESOURCES.json FOLDER

The file has the properties of each resource by its name, as :mod:`engine` writes them; the program is ours.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pulumi
from pulumi import automation

from flowyml_infra.apply.engines.pulumi.programs import load_program, make_inputs

PROJECT = "beside"


def main() -> None:
    """Select, preview, up."""
    resources, folder = json.loads(Path(sys.argv[1]).read_text()), Path(sys.argv[2])
    (folder / "backend").mkdir(parents=True)
    environment = {
        "PULUMI_BACKEND_URL": f"file://{folder}/backend",
        "PULUMI_CONFIG_PASSPHRASE": "a passphrase for a benchmark",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_CHECKPOINT_BACKUPS": "true",
    }
    # The command is BIN/pulumi below the root that it is given.
    root = Path(os.environ["FLOWYML_PULUMI"]).parent.parent
    options = automation.LocalWorkspaceOptions(
        pulumi_command=automation.PulumiCommand(root=str(root)), env_vars=environment
    )
    stack = automation.create_or_select_stack(
        "many", project_name=PROJECT, program=lambda: program(resources), opts=options
    )
    stack.preview(suppress_outputs=True)
    stack.up(suppress_outputs=True)


def program(resources: dict[str, dict[str, Any]]) -> None:
    """Register every resource."""
    providers: dict[tuple[str, str], pulumi.ProviderResource] = {}
    for index, (name, entry) in enumerate(resources.items()):
        cloud, home = entry["provider"], load_program(entry["provider"])
        inputs = make_inputs(entry["properties"], f"00000000-0000-4000-8000-{index:012}", lambda purpose: "5" * 64)
        place = home.place(inputs)
        if (cloud, place) not in providers:
            providers[cloud, place] = home.provider(f"{cloud}-{place}", place)
        home.KINDS[entry["kind"]](name, inputs, pulumi.ResourceOptions(providers=[providers[cloud, place]]))


if __name__ == "__main__":
    main()
