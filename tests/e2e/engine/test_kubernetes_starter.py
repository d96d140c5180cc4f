"""The starter for Kubernetes on a real API server: namespace, store, database, MLflow, account, policy and quota."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.e2e.engine.conftest import EngineProject
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.pods import reported_ready

pytestmark = pytest.mark.engine


def test_it_is_applied_changed_and_taken_away_and_no_password_rests_anywhere(
    project: EngineProject, kubernetes: KubernetesServer, unique: str
):
    Path("flowyml.yaml").unlink()
    assert project.run("init --template kubernetes").code == 0
    manifest = Path("stacks/training.yaml")
    text = manifest.read_text().replace("namespace: training", f"namespace: {unique}")
    manifest.write_text(text.replace("# storage_class: standard", "storage_class: standard"))
    before = kubernetes.get("/api/v1/namespaces")
    assert before is not None

    with reported_ready(kubernetes.cluster, unique):
        made = project.run("apply --auto-approve --json")
        assert made.code == 0, made.out + made.err
        assert len(made.document["applied"]) == 7
        assert made.document["outputs"]["metadata_store"]["uri"] == "(secret)"

        uri = project.run("output metadata_store --show-secrets --json").document["outputs"]["metadata_store"]["uri"]
        password = uri.partition("://")[2].partition("@")[0].partition(":")[2]
        assert len(password) == 40
        name = next(address for address in project_names(project) if address.startswith("training-metadata-store"))
        secret = kubernetes.get(f"/api/v1/namespaces/{unique}/secrets/{name}")
        assert secret is not None
        assert base64.b64decode(secret["data"]["POSTGRES_PASSWORD"]).decode() == password
        server = kubernetes.get(f"/apis/apps/v1/namespaces/{unique}/statefulsets/{name}")
        assert server is not None
        container = server["spec"]["template"]["spec"]["containers"][0]
        assert container["securityContext"]["allowPrivilegeEscalation"] is False
        assert password not in str(server)

        manifest.write_text(
            manifest.read_text().replace("size: 20", "size: 20\n      memory: 2Gi").replace('cpu: "64"', 'cpu: "96"')
        )
        changed = project.run("apply --auto-approve --json")
        assert changed.code == 0, changed.out + changed.err
        assert {item["address"]: item["action"] for item in changed.document["applied"]} == {
            "kubernetes.database.metadata_store": "update",
            "kubernetes.quota.limits": "update",
        }
        again = project.run("output metadata_store --show-secrets --json").document["outputs"]["metadata_store"]["uri"]
        assert again == uri

        assert project.run("plan --out today.plan").code == 0
        for path in (item for item in project.root.rglob("*") if item.is_file()):
            assert password.encode() not in path.read_bytes(), path
        assert password not in made.out + made.err + changed.out + changed.err

        assert project.run("destroy --auto-approve").code == 0
    assert kubernetes.get(f"/api/v1/namespaces/{unique}") is None
    assert not list(Path(".flowyml/engine/.pulumi/stacks").rglob("training.*.json"))


def project_names(project: EngineProject) -> list[str]:
    rows = project.run("state pull").document["resources"]
    return [row["properties"]["name"] for row in rows]
