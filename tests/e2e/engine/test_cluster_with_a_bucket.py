"""A stack in a cluster, artifacts in a bucket, runs in a given database: pipelines, changes, drift, nothing left."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.engine.conftest import EngineProject
from tests.e2e.engine.pipelines import pipeline_runs
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.postgresql_server import DATABASE, OWNER, PASSWORD, PostgresServer
from tests.emulation.servers import LOCALHOST

pytestmark = pytest.mark.engine
SPACE, KEYS, QUOTA = "kubernetes.namespace.compute", "kubernetes.secret.keys", "kubernetes.quota.limits"


def test_it_is_planned_made_used_changed_replaced_mended_and_taken_away(
    project: EngineProject, kubernetes: KubernetesServer, postgresql: PostgresServer, unique: str
):
    project.names = [unique]
    bucket = f"{unique}-artifacts"
    database = f"postgresql://{OWNER}@{LOCALHOST}:{postgresql.port}/{DATABASE}?schema={unique}"
    checked = f"sslmode=verify-full&sslrootcert={postgresql.authority}"
    project.monkeypatch.setenv("DATABASE_PASSWORD", PASSWORD)

    def declare(team: str, keys: str, cpu: str) -> None:
        project.declare(
            "kubernetes",
            location={"namespace": unique},
            compute={"backend": "kubernetes"},
            storage={
                "artifact_store": {"provider": "aws", "name": bucket, "force_destroy": True},
                "metadata_store": {"uri": f"{database}&{checked}", "password": "${DATABASE_PASSWORD}"},
            },
            resources={
                "keys": {"kind": "secret", "name": keys, "key": "value", "labels": {"team": team}},
                "limits": {"kind": "quota", "name": "limits", "cpu": cpu},
            },
        )

    def actions(line: str, of: str) -> dict[str, str]:
        ended = project.run(line)
        assert ended.code == 0, ended.out + ended.err
        return {item["address"]: item["action"] for item in ended.document[of] if item["action"] != "noop"}

    def inside(path: str) -> dict[str, Any]:
        found = kubernetes.get(f"/api/v1/namespaces/{unique}/{path}")
        assert found is not None, path
        return found

    declare("ml", "keys", "4")
    planned = actions("plan s --json", "changes")
    assert set(planned.values()) == {"create"}
    assert {SPACE, KEYS, QUOTA, "aws.bucket.artifact_store"} <= set(planned)
    assert actions("apply s --auto-approve --json", "applied") == planned
    assert inside("secrets/keys")["metadata"]["labels"]["team"] == "ml"
    told = pipeline_runs(project, "s", bucket, lambda sql: rows(postgresql, unique, sql))
    for path in (item for item in project.root.rglob("*") if item.is_file()):
        assert PASSWORD.encode() not in path.read_bytes(), path
    assert not any(PASSWORD in ended.out + ended.err for ended in told)

    declare("web", "keys", "8")
    assert actions("plan s --json", "changes") == {KEYS: "update", QUOTA: "update"}
    assert actions("apply s --auto-approve --json", "applied") == {KEYS: "update", QUOTA: "update"}
    assert inside("secrets/keys")["metadata"]["labels"]["team"] == "web"

    declare("web", "others", "8")
    assert actions("plan s --json", "changes") == {KEYS: "replace"}
    assert actions("apply s --auto-approve --json", "applied") == {KEYS: "replace"}
    assert inside("secrets/others")["metadata"]["labels"]["team"] == "web"
    assert kubernetes.get(f"/api/v1/namespaces/{unique}/secrets/keys") is None

    kubernetes.cluster.call("DELETE", f"/api/v1/namespaces/{unique}/secrets/others")
    found = project.run("drift s --json")
    assert found.code == 2, found.out + found.err
    strayed = {item["address"]: item["condition"] for item in found.document["resources"]}
    assert {address: how for address, how in strayed.items() if how != "same"} == {KEYS: "gone"}
    assert project.run("refresh s --auto-approve").code == 0
    assert actions("apply s --auto-approve --json", "applied") == {KEYS: "create"}
    assert inside("secrets/others")["metadata"]["labels"]["team"] == "web"
    assert project.run("drift s").code == 0

    assert project.run("destroy s --auto-approve").code == 0
    assert kubernetes.get(f"/api/v1/namespaces/{unique}") is None
    assert project.buckets() == set()
    assert project.statuses() == {}
    # The database is somebody else's, and so is what is in it.
    assert rows(postgresql, unique, "SELECT count(*) FROM runs") == [(3,)]


def rows(server: PostgresServer, schema: str, sql: str) -> list[Any]:
    with server.connect() as connection:
        connection.execute(f"SET search_path TO {schema}")
        return connection.execute(sql).fetchall()
