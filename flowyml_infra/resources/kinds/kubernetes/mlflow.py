"""Owns the kind ``kubernetes.mlflow``: an MLflow server that keeps runs in a database and artifacts in a store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.grammar import check_artifact_uri
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import component_output, number
from flowyml_infra.resources.derivation import FromComponent
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.kubernetes_servers import (
    ARGUMENTS,
    GIVEN,
    SERVICE,
    by_grammar,
    image_property,
    machine_properties,
)
from flowyml_infra.resources.property import Property
from flowyml_infra.resources.values import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

# The image without -full speaks neither to PostgreSQL nor to S3:
# https://github.com/mlflow/mlflow/blob/master/docker/Dockerfile.full
_IMAGE = "ghcr.io/mlflow/mlflow:v3.14.0-full"
_ENVIRONMENT = "server.spec.template.spec.containers.env"
_DATABASE: Final = re.compile(r"(postgresql|mysql|mssql|sqlite)(\+\w+)?://.+", re.ASCII)


def _backend_problem(value: Json) -> str | None:
    if _DATABASE.fullmatch(str(value)):
        return None
    # What was written may hold a password.
    return "is no URL of a database; it reads postgresql://USER@HOST/NAME"


def _has_backend(properties: Mapping[str, Value]) -> bool:
    return properties.get("backend_uri") is not None


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    replicas = properties.get("replicas")
    if isinstance(replicas, int) and replicas > 1 and not _has_backend(properties):
        hint = "name a database, or write replicas: 1"
        yield Fault("replicas", f"is {replicas}, and without backend_uri each keeps runs of its own", hint)
    if isinstance(properties.get("artifact_uri"), str):
        for name in ("artifact_endpoint", "artifact_secret"):
            if isinstance(properties.get(name), Reference):
                clause = "is left to the stack's object store, and artifact_uri is not"
                yield Fault(name, clause, "write all three, or none of them")


KIND: Final = cluster_kind(
    "kubernetes.mlflow",
    "An MLflow server in the cluster.",
    rule=facts.SERVER_NAME,
    called="The server's name; it is reached by it.",
    properties=(
        image_property("The image of MLflow.", default=_IMAGE),
        number(
            "replicas",
            "How many servers share the work.",
            "server.spec.replicas",
            unit="pods",
            bounds=(1, 10),
            default=1,
        ),
        Property(
            "backend_uri",
            "string",
            "The database that it keeps runs in; without one, they are lost when it starts anew.",
            sensitive=True,
            check=_backend_problem,
            derived=FromComponent("metadata_store", "uri", "database"),
            feeds=("store.string_data",),
        ),
        component_output(
            "artifact_store",
            "uri",
            ARGUMENTS,
            name="artifact_uri",
            description="Where it keeps artifacts; without it, clients have to write them somewhere themselves.",
            check=by_grammar(check_artifact_uri),
        ),
        component_output(
            "artifact_store",
            "endpoint",
            _ENVIRONMENT,
            name="artifact_endpoint",
            kind="object_store",
            description="The URL of the object store in the cluster, where artifacts go to one.",
        ),
        component_output(
            "artifact_store",
            "name",
            _ENVIRONMENT,
            name="artifact_secret",
            kind="object_store",
            description=(
                "The secret in its namespace that has the keys to that store, as AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY; it is called as the store is."
            ),
        ),
        number(
            "port",
            "The port it listens on.",
            "server.spec.template.spec.containers.ports",
            "service.spec.ports",
            unit="",
            bounds=(1024, 65_535),
            default=5000,
        ),
        *machine_properties(),
    ),
    outputs=(
        Output("uri", "string", "http://NAME.NAMESPACE.svc:PORT.", follows=("port",)),
        Output("mlflow_uri", "string", "The same, as what tracks runs takes it.", follows=("port",)),
        Output("name", "string", "The server's name.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(
        ChildType("server", facts.DEPLOYMENT, primary=True, given=GIVEN),
        SERVICE,
        ChildType("store", facts.SECRET, made_if=_has_backend),
    ),
    check=_check,
)
