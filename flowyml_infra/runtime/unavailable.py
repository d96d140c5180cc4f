"""Owns what is said about services that this release can describe and not use."""

from __future__ import annotations

from typing import Final

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import EngineUnavailableError

SERVICES: Final = {
    "airflow": "Airflow",
    "aks": "Azure Kubernetes Service",
    "aws_batch": "AWS Batch",
    "azureml": "Azure Machine Learning",
    "batch": "AWS Batch",
    "eks": "Amazon EKS",
    "gke": "Google Kubernetes Engine",
    "k8s": "Kubernetes",
    "kubeflow": "Kubeflow",
    "kubernetes": "Kubernetes",
    "remote": "a remote machine",
    "sagemaker": "Amazon SageMaker",
    "vertex": "Vertex AI",
    "vertex_ai": "Vertex AI",
    "vertexai": "Vertex AI",
}
"""The service that a name in a stack stands for."""


def unavailable(role: str, service: str) -> EngineUnavailableError:
    """The error for a run whose ``role``, executor or orchestrator, is on ``service``."""
    return EngineUnavailableError(
        f"the {role} of this stack is {service}, and this release runs pipelines on this machine alone",
        code=f"pipeline.{role}",
        hint="nothing was run; to run the steps here, with the artifact and metadata stores of the stack, say so: "
        "`flowyml-infra run FILE --orchestrator local`, or run(orchestrator='local') in Python",
    )


def unknown(role: str, name: str) -> EngineUnavailableError:
    """The error for a ``role`` of this name: a service's, or none that is known."""
    if name in SERVICES:
        return unavailable(role, SERVICES[name])
    return EngineUnavailableError(
        f"there is no {role} {name!r}",
        code=f"pipeline.{role}",
        hint=did_you_mean(name, ["local", *SERVICES]) or "this release has 'local'",
    )
