from __future__ import annotations

import pytest

from flowyml_infra.definition.components import COMPONENTS
from flowyml_infra.definition.stack_definition import StackDefinition


def define(spec):
    return StackDefinition.from_mapping(
        {"apiVersion": "flowyml/v1", "kind": "StackDefinition", "metadata": {"name": "s"}, "spec": spec}, environ={}
    )


def component(name, spec):
    return define(spec).components()[name]


@pytest.mark.parametrize(
    ("spec", "provider"),
    [
        ({}, "local"),
        ({"provider": "aws", "compute": {"backend": "vertex"}}, "aws"),
        ({"compute": {"backend": "azureml"}, "storage": {"artifact_store": "s3://b"}}, "azure"),
        ({"compute": {"backend": "sagemaker"}}, "aws"),
        ({"compute": {"backend": "vertexai"}}, "gcp"),
        ({"compute": {"backend": "kubeflow"}}, "kubernetes"),
        ({"compute": {"backend": "local"}, "storage": {"artifact_store": "s3://b"}}, "local"),
        ({"compute": {"size": "small"}, "storage": {"artifact_store": "gs://b"}}, "gcp"),
        ({"storage": {"artifact_store": "abfss://c@a.dfs.core.windows.net"}}, "azure"),
        ({"storage": {"artifact_store": {"provider": "aws"}}}, "aws"),
        ({"storage": {"artifact_store": "data/artifacts"}}, "local"),
        ({"storage": {"artifact_store": "https://store.example/x"}}, "local"),
        ({"storage": {"metadata_store": "postgresql://h/d"}}, "local"),
    ],
)
def test_the_provider_is_inferred_in_order(spec, provider):
    definition = define(spec)
    assert definition.provider == provider
    assert definition.document["spec"]["provider"] == provider


@pytest.mark.parametrize(
    ("stack", "store", "existing", "provider"),
    [
        ("local", "data", False, "local"),
        ("local", "./data", False, "local"),
        ("local", "file:///srv/data", False, "local"),
        ("local", "s3://b", True, "aws"),
        ("aws", "s3://b", False, "aws"),
        ("aws", "gs://b", True, "gcp"),
        ("azure", "abfs://c@a.dfs.core.windows.net", False, "azure"),
        ("gcp", "data", True, "local"),
        ("aws", "https://store.example/x", True, "aws"),
        ("local", "${resources.data.outputs.path}", True, "local"),
        ("aws", {"uri": "s3://b", "existing": True}, True, "aws"),
        ("aws", {"uri": "gs://b", "provider": "gcp"}, False, "gcp"),
        ("aws", {"uri": "gs://b", "existing": False}, False, "gcp"),
        ("kubernetes", {"uri": "s3://b", "provider": "kubernetes"}, True, "kubernetes"),
        ("aws", {"versioning": True}, False, "aws"),
    ],
)
def test_a_store_is_managed_when_its_scheme_belongs_to_its_provider(stack, store, existing, provider):
    found = component("artifact_store", {"provider": stack, "storage": {"artifact_store": store}})
    assert (found.existing, found.provider) == (existing, provider)


@pytest.mark.parametrize(
    ("stack", "uri", "existing", "provider"),
    [
        ("gcp", "gcr.io/p", False, "gcp"),
        ("gcp", "eu.gcr.io/p", False, "gcp"),
        ("gcp", "europe-docker.pkg.dev/p/r", False, "gcp"),
        ("aws", "1.dkr.ecr.us-east-1.amazonaws.com/x", False, "aws"),
        ("azure", "acme.azurecr.io", False, "azure"),
        ("azure", "gcr.io/p", True, "gcp"),
        ("gcp", "evilgcr.io/p", True, "gcp"),
        ("local", "oci:./images", False, "local"),
        ("local", "docker.io/acme", True, "local"),
        ("local", "localhost:5000/x", True, "local"),
    ],
)
def test_a_registry_belongs_to_the_provider_of_its_host(stack, uri, existing, provider):
    found = component("container_registry", {"provider": stack, "registry": uri})
    assert (found.existing, found.provider) == (existing, provider)
    assert found.path == ("spec", "registry")


