"""Owns the look at the world: what a refresh of the engine would change, resource by resource; it changes nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from flowyml_infra.apply.engine import Reading
from flowyml_infra.apply.engines.pulumi.failures import explained
from flowyml_infra.errors import NoEngineRecordError
from flowyml_infra.resources.values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pulumi.automation import EngineEvent

    from flowyml_infra.apply.engine import Subject
    from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
    from flowyml_infra.apply.engines.pulumi.workspace import Workspace
    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.values import Value

_GONE: Final = "delete"
_DIFFERS: Final = "update"
_CAPITAL: Final = re.compile(r"(?<!^)(?=[A-Z])")
_TYPES: Final[Mapping[str, type]] = {"string": str, "integer": int, "boolean": bool, "list": list, "mapping": dict}


class Seen(NamedTuple):
    """What a refresh would do to one thing: its type, the operation, the paths that differ, its outputs now."""

    type: str
    operation: str
    paths: tuple[str, ...]
    outputs: Mapping[str, Any]


class Look:
    """One look at everything that the engine has on record of a deployment.

    Args:
        workspace: The stack, opened for looking.

    Raises:
        EngineError: The cloud cannot be asked.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._record: Checkpoint = workspace.checkpoint()
        self._seen: dict[str, Seen] = {}
        with explained():
            workspace.stack.preview_refresh(on_event=self._hear)

    def reading(self, subject: Subject) -> Reading | None:
        """What is there of ``subject``: None when it is gone, else the properties that differ.

        A property whose value cannot be read back is unknown: it differs, and nobody says how.

        Raises:
            NoEngineRecordError: The engine has no record of it, and cannot say.
        """
        component = self._record.component(subject.creation_id)
        if component is None:
            raise NoEngineRecordError(
                f"the engine has lost its record of {subject.address}",
                address=subject.address,
                hint="`flowyml-infra state rebuild` puts it back, if the thing is there",
            )
        if not self._record.parts(component):
            return None
        children = [
            seen
            for urn, seen in self._seen.items()
            if (self._record.resources.get(urn) or {}).get("parent") == component
        ]
        primary = next(child.facts.token for child in subject.kind.children if child.primary)
        if any(seen.type == primary and seen.operation == _GONE for seen in children):
            return None
        differing: dict[str, Value] = {}
        for item in subject.kind.properties:
            for value in _differing(item, subject, children) if item.stored else ():
                differing.setdefault(item.name, value)
        return Reading(subject.physical_id or "", differing)

    def _hear(self, event: EngineEvent) -> None:
        found = event.res_outputs_event
        if found is None:
            return
        data = found.metadata
        paths = tuple(_plain(path) for path in (data.detailed_diff or {}))
        outputs = dict(data.new.outputs or {}) if data.new is not None else {}
        operation = str(getattr(data.op, "value", data.op))
        self._seen[data.urn] = Seen(data.type, operation, paths, outputs)


def _differing(item: Property, subject: Subject, children: list[Seen]) -> Iterator[Value]:
    """The value of ``item`` in the world, for each child in which it differs."""
    tokens = {child.name: child.facts.token for child in subject.kind.children}
    for feed in item.feeds:
        name, _, path = feed.partition(".")
        for seen in children:
            if seen.type != tokens[name]:
                continue
            if seen.operation == _GONE or (seen.operation == _DIFFERS and _touched(item, path, seen.paths)):
                yield _read_back(item, path, seen)


def _touched(item: Property, path: str, paths: tuple[str, ...]) -> bool:
    if any(found == path or found.startswith(f"{path}.") for found in paths):
        return True
    # A difference that is told for a whole may be about this part. What would replace the resource is not guessed at.
    return not item.replaces and any(path.startswith(f"{found}.") for found in paths)


def _read_back(item: Property, path: str, seen: Seen) -> Value:
    value: Any = seen.outputs
    for part in path.split("."):
        value = value.get(_camel(part)) if isinstance(value, dict) else None
    if isinstance(value, dict) and item.type == "mapping":
        # The creation id among tags and labels is the engine's own.
        return {key: text for key, text in value.items() if isinstance(text, str) and not key.endswith("creation")}
    if type(value) is _TYPES[item.type] and item.type != "mapping":
        return cast("Value", value)
    return Unknown(item.type)


def _plain(path: str) -> str:
    """A path of the engine as facts write it: ``tags["a:b"]`` is ``tags``, ``storageClass`` is ``storage_class``."""
    head = path.partition("[")[0]
    return ".".join(_CAPITAL.sub("_", part).lower() for part in head.split("."))


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
