"""Owns what a YAML syntax error means to the person who made it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from yaml.error import MarkedYAMLError, YAMLError
from yaml.reader import ReaderError

from flowyml_infra.diagnostics import Diagnostic, Location

if TYPE_CHECKING:
    from yaml.error import Mark

    from flowyml_infra.definition.places import Locations

_CODE: Final = "definition.syntax"
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,62}")
"""What can be shown of the text: a key, and no sentence that may hold anything."""
_OPENED: Final = ("unexpected end of stream", "expected ',' or", "expected ':'")
_ENCODING_HINT: Final = "save the file as UTF-8"

# What the parser says (both of PyYAML's), what that means, and what to do. The first that fits counts.
_MEANINGS: Final = tuple(
    (re.compile(pattern), summary, hint)
    for pattern, summary, hint in (
        (
            r"mapping values are not allowed",
            "a ':' stands where no key can be",
            "quote a text that has ': ' in it, or check the indentation of this line and the one above",
        ),
        (
            r"could not find expected ':'",
            "a key has no ':' after it",
            "write a ':' and a space after the key",
        ),
        (
            r"unexpected end of stream.*quoted|quoted.*unexpected end of stream",
            "a quoted text is never closed",
            "add the closing quote",
        ),
        (
            r"expected ',' or '\]'",
            "a list in [ ] is not closed, or lacks a comma",
            "put a comma between the items and a ']' at the end",
        ),
        (
            r"expected ',' or '\}'",
            "a mapping in { } is not closed, or lacks a comma",
            "put a comma between the entries and a '}' at the end",
        ),
        (
            r"expected (key|<block end>)|block mapping",
            "this line fits no level of indentation around it",
            "indent all keys of one mapping by the same number of spaces",
        ),
        (
            r"expected '-' indicator|block collection|block sequence",
            "this line does not continue the list above it",
            "begin each item of the list with '- ' in the same column",
        ),
        (
            r"unknown escape character|escape sequence|hexadecimal",
            "a backslash in double quotes begins an escape that does not exist",
            "use single quotes, in which a backslash is itself, or write two of them",
        ),
        (
            r"cannot start any token",
            "a text cannot begin with this character",
            "quote the text",
        ),
        (
            r"(alphabetic or numeric|expected a|did not find).*character|anchor|alias",
            "an anchor or alias has no proper name",
            "quote a text that begins with & or *",
        ),
        (r"tag", "a tag is not well formed", "quote a text that begins with !"),
        (
            r"document start|document end",
            "there is more after the end of the document",
            "keep one document in the file; indent continued lines",
        ),
        (r"directive", "a line begins with %, which is a YAML directive", "quote a text that begins with %"),
        (
            r"block scalar|indentation indicator|chomping|comment or a line break",
            "what follows the | or > of a multi-line text is not understood",
            "end the line after | or >, and indent the text below it",
        ),
        (r"tab", "a tab is used where spaces must be", "indent with spaces"),
    )
)


def explain(error: YAMLError, locations: Locations) -> Diagnostic:
    """The diagnostic for what the parser said about the text of ``locations``."""
    if isinstance(error, ReaderError):
        return _explain_encoding(error, locations)
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return Diagnostic("error", _CODE, "this is not YAML", location=Location(locations.file))
    said = f"{error.context or ''} {error.problem or ''}"
    mark = error.problem_mark
    line = locations.line(mark.line + 1)
    if line[: mark.column + 1].isspace() and "\t" in line[: mark.column + 1]:
        hint = "indent with spaces; YAML takes no tabs"
        return _at(locations, mark.line, mark.column, "a tab is used for indentation", hint)
    for pattern, summary, hint in _MEANINGS:
        if pattern.search(said):
            return _refined(error, locations, mark, said, summary, hint)
    return _at(locations, mark.line, mark.column, "this is not YAML", "check the indentation and the quotes")


def _refined(
    error: MarkedYAMLError, locations: Locations, mark: Mark, said: str, summary: str, hint: str
) -> Diagnostic:
    """Point at the beginning of what is open, or at the line above, where the mistake is there."""
    line, context = locations.line(mark.line + 1), error.context_mark
    if "cannot start" in said and mark.column < len(line):
        return _at(locations, mark.line, mark.column, f"a text cannot begin with {line[mark.column]!r}", hint)
    if "escape character" in said and "\\" in line[: mark.column + 1]:
        # The parsers point at different characters of the escape.
        return _at(locations, mark.line, line.rindex("\\", 0, mark.column + 1), summary, hint)
    if "mapping values" in said and mark.line > 0:
        above = locations.line(mark.line).rstrip()
        if _WORD.fullmatch(above.strip()):
            return _at(locations, mark.line - 1, len(above), "a key has no ':' after it", f"write '{above.strip()}:'")
    if context is not None and any(word in said for word in _OPENED):
        mark = context
    if "expected ',' or" in said and re.search(r"(?<!['\"])\$\{", locations.line(mark.line + 1)):
        hint = "quote a text with ${…} in it: inside of { } and [ ], a brace has a meaning of its own"
    word = locations.line(mark.line + 1).strip()
    if "expected ':'" in said and _WORD.fullmatch(word):
        hint = f"write '{word}:', or quote it if it is a text"
    return _at(locations, mark.line, mark.column, summary, hint)


def _at(locations: Locations, line: int, column: int, summary: str, hint: str) -> Diagnostic:
    """A diagnostic at a place that is counted from 0."""
    return Diagnostic("error", _CODE, summary, location=Location(locations.file, line + 1, column + 1), hint=hint)


def _explain_encoding(error: ReaderError, locations: Locations) -> Diagnostic:
    """The readers count what they had read in their own ways, so the offending place is looked up again."""
    try:
        text = locations.data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        before = locations.data[: wrong.start].decode("utf-8")
        return Diagnostic(
            "error", _CODE, "this is not UTF-8 text", location=_place(locations.file, before), hint=_ENCODING_HINT
        )
    control = re.search(r"[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", text)
    if control is None:
        return Diagnostic("error", _CODE, f"this is not YAML: {error.reason}", location=Location(locations.file))
    return Diagnostic(
        "error",
        _CODE,
        f"the character U+{ord(control[0]):04X} may not stand in YAML",
        location=_place(locations.file, text[: control.start()]),
        hint="remove it, or write it as an escape in double quotes",
    )


def _place(file: str, before: str) -> Location:
    return Location(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
