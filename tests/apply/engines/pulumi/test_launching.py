"""What the CLI is started with, and what of this process it never sees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pulumi.automation.errors import CommandError

from flowyml_infra.apply.engines.pulumi import launcher
from flowyml_infra.apply.engines.pulumi.backend_access import Access
from flowyml_infra.apply.engines.pulumi.backends import FolderBackend
from flowyml_infra.apply.engines.pulumi.launcher import Launcher
from flowyml_infra.apply.engines.pulumi.settings import EngineSettings, Setting
from flowyml_infra.apply.engines.pulumi.site import Site
from flowyml_infra.apply.engines.pulumi.workspace import Workspace
from flowyml_infra.errors import EngineError
from tests.apply.engines.pulumi.programs_on_path import program


@pytest.fixture
def cli(tmp_path: Path) -> Path:
    return program(tmp_path / "pulumi", 'if [ "$1" = version ]; then echo v3.250.0; else /usr/bin/env; fi')


def test_a_hidden_variable_is_not_given(tmp_path: Path, cli: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("HIDDEN_SECRET", "not for the CLI")
    monkeypatch.setenv("PLAIN", "plain")
    started = Launcher(cli, tmp_path / "record", {"HIDDEN_SECRET"})
    said = started.run(["up"], str(tmp_path), {"GIVEN": "given"}).stdout
    assert "PLAIN=plain" in said
    assert "GIVEN=given" in said
    assert "not for the CLI" not in said


@pytest.fixture
def endless(tmp_path: Path) -> Launcher:
    """A CLI that asks for ever."""
    text = 'if [ "$1" = version ]; then echo v3.250.0; else while :; do sleep 0.01; done; fi'
    return Launcher(program(tmp_path / "pulumi", text), tmp_path / "record")


@pytest.mark.parametrize(("command", "bound"), [("stack", "BRIEF_SECONDS"), ("up", "LONG_SECONDS")])
def test_a_command_that_does_not_end_is_ended(endless: Launcher, tmp_path: Path, monkeypatch, command, bound):
    monkeypatch.setattr(launcher, bound, 0.3)
    with pytest.raises(EngineError, match=rf"`pulumi {command}` did not end within 0\.005 minutes") as caught:
        endless.run([command, "export"], str(tmp_path), {})
    assert caught.value.code == "engine.timeout"
    assert "run the same command again" in (caught.value.hint or "")
    assert not (tmp_path / "record").exists()


def test_what_lasts_as_long_as_it_is_asked_is_ended_by_who_asks(endless: Launcher, tmp_path: Path, monkeypatch):
    monkeypatch.setattr(launcher, "LONG_SECONDS", 0.0)
    endless.lasts = True
    with ThreadPoolExecutor(1) as threads:
        running = threads.submit(endless.run, ["up"], str(tmp_path), {})
        record = tmp_path / "record"
        while not (record.exists() and record.read_text()):
            assert not running.done()
        assert launcher.end_left_over(record)
        with pytest.raises(CommandError):
            running.result()


def test_what_a_killed_process_left_running_is_ended_before_its_record_is_looked_at(endless: Launcher, tmp_path: Path):
    seen: list[bool] = []

    class Watched(FolderBackend):
        def reach(self, folder: Path, stack: str, *, looks: bool) -> Access:
            seen.append((tmp_path / "s.1.run").exists())
            raise EngineError("enough was seen")

    running = Launcher(Path(endless.command), tmp_path / "s.1.run")
    running.lasts = True
    site = Site(Watched(tmp_path), tmp_path, lambda lineage: "", lambda text: "")
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(running.run, ["up"], str(tmp_path), {})
        while not ((tmp_path / "s.1.run").exists() and (tmp_path / "s.1.run").read_text()):
            assert not asked.done()
        with pytest.raises(EngineError, match="enough was seen"):
            Workspace(site, "s.1", "1")
        with pytest.raises(CommandError):
            asked.result(30)
    assert seen == [False]


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
