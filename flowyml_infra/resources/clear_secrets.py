"""Owns finding the secrets that a definition holds in the clear, so that no file of ours gets a copy of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowyml_infra.resources.catalogue import find_kind
from flowyml_infra.resources.declarations import declarations
from flowyml_infra.resources.problems import Problems
from flowyml_infra.resources.values import LEAVES, Template, Variable, leaves

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from flowyml_infra.address import Address
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.compiled import Compiled
    from flowyml_infra.resources.problems import Path
    from flowyml_infra.resources.values import Json, Value

_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):-[^}]")


def clear_secrets(compiled: Compiled) -> list[str]:
    """Where ``compiled`` holds one: ``ADDRESS.property``, or the sensitive variable whose default is written down."""
    defaults = (*_defaults(compiled.secrets, compiled.document), *_asked_defaults(compiled))
    return [*_literals(compiled), *dict.fromkeys(defaults)]


def written_secrets(definition: StackDefinition) -> list[str]:
    """As :func:`clear_secrets`, of a definition that may not be complete yet."""
    literals = [name for name, _ in written_places(definition)]
    return [*literals, *_defaults(definition.sensitive_variables, definition.document)]


def written_places(definition: StackDefinition) -> Iterator[tuple[str, Path]]:
    """Every sensitive property that ``definition`` has in the clear: ``ADDRESS.property``, and where it is written."""
    for declaration in declarations(definition, Problems(definition)):
        for item in declaration.kind.properties:
            if item.sensitive and _is_text(declaration.properties.get(item.name)):
                yield f"{declaration.address}.{item.name}", declaration.place(item.name)


def _is_text(raw: Json) -> bool:
    return raw is not None and not (isinstance(raw, str) and "${" in raw)


def _literals(compiled: Compiled) -> Iterator[str]:
    hidden: dict[str, tuple[str, ...]] = {}
    for address, spec in compiled.graph.specs.items():
        kind = address[: address.rindex(".")]
        if kind not in hidden:
            hidden[kind] = _sensitive(address)
        for name in hidden[kind]:
            if _is_written(spec.properties.get(name)):
                yield f"{address}.{name}"


def _is_written(value: Value) -> bool:
    """Whether ``value`` is there, or a part of it: not a variable or a reference, which give it later."""
    if isinstance(value, dict):
        return any(map(_is_written, value.values()))
    if isinstance(value, list):
        return any(map(_is_written, value))
    return value is not None and not isinstance(value, LEAVES)


def _sensitive(address: Address) -> tuple[str, ...]:
    return tuple(item.name for item in find_kind(address).properties if item.sensitive)


def _defaults(sensitive: Collection[str], document: Json) -> Iterator[str]:
    if sensitive:
        found = {name for text in _texts(document) for name in _DEFAULT.findall(text)}
        yield from (f"${{{name}:-…}}" for name in sorted(sensitive) if name in found)


def _asked_defaults(compiled: Compiled) -> Iterator[str]:
    """As :func:`_defaults`, of what is asked for: a definition that was kept has no document."""
    if compiled.secrets:
        asked = [
            *compiled.outputs.values(),
            *(spec.properties for spec in compiled.graph.specs.values() if spec.dynamic),
        ]
        parts = (
            part
            for values in asked
            for _, leaf in leaves(values)
            for part in (leaf.parts if isinstance(leaf, Template) else (leaf,))
        )
        yield from (f"${{{part.name}:-…}}" for part in parts if isinstance(part, Variable) and part.default)


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(item)
