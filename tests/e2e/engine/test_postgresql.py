"""The engine's own record beside a state in PostgreSQL: nothing of it is on the machine that applies."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.e2e.engine.conftest import EngineProject, kill
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault
from tests.emulation.postgresql_server import OWNER, PASSWORD, QUOTED, PostgresServer

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
STACK = ".pulumi/stacks/flowyml-infra/s.default."


@pytest.fixture
def schema(unique: str) -> str:
    return unique


@pytest.fixture
def team(
    project: EngineProject, postgresql: PostgresServer, schema: str, monkeypatch: pytest.MonkeyPatch, unique: str
) -> EngineProject:
    """A project whose state is in PostgreSQL, over TLS that is checked."""
    url = postgresql.url(schema, sslmode="verify-full", sslrootcert=str(postgresql.authority))
    monkeypatch.setenv("FLOWYML_STATE_URL", url)
    project.names = [unique]
    return project


@pytest.fixture
def elsewhere(team: EngineProject, tmp_path: Path) -> EngineProject:
    """The same project on another machine: the files that people share, and nothing else."""
    root = tmp_path / "elsewhere"
    root.mkdir()
    return EngineProject(root, team.environment, team.capsys, team.aws, team.monkeypatch, team.names)


def move(team: EngineProject, elsewhere: EngineProject) -> None:
    """From now on commands are those of the other machine."""
    shutil.copy(team.root / "flowyml.yaml", elsewhere.root)
    shutil.copytree(team.root / "stacks", elsewhere.root / "stacks", dirs_exist_ok=True)
    team.monkeypatch.chdir(elsewhere.root)


def declare(project: EngineProject, unique: str, *names: str, **properties: object) -> None:
    project.declare(resources={n: {"kind": "bucket", "name": f"{unique}-{n}", **properties} for n in names})


def keys(server: PostgresServer, schema: str) -> list[str]:
    """What Pulumi has recorded, beside its note of how it records."""
    found = {row[0] for row in server.run(f'SELECT key FROM "{schema}_engine".pulumi_state')}
    return sorted(found - {".pulumi/meta.yaml"})


def test_what_one_machine_made_another_changes_and_takes_away(
    team: EngineProject, elsewhere: EngineProject, postgresql: PostgresServer, schema: str, unique: str
):
    declare(team, unique, "data")
    done = team.apply()
    assert done.code == 0, done.out + done.err
    assert not list((team.root / ".flowyml").rglob("*.json")), "nothing is on record here"
    assert {key.partition(".json")[0][:-8] for key in keys(postgresql, schema)} == {STACK}
    move(team, elsewhere)
    assert "No changes" in elsewhere.run("plan s --refresh").out
    declare(elsewhere, unique, "data", tags={"cost": "ml"})
    assert elsewhere.apply().code == 0
    assert team.calls("create", BUCKET) == 1
    postgresql.run(f"DROP SCHEMA {schema}_engine CASCADE")
    assert elsewhere.run("state rebuild s --json").document["restored"] == ["aws.bucket.data"]
    assert elsewhere.run("destroy s --auto-approve").code == 0
    assert elsewhere.buckets() == set()
    assert keys(postgresql, schema) == [], "of a deployment that is gone nothing stays"


def test_who_may_only_read_sees_drift_and_what_would_come(
    team: EngineProject, postgresql: PostgresServer, schema: str, unique: str
):
    declare(team, unique, "data", tags={"cost": "ml"})
    assert team.apply().code == 0
    viewer = f"viewer_{schema}"
    postgresql.run(f"CREATE ROLE {viewer} LOGIN PASSWORD '{PASSWORD}'", user="postgres")
    for flags in ("--read-only", "--read-only --engine"):
        for statement in team.run(f"state grants {viewer} {flags} --json").document["statements"]:
            postgresql.run(statement, user="postgres")
    url = os.environ["FLOWYML_STATE_URL"]
    team.monkeypatch.setenv("FLOWYML_STATE_URL", url.replace(f"//{OWNER}:", f"//{viewer}:"))
    team.aws.client("s3").put_bucket_tagging(
        Bucket=f"{unique}-data", Tagging={"TagSet": [{"Key": "cost", "Value": "somebody else's"}]}
    )
    drift = team.run("drift s --json")
    assert (drift.code, [item["address"] for item in drift.document["resources"]]) == (2, ["aws.bucket.data"])
    planned = team.run("plan s --refresh --json").document
    assert planned["summary"]["update"] == 1
    declare(team, unique, "data", "more", tags={"cost": "ml"})
    preview = team.run("plan s --preview --json").document
    assert [bool(item["children"]) for item in preview["changes"] if item["action"] == "create"] == [True]
    refused = team.apply()
    assert refused.code == 1
    assert team.buckets() == {f"{unique}-data"}


@pytest.mark.parametrize("machine_is_gone", [True, False], ids=["with its machine", "and its CLI works on"])
def test_an_apply_that_was_killed_is_completed_from_another_machine(
    team: EngineProject,
    elsewhere: EngineProject,
    postgresql: PostgresServer,
    schema: str,
    unique: str,
    machine_is_gone: bool,
):
    declare(team, unique, "data")
    team.suffer(Fault(faults.HANG, "create", BUCKET))
    process = team.spawn("apply s --auto-approve")
    team.wait_for(lambda: bool(team.buckets()))
    (engine,) = team.engine_processes()
    plugins = children(engine)
    for pid in [engine, *plugins]:
        environment = Path(f"/proc/{pid}/environ").read_bytes() + Path(f"/proc/{pid}/cmdline").read_bytes()
        assert not any("memfd" in str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir())
        for secret in (PASSWORD, QUOTED, quote(QUOTED), "a passphrase for tests alone"):
            assert secret.encode() not in environment
    kill(process)
    if machine_is_gone:
        for pid in [engine, *plugins]:
            os.kill(pid, signal.SIGKILL)
    assert any("/locks/" in key for key in keys(postgresql, schema))
    team.suffer()
    move(team, elsewhere)
    done = elsewhere.apply()
    assert done.code == 0, done.out + done.err
    assert elsewhere.statuses() == {"aws.bucket.data": "created"}
    assert team.calls("create", BUCKET) == 1
    faults.release(team.shared)
    team.wait_for(lambda: not Path(f"/proc/{engine}").exists())
    assert "No changes" in elsewhere.run("plan s --refresh").out
    assert not any("/locks/" in key for key in keys(postgresql, schema))


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    found = [int(item) for item in text.split()]
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(item) for item in (task / "children").read_text().split() if int(item) not in found]
    assert found, "no plugin is running"
    return found
