"""What is particular to kinds in a cluster: combinations, changes, rights, servers with volumes, and their wiring."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.plan.consequences import updated_children
from flowyml_infra.plan.diff import diff
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.kind import Kind
from flowyml_infra.resources.values import Reference, Value
from tests.support.clouds import bucket, expanded
from tests.support.clusters import HERE, KINDS, made, problem, properties, weaker

SECRETS = {"REGISTRY_PASSWORD": "x"}
WHOLE: dict[str, Any] = {
    **HERE,
    "compute": {"backend": "kubernetes"},
    "storage": {"storage_class": "fast", "artifact_store": {}, "metadata_store": {}},
    "registry": {"server": "ghcr.io/acme", "username": "puller", "password": "${REGISTRY_PASSWORD}"},
    "tracking": {},
    "identity": {},
    "network": {},
}


@pytest.mark.parametrize(
    ("entry", "summary"),
    [
        ({"kind": "quota"}, "cpu is missing, and so is every other limit"),
        (
            {"kind": "network_policy", "public_access": True, "allow_from": ["team-b"]},
            "allow_from names namespaces, and public_access lets in all",
        ),
        (
            {"kind": "network_policy", "public_access": True, "internal": False},
            "internal is off, and public_access lets in all",
        ),
        (
            {"kind": "database", "image": "registry.acme.example:5000/library/postgres:17.2-alpine"},
            "image is of version 17, and engine_version is 16",
        ),
        (
            {"kind": "mlflow", "replicas": 2},
            "replicas is 2, and without backend_uri each keeps runs of its own",
        ),
        (
            {"kind": "namespace", "labels": {"pod-security.kubernetes.io/enforce": "privileged"}},
            "labels has pod-security.kubernetes.io/enforce in it, which pod_security sets",
        ),
        (
            {"kind": "database", "engine_version": "sixteen"},
            'engine_version is \'sixteen\'; it reads "16" or "16.4", in quotes',
        ),
        ({"kind": "volume", "size": 0}, "size is 0 GiB; 1 to 65536 are allowed"),
        ({"kind": "mlflow", "port": 80}, "port is 80; 1024 to 65535 are allowed"),
        (
            {"kind": "mlflow", "backend_uri": "http://runs"},
            "backend_uri is no URL of a database; it reads postgresql://USER@HOST/NAME",
        ),
    ],
)
def test_what_cannot_be_is_said(entry, summary):
    assert problem(**entry) == summary


@pytest.mark.parametrize(
    ("entry", "part"),
    [
        ({"kind": "object_store", "bucket": "Artifacts"}, "bucket is 'Artifacts'; allowed are lower-case letters"),
        ({"kind": "object_store", "bucket": "ab"}, "bucket is 2 characters long; 3 to 63 are allowed"),
        ({"kind": "object_store", "image": "https://docker.io/x:1"}, "image has a scheme; leave out https://"),
        ({"kind": "network_policy", "allow_from": ["ok", "Not_ok"]}, "has 'Not_ok' in it, which is 'Not_ok'; allowed"),
        ({"kind": "network_policy", "allow_from": ["*"]}, "allow_from has '*' in it"),
        ({"kind": "registry_secret", "server": "https://ghcr.io", "username": "a", "password": "b"}, "HOST/PATH"),
        ({"kind": "registry_secret", "server": "ghcr.io", "username": "", "password": "b"}, "username is empty"),
        ({"kind": "registry_secret", "server": "ghcr.io", "username": "a", "password": ""}, "password is empty"),
        ({"kind": "secret", "value": "ü" * 524_289}, "value is 1048578 bytes long; 1048576 are allowed"),
        ({"kind": "database", "username": "pg_admin"}, "username is 'pg_admin'; 1 to 63 letters"),
        ({"kind": "volume", "storage_class": "Fast SSD"}, "storage_class is 'Fast SSD'; allowed are lower-case"),
        ({"kind": "service_account", "annotations": {"a b": "x"}}, "annotations has the name 'a b'"),
        ({"kind": "volume", "access_mode": "ReadWrite"}, "access_mode is not one of ReadWriteOnce"),
    ],
)
def test_what_a_value_may_be_is_told(entry, part):
    assert part in problem(**entry)


def verdict(name: str, path: str, before: Any, after: Any) -> str | None:
    found = kind("kubernetes", name)
    verdicts = ("replace", "refuse")
    seen = (item for item in verdicts if found.transition(path, item, {path: before}, {path: after}))  # type: ignore[arg-type]
    return next(seen, None)


@pytest.mark.parametrize(
    ("name", "path", "before", "after", "expected"),
    [
        ("volume", "size", 20, 10, "refuse"),
        ("volume", "size", 10, 20, None),
        ("object_store", "size", 20, 10, "refuse"),
        ("object_store", "size", 20, 40, None),
        ("object_store", "bucket", "one", "two", None),
        ("database", "size", 20, 10, "refuse"),
        ("database", "size", 10, 20, None),
        ("database", "engine_version", "16", "17", "refuse"),
        ("database", "engine_version", "17", "16", "refuse"),
        ("database", "engine_version", "16.1", "17.1", "refuse"),
        ("database", "engine_version", "16", "16.4", None),
        ("database", "engine_version", "16.4", "16.3", None),
        ("database", "database", "runs", "more", "refuse"),
        ("database", "username", "ml", "me", "refuse"),
        ("mlflow", "replicas", 3, 1, None),
    ],
)
def test_a_change_does_what_the_cluster_would_do(name, path, before, after, expected):
    assert verdict(name, path, before, after) == expected


@pytest.mark.parametrize(
    ("name", "replacing"),
    [
        ("namespace", {"name"}),
        ("service_account", {"name", "namespace"}),
        ("quota", {"name", "namespace"}),
        ("volume", {"name", "namespace", "storage_class", "access_mode"}),
        ("network_policy", {"name", "namespace"}),
        ("object_store", {"name", "namespace", "storage_class"}),
        ("database", {"name", "namespace", "storage_class"}),
        ("registry_secret", {"name", "namespace"}),
        ("mlflow", {"name", "namespace"}),
        ("secret", {"name", "namespace"}),
    ],
)
def test_nothing_but_these_makes_another_one(name, replacing):
    assert {item.name for item in kind("kubernetes", name).properties if item.replaces} == replacing


def test_what_keeps_data_is_known():
    assert {found.name for found in KINDS if found.stateful} == {
        "database",
        "namespace",
        "object_store",
        "secret",
        "volume",
    }


def test_pods_that_could_take_over_a_machine_are_told():
    assert properties(kind="namespace")["pod_security"] == "baseline"
    assert "take over the machine" in weaker("namespace", "pod_security", "privileged")
    assert weaker("namespace", "pod_security", "restricted") == ""


class TestQuotas:
    def test_containers_that_do_not_say_what_they_ask_for_get_something_where_that_is_limited(self):
        assert made("quota", properties(kind="quota", cpu="8")) == {"quota", "limits"}
        assert made("quota", properties(kind="quota", memory="32Gi")) == {"quota", "limits"}
        assert made("quota", properties(kind="quota", gpu=0, pods=20, storage="1Ti")) == {"quota"}

    def test_no_accelerator_at_all_is_a_limit(self):
        assert properties(kind="quota", gpu=0)["gpu"] == 0


class TestAccounts:
    def test_one_may_run_steps_and_nothing_else(self):
        account = properties(kind="service_account")
        assert account["permissions"] == ["jobs", "pods", "pods/log"]
        assert account["automount_token"] is False
        assert made("service_account", account) == {"account", "role", "binding"}

    def test_one_that_may_do_nothing_has_no_role(self):
        assert made("service_account", properties(kind="service_account", permissions=[])) == {"account"}

    @pytest.mark.parametrize("item", ["*", "deployments", "deployments/scale", "rayjobs.ray.io", "jobs.batch/status"])
    def test_permissions_are_named_as_kubernetes_names_them(self, item):
        assert properties(kind="service_account", permissions=[item])["permissions"] == [item]

    @pytest.mark.parametrize(
        ("item", "part"),
        [
            ("rayjobs", "has 'rayjobs' in it, which Kubernetes itself does not have; write NAME.GROUP"),
            ("Pods", "has 'Pods' in it; it reads NAME, NAME/PART or NAME.GROUP"),
            ("pods/*", "has 'pods/*' in it"),
            ("", "has '' in it"),
        ],
    )
    def test_others_are_told_how(self, item, part):
        assert part in problem(kind="service_account", permissions=["pods", item])

    @pytest.mark.parametrize(
        ("item", "part"),
        [
            ("*", "allows everything in the namespace"),
            ("secrets", "read every password"),
            ("pods/exec", "run commands in every pod"),
            ("rolebindings", "who may do what"),
        ],
    )
    def test_permissions_that_open_more_than_they_seem_to_are_told(self, item, part):
        assert part in weaker("service_account", "permissions", ["pods", item])
        assert weaker("service_account", "permissions", ["pods", "pods/log"]) == ""

    def test_the_identity_in_a_cloud_is_told_by_an_annotation(self):
        annotations = {"iam.gke.io/gcp-service-account": "steps@shop-1.iam.gserviceaccount.com"}
        assert properties(kind="service_account", annotations=annotations)["annotations"] == annotations

    def test_images_are_pulled_with_the_secret_of_the_stack(self):
        account = bucket(expanded(WHOLE, environ=SECRETS), "identity")
        assert account["image_pull_secrets"] == [Reference("kubernetes.registry_secret.container_registry", "name")]
        assert properties(kind="service_account")["image_pull_secrets"] == []


class TestNetworkPolicies:
    def test_other_namespaces_stay_out_unless_they_are_named(self):
        policy = properties(kind="network_policy")
        assert (policy["internal"], policy["internet"]) == (True, True)
        assert (policy["allow_from"], policy["public_access"]) == ([], False)

    def test_opening_it_to_everything_is_told_and_opening_it_to_one_is_not(self):
        assert "pods of every namespace get in" in weaker("network_policy", "public_access", value=True)
        told = {item.name for item in kind("kubernetes", "network_policy").properties if item.weakens is not None}
        assert told == {"public_access"}

    @pytest.mark.parametrize(
        ("name", "directions"),
        [
            ("allow_from", {"ingress"}),
            ("public_access", {"ingress"}),
            ("internet", {"egress"}),
            ("internal", {"ingress", "egress"}),
        ],
    )
    def test_what_each_part_of_it_is_about(self, name, directions):
        item = kind("kubernetes", "network_policy").property(name)
        assert item is not None
        assert set(item.feeds) == {f"policy.spec.{direction}" for direction in directions}


class TestServers:
    @pytest.mark.parametrize("name", ["object_store", "database"])
    def test_the_volume_is_not_made_from_a_template_so_that_it_can_grow(self, name):
        children = {child.name: child for child in kind("kubernetes", name).children}
        assert set(children) == {"server", "claim", "service", "credentials"}
        assert children["claim"].stateful
        assert not children["server"].stateful
        fed = {feed for item in kind("kubernetes", name).properties for feed in item.feeds}
        assert not any("volume_claim_templates" in path for path in (*fed, *children["server"].given))

    @pytest.mark.parametrize("name", ["object_store", "database"])
    def test_a_larger_volume_changes_the_claim_alone(self, name):
        found = kind("kubernetes", name)
        before: dict[str, Value] = {item.name: item.default for item in found.properties}  # type: ignore[misc]
        after = {**before, "size": 500}
        changes = updated_children(found, diff(before, after, found, str), before, after)
        assert {item.child.name: item.action for item in changes if item.action != "noop"} == {"claim": "update"}

    @pytest.mark.parametrize("name", ["object_store", "database", "mlflow"])
    def test_no_pod_has_more_rights_than_it_needs(self, name):
        (server,) = (child for child in kind("kubernetes", name).children if child.primary)
        assert set(server.given) >= {
            "spec.template.spec.security_context",
            "spec.template.spec.containers.security_context",
            "spec.template.spec.automount_service_account_token",
        }

    @pytest.mark.parametrize("image", ["seaweedfs", "docker.io/x/seaweedfs:latest", "localhost:5000/seaweedfs"])
    def test_an_image_that_can_become_another_is_told(self, image):
        assert weaker("object_store", "image", image) == f"is {image!r}, which can come to mean another image"

    @pytest.mark.parametrize("image", ["x/seaweedfs:4.47", "localhost:5000/s:1", f"seaweedfs@sha256:{'a' * 64}"])
    def test_an_image_that_stays_is_not(self, image):
        assert weaker("object_store", "image", image) == ""

    @pytest.mark.parametrize("found", [item for item in KINDS if item.property("image")], ids=lambda item: item.name)
    def test_what_runs_unasked_stays_what_it_is(self, found: Kind):
        item = found.property("image")
        assert item is not None
        assert weaker(found.name, "image", item.default) == ""

    def test_the_image_of_a_database_follows_its_version_or_agrees_with_it(self):
        assert properties(kind="database", engine_version="17")["image"] is None
        image = "docker.io/library/postgres:17.2-alpine"
        assert properties(kind="database", engine_version="17", image=image)["image"] == image
        other = "docker.io/pgvector/pgvector:pg16"
        assert properties(kind="database", image=other)["image"] == other

    def test_volumes_are_of_the_class_that_the_stack_says(self):
        compiled = expanded(WHOLE, environ=SECRETS)
        classes = {bucket(compiled, name)["storage_class"] for name in ("artifact_store", "metadata_store")}
        assert classes == {"fast"}
        assert properties(kind="database")["storage_class"] is None

    def test_keys_and_passwords_are_secrets(self):
        secret = {(found.name, item.name) for found in KINDS for item in found.outputs if item.sensitive}
        assert secret == {("object_store", "access_key"), ("object_store", "secret_key"), ("database", "uri")}


class TestTracking:
    def test_it_keeps_runs_and_artifacts_where_the_stack_does(self):
        server = bucket(expanded(WHOLE, environ=SECRETS), "tracking")
        store, database = "kubernetes.object_store.artifact_store", "kubernetes.database.metadata_store"
        assert server["backend_uri"] == Reference(database, "uri")
        assert server["artifact_uri"] == Reference(store, "uri")
        assert server["artifact_endpoint"] == Reference(store, "endpoint")
        assert server["artifact_secret"] == Reference(store, "name")
        assert made("mlflow", server) == {"server", "service", "store"}

    def test_by_itself_it_has_no_secret(self):
        server = properties(kind="mlflow")
        assert (server["backend_uri"], server["artifact_uri"]) == (None, None)
        assert made("mlflow", server) == {"server", "service"}

    def test_artifacts_elsewhere_are_not_looked_for_in_the_stores_endpoint(self):
        with pytest.raises(DefinitionError) as caught:
            expanded({**WHOLE, "tracking": {"artifact_uri": "s3://of-acme"}}, environ=SECRETS)
        assert [item.summary for item in caught.value.diagnostics] == [
            f"spec.tracking.{name} is left to the stack's object store, and artifact_uri is not"
            for name in ("artifact_endpoint", "artifact_secret")
        ]

    def test_an_error_about_its_database_does_not_show_a_password(self):
        item = kind("kubernetes", "mlflow").property("backend_uri")
        assert item is not None
        assert item.check is not None
        assert "hunter2" not in (item.check("oracle://me:hunter2@host/runs") or "hunter2")
        assert item.check("postgresql+psycopg://me@host/runs") is None


class TestSecrets:
    @pytest.mark.parametrize("key", ["value", ".dockercfg", "a.b_c-D", "k" * 253])
    def test_a_key_is_the_name_of_a_file(self, key):
        assert properties(kind="secret", key=key)["key"] == key

    @pytest.mark.parametrize("key", ["", ".", "..", "..a", "a/b", "a b", "k" * 254])
    def test_other_keys_are_refused(self, key):
        assert problem(kind="secret", key=key).startswith(f"key is {key!r}; 1 to 253 letters")

    def test_a_new_value_is_put_into_the_secret_that_is_there(self):
        found = kind("kubernetes", "secret")
        for name in ("key", "value"):
            item = found.property(name)
            assert item is not None
            assert not item.replaces

    @pytest.mark.parametrize(
        "server", ["ghcr.io", "ghcr.io/acme", "localhost:5000", "123.dkr.ecr.eu-west-1.amazonaws.com/a/b"]
    )
    def test_the_registry_of_a_stack_is_that_of_its_secret(self, server):
        registry = {"server": server, "username": "puller", "password": "${REGISTRY_PASSWORD}"}
        found = bucket(expanded({**WHOLE, "registry": registry}, environ=SECRETS), "container_registry")
        assert found["server"] == server
        uri = kind("kubernetes", "registry_secret").output("uri")
        assert uri is not None
        assert uri.echoes == "server"


def test_a_stack_in_a_cluster_is_planned_whole():
    compiled = expanded(WHOLE, environ=SECRETS)
    assert sorted(map(str, compiled.graph.specs)) == [
        "kubernetes.database.metadata_store",
        "kubernetes.mlflow.tracking",
        "kubernetes.namespace.compute",
        "kubernetes.network_policy.network",
        "kubernetes.object_store.artifact_store",
        "kubernetes.registry_secret.container_registry",
        "kubernetes.service_account.identity",
    ]
    assert compiled.gaps == ()
    assert compiled.warnings == ()
