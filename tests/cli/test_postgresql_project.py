"""A whole project whose state is in PostgreSQL: everything works that works on a file, and no password is shown."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from flowyml_infra.cli.main import execute
from flowyml_infra.state.key import DeploymentKey
from tests.emulation.postgresql_server import PASSWORD, QUOTED
from tests.state.places import PostgresPlace
from tests.support.commands import as_a_new_user

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: team, version: 1.0.0}
spec:
  provider: local
  storage: {artifact_store: made/artifacts, metadata_store: "sqlite:///made/metadata.db"}
  resources:
    data: {kind: directory, path: made/data, force_destroy: true}
"""


class Shell:
    """Runs commands; keeps all that they ever said."""

    def __init__(self, capsys):
        self.capsys, self.said = capsys, ""

    def __call__(self, line: str) -> tuple[int, str]:
        code, out, err = self._run(line)
        return code, out + err

    def json(self, line: str) -> Any:
        code, out, err = self._run(f"--json {line}")
        assert code == 0, err
        return json.loads(out)

    def _run(self, line: str) -> tuple[int, str, str]:
        code = execute(line.split())
        captured = self.capsys.readouterr()
        self.said += captured.out + captured.err
        return code, captured.out, captured.err


@pytest.fixture
def place(tmp_path, postgresql):
    return PostgresPlace(tmp_path, postgresql.new_url())


@pytest.fixture
def shell(place, tmp_path, monkeypatch, capsys):
    as_a_new_user(monkeypatch)
    monkeypatch.setenv("FLOWYML_STATE_URL", place.url)
    monkeypatch.chdir(tmp_path)
    Path("flowyml.yaml").write_text("project: {name: team}\nactive_stack: team\n")
    Path("stacks").mkdir()
    Path("stacks/team.yaml").write_text(MANIFEST)
    return Shell(capsys)


def test_a_stack_lives_from_plan_to_destruction_without_a_file_of_state(shell, tmp_path):
    assert shell("plan --detailed-exitcode")[0] == 2
    assert shell("apply --auto-approve")[0] == 0
    assert shell("plan --detailed-exitcode")[0] == 0
    assert len(shell.json("state list")["resources"]) == 3
    assert shell.json("output")["outputs"]["artifact_store"]["uri"].startswith("file:///")
    assert [item["kind"] for item in shell.json("state history")["operations"]] == ["apply"]
    assert shell("stack apply stacks/team.yaml")[0] == 0
    assert "team" in shell("stack list")[1]
    assert {"StackApplied", "StackRegistered"} <= {item["name"] for item in shell.json("audit list")["events"]}
    assert shell("audit verify")[0] == 0
    assert shell.json("lock list")["locks"] == []
    assert shell.json("state doctor")["findings"] == []
    code, doctor = shell("doctor")
    assert code == 0
    assert "postgresql://owner@127.0.0.1" in doctor
    exported = shell("state pull")[1]
    Path("export.json").write_text(exported)
    assert shell("state mv local.directory.data local.directory.features")[0] == 0
    assert shell("state push export.json --force --auto-approve")[0] == 0
    assert shell("destroy --auto-approve")[0] == 0
    assert shell.json("state list")["resources"] == []
    assert not list(tmp_path.rglob("state.db*"))
    for secret in (PASSWORD, QUOTED):
        assert secret not in shell.said


def test_a_lock_is_released_with_a_reason_that_is_audited(shell, place):
    shell("apply --auto-approve")
    with place.store() as store:
        store.acquire(DeploymentKey("team"), "apply")
        Path("stacks/team.yaml").write_text(MANIFEST.replace("made/data", "made/other"))
        code, told = shell("apply --auto-approve")
        assert code == 4
        assert f"process {os.getpid()}" in told
        assert " since " in told
        assert shell("lock release deployment:team@default --reason lost --auto-approve")[0] == 0
        assert shell("apply --auto-approve")[0] == 0
    (event,) = shell.json("audit list --event LeaseBroken")["events"]
    assert event["data"]["reason"] == "lost"


