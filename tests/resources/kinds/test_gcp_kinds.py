"""What is particular to kinds on Google Cloud: combinations, URIs, and what an identity may use."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.values import Reference
from tests.support.clouds import bucket, expanded

HERE: dict[str, Any] = {"provider": "gcp", "location": {"region": "europe-west1", "project_id": "shop-1"}}


def problem(**entry: Any) -> str:
    with pytest.raises(DefinitionError) as caught:
        expanded({**HERE, "resources": {"data": entry}})
    (found,) = caught.value.diagnostics
    return found.summary.removeprefix("spec.resources.data.")


@pytest.mark.parametrize(
    ("entry", "summary"),
    [
        ({"kind": "bucket", "soft_delete_days": 3}, "soft_delete_days is 3 days; 0, or 7 to 90, are allowed"),
        (
            {"kind": "bucket", "versioning": False, "noncurrent_expire_after_days": 3},
            "noncurrent_expire_after_days is about older versions, and versioning is off",
        ),
        (
            {"kind": "bucket", "hierarchical_namespace": True, "versioning": True},
            "versioning is on, and a bucket with folders keeps no versions",
        ),
        ({"kind": "identity", "roles": ["aiplatform.user"]}, "roles is 'aiplatform.user'; a role reads roles/NAME"),
    ],
)
def test_what_cannot_be_is_said(entry, summary):
    assert problem(**entry) == summary


def test_a_name_with_google_in_it_is_refused():
    assert "without 'google'" in problem(kind="bucket", name="my-google-data")


def test_the_case_of_a_location_makes_no_difference():
    spec = {**HERE, "resources": {"data": {"kind": "bucket", "region": "EUROPE-WEST1"}}}
    assert bucket(expanded(spec))["region"] == "europe-west1"


def test_labels_are_written_as_the_cloud_takes_them():
    labels = bucket(expanded({**HERE, "resources": {"data": {"kind": "bucket"}}}))["labels"]
    assert labels["flowyml-address"] == "gcp-bucket-data"


def test_an_account_may_use_what_its_stack_has():
    spec = {**HERE, "storage": {"artifact_store": "gs://models-of-acme"}, "identity": {"description": "training"}}
    account = bucket(expanded(spec), "identity")
    assert account["bucket"] == Reference("gcp.bucket.artifact_store", "name")
    assert account["repository"] is None
    wanted = {child.name for child in kind("gcp", "identity").children if child.wanted(account)}
    assert wanted == {"account", "bucket_access", "roles"}


def test_a_role_that_allows_everything_is_told():
    item = kind("gcp", "identity").property("roles")
    assert item is not None
    assert item.weakens is not None
    assert "far more than a stack needs" in (item.weakens(["roles/owner"]) or "")


def test_a_registry_is_named_by_its_uri():
    spec = {**HERE, "registry": "europe-west4-docker.pkg.dev/other-project/images"}
    registry = bucket(expanded(spec), "container_registry")
    assert (registry["region"], registry["project_id"], registry["name"]) == ("europe-west4", "other-project", "images")


def verdict(name: str, path: str, before: Any, after: Any, **others: Any) -> str | None:
    found = kind("gcp", name)
    verdicts = ("replace", "refuse")
    seen = (item for item in verdicts if found.transition(path, item, {path: before}, {path: after, **others}))  # type: ignore[arg-type]
    return next(seen, None)


@pytest.mark.parametrize(
    ("name", "path", "before", "after", "others", "expected"),
    [
        ("database", "storage", 100, 50, {"auto_grow": True}, "refuse"),
        ("database", "storage", 100, 50, {"auto_grow": False}, "replace"),
        ("database", "storage", 50, 100, {}, None),
        ("database", "engine", "mysql", "postgres", {}, "replace"),
        ("database", "engine_version", "16", "15", {}, "refuse"),
        ("database", "engine_version", "15", "16", {}, None),
        ("database", "network", "projects/p/global/networks/n", None, {}, "replace"),
        ("network", "cidr", "10.0.0.0/20", "10.0.0.0/16", {}, None),
        ("network", "cidr", "10.0.0.0/20", "10.0.0.0/24", {}, "replace"),
        ("network", "cidr", "10.0.0.0/20", "10.1.0.0/20", {}, "replace"),
    ],
)
def test_a_change_does_what_the_cloud_would_do(name, path, before, after, others, expected):
    assert verdict(name, path, before, after, **others) == expected


def test_a_database_is_put_into_the_network_of_its_stack():
    spec = {**HERE, "network": {"internet": False}, "storage": {"metadata_store": {"backup_days": 30}}}
    database = bucket(expanded(spec), "metadata_store")
    assert database["network"] == Reference("gcp.network.network", "network")
    made = {child.name for child in kind("gcp", "network").children if child.wanted({"internet": False})}
    assert made == {"network", "subnetwork"}


def test_gke_is_a_cluster_with_machines_of_the_size_that_the_stack_says():
    compute = {"backend": "gke", "size": "n1-standard-8", "max_nodes": 6, "preemptible": True}
    compiled = expanded({**HERE, "compute": compute, "network": {"internet": True}})
    found = {str(address): spec for address, spec in compiled.graph.specs.items()}
    pool = found["gcp.node_pool.compute"]
    assert (pool.properties["machine_type"], pool.properties["max_nodes"]) == ("n1-standard-8", 6)
    assert pool.properties["preemptible"] is True
    assert pool.depends_on == ("gcp.cluster.compute",)
    assert found["gcp.cluster.compute"].properties["network"] == Reference("gcp.network.network", "network")


def test_a_machine_type_of_another_cloud_is_refused():
    assert "for example n1-standard-4" in problem(kind="node_pool", cluster="c", machine_type="m5.large")


def test_machines_without_a_cluster_are_told_to_name_one():
    assert problem(kind="node_pool") == "cluster is missing"


def test_kubernetes_goes_up_one_version_at_a_time():
    assert verdict("cluster", "version", "1.31", "1.32") is None
    assert verdict("cluster", "version", "1.31", "1.33") == "refuse"
    assert verdict("cluster", "version", "1.32", "1.31") == "refuse"
