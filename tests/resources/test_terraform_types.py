"""What is known about Terraform's resource types fits the kinds: no kind is left out, and nothing is asked in vain."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowyml_infra.resources.catalogue import every_kind, kind
from flowyml_infra.resources.terraform.catalogue import REFUSED, SETTINGS, TYPES, known, type_of
from flowyml_infra.resources.terraform.terraform_type import Attributes, TerraformType
from flowyml_infra.resources.terraform.tokens import BY_NAME, TOKENS

NEVER = {"kubernetes.database", "kubernetes.object_store", "kubernetes.mlflow"}
"""Kinds that nothing of Terraform's can become."""
ARM = "/subscriptions/s-1/resourceGroups/rg-1/providers/Microsoft"


def test_every_kind_in_a_cloud_has_a_type_or_a_reason_why_not():
    clouds = {item.id for item in every_kind() if item.engine == "pulumi"}
    assert {item.kind for item in TYPES} == clouds - NEVER
    assert all(any(name in reason for reason in REFUSED.values()) for name in NEVER)


@pytest.mark.parametrize("item", TYPES, ids=lambda item: f"{item.name}-{item.kind}")
def test_what_tells_a_thing_apart_are_properties_and_all_of_those_that_name_it(item: TerraformType):
    found = kind(*item.kind.split("."))
    assert all(found.property(name) is not None for name in item.tells)
    assert set(found.identity) <= set(item.tells)


