"""`engine status|install`, and what `doctor` says of the engine: which CLI, which settings, where each comes from."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.apply.engines.pulumi import cli, installation
from flowyml_infra.cli.main import execute
from tests.apply.engines.pulumi.programs_on_path import program
from tests.emulation.postgresql_server import PASSWORD, QUOTED, PostgresServer

VARIABLES = ("FLOWYML_", "PULUMI_")


class Shell:
    """Runs commands in the project."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.capsys, self.monkeypatch = root, capsys, monkeypatch

    def configure(self, engine: str) -> None:
        (self.root / "flowyml.yaml").write_text(f"project: {{name: team}}\nengine:\n{engine}")

    def __call__(self, line: str) -> tuple[int, str]:
        code = execute(line.split())
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return int(code), out + err

    def json(self, line: str) -> dict[str, Any]:
        execute([*line.split(), "--json"])
        return dict(json.loads(self.capsys.readouterr().out))

    def settings(self) -> dict[str, tuple[str, str | None]]:
        return {item["name"]: (item["value"], item["origin"]) for item in self.json("engine status")["settings"]}

    def doctor(self, name: str) -> dict[str, Any]:
        found = {item["name"]: item for item in self.json("doctor")["checks"]}
        return dict(found[name])


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in [name for name in os.environ if name.startswith(VARIABLES)]:
        monkeypatch.delenv(name)
    root = tmp_path / "project"
    root.mkdir()
    (root / "flowyml.yaml").write_text("project: {name: team}\n")
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    for module in (cli, installation):
        monkeypatch.setattr(module, "managed_root", lambda: tmp_path / "cache" / "pulumi")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(root)
    return Shell(root, capsys, monkeypatch)


def test_without_a_cli_it_says_what_to_do(shell: Shell):
    code, told = shell("engine status")
    assert code == 1
    assert "engine install" in told
    document = shell.json("engine status")
    assert (document["cli"], document["version"]) == (None, None)
    assert "engine install" in document["hint"]
    assert shell.doctor("engine pulumi")["status"] == "absent"


def test_the_cli_that_is_used_is_shown_with_where_it_is_named(shell: Shell, tmp_path: Path):
    named = program(tmp_path / "named" / "pulumi", "echo v3.249.0")
    program(tmp_path / "path" / "pulumi", "echo v3.250.0")
    found = shell.json("engine status")
    assert (found["version"], found["origin"], found["tested_with"]) == ("3.250.0", "PATH", "3.250.0")
    shell.configure("  cli: ../named/pulumi\n")
    found = shell.json("engine status")
    assert (found["cli"], found["version"], found["origin"]) == (
        str(shell.root / "../named/pulumi"),
        "3.249.0",
        "flowyml.yaml:3",
    )
    assert "tested with 3.250.0" in shell("engine status")[1]
    assert "flowyml.yaml:3" in shell.doctor("engine pulumi")["text"]
    shell.monkeypatch.setenv("FLOWYML_PULUMI", str(named))
    assert shell.json("engine status")["origin"] == "FLOWYML_PULUMI"


def test_one_on_path_that_is_too_old_is_told(shell: Shell, tmp_path: Path):
    program(tmp_path / "path" / "pulumi", "echo v3.100.0")
    code, told = shell("engine status")
    assert code == 1
    assert "3.100.0" in told
    assert "engine install" in told
    assert shell.doctor("engine pulumi")["status"] == "failed"
    program(tmp_path / "cache" / "pulumi" / "bin" / "pulumi", "echo v3.250.0")
    code, told = shell("engine status")
    assert code == 0
    assert "Passed over" in told
    assert "3.100.0" in shell.doctor("engine pulumi on PATH")["text"]


def test_a_named_one_that_is_not_there_is_told_with_its_place(shell: Shell):
    shell.configure("  cli: tools/pulumi\n")
    code, told = shell("engine status")
    assert code == 1
    assert f"flowyml.yaml:3 names {shell.root}/tools/pulumi" in told[:1].lower() + told[1:]
    assert shell.doctor("engine pulumi")["status"] == "failed"


