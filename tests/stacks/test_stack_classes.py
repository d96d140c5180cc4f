from __future__ import annotations

import pytest

from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError
from flowyml_infra.stacks import LocalStack, Stack
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.azure import AzureStack
from flowyml_infra.stacks.components import DockerConfig, ResourceConfig, cores, size_bytes
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.k8s import KubernetesStack

STACKS = [
    (LocalStack(), "local", None),
    (GCPStack("g", project_id="my-project", bucket_name="my-artifacts"), "gcp", "gs://my-artifacts"),
    (AWSStack("a", s3_bucket="my-artifacts", account_id="123456789012"), "aws", "s3://my-artifacts"),
    (
        AzureStack("z", subscription_id="0", resource_group="ml", storage_account="store"),
        "azure",
        "abfs://artifacts@store.dfs.core.windows.net",
    ),
    (KubernetesStack("k", namespace="ml", storage_class="standard"), "kubernetes", None),
]


@pytest.mark.parametrize(("stack", "provider", "store"), STACKS, ids=lambda item: getattr(item, "name", ""))
def test_a_class_stands_for_a_manifest(stack, provider, store):
    definition = stack.to_definition()
    assert (definition.name, definition.provider) == (stack.name, provider)
    assert stack.validate() == ()
    if store is not None:
        assert stack.components["artifact_store"].uri == store
        assert not stack.components["artifact_store"].existing


def test_a_local_stack_has_the_places_it_was_given():
    stack = LocalStack(name="mine", artifact_path="a", metadata_path="m.db", registry_path="r")
    assert {name: item.uri for name, item in stack.components.items() if name.endswith("store")} == {
        "artifact_store": "a",
        "metadata_store": "m.db",
    }


def test_a_definition_becomes_a_stack_and_back():
    definition = LocalStack(name="mine").to_definition()
    stack = definition.to_stack()
    assert isinstance(stack, Stack)
    assert stack.to_definition() is definition
    assert stack.spec() == definition.document["spec"]


def test_what_is_wrong_with_a_stack_is_said_all_at_once():
    problems = GCPStack("Not A Name", project_id="p", registry_uri="!!").validate()
    assert any("Not A Name" in item.summary for item in problems)
    with pytest.raises(DefinitionError):
        GCPStack("Not A Name", project_id="p").to_definition()
    assert isinstance(LocalStack().to_definition(), StackDefinition)


@pytest.mark.parametrize(("text", "number"), [("8", 8.0), ("0.5", 0.5), ("500m", 0.5), ("1.25", 1.25)])
def test_cores(text, number):
    assert cores(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("1Gi", 2**30), ("512Mi", 2**29), ("100G", 10**11), ("1.5k", 1500), ("7", 7)]
)
def test_sizes(text, number):
    assert size_bytes(text) == number


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"cpu": "eight"}, "500m"),
        ({"cpu": "0"}, "more than nothing"),
        ({"memory": "32GB"}, "32Gi"),
        ({"disk_size": "0Gi"}, "more than nothing"),
        ({"gpu_count": 2}, "gpu has to name the type"),
        ({"gpu": "nvidia-tesla-v100", "gpu_count": 0}, "leave gpu out"),
        ({"gpu": "nvidia-tesla-v100", "gpu_count": -1}, "negative"),
    ],
)
def test_resources_without_meaning_are_refused_with_a_hint(options, word):
    with pytest.raises(DefinitionError) as caught:
        ResourceConfig(**options)
    assert word in f"{caught.value.message} {caught.value.hint}"


def test_resources_say_only_what_was_asked_for():
    assert ResourceConfig(gpu="nvidia-tesla-v100", memory="64Gi").to_json() == {
        "gpu": "nvidia-tesla-v100",
        "gpu_count": 1,
        "memory": "64Gi",
    }


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({}, "give one of"),
        ({"image": "a", "dockerfile": "b"}, "give one of"),
        ({"image": "a", "requirements": ["x"]}, "base_image"),
        ({"base_image": "a", "build_args": {"X": "1"}}, "dockerfile"),
    ],
)
def test_an_image_is_described_in_one_way(options, word):
    with pytest.raises(DefinitionError) as caught:
        DockerConfig(**options)
    assert word in str(caught.value.hint)


def test_an_image_from_requirements_keeps_what_it_was_given():
    config = DockerConfig(base_image="python:3.11-slim", requirements=["numpy>=2"], env_vars={"A": "1"})
    assert (config.requirements, config.env_vars) == (["numpy>=2"], {"A": "1"})
