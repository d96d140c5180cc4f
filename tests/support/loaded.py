"""Owns the loading of all that an apply loads, for a fork server: it does one, so that no list of modules gets old."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
from pathlib import Path

from flowyml_infra.cli.main import execute

_PROJECT = "project: {name: loaded}\n"
_STACK = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: loaded}
spec:
  provider: local
  resources:
    data: {kind: directory, path: made}
"""


def load() -> None:
    """Apply a stack of one folder, somewhere; its state and its key are nobody else's."""
    kept = os.environ.get("XDG_DATA_HOME")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        root = Path(folder)
        (root / "stacks").mkdir()
        (root / "stacks" / "loaded.yaml").write_text(_STACK)
        (root / "flowyml.yaml").write_text(_PROJECT)
        os.environ["XDG_DATA_HOME"] = folder
        try:
            execute(["--project", folder, "apply", "loaded", "--auto-approve"])
        finally:
            del os.environ["XDG_DATA_HOME"]
            if kept is not None:
                os.environ["XDG_DATA_HOME"] = kept


load()
