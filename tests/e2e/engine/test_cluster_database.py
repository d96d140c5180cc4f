"""A database in the cluster, run for by a real server: pipelines record there, through a tunnel, and it restarts."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import StateUnreachableError
from flowyml_infra.runtime.metadata.postgresql import ADDRESS_VARIABLE
from tests.e2e.engine.conftest import EngineProject
from tests.e2e.engine.pipelines import pipeline_runs, run_pipeline
from tests.emulation import database_pods
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.pods import reported_ready
from tests.emulation.servers import LOCALHOST

pytestmark = pytest.mark.engine


def test_pipelines_record_in_it_and_go_on_after_it_restarted(
    project: EngineProject, kubernetes: KubernetesServer, unique: str
) -> None:
    project.names = [unique]
    bucket = f"{unique}-artifacts"

    def declare(**database: Any) -> None:
        project.declare(
            "kubernetes",
            location={"namespace": unique},
            compute={"backend": "kubernetes"},
            storage={
                "artifact_store": {"provider": "aws", "name": bucket, "force_destroy": True},
                "metadata_store": {"storage_class": "standard", **database},
            },
        )

    with (
        database_pods.opened(kubernetes.cluster) as databases,
        reported_ready(kubernetes.cluster, unique, databases),
    ):
        declare()
        made = project.apply()
        assert made.code == 0, made.out + made.err
        (server,) = databases.servers.values()
        host = made.document["outputs"]["metadata_store"]["host"]

        with pytest.raises(StateUnreachableError, match=host) as caught:
            run_pipeline("s")
        assert "kubectl port-forward" in str(caught.value.hint)
        # As after `kubectl port-forward`, which needs a kubelet.
        project.monkeypatch.setenv(ADDRESS_VARIABLE, f"{LOCALHOST}:{server.port}")

        def rows(sql: str) -> list[Any]:
            with server.connect(server.administrator, "flowyml") as connection:
                connection.execute("SET search_path TO flowyml_metadata")
                return connection.execute(sql).fetchall()

        told = [made, *pipeline_runs(project, "s", bucket, rows)]
        assert not any(server.password in ended.out + ended.err for ended in told)

        declare(memory="2Gi")
        changed = project.apply()
        assert changed.code == 0, changed.out + changed.err
        assert run_pipeline("s").steps["load"].cached
        assert rows("SELECT count(*) FROM runs") == [(4,)]

        assert project.run("destroy s --auto-approve").code == 0
    assert kubernetes.get(f"/api/v1/namespaces/{unique}") is None
    assert project.buckets() == set()
    assert project.statuses() == {}
