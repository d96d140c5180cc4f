"""Owns what tests in several folders share: the engine's test bed, and a data folder that is not the user's own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Before any test, and for the commands that tests start: keys and notes of the audit log are made there.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="flowyml-infra-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

pytest_plugins = ["tests.emulation.fixtures"]