def test_the_documentation_lists_every_type_with_its_kind():
    text = (Path(__file__).resolve().parents[2] / "docs" / "terraform.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    for item in TYPES:
        name = item.name.removesuffix("_v1")
        assert any(f"`{name}`" in line and f"`{item.kind}`" in line for line in lines), item.name
    assert all(f"`{name.removesuffix('_v1')}`" in text for name in REFUSED)


def test_settings_belong_to_kinds_and_are_no_resources_themselves():
    assert {owner for owner, _ in SETTINGS.values()} <= {item.kind for item in TYPES}
    assert not any(known(name) for name in (*SETTINGS, *REFUSED))


def test_every_type_that_an_engine_makes_is_known_under_one_name_only():
    made = {child.facts.token for item in every_kind() for child in item.children}
    assert set(TOKENS) <= made
    assert set(TOKENS) >= BY_NAME
    assert len(set(TOKENS.values())) == len(TOKENS)


@pytest.mark.parametrize("item", every_kind(), ids=lambda item: item.id)
def test_what_comes_from_terraform_goes_back_to_it_as_the_same_type(item):
    back = [TOKENS[child.facts.token] for child in item.children if child.primary and child.facts.token in TOKENS]
    assert all(not known(name) or item.id in {each.kind for each in TYPES if each.name == name} for name in back)


EXAMPLES = {
    "aws_s3_bucket": ({"bucket": "raw", "arn": "arn:aws:s3:::raw"}, "aws.bucket", "raw", {"name": "raw"}),
    "aws_ecr_repository": (
        {"name": "img", "arn": "arn:aws:ecr:eu-west-1:1:repository/img"},
        "aws.registry",
        "img",
        {"name": "img", "region": "eu-west-1"},
    ),
    "aws_db_instance": (
        {"id": "db-ABC", "identifier": "meta", "region": "eu-west-1"},
        "aws.database",
        "meta",
        {"name": "meta", "region": "eu-west-1"},
    ),
    "aws_eks_node_group": (
        {"id": "eks:ng", "cluster_name": "eks", "node_group_name": "ng"},
        "aws.node_group",
        "eks:ng",
        {"name": "ng", "cluster": "eks"},
    ),
    "aws_kms_key": (
        {"id": "1234", "key_id": "1234", "arn": "arn:aws:kms:eu-west-1:1:key/1234"},
        "aws.key",
        "1234",
        {"region": "eu-west-1"},
    ),
    "google_storage_bucket": (
        {"id": "raw", "name": "raw", "location": "EUROPE-WEST1", "project": "p-1"},
        "gcp.bucket",
        "raw",
        {"name": "raw", "region": "EUROPE-WEST1", "project_id": "p-1"},
    ),
    "google_container_node_pool": (
        {
            "id": "projects/p-1/locations/europe-west1/clusters/gke/nodePools/gpu",
            "name": "gpu",
            "cluster": "projects/p-1/locations/europe-west1/clusters/gke",
            "location": "europe-west1",
        },
        "gcp.node_pool",
        "projects/p-1/locations/europe-west1/clusters/gke/nodePools/gpu",
        {"name": "gpu", "cluster": "gke", "region": "europe-west1", "project_id": "p-1"},
    ),
    "google_kms_crypto_key": (
        {"id": "projects/p-1/locations/europe-west1/keyRings/r/cryptoKeys/k", "name": "k"},
        "gcp.key",
        "projects/p-1/locations/europe-west1/keyRings/r/cryptoKeys/k",
        {"name": "k", "region": "europe-west1", "project_id": "p-1"},
    ),
    "azurerm_storage_account": (
        {"id": f"{ARM}.Storage/storageAccounts/raw", "name": "raw", "location": "westeurope"},
        "azure.storage",
        f"{ARM}.Storage/storageAccounts/raw",
        {"name": "raw", "region": "westeurope", "subscription_id": "s-1", "resource_group": "rg-1"},
    ),
    "azurerm_kubernetes_cluster_node_pool": (
        {
            "id": f"{ARM}.ContainerService/managedClusters/aks/agentPools/gpu",
            "kubernetes_cluster_id": f"{ARM}.ContainerService/managedClusters/aks",
            "name": "gpu",
        },
        "azure.node_pool",
        f"{ARM}.ContainerService/managedClusters/aks/agentPools/gpu",
        {"name": "gpu", "cluster": "aks", "subscription_id": "s-1", "resource_group": "rg-1"},
    ),
    "azurerm_key_vault_secret": (
        {"id": "https://kv.vault.azure.net/secrets/s/1", "key_vault_id": f"{ARM}.KeyVault/vaults/kv", "name": "s"},
        "azure.secret",
        f"{ARM}.KeyVault/vaults/kv/secrets/s",
        {"name": "s", "vault": "kv", "subscription_id": "s-1", "resource_group": "rg-1"},
    ),
    "kubernetes_namespace": (
        {"id": "ml", "metadata": [{"name": "ml"}]},
        "kubernetes.namespace",
        "ml",
        {"name": "ml"},
    ),
    "kubernetes_persistent_volume_claim_v1": (
        {"id": "ml/data", "metadata": [{"name": "data", "namespace": "ml"}]},
        "kubernetes.volume",
        "ml/data",
        {"name": "data", "namespace": "ml"},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_id_is_the_one_that_the_engine_imports_by(name: str):
    values, kind_id, id_, tells = EXAMPLES[name]
    attributes = Attributes(values)
    found = type_of(name, attributes)
    assert found is not None
    assert (found.kind, found.id(attributes)) == (kind_id, id_)
    read = {key: find(attributes) for key, find in found.tells.items()}
    assert {key: text for key, text in read.items() if text is not None} == tells


@pytest.mark.parametrize(
    ("type_", "kind_id"),
    [
        ("kubernetes.io/dockerconfigjson", "kubernetes.registry_secret"),
        ("Opaque", "kubernetes.secret"),
        (None, "kubernetes.secret"),
    ],
)
def test_a_secret_for_pulling_images_is_another_kind(type_, kind_id):
    found = type_of("kubernetes_secret", Attributes({"type": type_}))
    assert found is not None
    assert found.kind == kind_id


def test_only_texts_are_read_and_sensitive_ones_are_not():
    attributes = Attributes({"a": 1, "b": "", "c": [{"d": "e"}], "f": "g"}, {"f"})
    assert [attributes.text(path) for path in ("a", "b", "c.0.d", "c.1.d", "c.x", "z")] == [
        None,
        None,
        "e",
        None,
        None,
        None,
    ]
    assert attributes.concealed is None
    assert attributes.text("f") is None
    assert attributes.concealed == "f"
