"""Owns the grammar of ``${…}`` in a text; what the parts stand for is looked up elsewhere.

========================================  ===================================================
``${NAME}``, ``${NAME:-default}``         an environment variable; the default also replaces an empty one
``${resources.NAME.outputs.X}``           an output of a resource of the same stack
``${stacks.NAME.outputs.COMPONENT.X}``    an output of another stack in the same environment
``$$``                                    a dollar sign
========================================  ===================================================

A ``$`` before anything else is itself. A default is plain text up to the next ``}``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

from flowyml_infra.diagnostics import did_you_mean


@dataclass(frozen=True, slots=True)
class EnvironmentVariable:
    """``${NAME}`` or ``${NAME:-default}``; ``default`` is None without one."""

    name: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class ResourceOutput:
    """``${resources.NAME.outputs.X}``; ``resource`` is the name alone, of a declared resource or a component's own."""

    resource: str
    output: str


@dataclass(frozen=True, slots=True)
class StackOutput:
    """``${stacks.NAME.outputs.COMPONENT.X}``."""

    stack: str
    component: str
    output: str


TemplatePart: TypeAlias = "str | EnvironmentVariable | ResourceOutput | StackOutput"

_TOKEN: Final = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<body>[^}]*)(?P<end>\})?)", re.DOTALL)
_VARIABLE: Final = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>.*))?", re.DOTALL)
_NAME: Final = r"[a-z][a-z0-9_-]{0,62}"
_RESOURCE: Final = re.compile(rf"resources\.({_NAME})\.outputs\.([a-z][a-z0-9_]*)")
_STACK: Final = re.compile(rf"stacks\.({_NAME})\.outputs\.([a-z][a-z0-9_]*)\.([a-z][a-z0-9_]*)")
_FORMS: Final = "${NAME}, ${NAME:-default}, ${resources.NAME.outputs.X} and ${stacks.NAME.outputs.COMPONENT.X}"


class TemplateError(ValueError):
    """A ``${…}`` that means nothing.

    Attributes:
        offset: Where in the text it begins.
        hint: What to write instead.
    """

    def __init__(self, message: str, offset: int, hint: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


def parse_template(text: str) -> tuple[TemplatePart, ...]:
    """The parts of ``text`` in order: texts (never empty, never two in a row, ``$$`` undone) and what ``${…}`` names.

    Raises:
        TemplateError: A ``${…}`` is not closed or not understood.
    """
    if "$" not in text:
        return (text,) if text else ()
    parts: list[TemplatePart] = []
    literal, end = "", 0
    for match in _TOKEN.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        if match["dollar"]:
            literal += "$"
            continue
        if literal:
            parts.append(literal)
            literal = ""
        parts.append(_parse_body(match))
    literal += text[end:]
    return (*parts, literal) if literal else tuple(parts)


def format_part(part: TemplatePart) -> str:
    """The text that :func:`parse_template` reads as ``part``."""
    match part:
        case str():
            return escape(part)
        case EnvironmentVariable(name, None):
            return f"${{{name}}}"
        case EnvironmentVariable(name, default):
            return f"${{{name}:-{escape(default or '')}}}"
        case ResourceOutput(resource, output):
            return f"${{resources.{resource}.outputs.{output}}}"
        case StackOutput(stack, component, output):
            return f"${{stacks.{stack}.outputs.{component}.{output}}}"
        case _:
            assert_never(part)


def escape(text: str) -> str:
    """The template that stands for exactly ``text``."""
    return text.replace("$", "$$")


def literal_text(text: str) -> str | None:
    """What the template ``text`` stands for, or None when it refers to something.

    Raises:
        TemplateError: It is not well formed.
    """
    if "$" not in text:
        return text
    parts = parse_template(text)
    return "".join(part for part in parts if isinstance(part, str)) if _all_texts(parts) else None


def _all_texts(parts: tuple[TemplatePart, ...]) -> bool:
    return all(isinstance(part, str) for part in parts)


def _parse_body(match: re.Match[str]) -> EnvironmentVariable | ResourceOutput | StackOutput:
    body, offset = match["body"], match.start()
    if match["end"] is None:
        raise TemplateError("'${' is never closed", offset, "add the '}', or write $${ for the characters themselves")
    if "${" in body:
        raise TemplateError(
            "one ${…} stands inside of another", offset, "a default is plain text; set the variable instead"
        )
    if variable := _VARIABLE.fullmatch(body):
        default = variable["default"]
        return EnvironmentVariable(variable["name"], None if default is None else default.replace("$$", "$"))
    if resource := _RESOURCE.fullmatch(body):
        return ResourceOutput(resource[1], resource[2])
    if stack := _STACK.fullmatch(body):
        return StackOutput(stack[1], stack[2], stack[3])
    raise _not_understood(body, offset)


def _not_understood(body: str, offset: int) -> TemplateError:
    shown = "${" + body.split(":", 1)[0] + ("…}" if ":" in body else "}")
    first = body.split(".", 1)[0]
    if not body.strip():
        return TemplateError("${} names nothing", offset, "name a variable, or write $${ for the characters themselves")
    if body.startswith(("env.", "env:", "var.")):
        return TemplateError(f"{shown} is not understood", offset, f"write ${{{body[4:]}}}")
    if first == "resources":
        hint = "a resource's output reads ${resources.NAME.outputs.X}"
    elif first == "stacks":
        hint = "another stack's output reads ${stacks.NAME.outputs.COMPONENT.X}"
    elif "." in body and (guess := did_you_mean(first, ("resources", "stacks"))):
        hint = guess
    elif ":" in body or "-" in body:
        hint = "a default is written ${NAME:-default}; a name has letters, digits and _ only"
    else:
        hint = f"what can be written is {_FORMS}"
    return TemplateError(f"{shown} is not understood", offset, hint)
