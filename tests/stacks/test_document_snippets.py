"""Every form of Python that the documents show, with values of our own, against a project of our own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowyml_infra import Pipeline, Project, step
from flowyml_infra.errors import InfraError
from flowyml_infra.stacks import LocalStack
from flowyml_infra.stacks.aws import AWSStack
from flowyml_infra.stacks.components import DockerConfig, LocalOrchestrator, ResourceConfig
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.k8s import KubernetesStack
from flowyml_infra.stacks.registry import StackRegistry, set_active_stack

CONFIG = """\
project: {name: churn, org: acme}
stacks:
  night-gpu: {type: local, artifact_path: night/artifacts, metadata_path: night/runs.db}
environments:
  dev: {stack: local}
  nightly: {stack: night-gpu}
"""


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FLOWYML_STATE_URL", "FLOWYML_STACK", "ENVIRONMENT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "flowyml.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@step
def fit_model():
    return {"weights": [1, 2]}


@step
def score_model(fit_model):
    return sum(fit_model["weights"])


def cloud():
    return GCPStack(
        name="night-cloud",
        project_id="acme-churn",
        region="europe-west4",
        bucket_name="acme-churn-artifacts",
        registry_uri="gcr.io/acme-churn",
        service_account="churn@acme-churn.iam.gserviceaccount.com",
    )


def test_a_data_scientist_names_a_stack_and_runs():
    with Project.open() as opened:
        opened.apply(opened.plan("night-gpu"))
    pipeline = Pipeline("churn", stack="night-gpu")
    pipeline.add_step(fit_model)
    pipeline.add_step(score_model)
    result = pipeline.run()
    assert (result.success, result.outputs["score_model"], result.stack.name) == (True, 3, "night-gpu")


def test_every_kind_of_stack_argument():
    local = LocalStack(name="bench", artifact_path="bench/artifacts", metadata_path="bench/runs.db")
    with Project.open() as opened:
        definition = opened.resolver().resolve("night-gpu")
        opened.apply(opened.plan("night-gpu"))
    for stack, name in ((local, "bench"), (local.to_definition(), "bench"), (definition, "night-gpu")):
        assert Pipeline("churn", stack=stack, steps=[fit_model]).run().stack.name == name
    assert Pipeline("churn", stack=definition.to_stack(), steps=[fit_model]).run().success


def test_a_remote_address_says_what_it_cannot_do_and_runs_nothing(project):
    with pytest.raises(InfraError, match="github"):
        Pipeline("churn", stack="github://acme/stacks@v1#night", steps=[fit_model]).run()
    assert not (project / ".flowyml/metadata.db").exists()


def test_every_stack_class_is_made_as_documented():
    local = LocalStack(name="local", artifact_path=".flowyml/artifacts", metadata_path=".flowyml/metadata.db")
    amazon = AWSStack(
        name="night-amazon",
        region="eu-central-1",
        s3_bucket="acme-churn",
        ecr_registry="123456789012.dkr.ecr.eu-central-1.amazonaws.com",
    )
    cluster = KubernetesStack(name="night-cluster", namespace="churn", storage_class="fast")
    for stack in (local, cloud(), amazon, cluster):
        assert stack.validate() == ()


def test_a_cloud_stack_brings_its_orchestrator_and_another_can_be_given_for_one_run():
    stack = cloud()
    assert stack.orchestrator.name == "vertex_ai"
    pipeline = Pipeline("churn", stack=stack)
    pipeline.add_step(fit_model).add_step(score_model)
    with pytest.raises(InfraError):
        pipeline.run()
    local = LocalStack()
    assert pipeline.run(stack=local, orchestrator=LocalOrchestrator(max_parallel=1)).success


def test_the_registry_lists_switches_and_gives_back():
    local = LocalStack()
    registry = StackRegistry()
    registry.register_stack(local)
    registry.register_stack(cloud())
    registry.register_stack(LocalStack(name="bench", artifact_path="bench/a", metadata_path="bench/m.db"))
    assert {"local", "night-cloud", "bench"} <= set(registry.list_stacks())
    registry.set_active_stack("bench")
    assert registry.get_active_stack().name == "bench"
    registry.set_active_stack("local")
    assert Pipeline("churn", steps=[fit_model]).run().stack.name == "local"


def test_an_active_stack_is_used_by_new_pipelines():
    with Project.open() as opened:
        opened.apply(opened.plan("night-gpu"))
    set_active_stack("night-gpu")
    assert Pipeline("churn", steps=[fit_model]).run().stack.name == "night-gpu"


def test_a_stack_can_be_given_for_one_run():
    local = LocalStack()
    pipeline = Pipeline("churn", steps=[fit_model])
    assert pipeline.run(stack=local).success
    with pytest.raises(InfraError):
        pipeline.run(stack=cloud())


def test_a_stack_can_be_chosen_by_a_variable_of_ones_own():
    def choose():
        env = os.getenv("ENVIRONMENT", "local")
        return cloud() if env == "production" else LocalStack()

    assert isinstance(choose(), LocalStack)
    os.environ["ENVIRONMENT"] = "production"
    try:
        assert isinstance(choose(), GCPStack)
    finally:
        del os.environ["ENVIRONMENT"]


def test_resources_and_images_are_described_as_documented():
    ResourceConfig(cpu="4", memory="16Gi", disk_size="50Gi")
    gpu = ResourceConfig(cpu="8", memory="48Gi", gpu="nvidia-tesla-t4", gpu_count=2, machine_type="n1-highmem-8")
    assert gpu.to_json()["gpu_count"] == 2
    ResourceConfig(cpu="32", memory="512Gi", machine_type="n1-megamem-96")
    ResourceConfig(machine_type="n1-standard-2", preemptible=True)
    ResourceConfig(cpu="1", memory="4Gi", autoscaling=True)
    DockerConfig(image="gcr.io/acme-churn/train:v2")
    DockerConfig(dockerfile="./docker/Dockerfile", build_context=".", build_args={"PYTHON_VERSION": "3.12"})
    DockerConfig(
        base_image="python:3.12-slim",
        requirements=["scikit-learn>=1.5", "polars"],
        env_vars={"PYTHONUNBUFFERED": "1"},
    )


def test_steps_of_one_pipeline_can_be_on_different_stacks(project):
    bench = LocalStack(name="bench", artifact_path="bench/artifacts", metadata_path="bench/runs.db")
    wanted = ResourceConfig(cpu="1", memory="1Gi")

    @step(stack=bench, resources=wanted)
    def prepare():
        return [1, 2, 3]

    @step
    def train(prepare):
        return sum(prepare)

    result = Pipeline("hybrid", steps=[prepare, train]).run().raise_for_status()
    assert result.outputs["train"] == 6
    assert result.outputs.artifact("prepare").uri.startswith((project / "bench/artifacts").as_uri())
    with pytest.raises(InfraError):
        Pipeline("hybrid", steps=[step(prepare, stack=cloud())]).run()


def test_the_environment_of_a_pipeline_leads_to_its_stack():
    with Project.open() as opened:
        opened.apply(opened.plan("night-gpu", env="nightly"))
    assert Pipeline("churn", env="dev", steps=[fit_model]).run().stack.name == "local"
    bound = Pipeline("churn", env="nightly", steps=[fit_model]).run().stack
    assert (bound.name, bound.environment) == ("night-gpu", "nightly")
