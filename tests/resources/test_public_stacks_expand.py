"""The public stack classes expand into resources of their cloud."""

from __future__ import annotations

from typing import Any

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.expand import expand
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.azure import AzureStack
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.k8s import KubernetesStack
from flowyml_infra.stacks.stack import Stack


def compiled(stack: Stack) -> Compiled:
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    found = expand(stack.to_definition(), "default", config=config)
    assert found.gaps == ()
    assert found.warnings == ()
    assert stack.validate() == ()
    return found


def resources(stack: Stack) -> dict[str, dict[str, Any]]:
    return {str(address): dict(spec.properties) for address, spec in compiled(stack).graph.specs.items()}


def test_a_stack_on_aws_makes_what_it_is_not_given():
    assert sorted(resources(AWSStack(name="aws-prod"))) == [
        "aws.batch_queue.compute",
        "aws.bucket.artifact_store",
        "aws.database.metadata_store",
        "aws.identity.identity",
        "aws.registry.container_registry",
    ]


def test_a_stack_on_aws_names_what_it_is_told():
    stack = AWSStack(
        name="aws-prod",
        region="us-east-1",
        s3_bucket="artifacts-of-acme",
        ecr_registry="123456789012.dkr.ecr.us-east-1.amazonaws.com",
        metadata_uri="postgresql://metadata.acme.example/runs",
    )
    specs = resources(stack)
    assert "aws.database.metadata_store" not in specs
    assert specs["aws.bucket.artifact_store"]["name"] == "artifacts-of-acme"
    assert {specs[address]["region"] for address in specs if "region" in specs[address]} == {"us-east-1"}


def test_a_stack_on_google_cloud_makes_what_it_is_not_given():
    assert sorted(resources(GCPStack(name="production", project_id="my-gcp-project"))) == [
        "gcp.bucket.artifact_store",
        "gcp.database.metadata_store",
        "gcp.identity.identity",
        "gcp.registry.container_registry",
        "gcp.vertex.compute",
    ]


def test_a_stack_on_google_cloud_names_what_it_is_told():
    stack = GCPStack(
        name="production",
        project_id="my-gcp-project",
        region="us-central1",
        bucket_name="my-artifacts",
        registry_uri="gcr.io/my-project",
        service_account="my-sa@my-project.iam.gserviceaccount.com",
        metadata_uri="postgresql://metadata.acme.example/runs",
    )
    specs = resources(stack)
    assert sorted(specs) == ["gcp.bucket.artifact_store", "gcp.registry.container_registry", "gcp.vertex.compute"]
    assert specs["gcp.bucket.artifact_store"]["name"] == "my-artifacts"
    assert specs["gcp.registry.container_registry"]["project_id"] == "my-project"
    assert specs["gcp.vertex.compute"]["project_id"] == "my-gcp-project"


def test_a_stack_on_azure_makes_what_it_is_not_given():
    stack = AzureStack(name="azure-prod", subscription_id="00000000-0000-0000-0000-000000000001", resource_group="ml")
    specs = resources(stack)
    assert sorted(specs) == [
        "azure.database.metadata_store",
        "azure.identity.identity",
        "azure.ml_compute.compute",
        "azure.ml_workspace.compute",
        "azure.network.network",
        "azure.registry.container_registry",
        "azure.storage.artifact_store",
    ]
    assert {properties.get("resource_group") for properties in specs.values()} == {"ml"}


def test_a_stack_on_azure_names_what_it_is_told():
    stack = AzureStack(
        name="azure-prod",
        subscription_id="00000000-0000-0000-0000-000000000001",
        resource_group="ml",
        region="northeurope",
        storage_account="modelsofacme",
        container="models",
        acr_registry="acmeimages.azurecr.io",
        metadata_uri="postgresql://metadata.acme.example/runs",
    )
    specs = resources(stack)
    assert "azure.database.metadata_store" not in specs
    store = specs["azure.storage.artifact_store"]
    assert (store["name"], store["container"], store["region"]) == ("modelsofacme", "models", "northeurope")
    assert specs["azure.registry.container_registry"]["name"] == "acmeimages"


ENTERPRISE = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: training-large
  version: "3.0.0"
  labels: {team: research, approved: "true"}
spec:
  compute:
    backend: azureml
    size: Standard_NC6s_v3
    min_nodes: 0
    max_nodes: 4
  runtime:
    python_version: "3.11"
    docker_image: acme.azurecr.io/training:1.4
  storage:
    artifact_store: abfs://models@acmemodels.dfs.core.windows.net
    metadata_store: sqlite:///shared/runs.db
  tracking:
    experiment_tracker: mlflow
    mlflow_uri: https://mlflow.acme.example
  secrets:
    provider: azure_keyvault
    vault_url: https://acme.vault.azure.net
"""


def test_a_manifest_as_platform_teams_write_it_expands_and_says_what_is_missing_for_a_plan():
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    definition = StackDefinition.from_text(ENTERPRISE, source="stacks/large.yaml", config=config, environ={})
    found = expand(definition, "default", config=config)
    specs = {str(address): spec.properties for address, spec in found.graph.specs.items()}
    assert sorted(specs) == ["azure.ml_compute.compute", "azure.ml_workspace.compute", "azure.storage.artifact_store"]
    machines = specs["azure.ml_compute.compute"]
    assert (machines["machine_type"], machines["min_nodes"], machines["max_nodes"]) == ("Standard_NC6s_v3", 0, 4)
    assert specs["azure.storage.artifact_store"]["name"] == "acmemodels"
    assert {gap.hint.partition("`")[2].partition(":")[0] for gap in found.gaps if gap.hint} == {
        "region",
        "subscription_id",
        "resource_group",
    }
    assert found.outputs["secrets"]["uri"] == "https://acme.vault.azure.net"
    assert found.outputs["tracking"]["uri"] == "https://mlflow.acme.example"


def test_the_variables_of_the_cloud_say_where_it_is():
    environ = {
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-000000000001",
        "AZURE_DEFAULTS_GROUP": "ml",
        "AZURE_DEFAULTS_LOCATION": "westeurope",
    }
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ=environ)
    definition = StackDefinition.from_text(ENTERPRISE, source="stacks/large.yaml", config=config, environ=environ)
    assert expand(definition, "default", config=config).gaps == ()


def test_a_stack_in_a_cluster_makes_what_it_is_not_given():
    specs = resources(KubernetesStack(name="k8s-cluster", namespace="training", storage_class="standard"))
    assert sorted(specs) == [
        "kubernetes.database.metadata_store",
        "kubernetes.namespace.compute",
        "kubernetes.object_store.artifact_store",
        "kubernetes.service_account.identity",
    ]
    assert specs["kubernetes.namespace.compute"]["name"] == "training"
    assert specs["kubernetes.database.metadata_store"]["storage_class"] == "standard"
    assert specs["kubernetes.object_store.artifact_store"]["storage_class"] == "standard"


def test_the_namespace_that_every_cluster_has_is_not_made():
    stack = KubernetesStack(
        name="k8s-cluster",
        artifact_uri="s3://models-of-acme",
        metadata_uri="postgresql://metadata.acme.example/runs",
        service_account="trainer",
    )
    assert resources(stack) == {}
    assert compiled(stack).outputs["artifact_store"]["uri"] == "s3://models-of-acme"