def test_the_grants_of_a_role_are_printed_as_sql(shell, place, postgresql, monkeypatch):
    code, script = shell("state grants viewer --read-only")
    assert code == 0
    assert all(line.startswith("GRANT ") and line.endswith(' TO "viewer";') for line in script.splitlines())
    assert not any(right in script for right in ("INSERT", "UPDATE", "DELETE"))
    assert shell.json("state grants deployer")["statements"]
    *_, last = shell.json("state grants deployer --engine")["statements"]
    assert last.endswith(' TO "deployer";')
    statements = shell.json("state grants viewer --engine --read-only")["statements"]
    assert any(statement.startswith("GRANT SELECT") for statement in statements)
    assert not any(statement.startswith('GRANT "') for statement in statements), "who looks joins no group"
    assert shell('state grants a"b --engine')[0] == 1
    monkeypatch.setenv("FLOWYML_STATE_URL", "sqlite:///state.db")
    code, told = shell("state grants viewer")
    assert code == 1
    assert "--state postgresql://" in told
    assert shell('state grants a"b')[0] == 1


def test_the_key_of_a_state_is_changed_in_two_steps(shell, monkeypatch):
    secret = MANIFEST + "    login: {kind: directory, path: made/login, labels: {by: '${LOGIN_TOKEN}'}}\n"
    Path("stacks/team.yaml").write_text(secret)
    monkeypatch.setenv("LOGIN_TOKEN", "first")
    assert shell("apply --auto-approve")[0] == 0
    assert shell("state rotate-key")[0] == 1, "there is no new key"
    monkeypatch.setenv("FLOWYML_STATE_NEW_KEY", "another passphrase for tests")
    assert shell.json("state rotate-key")["added"] is True
    assert shell("plan --detailed-exitcode")[0] == 0
    monkeypatch.setenv("FLOWYML_STATE_KEY", "another passphrase for tests")
    assert shell("plan --detailed-exitcode")[0] == 0
    assert shell("state rotate-key --finish")[0] == 1, "it asks first"
    assert shell.json("state rotate-key --finish --auto-approve")["removed"] == 1
    assert shell("plan --detailed-exitcode")[0] == 0, "what did not change does not look changed"
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.setenv("LOGIN_TOKEN", "second")
    code, told = shell("apply --auto-approve")
    assert code == 1
    assert "does not open this state's secrets" in told


def test_an_unreachable_server_is_told_without_a_traceback_or_a_password(shell, place, postgresql, monkeypatch):
    monkeypatch.setenv("FLOWYML_STATE_URL", place.url.replace(f":{postgresql.port}/", ":1/"))
    for command in ("plan", "apply --auto-approve", "state list", "audit list", "lock list"):
        code, told = shell(command)
        assert code == 1
        assert "cannot be reached" in told
    for secret in (PASSWORD, QUOTED, "Traceback"):
        assert secret not in shell.said


def test_rows_are_encrypted_whole_where_the_project_says_so(shell, place):
    Path("flowyml.yaml").write_text("active_stack: team\nstate: {encryption: rows}\n")
    assert shell("apply --auto-approve")[0] == 0
    assert shell("plan --detailed-exitcode")[0] == 0
    assert "made/data" not in str(place.execute("SELECT * FROM resources"))
    assert "made/data" in shell("state show local.directory.data")[1]


def test_a_project_moves_from_a_file_to_the_teams_database(shell, place, monkeypatch, tmp_path):
    monkeypatch.delenv("FLOWYML_STATE_URL")
    assert shell("apply --auto-approve")[0] == 0
    assert shell(f"state migrate --to {place.url}")[0] == 1, "it asks first"
    assert shell("state migrate")[0] == 1
    assert shell.json(f"state migrate --to {place.url} --auto-approve")["deployments"] == 1
    code, told = shell("plan")
    assert code == 1
    assert "was moved to postgresql://owner@" in told
    monkeypatch.setenv("FLOWYML_STATE_URL", place.url)
    assert shell("plan --detailed-exitcode")[0] == 0
    assert shell("audit verify")[0] == 0
    for secret in (PASSWORD, QUOTED):
        assert secret not in shell.said.replace(place.url, "")


def test_a_backup_can_be_taken_back_as_often_as_needed(shell, place, postgresql, monkeypatch):
    shell("apply --auto-approve")
    assert shell.json("state backup kept.db")["deployments"] == 1
    assert shell("state backup kept.db")[0] == 1, "nothing is overwritten"
    assert shell("state restore kept.db")[0] == 1, "there is a state already"
    for _ in range(2):
        monkeypatch.setenv("FLOWYML_STATE_URL", postgresql.new_url())
        assert shell.json("state restore kept.db")["deployments"] == 1
        assert shell("plan --detailed-exitcode")[0] == 0
        assert shell("audit verify")[0] == 0
    assert shell("state restore missing.db")[0] == 1
