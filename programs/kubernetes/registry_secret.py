"""Owns the making of ``kubernetes.registry_secret``."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, metadata

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..component import Inputs


class RegistrySecret(Component):
    """A secret of the type that the cluster pulls images with."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:registry_secret", name, inputs, opts)
        login = pulumi.Output.all(inputs.text("server"), inputs.text("username"), inputs.text("password"))
        config: pulumi.Output[str] = login.apply(_config)
        made = k8s.core.v1.Secret(
            name,
            metadata=metadata(inputs),
            type="kubernetes.io/dockerconfigjson",
            string_data={".dockerconfigjson": pulumi.Output.secret(config)},
            opts=self.child(),
        )
        self.primary = made
        self.gives = {
            "uri": inputs.text("server"),
            "name": called(made.metadata),
            "id": made.id,
        }


def _config(login: Sequence[Any]) -> str:
    """The login as Docker keeps it."""
    server, username, password = login
    auth = base64.b64encode(f"{username}:{password}".encode()).decode()
    return json.dumps({"auths": {server: {"username": username, "password": password, "auth": auth}}})
