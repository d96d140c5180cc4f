"""Owns what pydantic's errors mean to the person who wrote the document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.definition.fields import CHECK, STATIC
from flowyml_infra.definition.shape import Shape, camel_case
from flowyml_infra.definition.template import EnvironmentVariable, TemplateError, parse_template
from flowyml_infra.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Path, SourceMap

_WANTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "typed_dict_type": "a mapping",
}
_BOUNDS: Final = {"greater_than_equal": "at least {ge}", "less_than_equal": "at most {le}"}
_MOST_HOMES: Final = 2
"""A key that belongs in more places than this says little about where it was meant to be."""


class Translator:
    """Turns the errors of one document into diagnostics.

    Args:
        sources: Where the document's values were written.
        shape: The shape of the document's model.
        document: The document.
    """

    def __init__(self, sources: SourceMap, shape: Shape | None, document: Json) -> None:
        self._sources = sources
        self._shape = shape
        self._document = document

    def translate(self, error: ValidationError, broken: Collection[Path] = ()) -> list[Diagnostic]:
        """A diagnostic for each error, except where the text is known to be ``broken`` already."""
        details = error.errors(include_url=False)
        return [self._diagnostic(item) for item in details if self._sources.original(item["loc"]) not in broken]

    def _diagnostic(self, error: ErrorDetails) -> Diagnostic:
        path, kind = error["loc"], error["type"]
        on_key = path[-1:] == ("[key]",)
        path = path[:-1] if on_key else path
        context: dict[str, Any] = error.get("ctx", {})
        if kind == "missing":
            return self._missing(path)
        if kind == "extra_forbidden":
            return self._unknown(path)
        name = self.name(path)
        place = self._sources.key(path) if on_key else self._sources.value(path)
        if kind == CHECK:
            summary, hint, code = f"{name} {context['clause']}", context["hint"] or None, "value"
        elif kind == STATIC:
            summary, hint, code = self._static(name, error["input"])
        elif kind == "literal_error":
            summary, hint, code = self._choice(name, path, error["input"])
        elif kind in _WANTED:
            summary, hint, code = self._type(name, path, kind, error["input"])
        elif kind in _BOUNDS:
            summary = f"{name} must be {_BOUNDS[kind].format(**context)}, not {_described(error['input'])}"
            hint, code = None, "value"
        elif kind == "string_too_short":
            summary, hint, code = f"{name} is empty", "write a value or remove the key", "value"
        else:
            summary, hint, code = f"{name}: {_lowered(error['msg'])}", None, "value"
        return Diagnostic("error", f"definition.{code}", summary, location=place, hint=hint)

    def name(self, path: Path) -> str:
        """``path`` as the user wrote it, with dots."""
        return dotted(self._sources.original(path))

    def _missing(self, path: Path) -> Diagnostic:
        key = str(path[-1])
        around = path[:-1]
        given = _at(self._document, around)
        near = did_you_mean(key, given) if isinstance(given, dict) else None
        key = "apiVersion" if key == "api_version" else key
        hint = f"add `{key}: {_example(path)}`" + (f" under {dotted(around)}" if around else "")
        if near is not None and isinstance(given, dict):
            hint = f"{near[:-1]} is there; the key is {key}"
        summary = f"{dotted((*around, key))} is missing"
        return Diagnostic("error", "definition.missing", summary, location=self._sources.key(around), hint=hint)

    def _unknown(self, path: Path) -> Diagnostic:
        key, around = str(path[-1]), path[:-1]
        shape = _shape_at(self._shape, around)
        known = [*shape.fields] if shape is not None else []
        homes = [dotted((*home, key)) for home in _homes(self._shape, key) if home != around]
        hint: str | None
        if 0 < len(homes) <= _MOST_HOMES:
            hint = f"it belongs at {' or '.join(homes)}"
        else:
            hint = did_you_mean(key, [camel_case(item) for item in known] if key != key.lower() else known)
            hint = hint or f"known here: {', '.join(known)}"
        summary = f"{dotted(around) or 'the document'} has no key {key!r}"
        return Diagnostic("error", "definition.unknown_key", summary, location=self._sources.key(path), hint=hint)

    def _static(self, name: str, text: Any) -> tuple[str, str, str]:  # noqa: ANN401
        try:
            parts = parse_template(str(text))
        except TemplateError as error:
            return f"{name}: {error}", error.hint, "value"
        secret = next((part.name for part in parts if isinstance(part, EnvironmentVariable)), None)
        if secret is not None:
            hint = "write the value, or use a variable whose name does not look like that of a secret"
            return f"{name} cannot come from the secret {secret}, because it is shown and recorded", hint, "static"
        hint = "references can stand in components and in properties of resources"
        return f"{name} cannot be a reference, because it must be known before anything is made", hint, "static"

    def _choice(self, name: str, path: Path, given: Any) -> tuple[str, str, str]:  # noqa: ANN401
        choices = choices_at(self._shape, path)
        listed = ", ".join(choices)
        if not isinstance(given, str):
            return f"{name} must be one of {listed}, not {_described(given)}", "write one of them", "choice"
        hint = did_you_mean(given.lower(), choices) or f"write one of {listed}"
        return f"{name} is {given!r}, which is not one of {listed}", hint, "choice"

    def _type(self, name: str, path: Path, kind: str, given: Any) -> tuple[str, str | None, str]:  # noqa: ANN401
        summary = f"{name} must be {_WANTED[kind]}, not {_described(given)}"
        hint: str | None = None
        written = self._sources.written(path)
        if given is None:
            hint = "write a value or remove the key"
        elif kind == "string_type" and isinstance(given, (bool, int, float)):
            hint = f'quote it: "{written or given}"'
        elif kind == "bool_type" and str(given).lower() in ("yes", "on", "no", "off", "1", "0"):
            hint = f"write {'true' if str(given).lower() in ('yes', 'on', '1') else 'false'}"
        elif kind == "int_type" and isinstance(given, str) and "${" in given:
            hint = "a reference or a secret cannot stand here"
        elif kind == "list_type" and isinstance(given, str):
            hint = f"write a list: [{given}]"
        elif kind in ("dict_type", "model_type", "typed_dict_type"):
            hint = _mapping_hint(path, self._shape)
        return summary, hint, "type"


def dotted(path: Iterable[str | int]) -> str:
    """``path`` as text: keys with dots, positions in brackets."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.removeprefix(".")


