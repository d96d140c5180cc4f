"""A data folder for each test, and logs to tamper with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def user_data(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This user's data folder, empty at first; nothing of the machine's own settings is seen."""
    for name in [name for name in os.environ if name.startswith("FLOWYML_") and name != "FLOWYML_TEST_CACHE"]:
        monkeypatch.delenv(name)
    folder = tmp_path_factory.mktemp("data")
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    return folder / "flowyml-infra"
