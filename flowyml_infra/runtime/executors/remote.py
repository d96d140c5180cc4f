"""Owns the executors outside this process: what is known about each. This release can use none of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Never

from flowyml_infra.runtime.unavailable import unavailable

if TYPE_CHECKING:
    from flowyml_infra.runtime.executors.executor import Task


class _Elsewhere:
    """An executor that says what is missing, and never runs anything here instead."""

    name: ClassVar[str]
    title: ClassVar[str]

    def check(self) -> None:
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise unavailable("executor", self.title)

    def execute(self, task: Task) -> Never:  # noqa: ARG002 -- the shape of the protocol
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise unavailable("executor", self.title)


@dataclass(frozen=True, kw_only=True)
class RemoteExecutor(_Elsewhere):
    """Steps on another machine; ``url`` is its service's."""

    name = "remote"
    title = "a remote machine"
    url: str


@dataclass(frozen=True, kw_only=True)
class KubernetesExecutor(_Elsewhere):
    """Steps as pods in a namespace of a cluster; ``context`` is one of the kubeconfig's."""

    name = "kubernetes"
    title = "Kubernetes"
    namespace: str = "default"
    context: str | None = None
    image: str | None = None


@dataclass(frozen=True, kw_only=True)
class VertexAIExecutor(_Elsewhere):
    """Steps as custom jobs of Vertex AI."""

    name = "vertex_ai"
    title = "Vertex AI"
    project_id: str
    region: str
    service_account: str | None = None
    machine_type: str | None = None


@dataclass(frozen=True, kw_only=True)
class SageMakerExecutor(_Elsewhere):
    """Steps as jobs of Amazon SageMaker; ``role`` is the ARN that they run as."""

    name = "sagemaker"
    title = "Amazon SageMaker"
    region: str
    role: str | None = None


@dataclass(frozen=True, kw_only=True)
class AWSBatchExecutor(_Elsewhere):
    """Steps as jobs in a queue of AWS Batch."""

    name = "aws_batch"
    title = "AWS Batch"
    region: str
    queue: str | None = None


@dataclass(frozen=True, kw_only=True)
class AzureMLExecutor(_Elsewhere):
    """Steps as jobs of an Azure Machine Learning workspace."""

    name = "azureml"
    title = "Azure Machine Learning"
    subscription_id: str
    resource_group: str
    workspace: str | None = None
