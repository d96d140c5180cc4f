"""What runs in a cluster: safe pods, volumes that stay, and what each server is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.programs.harness import inputs_at
from tests.programs.kubernetes.cluster import SERVERS, container, environment, made, pod, spec

EVERY = pytest.mark.parametrize("kind", sorted(SERVERS))
MLFLOW: dict[str, Any] = {
    "backend_uri": "postgresql://ml:sesame@runs.team-a.svc/runs",
    "artifact_uri": "s3://artifacts",
    "artifact_endpoint": "http://store.team-a.svc:8333",
    "artifact_secret": "store",
}


class TestPods:
    @EVERY
    def test_they_fit_the_strictest_standard(self, kind: str) -> None:
        found, inside = pod(kind), container(kind)["securityContext"]
        outside = found["securityContext"]
        assert outside["runAsNonRoot"] is True
        assert outside["runAsUser"] == outside["runAsGroup"] == outside["fsGroup"]
        assert outside["runAsUser"] > 0
        assert outside["seccompProfile"] == {"type": "RuntimeDefault"}
        assert inside == {
            "allowPrivilegeEscalation": False,
            "privileged": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(found)
        sources = {key for volume in found["volumes"] for key in volume} - {"name"}
        assert sources <= {"emptyDir", "persistentVolumeClaim", "secret"}

    @EVERY
    def test_they_have_no_token_and_learn_of_no_services(self, kind: str) -> None:
        assert pod(kind)["automountServiceAccountToken"] is False
        assert pod(kind)["enableServiceLinks"] is False

    @EVERY
    def test_they_get_what_they_ask_for_and_no_more(self, kind: str) -> None:
        amounts = {"cpu": "2", "memory": "4Gi"}
        assert container(kind, **amounts)["resources"] == {"requests": amounts, "limits": amounts}

    @EVERY
    def test_they_are_asked_whether_they_work(self, kind: str) -> None:
        found = container(kind)
        for name in ("startupProbe", "readinessProbe", "livenessProbe"):
            assert found[name]["failureThreshold"] * found[name]["periodSeconds"] >= 30
            assert {"httpGet", "exec"} & set(found[name])
        assert found["startupProbe"]["failureThreshold"] > found["livenessProbe"]["failureThreshold"]

    @EVERY
    def test_every_folder_is_a_volume_and_every_volume_a_folder(self, kind: str) -> None:
        mounted = [mount["name"] for mount in container(kind)["volumeMounts"]]
        assert sorted(mounted) == sorted(volume["name"] for volume in pod(kind)["volumes"])
        assert "/tmp" in {mount["mountPath"] for mount in container(kind)["volumeMounts"]}

    @EVERY
    def test_no_secret_is_in_the_clear(self, kind: str) -> None:
        found = made(kind, **(MLFLOW if kind == "mlflow" else {}))
        told = json.dumps(spec(found))
        for thing in found.all("Secret"):
            for entry in inputs_at(thing, "string_data"):
                kept = {name: value for name, value in entry.items() if name not in ("POSTGRES_DB", "POSTGRES_USER")}
                assert not [name for name, value in kept.items() if value in told]

    @EVERY
    def test_they_are_found_by_what_no_user_can_change(self, kind: str) -> None:
        plain, other = made(kind), made(kind, labels={"app.kubernetes.io/name": "mine", "team": "ml"})
        assert spec(plain)["selector"] == spec(other)["selector"]
        chosen = spec(other)["selector"]["matchLabels"]
        assert chosen["app.kubernetes.io/name"] == other.properties["name"]
        assert other.one("Service")["spec"]["selector"] == chosen
        labels = spec(other)["template"]["metadata"]["labels"]
        assert labels.items() >= {**chosen, "team": "ml"}.items()

    @EVERY
    def test_a_service_in_the_cluster_leads_to_them(self, kind: str) -> None:
        found = made(kind)
        service = found.one("Service")["spec"]
        assert service["type"] == "ClusterIP"
        (port,) = service["ports"]
        (own,) = container(kind)["ports"]
        assert (port["port"], port["targetPort"]) == (own["containerPort"], own["name"])


@pytest.mark.parametrize("kind", ["database", "object_store"])
class TestVolumes:
    def test_the_one_pod_uses_the_claim_that_stands_by_itself(self, kind: str) -> None:
        found = made(kind, size=50)
        name = found.properties["name"]
        claim = found.one("PersistentVolumeClaim")["spec"]
        assert claim["accessModes"] == ["ReadWriteOnce"]
        assert claim["storageClassName"] == "fast"
        assert claim["resources"]["requests"] == {"storage": "50Gi"}
        assert spec(found)["replicas"] == 1
        assert spec(found)["serviceName"] == name
        assert "volumeClaimTemplates" not in spec(found)
        (volume,) = (item for item in pod(kind)["volumes"] if "persistentVolumeClaim" in item)
        assert volume["persistentVolumeClaim"] == {"claimName": name}

    def test_a_size_is_spelled_as_the_cluster_spells_it(self, kind: str) -> None:
        claim = made(kind, size=2048).one("PersistentVolumeClaim")["spec"]
        assert claim["resources"]["requests"] == {"storage": "2Ti"}


class TestDatabases:
    def test_whoever_reaches_it_needs_the_password(self) -> None:
        found = environment("database")
        assert found["POSTGRES_HOST_AUTH_METHOD"] == "scram-sha-256"
        assert "--auth-host=scram-sha-256" in found["POSTGRES_INITDB_ARGS"]
        name = made("database").properties["name"]
        expected = {"secretKeyRef": {"name": name, "key": "POSTGRES_PASSWORD"}}
        assert found["POSTGRES_PASSWORD"] == expected

    def test_the_data_are_in_a_folder_of_the_volume(self) -> None:
        (mount,) = (item for item in container("database")["volumeMounts"] if item["name"] == "data")
        assert environment("database")["PGDATA"].startswith(f"{mount['mountPath']}/")

    @pytest.mark.parametrize(
        ("properties", "image", "user"),
        [
            ({}, "docker.io/library/postgres:16", 999),
            ({"engine_version": "17.2"}, "docker.io/library/postgres:17.2", 999),
            ({"image": "registry.acme.example:5000/postgres:16-alpine"}, "postgres:16-alpine", 70),
            ({"image": "alpine.acme.example/postgres:16"}, "alpine.acme.example/postgres:16", 999),
        ],
    )
    def test_it_runs_as_the_user_of_its_image(self, properties: dict[str, Any], image: str, user: int) -> None:
        assert container("database", **properties)["image"].endswith(image)
        assert pod("database", **properties)["securityContext"]["runAsUser"] == user

    def test_its_url_is_whole(self) -> None:
        found = made("database", name="runs", username="ml", database="tracking")
        password = found.one("Secret")["stringData"]["POSTGRES_PASSWORD"]
        assert found.outputs["uri"].value == f"postgresql://ml:{password}@runs.team-a.svc:5432/tracking"  # type: ignore[union-attr]
        assert found.outputs["host"] == "runs.team-a.svc"
        assert found.outputs["port"] == 5432


class TestObjectStores:
    def test_only_the_gateway_listens_to_the_network(self) -> None:
        args = container("object_store")["args"]
        assert {"-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3.ip.bind=0.0.0.0"} <= set(args)
        assert {"-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.iam=false"} <= set(args)
        signed = environment("object_store")["WEED_JWT_FILER_SIGNING_KEY"]
        assert signed["secretKeyRef"]["key"] in made("object_store").one("Secret")["stringData"]

    def test_the_gateway_knows_one_client_with_few_rights(self) -> None:
        entries = made("object_store").one("Secret")["stringData"]
        (client,) = json.loads(entries["s3.json"])["identities"]
        keys = {"accessKey": entries["AWS_ACCESS_KEY_ID"], "secretKey": entries["AWS_SECRET_ACCESS_KEY"]}
        assert client["credentials"] == [keys]
        assert "Admin" not in client["actions"]
        (volume,) = (item for item in pod("object_store")["volumes"] if "secret" in item)
        (mount,) = (item for item in container("object_store")["volumeMounts"] if item["name"] == volume["name"])
        assert f"-s3.config={mount['mountPath']}/s3.json" in container("object_store")["args"]
        assert [item["key"] for item in volume["secret"]["items"]] == ["s3.json"]

    def test_the_bucket_is_made_once_the_store_has_started(self) -> None:
        command = container("object_store", bucket="runs")["lifecycle"]["postStart"]["exec"]["command"]
        assert command[-1] == "runs"
        assert "s3.bucket.create" in command[2]

    def test_it_gives_what_clients_need(self) -> None:
        found = made("object_store", name="store", bucket="runs")
        assert found.outputs["uri"] == "s3://runs"
        assert found.outputs["endpoint"] == "http://store.team-a.svc:8333"
        entries = found.one("Secret")["stringData"]
        assert found.outputs["access_key"].value == entries["AWS_ACCESS_KEY_ID"]  # type: ignore[union-attr]
        assert found.outputs["secret_key"].value == entries["AWS_SECRET_ACCESS_KEY"]  # type: ignore[union-attr]


class TestTracking:
    def test_without_a_database_and_a_store_it_keeps_runs_while_it_runs(self) -> None:
        assert environment("mlflow")["MLFLOW_BACKEND_STORE_URI"].startswith("sqlite:////tmp/")
        assert "--no-serve-artifacts" in container("mlflow")["args"]
        assert not made("mlflow").all("Secret")

    def test_the_database_is_told_by_a_secret_and_a_change_of_it_makes_new_pods(self) -> None:
        source = environment("mlflow", **MLFLOW)["MLFLOW_BACKEND_STORE_URI"]["secretKeyRef"]
        entries = made("mlflow", **MLFLOW).one("Secret")["stringData"]
        assert entries == {source["key"]: MLFLOW["backend_uri"]}
        notes = [
            spec(made("mlflow", **{**MLFLOW, "backend_uri": uri}))["template"]["metadata"]["annotations"]
            for uri in (MLFLOW["backend_uri"], MLFLOW["backend_uri"], "postgresql://ml:other@runs.team-a.svc/runs")
        ]
        assert notes[0] == notes[1] != notes[2]

    def test_artifacts_go_to_the_store_in_the_cluster(self) -> None:
        args, found = container("mlflow", **MLFLOW)["args"], environment("mlflow", **MLFLOW)
        assert args[args.index("--artifacts-destination") + 1] == "s3://artifacts"
        assert found["MLFLOW_S3_ENDPOINT_URL"] == "http://store.team-a.svc:8333"
        entries = made("object_store").one("Secret")["stringData"]
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            assert found[name] == {"secretKeyRef": {"name": "store", "key": name}}
            assert name in entries

    def test_it_answers_to_its_names_and_to_no_others(self) -> None:
        hosts = environment("mlflow", name="runs", port=8080)["MLFLOW_SERVER_ALLOWED_HOSTS"].split(",")
        found = made("mlflow", name="runs", port=8080)
        assert found.outputs["uri"] == found.outputs["mlflow_uri"] == "http://runs.team-a.svc:8080"
        assert {"runs.team-a.svc:8080", "runs:8080", "localhost:*"} <= set(hosts)
        assert "*" not in hosts
        assert "--port=8080" in container("mlflow", port=8080)["args"]
