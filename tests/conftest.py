"""Owns what all tests share: how many run at once, the bed of the engine, and a data folder that is not the user's."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

# Before any test, and for the commands that tests start: keys and notes of the audit log are made there.
os.environ["XDG_DATA_HOME"] = tempfile.mkdtemp(prefix="flowyml-infra-tests-")
atexit.register(shutil.rmtree, os.environ["XDG_DATA_HOME"], ignore_errors=True)

pytest_plugins = ["tests.emulation.fixtures"]


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: tests of engines and servers wait a good deal."""
    return len(os.sched_getaffinity(0)) + 1
