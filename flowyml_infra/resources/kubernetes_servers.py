"""Owns what the kinds that run a server in a cluster share: image, processors, memory, and the volume it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.grammar import GrammarError, check_image
from flowyml_infra.resources.amounts import bytes_property, cores_property
from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kubernetes_properties import size_property, storage_class_property

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.values import Json

_CONTAINERS = "server.spec.template.spec.containers"
IMAGE: Final = f"{_CONTAINERS}.image"
"""The input that has the server's image."""
ARGUMENTS: Final = f"{_CONTAINERS}.args"
"""The input that has the server's command line."""
AFTER_START: Final = f"{_CONTAINERS}.lifecycle"
"""The input that has what is run beside the server once it has started."""

GIVEN: Final = (
    "spec.selector",
    "spec.template.metadata.labels",
    "spec.template.spec.automount_service_account_token",
    "spec.template.spec.security_context",
    "spec.template.spec.containers.security_context",
    "spec.template.spec.volumes",
)
"""What every program sets of the pods that it runs: not root, no rights beyond its own, nothing of the cluster's."""
SERVICE: Final = ChildType("service", facts.SERVICE, given=("spec.selector", "spec.ports"))
"""The name under which the server is reached."""
CREDENTIALS: Final = ChildType("credentials", facts.SECRET, given=("string_data",))
"""What was made up for those who use the server."""
CLAIM: Final = ChildType("claim", facts.CLAIM, stateful=True, given=("spec.access_modes",))
"""The volume; it stands by itself, for one that is made from a stateful set's own template can never grow."""
STATEFUL_SERVER: Final = ChildType(
    "server", facts.STATEFUL_SET, primary=True, given=("spec.replicas", "spec.service_name", *GIVEN)
)
"""The one pod that has the volume."""


def image_property(description: str, *, default: str | None) -> Property:
    """The image that the server is made of."""
    return text("image", description, IMAGE, default=default, check=by_grammar(check_image), weakens=_floats)


def machine_properties(*, cpu: str = "500m", memory: str = "1Gi") -> tuple[Property, ...]:
    """What the server gets of a machine."""
    feed = f"{_CONTAINERS}.resources"
    return (
        cores_property("cpu", "The cores it gets, for example 500m or 2.", feed, default=cpu),
        bytes_property("memory", "The memory it gets, for example 4Gi.", feed, default=memory),
    )


def volume_properties(size: int) -> tuple[Property, ...]:
    """The size and class of the server's volume; of another class there can only be another server."""
    return (
        size_property("The size of its volume.", default=size),
        storage_class_property("claim.spec.storage_class_name", replaces=True),
    )


def by_grammar(check: Callable[[str], None]) -> Callable[[Json], str | None]:
    """The check that a definition's own fields have, as one of a property."""

    def problem(value: Json) -> str | None:
        try:
            check(str(value))
        except GrammarError as error:
            return f"{error}; {error.hint}" if error.hint else str(error)
        return None

    return problem


def _floats(value: Json) -> str | None:
    if not isinstance(value, str) or "@" in value:
        return None
    tag = value.rpartition("/")[2].partition(":")[2]
    return f"is {value!r}, which can come to mean another image" if tag in ("", "latest") else None
