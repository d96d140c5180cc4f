"""What the CLI is started with, and what of this process it never sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowyml_infra.apply.engines.pulumi.launcher import Launcher
from flowyml_infra.apply.engines.pulumi.settings import EngineSettings, Setting
from tests.apply.engines.pulumi.programs_on_path import program


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    return program(tmp_path / "pulumi", 'if [ "$1" = version ]; then echo v3.250.0; else /usr/bin/env; fi')


def test_a_hidden_variable_is_not_given(tmp_path: Path, cli: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HIDDEN_SECRET", "not for the CLI")
    monkeypatch.setenv("PLAIN", "plain")
    launcher = Launcher(cli, tmp_path / "record", {"HIDDEN_SECRET"})
    said = launcher.run(["up"], str(tmp_path), {"GIVEN": "given"}).stdout
    assert "PLAIN=plain" in said
    assert "GIVEN=given" in said
    assert "not for the CLI" not in said


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
