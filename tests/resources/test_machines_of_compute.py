"""What ``spec.compute`` says about machines: types, accelerators, disks and numbers, by cloud."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.places.accelerators import accelerators_of, machine_for, model_of
from flowyml_infra.resources.places.gcp_machines import machine_doubt, machine_problem
from tests.support.clouds import expanded

PLACES: dict[str, dict[str, str]] = {
    "aws": {"region": "eu-west-1"},
    "gcp": {"region": "europe-west1", "project_id": "shop-1"},
}


def compute(provider: str, backend: str, **said: Any):
    return expanded({"provider": provider, "location": PLACES[provider], "compute": {"backend": backend, **said}})


def machines(provider: str, backend: str, kind: str, **said: Any) -> dict[str, Any]:
    specs = compute(provider, backend, **said).graph.specs
    (found,) = (spec.properties for spec in specs.values() if spec.address.kind == kind)
    return dict(found)


def problem(provider: str, backend: str, **said: Any) -> tuple[str, str | None]:
    with pytest.raises(DefinitionError) as caught:
        compute(provider, backend, **said)
    (found,) = caught.value.diagnostics
    return found.summary, found.hint


@pytest.mark.parametrize(
    ("said", "machine"),
    [
        ({"gpu": "nvidia-tesla-v100"}, "p3.2xlarge"),
        ({"gpu": "nvidia-tesla-v100", "gpu_count": 2}, "p3.8xlarge"),
        ({"gpu": "V100", "gpu_count": 8}, "p3.16xlarge"),
        ({"gpu": "a10g"}, "g5.xlarge"),
        ({"gpu": "nvidia-l4", "machine_type": "g6.8xlarge"}, "g6.8xlarge"),
    ],
)
def test_on_aws_accelerators_come_with_the_machine(said, machine):
    assert machines("aws", "eks", "node_group", **said)["machine_type"] == machine
    assert machines("aws", "aws_batch", "batch_queue", **said)["machine_type"] == machine


@pytest.mark.parametrize(
    ("said", "machine", "gpu", "count"),
    [
        ({"gpu": "v100", "gpu_count": 4}, "n1-standard-8", "nvidia-tesla-v100", 4),
        ({"gpu": "nvidia-tesla-t4", "size": "n1-highmem-16"}, "n1-highmem-16", "nvidia-tesla-t4", 1),
        ({"gpu": "a100", "gpu_count": 2}, "a2-highgpu-2g", "nvidia-tesla-a100", 2),
        ({"gpu": "l4"}, "g2-standard-4", "nvidia-l4", 1),
        ({"gpu": "nvidia-h100-80gb", "gpu_count": 8}, "a3-highgpu-8g", "nvidia-h100-80gb", 8),
    ],
)
def test_on_google_cloud_some_are_attached_and_others_come_with_the_machine(said, machine, gpu, count):
    found = machines("gcp", "gke", "node_pool", **said)
    assert (found["machine_type"], found["gpu"], found["gpu_count"]) == (machine, gpu, count)


@pytest.mark.parametrize(
    ("provider", "backend", "said", "summary", "hint"),
    [
        (
            "aws",
            "eks",
            {"gpu": "v100", "size": "m5.large"},
            "spec.compute.gpu asks for 1 of v100, and m5.large has no accelerators",
            "choose p3.2xlarge, which has them",
        ),
        (
            "aws",
            "eks",
            {"gpu": "v100", "gpu_count": 8, "size": "p3.8xlarge"},
            "spec.compute.gpu asks for 8 of v100, and p3.8xlarge has 4 of v100",
            "choose p3.16xlarge, which has them",
        ),
        (
            "aws",
            "eks",
            {"gpu": "v100", "gpu_count": 16},
            "spec.compute.gpu asks for 16 of v100",
            "a machine has 1, 4, 8 of them",
        ),
        ("gcp", "gke", {"gpu": "v10"}, "spec.compute.gpu is 'v10', which gcp does not have", "did you mean 'v100'?"),
        (
            "gcp",
            "gke",
            {"gpu": "t4", "size": "n2-standard-4"},
            "spec.compute.gpu asks for 1 of t4, and n2-standard-4 has no accelerators",
            "choose n1-standard-8, which has them",
        ),
        (
            "gcp",
            "gke",
            {"gpu_count": 2},
            "spec.compute.gpu_count counts accelerators that nothing names",
            "name the accelerator under gpu, or a machine with it under size or machine_type",
        ),
        (
            "aws",
            "eks",
            {"size": "m5.large", "machine_type": "m5.xlarge"},
            "spec.compute.machine_type and size name two types of machine",
            "keep one of them",
        ),
        (
            "aws",
            "eks",
            {"autoscaling": False, "min_nodes": 1, "max_nodes": 3},
            "spec.compute.autoscaling is off, and min_nodes and max_nodes differ",
            "write the same number twice, or leave autoscaling out",
        ),
        (
            "aws",
            "sagemaker",
            {"size": "m5.large"},
            "spec.compute.size is 'm5.large'; the types of SageMaker begin with ml., for example ml.m5.large",
            None,
        ),
        (
            "gcp",
            "vertex",
            {"size": "n1-standrd-4"},
            "spec.compute.size is 'n1-standrd-4', which is no machine type; did you mean 'standard'?",
            None,
        ),
        (
            "gcp",
            "gke",
            {"size": "n1-standard-5"},
            "spec.compute.size is 'n1-standard-5'; n1-standard comes as 1, 2, 4, 8, 16, 32, 64, 96",
            None,
        ),
    ],
)
def test_what_cannot_be_had_is_told_with_what_can(provider, backend, said, summary, hint):
    assert problem(provider, backend, **said) == (summary, hint)


def test_a_disk_reaches_the_machines_in_their_unit():
    assert machines("aws", "eks", "node_group", disk_size="100Gi")["disk_size"] == 100
    assert machines("gcp", "gke", "node_pool", disk_size="100G")["disk_size"] == 94
    assert problem("aws", "eks", disk_size="20Ti")[0] == "spec.compute.disk_size is 20480 GiB; 1 to 16384 are allowed"


def test_without_autoscaling_the_number_stays():
    pool = machines("gcp", "gke", "node_pool", autoscaling=False, max_nodes=5)
    assert (pool["min_nodes"], pool["max_nodes"]) == (5, 5)


def test_a_number_of_machines_is_doubted_where_none_are_kept():
    (doubt,) = compute("gcp", "vertex", max_nodes=4).warnings
    assert doubt.summary == "spec.compute.max_nodes has no effect: gcp.vertex keeps no machines of its own"


def test_what_steps_ask_for_is_among_the_outputs_of_compute():
    outputs = compute("gcp", "vertex", size="n1-standard-8", cpu=4, memory="16Gi").outputs["compute"]
    assert {name: outputs[name] for name in ("backend", "size", "cpu", "memory")} == {
        "backend": "vertex",
        "size": "n1-standard-8",
        "cpu": "4",
        "memory": "16Gi",
    }


@pytest.mark.parametrize("value", ["n1-standard-4", "n1-megamem-96", "e2-micro", "n2-custom-4-8192", "custom-4-8192"])
def test_machine_types_of_compute_engine_pass(value):
    assert machine_problem(value) is None
    assert machine_doubt(value) is None


@pytest.mark.parametrize("value", ["e2-micro-2", "e2-tiny", "m5.large", "n1", "n1-standard"])
def test_what_compute_engine_does_not_have_is_refused(value):
    assert machine_problem(value) is not None


def test_a_series_that_is_not_known_may_be_there():
    assert machine_problem("c9-standard-4") is None
    assert machine_doubt("c9-standard-4") is not None


@pytest.mark.parametrize("provider", ["aws", "gcp", "azure"])
def test_the_machine_for_an_accelerator_has_it(provider):
    for gpu in ("t4", "v100", "a100", "a100-80gb", "h100"):
        machine = machine_for(provider, gpu, 1)
        assert machine is not None
        found = accelerators_of(provider, machine)
        assert found is None or (found.model == gpu and found.number >= 1)


def test_models_are_the_same_however_they_are_spelt():
    assert {model_of(text) for text in ("nvidia-tesla-v100", "NVIDIA_TESLA_V100", "Tesla V100", "v100")} == {"v100"}
