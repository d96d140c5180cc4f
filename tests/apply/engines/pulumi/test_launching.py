"""What the CLI is started with, and what of this process it never sees."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.pulumi.launcher import Launcher
from flowyml_infra.apply.engines.pulumi.settings import EngineSettings, Setting
from tests.apply.engines.pulumi.programs_on_path import program


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    return program(
        tmp_path / "pulumi", 'if [ "$1" = version ]; then echo v3.250.0; else /usr/bin/env; /bin/cat "$READ"; fi'
    )


def test_a_hidden_variable_is_not_given_and_an_open_file_is(tmp_path: Path, cli: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HIDDEN_SECRET", "not for the CLI")
    monkeypatch.setenv("PLAIN", "plain")
    reading, writing = os.pipe()
    os.write(writing, b"through a descriptor\n")
    os.close(writing)
    launcher = Launcher(cli, tmp_path / "record", frozenset({"HIDDEN_SECRET"}), (reading,))
    said = launcher.run(["up"], str(tmp_path), {"GIVEN": "given", "READ": f"/proc/self/fd/{reading}"}).stdout
    os.close(reading)
    assert "PLAIN=plain" in said
    assert "GIVEN=given" in said
    assert "not for the CLI" not in said
    assert "through a descriptor" in said


def test_settings_become_what_the_cli_understands():
    settings = EngineSettings(
        parallelism=Setting(3, "flowyml.yaml:1"),
        plugin_home=Setting("/plugins", "flowyml.yaml:2"),
        plugin_downloads=Setting(value=False, origin="flowyml.yaml:3"),
    )
    assert settings.environment() == {
        "PULUMI_PARALLEL": "3",
        "PULUMI_HOME": "/plugins",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    assert EngineSettings().environment() == {}
