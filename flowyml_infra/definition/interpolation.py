"""Owns the replacement of environment variables in a document.

What comes out is still a template: texts that came from variables have their dollar signs doubled, so that a variable
can bring in no reference, and references and secrets stay as they were written. ``template.parse_template`` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.template import EnvironmentVariable, TemplateError, escape, format_part, parse_template
from flowyml_infra.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Locations, Path
    from flowyml_infra.definition.template import TemplatePart
    from flowyml_infra.definition.variables import Environ, VariableRules

_MOST_TEXT: Final = 16_000_000
"""Characters that variables may bring into one document."""


@dataclass(repr=False)
class Interpolation:
    """Replaces the variables of one text.

    Attributes:
        locations: The places in the text.
        rules: Which variables it may read.
        environ: Where they are looked up.
        sensitive: The secrets that were met.
        problems: What is wrong.
        broken: Where in the text it is; what stands there now means nothing.
        warnings: What is worth saying.
    """

    locations: Locations
    rules: VariableRules
    environ: Environ
    sensitive: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)
    warnings: list[Diagnostic] = field(default_factory=list)
    brought: int = 0

    def replace(self, value: Json, path: Path = ()) -> Json:
        """``value``, found at ``path``, with its variables replaced; what has none is the same object, not a copy."""
        if isinstance(value, str):
            return self._text(value, path) if "$" in value else value
        if isinstance(value, dict):
            changed = {}
            for key, item in value.items():
                new = self.replace(item, (*path, key))
                if new is not item:
                    changed[key] = new
            return {**value, **changed} if changed else value
        if isinstance(value, list):
            items = [self.replace(item, (*path, index)) for index, item in enumerate(value)]
            return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
        return value

    def _text(self, text: str, path: Path) -> str:
        try:
            parts = parse_template(text)
        except TemplateError as error:
            self._problem("template.invalid", path, str(error), error.hint, text[error.offset :])
            return text
        if not any(isinstance(part, EnvironmentVariable) for part in parts):
            return text
        return "".join(self._part(part, path) for part in parts)

    def _part(self, part: TemplatePart, path: Path) -> str:
        if isinstance(part, str):
            return escape(part)
        if not isinstance(part, EnvironmentVariable):
            return format_part(part)
        name = part.name
        if not self.rules.may_read(name):
            summary = f"a definition from a remote source may not read the variable {name}"
            hint = f"add {name} to variables.allow in flowyml.yaml, if the source may know it"
            self._problem("variable.denied", path, summary, hint, "${" + name)
            return ""
        if self.rules.is_sensitive(name):
            self._note_secret(part, path)
            return format_part(part)
        return escape(self._value(part, path))

    def _value(self, variable: EnvironmentVariable, path: Path) -> str:
        name, default = variable.name, variable.default
        value = self.environ.get(name)
        if default is not None and not value:
            value = default
        shown = "${" + name
        if value is None:
            hint = f"export {name}=…, or give it a default: {shown}:-…}}"
            self._problem("variable.unset", path, f"the environment variable {name} is not set", hint, shown)
            return ""
        if any("\ud800" <= character <= "\udfff" for character in value):
            hint = f"set {name} to text in UTF-8"
            self._problem("variable.invalid", path, f"the variable {name} holds no valid text", hint, shown)
            return ""
        self.brought += len(value)
        if self.brought > _MOST_TEXT:
            if self.brought - len(value) <= _MOST_TEXT:
                summary = f"variables bring in more than {_MOST_TEXT:,} characters"
                self._problem("definition.limit", path, summary, "use shorter values", shown)
            return ""
        return value

    def _note_secret(self, variable: EnvironmentVariable, path: Path) -> None:
        name = variable.name
        if name not in self.sensitive and variable.default is None and not self.environ.has(name):
            summary = f"the environment variable {name} is not set here"
            hint = f"export {name}=… before planning; it is a secret and read only then"
            self.warnings.append(self._diagnostic("warning", "variable.unset", path, summary, hint, "${" + name))
        self.sensitive.add(name)

    def _problem(self, code: str, path: Path, summary: str, hint: str, written_as: str) -> None:
        self.broken.add(path)
        self.problems.append(self._diagnostic("error", code, path, summary, hint, written_as))

    def _diagnostic(self, severity: str, code: str, path: Path, summary: str, hint: str, written_as: str) -> Diagnostic:
        place = self.locations.value(path)
        if place is not None and place.line is not None and place.column is not None:
            # The value's place is where its text begins; the variable may stand further along on the same line.
            line = self.locations.line(place.line)
            found = line.find(written_as, place.column - 1)
            place = Location(place.file, place.line, found + 1) if found >= 0 else place
        warning = severity == "warning"
        return Diagnostic("warning" if warning else "error", code, summary, location=place, hint=hint)