def test_every_setting_says_where_it_comes_from(shell: Shell):
    assert shell.settings() == {
        "backend": (f"file://{shell.root}/.flowyml/engine", None),
        "parallelism": ("four a processor", None),
        "plugins.home": ("~/.pulumi", None),
        "plugins.download": ("yes", None),
    }
    shell.configure(
        "  backend: s3://team-engine?region=eu-west-1\n  parallelism: 8\n  plugins:\n    home: made/plugins\n"
        "    download: false\n"
    )
    assert shell.settings() == {
        "backend": ("s3://team-engine", "flowyml.yaml:3"),
        "parallelism": ("8", "flowyml.yaml:4"),
        "plugins.home": (f"{shell.root}/made/plugins", "flowyml.yaml:6"),
        "plugins.download": ("no", "flowyml.yaml:7"),
    }
    for name, value in {
        "FLOWYML_ENGINE_BACKEND": "gs://other",
        "PULUMI_PARALLEL": "3",
        "PULUMI_HOME": "/plugins",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "false",
    }.items():
        shell.monkeypatch.setenv(name, value)
    assert shell.settings() == {
        "backend": ("gs://other", "FLOWYML_ENGINE_BACKEND"),
        "parallelism": ("3", "PULUMI_PARALLEL"),
        "plugins.home": ("/plugins", "PULUMI_HOME"),
        "plugins.download": ("yes", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"),
    }
    told = shell("engine status")[1]
    assert "engine.backend" in told
    assert "FLOWYML_ENGINE_BACKEND" in told


def test_a_variable_that_is_no_number_is_told(shell: Shell):
    shell.monkeypatch.setenv("PULUMI_PARALLEL", "many")
    code, told = shell("engine status")
    assert code == 1
    assert "PULUMI_PARALLEL" in told
    assert shell.doctor("engine settings")["status"] == "failed"


def test_no_password_of_a_backend_is_shown(shell: Shell):
    shell.monkeypatch.setenv("ENGINE_PASSWORD", PASSWORD)
    shell.configure("  backend: postgres://me:${ENGINE_PASSWORD}@db.example/engine?sslmode=verify-full\n")
    assert shell.settings()["backend"] == ("postgres://db.example/engine", "flowyml.yaml:3")
    said = shell("engine status")[1] + shell("doctor")[1]
    assert PASSWORD not in said


def test_a_state_in_postgresql_has_the_record_in_a_schema_beside_it(
    shell: Shell, postgresql: PostgresServer, unique: str
):
    shell.monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    shell.monkeypatch.setenv("FLOWYML_STATE_URL", postgresql.url(unique))
    value, origin = shell.settings()["backend"]
    assert value.endswith(f"?schema={unique}_engine")
    assert origin is None
    assert shell.doctor("engine record")["status"] == "ok"
    postgresql.run(f"CREATE SCHEMA {unique}_engine", user="postgres")
    postgresql.run(f"ALTER SCHEMA {unique}_engine OWNER TO postgres", user="postgres")
    found = shell.doctor("engine record")
    assert found["status"] == "absent"
    assert "state grants" in found["hint"]
    assert QUOTED not in value + shell("doctor")[1]


@pytest.mark.parametrize("broken", ["parallelism: 0", "parallelism: many", "backend: ftp://x", "clii: x"])
def test_a_wrong_setting_is_told_with_its_line(shell: Shell, broken: str):
    shell.configure(f"  {broken}\n")
    code, told = shell("engine status")
    assert code == 1
    assert "flowyml.yaml:3" in told


class TestInstalling:
    @pytest.fixture(autouse=True)
    def no_network(self, shell: Shell) -> None:
        shell.monkeypatch.setenv("FLOWYML_ENGINE_OFFLINE", "1")

    def test_offline_it_says_where_to_put_the_file(self, shell: Shell, tmp_path: Path):
        code, told = shell("engine install")
        assert code == 1
        assert "https://get.pulumi.com/releases/sdk/" in told
        assert f"{tmp_path}/cache/pulumi/bin" in told

    def test_it_says_which_other_one_is_used_all_the_same(self, shell: Shell, tmp_path: Path):
        program(tmp_path / "cache" / "pulumi" / "bin" / "pulumi", "echo v3.250.0")
        assert "comes first" not in shell("engine install")[1]
        program(tmp_path / "path" / "pulumi", "echo v3.251.0")
        code, told = shell("engine install")
        assert code == 0
        assert f"{tmp_path}/path/pulumi comes first" in told
        assert shell.json("engine install")["version"] == "3.250.0"
