from __future__ import annotations

import subprocess
import sys

import pytest

import flowyml_infra.stacks.components as components
from flowyml_infra.errors import DefinitionError, EngineUnavailableError, ResolutionError
from flowyml_infra.stacks import LocalStack
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.azure import AzureStack
from flowyml_infra.stacks.components import DockerConfig, ResourceConfig
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.k8s import KubernetesStack
from flowyml_infra.stacks.registry import StackRegistry

CLOUDS = {
    "gcp": (
        GCPStack("g", project_id="p", bucket_name="b", registry_uri="gcr.io/p"),
        "VertexAI",
        "gs://b",
        "gcr.io/p/t:1",
    ),
    "aws": (AWSStack("a", s3_bucket="b", ecr_registry="1.dkr.ecr.eu.amazonaws.com"), "AWSBatch", "s3://b", "1.dkr"),
    "azure": (
        AzureStack("z", subscription_id="s", resource_group="r", storage_account="acc", acr_registry="x.azurecr.io"),
        "AzureML",
        "abfs://artifacts@acc",
        "x.azurecr.io/t:1",
    ),
    "k8s": (KubernetesStack("k", namespace="ml"), "Kubernetes", None, None),
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_stack_knows_its_parts_and_none_of_them_runs_anything_here(cloud):
    stack, service, store, image = CLOUDS[cloud]
    assert type(stack.orchestrator).__name__ == f"{service}Orchestrator"
    assert type(stack.executor).__name__ == f"{service}Executor"
    for use in (
        stack.orchestrator.check,
        lambda: stack.orchestrator.run(None),
        lambda: stack.orchestrator.executor,
        stack.executor.check,
        lambda: stack.executor.execute(None),
    ):
        with pytest.raises(EngineUnavailableError, match="this machine alone") as caught:
            use()
        assert "nothing was run" in (caught.value.hint or "")
    if store is not None:
        assert stack.artifact_store.uri.startswith(store)
        assert stack.container_registry.image("t", "1").startswith(image)
        with pytest.raises(EngineUnavailableError, match="no images"):
            stack.container_registry.push("t")


def test_parts_without_a_name_are_not_there():
    assert GCPStack("g", project_id="p").artifact_store is None
    assert AWSStack("a").container_registry is None
    assert AzureStack("z", subscription_id="s", resource_group="r").artifact_store is None


def test_a_local_stack_has_its_stores_and_the_orchestrator_it_was_given(tmp_path):
    stack = LocalStack(artifact_path=str(tmp_path / "a"), metadata_path=str(tmp_path / "m.db"))
    assert stack.artifact_store.path == tmp_path / "a"
    assert stack.metadata_store.path == tmp_path / "m.db"
    assert stack.orchestrator is None
    orchestrator = components.LocalOrchestrator(max_parallel=1)
    assert LocalStack(orchestrator=orchestrator).orchestrator is orchestrator


@pytest.mark.parametrize("name", components.__all__)
def test_every_part_is_there_under_its_name(name):
    assert getattr(components, name).__name__ == name


def test_a_part_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = components.Nonsense


def test_stack_classes_are_imported_without_third_parties():
    code = (
        "import sys\n"
        "from flowyml_infra.stacks import LocalStack\n"
        "from flowyml_infra.stacks.components import ResourceConfig\n"
        "LocalStack(); ResourceConfig(cpu='1')\n"
        "print([name for name in ('pydantic', 'yaml', 'sqlalchemy', 'fsspec') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"cpu": 8}, None),
        ({"cpu": 0.5, "memory": 1024}, None),
        ({"cpu": "16", "machine_type": "n1-highmem-16", "gpu": "nvidia-tesla-v100"}, None),
        ({"cpu": "8", "machine_type": "n1-standard-4"}, "has 4"),
        ({"machine_type": "e2-standard-4", "gpu": "nvidia-tesla-t4"}, "no accelerators"),
        ({"memory": "32gb"}, '"32Gi"'),
        ({"memory": "512 mib"}, '"512Mi"'),
        ({"memory": ["1"]}, "as a text"),
        ({"gpu": "t4", "gpu_count": 1.5}, "whole number"),
    ],
)
def test_resources_that_go_together_and_those_that_do_not(options, word):
    if word is None:
        assert ResourceConfig(**options).to_json()["cpu"] == str(options["cpu"])
        return
    with pytest.raises(DefinitionError) as caught:
        ResourceConfig(**options)
    assert word in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"base_image": "python:3.11-slim", "requirements": "numpy"}, "['numpy']"),
        ({"image": "x", "env_vars": {"NOT OK": "1"}}, "NOT OK"),
        ({"image": "x", "build_args": {"A": "1"}}, "dockerfile"),
    ],
)
def test_image_descriptions_that_contradict_themselves_are_refused(options, word):
    with pytest.raises(DefinitionError) as caught:
        DockerConfig(**options)
    assert word in f"{caught.value.message} {caught.value.hint}"


def test_secrets_of_an_image_are_not_shown():
    config = DockerConfig(image="x", env_vars={"API_TOKEN": "canary", "MODE": "fast"})
    assert "canary" not in f"{config} {config.to_json()}"
    assert config.to_json()["env_vars"] == {"API_TOKEN": "(secret)", "MODE": "fast"}


def test_the_built_in_stack_needs_no_entry_and_cannot_be_replaced(tmp_path):
    registry = StackRegistry(tmp_path)
    registry.register_stack(LocalStack())
    assert registry.list_stacks() == ["local"]
    assert not (tmp_path / ".flowyml/state.db").exists()
    with pytest.raises(ResolutionError, match="built-in"):
        registry.register_stack(LocalStack(artifact_path="elsewhere"))
