"""Owns the index of a registry: stacks and policies by name, their versions, and where each is with its digest."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from flowyml_infra.definition.document import load_document
from flowyml_infra.diagnostics import Diagnostic
from flowyml_infra.errors import DefinitionError
from flowyml_infra.resolution.versions import read_version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.definition.document import Document
    from flowyml_infra.definition.jsonvalue import Json

KIND: Final = "StackIndex"
Section: TypeAlias = Literal["stacks", "policies"]
"""The two sorts of what a registry has."""
_DIGEST: Final = re.compile(r"(sha256:)?[0-9a-f]{64}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_KEYS: Final = {"source", "digest", "yanked"}


@dataclass(frozen=True, slots=True)
class Release:
    """One version of a stack or a policy.

    Attributes:
        source: Where it is: a path beside the index, or a URI.
        digest: ``sha256:`` and the digest of its bytes.
        yanked: It is only for those who have it already.
    """

    source: str
    digest: str
    yanked: bool = False


def read_index(content: bytes, shown: str) -> Mapping[Section, Mapping[str, Mapping[str, Release]]]:
    """The releases by section, name and version.

    Args:
        content: The index in YAML or JSON.
        shown: What messages call it.

    Raises:
        DefinitionError: It is wrong; ``diagnostics`` lists every problem with its place.
    """
    document = load_document(content, shown)
    problems: list[Diagnostic] = []
    said = document.value
    named = [section for section in get_args(Section) if isinstance(said, dict) and section in said]
    if not isinstance(said, dict) or said.get("kind") != KIND or not named:
        problems.append(_problem(document, (), f"it is no {KIND}: it needs `kind: {KIND}` and `stacks:`"))
        said = {}
    found: dict[Section, dict[str, dict[str, Release]]] = {
        section: _named(document, section, said.get(section, {}), problems) for section in get_args(Section)
    }
    # What is pinned goes by the name alone.
    both = sorted(found["stacks"].keys() & found["policies"].keys())
    problems += [_problem(document, ("policies", name), f"{name!r} is a stack and a policy") for name in both]
    if problems:
        raise DefinitionError(
            f"{shown} is no index of stacks: {problems[0].summary}", code="source.index", diagnostics=problems
        )
    return found


def _named(
    document: Document, section: Section, said: Json, problems: list[Diagnostic]
) -> dict[str, dict[str, Release]]:
    found: dict[str, dict[str, Release]] = {}
    if not isinstance(said, dict):
        problems.append(_problem(document, (section,), f"{section} is no mapping of names"))
        return found
    for name, versions in said.items():
        if not _NAME.fullmatch(name) or not isinstance(versions, dict):
            problems.append(_problem(document, (section, name), f"{section}.{name} is no name with versions below it"))
            continue
        found[name] = _releases(document, (section, name), versions, problems)
    return found


def _releases(
    document: Document, where: tuple[str, str], versions: dict[str, Json], problems: list[Diagnostic]
) -> dict[str, Release]:
    releases: dict[str, Release] = {}
    keys: dict[str, str] = {}
    for text, entry in versions.items():
        path = (*where, text)
        version = read_version(text)
        if version is None or str(version) != text:
            problems.append(_problem(document, path, f"{text!r} is no semantic version: write 2.1.0"))
            continue
        other = keys.setdefault(text.partition("+")[0], text)
        if other != text:
            problems.append(_problem(document, path, f"{text} has the same rank as {other}"))
        release = _release(entry)
        if release is None:
            problems.append(_problem(document, path, f"{where[1]} {text} needs a source and a digest, sha256:…"))
        else:
            releases[text] = release
    return releases


def _release(entry: Json) -> Release | None:
    if not isinstance(entry, dict) or not set(entry) <= _KEYS:
        return None
    source, digest, yanked = entry.get("source"), entry.get("digest"), entry.get("yanked", False)
    if not isinstance(source, str) or not isinstance(digest, str) or not isinstance(yanked, bool):
        return None
    if not source or not _DIGEST.fullmatch(digest):
        return None
    return Release(source, f"sha256:{digest.removeprefix('sha256:')}", yanked)


def _problem(document: Document, path: tuple[str, ...], summary: str) -> Diagnostic:
    place = document.locations.value(path)
    return Diagnostic("error", "source.index", summary, location=place, hint="see docs/sources.md for its form")
