"""Owns the replacement of references by what they stand for; where those values come from is the caller's business.

Secrets taint what they become part of, and what is not known leaves what it is part of unknown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, assert_never

from flowyml_infra.errors import OutputError
from flowyml_infra.resources.values import (
    LEAVES,
    Reference,
    Sealed,
    Secret,
    StackReference,
    Template,
    Unknown,
    Variable,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resources.values import Json, Leaf, Value

    Lookup: TypeAlias = "Callable[[Reference | StackReference | Variable], Value]"


def resolve(value: Value, lookup: Lookup) -> Value:
    """``value`` with every reference, variable and template in it replaced; plain parts are copied as they are.

    Args:
        value: What a property holds.
        lookup: What a reference stands for: a plain value, a ``Secret``, or ``Unknown`` while nobody knows.

    Raises:
        OutputError: A template holds something that is no text, number or boolean; or ``lookup`` raised it.
    """
    if isinstance(value, LEAVES):
        return _resolve_leaf(value, lookup)
    if isinstance(value, dict):
        return {key: resolve(item, lookup) for key, item in value.items()}
    if isinstance(value, list):
        return [resolve(item, lookup) for item in value]
    return value


def _resolve_leaf(leaf: Leaf, lookup: Lookup) -> Value:
    match leaf:
        case Reference() | StackReference() | Variable():
            return lookup(leaf)
        case Template():
            return _fill(leaf, lookup)
        case Secret() | Sealed() | Unknown():
            return leaf
        case _:
            assert_never(leaf)


def _fill(template: Template, lookup: Lookup) -> Value:
    texts: list[str] = []
    secret = unknown = False
    for part in template.parts:
        found = part if isinstance(part, str) else lookup(part)
        match found:
            case Unknown() | Sealed():
                # An unopened secret cannot become part of a text before an apply opens it.
                unknown = True
            case Secret(value):
                secret = True
                texts.append(_as_text(value, part))
            case _:
                texts.append(_as_text(found, part))
    if unknown:
        return Unknown("string")
    return Secret("".join(texts)) if secret else "".join(texts)


def _as_text(value: Value | Json, part: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise OutputError(
        f"{_name(part)} is not a text, so it cannot stand inside one",
        code="output.not_text",
        hint="use it as a whole value, or refer to one of its parts",
    )


def _name(part: object) -> str:
    match part:
        case Reference(address, output):
            return f"the output {output} of {address}"
        case StackReference(stack, component, output):
            return f"the output {component}.{output} of the stack {stack}"
        case Variable(name):
            return f"the variable {name}"
        case _:
            return "a part"


def read_variable(variable: Variable, environ: Mapping[str, str]) -> Secret:
    """The value of a sensitive variable in ``environ``, or its default, which also stands in for an empty value.

    Raises:
        OutputError: It has neither.
    """
    text = environ.get(variable.name)
    if not text and variable.default is not None:
        text = variable.default
    if text is None:
        raise OutputError(
            f"the environment variable {variable.name} is not set",
            code="variable.unset",
            hint=f"export {variable.name}=…, or give it a default: ${{{variable.name}:-…}}",
        )
    return Secret(text)
