"""Which Pulumi CLI is used, and what is said of one that cannot be."""

from __future__ import annotations

import pytest

from flowyml_infra.apply.engines.pulumi import cli
from flowyml_infra.apply.engines.pulumi.cli import find_cli, version_of
from flowyml_infra.apply.engines.pulumi.settings import CLI_VARIABLE, Setting
from flowyml_infra.errors import EngineUnavailableError
from tests.apply.engines.pulumi.programs_on_path import program

GOOD = "echo v3.250.0"


@pytest.fixture(autouse=True)
def nothing(monkeypatch, tmp_path):
    monkeypatch.delenv(CLI_VARIABLE, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setattr(cli, "managed_root", lambda: tmp_path / "cache")


def test_it_is_looked_for_where_it_is_said_then_on_path_then_in_the_cache(tmp_path, monkeypatch):
    with pytest.raises(EngineUnavailableError) as caught:
        find_cli()
    assert caught.value.code == "engine.no_cli"
    assert "engine install" in caught.value.hint
    cached = program(tmp_path / "cache/bin/pulumi", GOOD)
    assert (find_cli().path, find_cli().origin) == (cached, cli.CACHE)
    on_path = program(tmp_path / "path/pulumi", GOOD)
    assert (find_cli().path, find_cli().origin) == (on_path, "PATH")
    said = program(tmp_path / "own/bin/pulumi", GOOD)
    for value in (said, said.parent.parent):
        monkeypatch.setenv(CLI_VARIABLE, str(value))
        assert (find_cli().path, find_cli().origin) == (said, CLI_VARIABLE)
        assert find_cli(Setting(str(value), "flowyml.yaml:3")).origin == "flowyml.yaml:3"
    monkeypatch.setenv(CLI_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(EngineUnavailableError, match=f"{CLI_VARIABLE} names"):
        find_cli()


def test_one_on_path_that_cannot_be_used_makes_way_for_the_one_in_the_cache(tmp_path):
    old = program(tmp_path / "path/pulumi", "echo v3.100.0")
    with pytest.raises(EngineUnavailableError, match="3.100.0") as caught:
        find_cli()
    assert "engine install" in caught.value.hint
    program(tmp_path / "cache/bin/pulumi", GOOD)
    found = find_cli()
    assert found.origin == cli.CACHE
    assert str(old) in found.passed_over
    assert "3.100.0" in found.passed_over


def test_one_that_is_named_never_makes_way(tmp_path):
    old = program(tmp_path / "old/pulumi", "echo v3.100.0")
    program(tmp_path / "cache/bin/pulumi", GOOD)
    with pytest.raises(EngineUnavailableError, match="3.100.0"):
        find_cli(Setting(str(old), "flowyml.yaml:3"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (GOOD, "3.250.0"),
        ("echo 3.200.0-alpha.1", "3.200.0-alpha.1"),
        ("echo v3.199.9", None),
        ("echo v4.0.0", None),
        ("echo hello", None),
        ("exit 3", None),
    ],
)
def test_its_version_is_checked(tmp_path, text, found):
    path = program(tmp_path / "pulumi", text)
    if found is None:
        with pytest.raises(EngineUnavailableError):
            version_of(path)
    else:
        assert version_of(path) == found
