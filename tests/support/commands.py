"""Owns how tests run commands: as whom, and how one ended."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from flowyml_infra.cli.main import execute


@dataclass(frozen=True)
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        loaded = json.loads(self.out)
        assert loaded["format_version"] == "1"
        return loaded  # type: ignore[no-any-return]


def as_a_new_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of ours is in the environment but a key of the state, and nobody answers questions."""
    for name in [name for name in os.environ if name.startswith("FLOWYML_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.setattr("sys.stdin", io.StringIO())


Run = Callable[..., Ended]


def run_words(capsys: pytest.CaptureFixture[str], words: list[str], *, traces: bool = False) -> Ended:
    """Run one command in this process; what was written before it is forgotten. Without ``traces`` it tells none."""
    capsys.readouterr()
    code = execute(words)
    out, err = capsys.readouterr()
    assert traces or "Traceback" not in out + err
    return Ended(int(code), out, err)
