"""Owns the kind ``kubernetes.database``: a PostgreSQL server on a volume, reached from inside the cluster."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.cloud_properties import matching, text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Fault, Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind
from flowyml_infra.resources.kubernetes_servers import (
    CLAIM,
    CREDENTIALS,
    IMAGE,
    SERVICE,
    STATEFUL_SERVER,
    image_property,
    machine_properties,
    volume_properties,
)
from flowyml_infra.resources.transition import Transition, changes, idle, version_parts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resources.values import Json, Value

_UPGRADING = "https://www.postgresql.org/docs/current/upgrading.html"
_STARTING = "https://hub.docker.com/_/postgres, on its environment variables"
_VERSION = matching(r"\d{2}(\.\d{1,2})?", 'it reads "16" or "16.4", in quotes')
_WORD = matching(r"[A-Za-z_][A-Za-z0-9_-]{0,62}", "1 to 63 letters, digits, _ and - are allowed, a letter first")
_USER = matching(r"(?!pg_)[A-Za-z_][A-Za-z0-9_-]{0,62}", "1 to 63 letters, digits, _ and - are allowed, not pg_ first")
_OFFICIAL: Final = re.compile(r"(?:.*/)?postgres:(?P<major>\d+)[^/]*")
"""The official image under any host; its tag begins with the version."""


def _is_another_major(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    return version_parts(before)[:1] != version_parts(after)[:1]


def _has_image(properties: Mapping[str, Value]) -> bool:
    return properties.get("image") is not None


def _once(hint: str) -> tuple[Transition, ...]:
    # The image makes them when it finds an empty volume, and at no other time.
    return (Transition("refuse", changes, "cannot change in place", hint, _STARTING),)


def _check(properties: Mapping[str, Value]) -> Iterable[Fault]:
    image, version = properties.get("image"), properties.get("engine_version")
    found = _OFFICIAL.fullmatch(image) if isinstance(image, str) else None
    if found is not None and isinstance(version, str) and version_parts(version)[:1] != (int(found["major"]),):
        hint = f'write engine_version: "{found["major"]}", or leave image out'
        yield Fault("image", f"is of version {found['major']}, and engine_version is {version}", hint)


KIND: Final = cluster_kind(
    "kubernetes.database",
    "A PostgreSQL server in the cluster.",
    rule=facts.SERVER_NAME,
    called="The server's name; it is reached by it.",
    properties=(
        text(
            "engine_version",
            "The version of PostgreSQL, in quotes.",
            IMAGE,
            default="16",
            check=_VERSION,
            transitions=(
                idle(_has_image, "is what image says"),
                Transition(
                    "refuse",
                    _is_another_major,
                    "cannot change to another major version in place",
                    "dump the data, and restore them into a new database of that version",
                    _UPGRADING,
                ),
            ),
        ),
        image_property("The image of PostgreSQL; without one, docker.io/library/postgres:VERSION.", default=None),
        text(
            "database",
            "The database that is made on it.",
            "credentials.string_data",
            default="flowyml",
            check=_WORD,
            transitions=_once("make a further database on it by hand, or a new resource"),
        ),
        text(
            "username",
            "Who owns the database; the password is made up and kept as a secret.",
            "credentials.string_data",
            default="flowyml",
            check=_USER,
            transitions=_once("make a further user on it by hand, or a new resource"),
        ),
        *volume_properties(size=10),
        *machine_properties(),
    ),
    outputs=(
        Output("uri", "string", "The URL as SQLAlchemy takes it, with the password.", sensitive=True),
        Output("host", "string", "NAME.NAMESPACE.svc, where clients in the cluster find it."),
        Output("port", "integer", "The port."),
        Output("name", "string", "The server's name.", echoes="name"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(STATEFUL_SERVER, CLAIM, SERVICE, CREDENTIALS),
    stateful=True,
    check=_check,
)
