"""Owns the container registries of the clouds: what is known about each. This release pushes no images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Never

from flowyml_infra.errors import EngineUnavailableError


@dataclass(frozen=True)
class ContainerRegistry:
    """A registry.

    Attributes:
        uri: ``host/path``, without a scheme.
    """

    title: ClassVar[str] = "a container registry"

    uri: str

    def image(self, name: str, tag: str = "latest") -> str:
        """The full name of an image in this registry."""
        return f"{self.uri.rstrip('/')}/{name}:{tag}"

    def push(self, image: str) -> Never:
        """Refuse.

        Raises:
            EngineUnavailableError: Always.
        """
        raise EngineUnavailableError(
            f"{image} cannot be pushed to {self.title}: this release builds and pushes no images",
            code="pipeline.registry",
            hint=f"docker push {self.image(image)}",
        )


@dataclass(frozen=True)
class GCRContainerRegistry(ContainerRegistry):
    """Google's registry: ``gcr.io/PROJECT`` or ``REGION-docker.pkg.dev/PROJECT/REPOSITORY``."""

    title = "Google's container registry"


@dataclass(frozen=True)
class ECRContainerRegistry(ContainerRegistry):
    """Amazon's registry: ``ACCOUNT.dkr.ecr.REGION.amazonaws.com``."""

    title = "Amazon ECR"


@dataclass(frozen=True)
class ACRContainerRegistry(ContainerRegistry):
    """Azure's registry: ``NAME.azurecr.io``."""

    title = "Azure Container Registry"


@dataclass(frozen=True)
class DockerHubRegistry(ContainerRegistry):
    """Docker Hub: ``docker.io/ACCOUNT``."""

    title = "Docker Hub"
