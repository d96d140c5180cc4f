"""Owns the grammar of local paths: what a manifest may write, their one spelling, and which lie inside which."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.resources.values import Json

LONGEST_PATH = 1024
"""Bytes in UTF-8."""
LONGEST_SEGMENT = 200
"""Bytes in UTF-8; file systems stop at 255, and names beside it need some of that."""
_FORBIDDEN = {"\\": "a backslash", "?": "a ?", "#": "a #", ":": "a :", "*": "a *"}


def path_problem(value: Json) -> str | None:
    """What is wrong with ``value`` as a local path, as a clause that follows its name, or None."""
    text = str(value)
    if not text.strip():
        return "is empty"
    if text != text.strip():
        return "begins or ends with a space"
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        return "has a control character in it"
    for character, what in _FORBIDDEN.items():
        if character in text:
            return f"has {what} in it"
    if text.startswith("~"):
        return "begins with ~, which is not expanded; write the folder out"
    return _size_problem(text) or ("names the project folder itself" if posixpath.normpath(text) == "." else None)


def _size_problem(text: str) -> str | None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "is not valid text"
    if size > LONGEST_PATH:
        return f"is {size} bytes long; {LONGEST_PATH} are allowed"
    longest = max(len(segment.encode()) for segment in text.split("/"))
    return f"has a name of {longest} bytes in it; {LONGEST_SEGMENT} are allowed" if longest > LONGEST_SEGMENT else None


def normal_path(value: Json) -> Json:
    """The one spelling of a path: no ``.``, no ``a/..``, no double or trailing slash."""
    if not isinstance(value, str):
        return value
    text = posixpath.normpath(value)
    return text[1:] if text.startswith("//") else text


def leaves_project(path: str) -> bool:
    """Whether a path in its normal spelling leads out of the project, as an absolute one does wherever it leads."""
    return path.startswith(("/", "../")) or path == ".."


def enclosing_paths(path: str) -> list[str]:
    """The folders around ``path``, nearest first, in the same spelling; without the project and the root."""
    parents: list[str] = []
    parent = posixpath.dirname(path)
    while parent not in ("", "/") and not parent.endswith(".."):
        parents.append(parent)
        parent = posixpath.dirname(parent)
    return parents
