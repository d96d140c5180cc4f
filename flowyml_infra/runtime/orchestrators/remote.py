"""Owns the orchestrators outside this process: what is known about each. This release can use none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Never

from flowyml_infra.runtime.unavailable import unavailable

if TYPE_CHECKING:
    from flowyml_infra.runtime.course import Course


class _Elsewhere:
    """An orchestrator that says what is missing, and never runs anything here instead."""

    name: ClassVar[str]
    title: ClassVar[str]

    @property
    def executor(self) -> Never:
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise unavailable("orchestrator", self.title)

    def check(self) -> None:
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise unavailable("orchestrator", self.title)

    def run(self, course: Course) -> Never:  # noqa: ARG002 -- the shape of the protocol
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise unavailable("orchestrator", self.title)


@dataclass(frozen=True, kw_only=True)
class VertexAIOrchestrator(_Elsewhere):
    """Runs as pipeline jobs of Vertex AI."""

    name = "vertex_ai"
    title = "Vertex AI"
    project_id: str
    region: str
    service_account: str | None = None


@dataclass(frozen=True, kw_only=True)
class KubeflowOrchestrator(_Elsewhere):
    """Runs on Kubeflow Pipelines; ``host`` is its API's URL."""

    name = "kubeflow"
    title = "Kubeflow"
    host: str | None = None
    namespace: str = "kubeflow"


@dataclass(frozen=True, kw_only=True)
class AirflowOrchestrator(_Elsewhere):
    """Runs as DAGs of Airflow; ``url`` is its web server's."""

    name = "airflow"
    title = "Airflow"
    url: str


@dataclass(frozen=True, kw_only=True)
class KubernetesOrchestrator(_Elsewhere):
    """Runs as jobs in a namespace of a cluster; ``context`` is one of the kubeconfig's."""

    name = "kubernetes"
    title = "Kubernetes"
    namespace: str = "default"
    context: str | None = None


@dataclass(frozen=True, kw_only=True)
class SageMakerOrchestrator(_Elsewhere):
    """Runs on SageMaker Pipelines; ``role`` is the ARN that they run as."""

    name = "sagemaker"
    title = "Amazon SageMaker"
    region: str
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class AWSBatchOrchestrator(_Elsewhere):
    """Runs as jobs that depend on each other in AWS Batch."""

    name = "aws_batch"
    title = "AWS Batch"
    region: str
    queue: str | None = None


@dataclass(frozen=True, kw_only=True)
class AzureMLOrchestrator(_Elsewhere):
    """Runs as pipeline jobs of an Azure Machine Learning workspace."""

    name = "azureml"
    title = "Azure Machine Learning"
    subscription_id: str
    resource_group: str
    workspace: str | None = None
