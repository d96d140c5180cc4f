"""Owns the making of ``kubernetes.mlflow``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, host, metadata, selector
from .object_store import ACCESS_KEY, SECRET_KEY
from .pods import TEMPORARY, Server, asks_path, from_secret, template
from .servers import service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..component import Inputs

_BACKEND = "MLFLOW_BACKEND_STORE_URI"
_USER = 1000
_FIXED: Mapping[str, str] = {
    "HOME": TEMPORARY,
    "USER": "mlflow",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # Each would be a process of its own, and there is nothing here that asks for jobs.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
_REGION = "us-east-1"
"""Clients of S3 want one; stores in a cluster take any."""


class Mlflow(Component):
    """An MLflow server; what it needs to know of its database and its store it reads from secrets."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:mlflow", name, inputs, opts)
        server = _server(inputs, self._store(inputs) if inputs.given("backend_uri") else None)
        service(f"{name}-service", inputs, server, self.child())
        made = k8s.apps.v1.Deployment(
            name,
            metadata=metadata(inputs),
            spec=k8s.apps.v1.DeploymentSpecArgs(
                replicas=inputs.number("replicas"),
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=selector(inputs, server.kind)),
                template=template(inputs, server),
            ),
            opts=self.child(),
        )
        self.primary = made
        uri = pulumi.Output.concat("http://", host(inputs), ":", _port(inputs))
        self.gives = {
            "uri": uri,
            "mlflow_uri": uri,
            "name": called(made.metadata),
            "id": made.id,
        }

    def _store(self, inputs: Inputs) -> pulumi.Output[str]:
        """The name of the secret that has the URL of the database, password and all."""
        secret = k8s.core.v1.Secret(
            f"{self.name}-store",
            metadata=metadata(inputs),
            string_data={_BACKEND: pulumi.Output.secret(inputs.text("backend_uri"))},
            opts=self.child(),
        )
        return called(secret.metadata)


def _server(inputs: Inputs, store: pulumi.Output[str] | None) -> Server:
    artifacts: list[pulumi.Input[str]] = ["--no-serve-artifacts"]
    if inputs.given("artifact_uri"):
        artifacts = ["--serve-artifacts", "--artifacts-destination", inputs.text("artifact_uri")]
    return Server(
        kind="mlflow",
        image=inputs.text("image"),
        user=_USER,
        port=inputs.number("port"),
        command=["mlflow"],
        args=["server", "--host=0.0.0.0", pulumi.Output.concat("--port=", _port(inputs)), "--workers=2", *artifacts],
        environment={
            **_FIXED,
            _BACKEND: f"sqlite:///{TEMPORARY}/mlflow.db" if store is None else from_secret(store, _BACKEND),
            "MLFLOW_SERVER_ALLOWED_HOSTS": _hosts(inputs),
            **_access(inputs),
        },
        probe=asks_path("/health"),
        # Pods read the URL when they start: with another one, there are to be other pods.
        annotations={"flowyml-infra/store": inputs.digest("backend_uri")} if store is not None else None,
    )


def _access(inputs: Inputs) -> dict[str, pulumi.Input[str] | k8s.core.v1.EnvVarSourceArgs]:
    """How the store of artifacts is reached, where it is one that has to be told."""
    found: dict[str, pulumi.Input[str] | k8s.core.v1.EnvVarSourceArgs] = {}
    if inputs.given("artifact_endpoint"):
        found["MLFLOW_S3_ENDPOINT_URL"] = inputs.text("artifact_endpoint")
        found["AWS_DEFAULT_REGION"] = _REGION
    if inputs.given("artifact_secret"):
        found.update({key: from_secret(inputs.text("artifact_secret"), key) for key in (ACCESS_KEY, SECRET_KEY)})
    return found


def _hosts(inputs: Inputs) -> pulumi.Output[str]:
    """The names that the server answers to; to any other it does not, so that no page can be made to ask it."""
    name, port = inputs.text("name"), _port(inputs)
    in_namespace = pulumi.Output.concat(name, ".", inputs.text("namespace"))
    names = [name, in_namespace, host(inputs), pulumi.Output.concat(host(inputs), ".cluster.local")]
    hosts = [pulumi.Output.concat(found, ":", port) for found in names]
    return pulumi.Output.all(*hosts).apply(lambda found: ",".join([*found, "localhost:*", "127.0.0.1:*"]))


def _port(inputs: Inputs) -> pulumi.Output[str]:
    return pulumi.Output.from_input(inputs.number("port")).apply(lambda port: str(int(port)))