def choices_at(shape: Shape | None, path: Path) -> tuple[str, ...]:
    """The values that the field at ``path`` may have."""
    around = _shape_at(shape, path[:-1])
    return around.choices.get(str(path[-1]), ()) if around is not None else ()


def _shape_at(shape: Shape | None, path: Path) -> Shape | None:
    for step in path:
        if shape is None:
            return None
        shape = shape.fields.get(str(step)) if shape.kind == "mapping" else shape.item
    return shape


def _homes(shape: Shape | None, key: str, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where else in the document there is a key of this name."""
    if shape is None or shape.kind != "mapping":
        return
    if key in shape.fields and path:
        yield path
    for name, inner in shape.fields.items():
        yield from _homes(inner, key, (*path, name))


def _at(document: Json, path: Path) -> Json:
    for step in path:
        if isinstance(document, dict):
            document = document.get(str(step))
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            document = document[step]
        else:
            return None
    return document


def _example(path: Path) -> str:
    examples = {"api_version": "flowyml/v1", "kind": "StackDefinition", "name": "my-stack"}
    if path[-1] == "kind" and len(path) > 1:
        return "directory"
    return examples.get(str(path[-1]), "…")


def _mapping_hint(path: Path, shape: Shape | None) -> str | None:
    inner = _shape_at(shape, path)
    if inner is None or inner.kind != "mapping":
        return "write `name: value` below it, indented"
    return f"write keys below it, indented; known here: {', '.join(inner.fields)}"


def _described(value: Any) -> str:  # noqa: ANN401
    match value:
        case None:
            return "empty"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value}"
        case str():
            return "a text" if "${" in value or len(value) > 40 else f"the text {value!r}"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
