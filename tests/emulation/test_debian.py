"""Packages are installed when they are missing, and a failure says what apt said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulation import debian


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What a pretended apt-get was asked; it does nothing but complain."""
    log = tmp_path / "log"
    for name in ("apt-get", "sudo"):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho "E: Unable to locate package"\nexit 100\n')
        script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("FLOWYML_TEST_CACHE", str(tmp_path))
    return log


def test_what_is_there_is_not_asked_for(asked: Path) -> None:
    debian.install("postgresql", there=lambda: True)
    assert not asked.exists()


def test_what_cannot_be_installed_says_why(asked: Path) -> None:
    with pytest.raises(RuntimeError, match="Unable to locate package"):
        debian.install("postgresql", there=lambda: False)
    assert "install -qy --no-install-recommends postgresql" in asked.read_text()
