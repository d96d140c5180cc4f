"""Owns the reading of a resource's properties: types, defaults, checks, and the references inside of texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from flowyml_infra.definition.grammar import clear_password
from flowyml_infra.definition.problems import dotted
from flowyml_infra.definition.template import TemplateError, parse_template
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.resources.derivation import FromTags
from flowyml_infra.resources.deriving import derive, reserved_tag, tags_of
from flowyml_infra.resources.problems import described
from flowyml_infra.resources.values import LEAVES, Reference, StackReference, Template, Unknown, Variable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.resources.declarations import Declaration
    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.problems import Path
    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.scope import Scope
    from flowyml_infra.resources.values import Json, Value

_WANTED = {
    "string": "a text",
    "integer": "a whole number",
    "boolean": "true or false",
    "mapping": "a mapping of texts",
    "list": "a list of texts",
}


@dataclass
class Inputs:
    """Reads the properties of one resource, or the values of one component.

    Attributes:
        scope: What names mean.
        address: The resource.
        references: The resources that its values refer to.
        dynamic: Whether a value is anything but plain JSON.
        generated: The properties whose value was made up.
    """

    scope: Scope
    address: Address | None = None
    references: set[Address] = field(default_factory=set)
    dynamic: bool = False
    generated: list[str] = field(default_factory=list)

    def read(self, declaration: Declaration) -> dict[str, Value]:
        """Every property of the declaration's kind in its order; what is wrong is noted, and its default stands in."""
        kind = declaration.kind
        given = declaration.properties
        properties: dict[str, Value] = {}
        for item in kind.properties:
            if item.name in given:
                value = self.typed(item, given[item.name], declaration.place(item.name))
                properties[item.name] = value if item.derived is None else self._with_tags(item, value, declaration)
            elif item.derived is not None:
                properties[item.name] = derive(item, declaration, self)
            elif item.required:
                self.missing(item, declaration)
            else:
                properties[item.name] = item.default  # type: ignore[assignment]
        if not given.keys() <= properties.keys():
            self._unknown(kind, declaration)
        if kind.check is not None:
            for fault in kind.check(properties):
                path = declaration.place(fault.property)
                self._problem("definition.value", path, f"{dotted(path)} {fault.clause}", fault.hint)
        return properties

    def refer(self, reference: Reference) -> None:
        """Note that a value is an output of another resource."""
        self.dynamic = True
        self.references.add(reference.address)

    def text(self, raw: str, path: Path) -> Value:
        """The value that the text ``raw`` stands for."""
        if clear_password(raw):
            self._in_the_clear(path)
        try:
            found = tuple(self.scope.part(part, path) for part in parse_template(raw))
        except TemplateError as error:
            self._problem("template.invalid", path, f"{dotted(path)}: {error}", error.hint)
            return raw
        parts = tuple(part for part in found if part is not None)
        if len(parts) < len(found):
            return Unknown()
        if all(isinstance(part, str) for part in parts):
            return "".join(map(str, parts))
        self.dynamic = True
        self.references.update(part.address for part in parts if isinstance(part, Reference))
        return parts[0] if len(parts) == 1 else Template(parts)

    def value(self, raw: Json, path: Path) -> Value:
        """``raw`` with the texts in it read."""
        if isinstance(raw, str):
            return self.text(raw, path) if "$" in raw or "://" in raw else raw
        if isinstance(raw, dict):
            return {key: self.value(item, (*path, key)) for key, item in raw.items()}
        if isinstance(raw, list):
            return [self.value(item, (*path, index)) for index, item in enumerate(raw)]
        return raw

    def secret(self, raw: Json, path: Path) -> Value:
        """The value of what has to be a secret: one that everybody can read is noted."""
        value = self.value(raw, path)
        if not isinstance(value, LEAVES):
            self._in_the_clear(path)
        return value

    def typed(self, item: Property, raw: Json, path: Path) -> Value:
        """The value of a property that was written as ``raw``; its default, noted, when that is wrong."""
        value = self._typed(item, raw, path)
        if value is None:
            return item.default  # type: ignore[return-value]
        if isinstance(value, LEAVES):
            self._check_leaf(item, value, path)
            return value
        # A secret that is written down is one all the same: it is compared by its keyed digest, and shown nowhere.
        self.dynamic = self.dynamic or item.sensitive
        return self._checked(item, value, path)

    def _in_the_clear(self, path: Path) -> None:
        self._problem(
            "definition.secret",
            path,
            f"{dotted(path)} holds a password in the clear",
            "put it into an environment variable and write ${NAME_PASSWORD} in its place",
        )

    def missing(self, item: Property, declaration: Declaration) -> None:
        """Note that a required property is nowhere written."""
        if declaration.component is not None and item.name == "path":
            summary = f"the component {declaration.component} names no place"
            hint = f"add `uri: {declaration.component}`, a path relative to the project"
        else:
            summary = f"{dotted((*declaration.path, item.name))} is missing"
            hint = f"add `{item.name}: …`: {item.description[:1].lower()}{item.description[1:]}"
        self._problem("definition.missing", declaration.path, summary, hint)

    def _with_tags(self, item: Property, value: Value, declaration: Declaration) -> Value:
        """``value`` with the tags of this library beside it, for a property that holds them."""
        if not isinstance(item.derived, FromTags) or not isinstance(value, dict):
            return value
        reserved = reserved_tag(item.derived.style, value)
        if reserved is not None:
            path = (*declaration.place(item.name), reserved)
            self._problem("definition.value", path, f"{dotted(path)} begins with a reserved prefix", "choose another")
        return {**value, **tags_of(item.derived.style, declaration, self)}

    def _typed(self, item: Property, raw: Json, path: Path) -> Value:
        """``raw`` as the property's type; None, noted, when it is of another."""
        found: Value = None
        match item.type:
            case "string":
                found = self.value(raw, path) if isinstance(raw, str) else None
            case "integer":
                if isinstance(raw, str):
                    # Environment variables bring in texts.
                    read = self.value(raw, path)
                    found = int(read) if isinstance(read, str) and read.isdecimal() else _leaf(read)
                elif isinstance(raw, int) and not isinstance(raw, bool):
                    found = raw
            case "boolean":
                if isinstance(raw, bool):
                    found = raw
                elif isinstance(raw, str):
                    read = self.value(raw, path)
                    found = read == "true" if read in ("true", "false") else _leaf(read)
            case "mapping":
                found = self._mapping(raw, path) if isinstance(raw, dict) else self._whole(raw, path)
            case "list":
                found = self._list(raw, path) if isinstance(raw, list) else self._whole(raw, path)
            case _:
                assert_never(item.type)
        if found is None:
            self._mistyped(item, raw, path)
        return found

    def _whole(self, raw: Json, path: Path) -> Value:
        """The reference that stands for a whole mapping or list, or None."""
        return _leaf(self.value(raw, path)) if isinstance(raw, str) else None

    def _mapping(self, raw: dict[str, Json], path: Path) -> Value:
        return {key: self._entry(item, (*path, key)) for key, item in raw.items()}

    def _list(self, raw: list[Json], path: Path) -> Value:
        return [self._entry(item, (*path, index)) for index, item in enumerate(raw)]

    def _entry(self, raw: Json, path: Path) -> Value:
        if isinstance(raw, str):
            return self.value(raw, path)
        quoted = f'quote it: "{_written(raw)}"' if isinstance(raw, (bool, int, float)) else "write a text"
        self._problem("definition.type", path, f"{dotted(path)} must be a text, not {described(raw)}", quoted)
        return ""

    def _mistyped(self, item: Property, raw: Json, path: Path) -> None:
        hint = None
        if item.type == "string" and isinstance(raw, (bool, int, float)):
            hint = f'quote it: "{_written(raw)}"'
        elif raw is None:
            hint = "write a value or remove the key"
        elif item.type == "list" and isinstance(raw, str):
            hint = "write a list: [first, second]"
        elif item.type == "mapping":
            hint = "write `name: value` below it, indented"
        shown = described(raw)
        self._problem("definition.type", path, f"{dotted(path)} must be {_WANTED[item.type]}, not {shown}", hint)

    def _check_leaf(self, item: Property, leaf: Value, path: Path) -> None:
        if item.public and self._is_secret(leaf):
            hint = "write the value, or use a variable whose name does not look like that of a secret"
            summary = f"{dotted(path)} cannot be a secret, because everybody can see it in the world"
            self._problem("definition.secret", path, summary, hint)
        elif isinstance(leaf, Reference):
            output = self.scope.output(leaf)
            if output is not None and output.type != item.type:
                summary = f"{dotted(path)} must be {_WANTED[item.type]}, and {leaf.output} is {_WANTED[output.type]}"
                self._problem("definition.type", path, summary, None)
        elif item.type != "string" and not isinstance(leaf, (StackReference, Unknown)):
            summary = f"{dotted(path)} must be {_WANTED[item.type]}, not a text with a secret or reference in it"
            self._problem("definition.type", path, summary, "write the value itself")

    def _is_secret(self, leaf: Value) -> bool:
        parts = leaf.parts if isinstance(leaf, Template) else (leaf,)
        outputs = (self.scope.output(part) for part in parts if isinstance(part, Reference))
        return any(isinstance(part, Variable) for part in parts) or any(item and item.sensitive for item in outputs)

    def _checked(self, item: Property, value: Value, path: Path) -> Value:
        if item.choices and value not in item.choices:
            listed = ", ".join(item.choices)
            hint = did_you_mean(str(value).lower(), item.choices) or f"write one of {listed}"
            self._problem("definition.choice", path, f"{dotted(path)} is not one of {listed}", hint)
            return item.default  # type: ignore[return-value]
        clause = _out_of_bounds(item, value)
        if clause is None and item.check is not None:
            clause = item.check(value)  # type: ignore[arg-type]
        if clause is not None:
            self._problem("definition.value", path, f"{dotted(path)} {clause}", None)
            return item.default  # type: ignore[return-value]
        doubt = item.doubt(value) if item.doubt is not None else None  # type: ignore[arg-type]
        if doubt is not None:
            self.scope.problems.doubt(path, f"{dotted(path)} {doubt.clause}", doubt.hint, address=self.address)
        return item.normalise(value) if item.normalise is not None else value  # type: ignore[arg-type, return-value]

    def _unknown(self, kind: Kind, declaration: Declaration) -> None:
        known = [item.name for item in kind.properties]
        for name in declaration.properties:
            if kind.property(name) is None:
                path = declaration.place(name)
                hint = did_you_mean(name, known) or f"it has {', '.join(known)}"
                self._problem("definition.unknown_key", path, f"{kind.id} has no property {name!r}", hint)

    def _problem(self, code: str, path: Path, summary: str, hint: str | None) -> None:
        self.scope.problems.add(code, path, summary, hint, address=self.address)


def _out_of_bounds(item: Property, value: Value) -> str | None:
    if not isinstance(value, int) or isinstance(value, bool):
        return None
    least, most = item.minimum, item.maximum
    if (least is None or value >= least) and (most is None or value <= most):
        return None
    unit = f" {item.unit}" if item.unit else ""
    if most is None:
        return f"is {value}{unit}; at least {least} is allowed"
    if least is None:
        return f"is {value}{unit}; at most {most} is allowed"
    return f"is {value}{unit}; {least} to {most} are allowed"


def _leaf(value: Value) -> Value:
    return value if isinstance(value, LEAVES) else None


def _written(value: Mapping[str, Json] | Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