def test_a_local_database_of_a_cloud_stack_is_there_already():
    found = component(
        "metadata_store", {"compute": {"backend": "azureml"}, "storage": {"metadata_store": "sqlite:///shared/m.db"}}
    )
    assert (found.existing, found.provider, found.local_path) == (True, "local", "shared/m.db")


def test_endpoints_are_there_already():
    components = define(
        {
            "provider": "aws",
            "tracking": {"experiment_tracker": "mlflow", "mlflow_uri": "https://mlflow.example"},
            "secrets": {"provider": "azure_keyvault", "vault_url": "https://v.vault.azure.net"},
        }
    ).components()
    tracking, secrets = components["tracking"], components["secrets"]
    assert (tracking.existing, tracking.uri) == (True, "https://mlflow.example")
    assert dict(tracking.properties) == {"experiment_tracker": "mlflow"}
    assert (secrets.existing, secrets.uri, secrets.provider) == (True, "https://v.vault.azure.net", "aws")
    assert dict(secrets.properties) == {"provider": "azure_keyvault"}


def test_a_tracker_without_an_endpoint_is_to_be_made():
    assert component("tracking", {"tracking": {"experiment_tracker": "mlflow"}}).existing is False


def test_a_named_service_account_is_there_already_unless_it_is_said_otherwise():
    assert component("identity", {"identity": {"service_account": "sa"}}).existing is True
    assert component("identity", {"identity": {"service_account": "sa", "existing": False}}).existing is False
    assert component("identity", {"identity": {}}).existing is False


def test_compute_is_of_its_backends_provider():
    found = component("compute", {"provider": "aws", "compute": {"backend": "vertex", "max_nodes": 2}})
    assert (found.provider, found.existing) == ("gcp", False)
    assert dict(found.properties) == {"backend": "vertex", "max_nodes": 2}
    assert component("compute", {"provider": "aws", "compute": {"size": "x"}}).provider == "aws"


def test_lifecycle_and_properties_are_apart():
    found = component(
        "artifact_store",
        {
            "storage": {
                "artifact_store": {"uri": "d", "mode": "0750", "lifecycle": {"protect": True}, "labels": {"a": "b"}}
            }
        },
    )
    assert dict(found.lifecycle) == {"protect": True}
    assert dict(found.properties) == {"mode": "0750", "labels": {"a": "b"}}


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("data/a", "data/a"),
        ("./data", "./data"),
        ("/srv/data", "/srv/data"),
        ("file:///srv/data", "/srv/data"),
        ("file://data", "data"),
        ("file:data", "data"),
        ("sqlite:///data/m.db", "data/m.db"),
        ("sqlite:////srv/m.db", "/srv/m.db"),
        ("postgresql://h/d", None),
        ("${DB_SECRET}", None),
    ],
)
def test_a_local_uri_names_a_path(uri, path):
    assert component("metadata_store", {"storage": {"metadata_store": uri}}).local_path == path


@pytest.mark.parametrize(
    ("uri", "path"), [("oci:./images", "./images"), ("oci:///srv/i", "/srv/i"), ("ghcr.io/x", None)]
)
def test_a_local_registry_names_a_path(uri, path):
    assert component("container_registry", {"registry": uri}).local_path == path


def test_only_what_is_declared_is_listed_in_a_fixed_order():
    spec = {"secrets": {}, "network": {}, "identity": {}, "tracking": {}, "registry": {}, "compute": {}}
    spec["storage"] = {"metadata_store": "m.db", "artifact_store": "a"}
    assert tuple(define(spec).components()) == COMPONENTS
    assert tuple(define({"registry": "oci:x"}).components()) == ("container_registry",)


def test_a_component_knows_its_place():
    text = "apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a}\nspec:\n  storage:\n    artifact_store: data\n"
    definition = StackDefinition.from_text(text, source="m.yaml", environ={})
    assert str(definition.location_of(*definition.components()["artifact_store"].path)) == "m.yaml:6:21"
