"""Owns finding a stack by its name: rank after rank of sources, and what to say when it is nowhere or in two places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.definition.project_config import DEFAULT_ENVIRONMENT
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.builtin import BUILTIN_STACK
from flowyml_infra.resolution.resolved import Step
from flowyml_infra.resolution.sources.catalogue import sources
from flowyml_infra.resolution.sources.folder import Folder
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder
from flowyml_infra.resolution.sources.stack_registry import StackRegistry
from flowyml_infra.resolution.versions import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.sources.source import Entry, Source


def look_up(loading: Loading, text: str, asked_by: Step) -> tuple[StackDefinition, str]:
    """The definition of the stack that ``text`` names, with or without a range of versions, and where it was found.

    Raises:
        ResolutionError: No source has it, or two places of one rank do, or it has another version. A source that
            cannot be searched ends the search: the name might be there.
        DefinitionError: It is wrong.
    """
    ranks, wanted = sources(loading), Wanted.parse(text)
    for rank in ranks:
        found = _distinct((source, entry) for source in rank for entry in _search(loading, source, wanted))
        _refuse_reserved(found)
        if len(found) > 1:
            places = [entry.source for _, entry in found]
            raise ResolutionError(
                f"the stack {wanted.name!r} is declared more than once: {' and '.join(places)}",
                code="resolution.ambiguous",
                hint="give each its own metadata.name, or name the manifest by its path or URI",
            )
        if found:
            source, entry = found[0]
            _check_version(wanted, entry)
            return source.load(entry), entry.source
    raise _unknown(loading, wanted.name, asked_by, ranks)


def list_names(loading: Loading, *, remote: bool = True) -> tuple[list[Entry], list[str]]:
    """Every stack that can be named, by name, and what could not be searched, a sentence each.

    One that another source hides is left out; so are those of remote sources unless ``remote``.
    """
    listed: dict[str, Entry] = {}
    remarks: list[str] = []
    for rank in sources(loading):
        for source in rank:
            if not remote and isinstance(source, (RemoteFolder, StackRegistry)):
                continue
            try:
                entries = source.entries()
            except ResolutionError as error:
                remarks.append(f"{source.where} could not be searched: {error.message}")
                continue
            for entry in entries:
                listed.setdefault(entry.name, entry)
    return [listed[name] for name in sorted(listed)], remarks


def _search(loading: Loading, source: Source, wanted: Wanted) -> Sequence[Entry]:
    found = source.find(wanted)
    for entry in found:
        loading.trail.append(Step(source.where, str(Wanted(entry.name, entry.version)), f"it is in {entry.source}"))
    if not found:
        loading.trail.append(Step(source.where, None, f"there is no stack {wanted.name!r}"))
    return found


def _check_version(wanted: Wanted, entry: Entry) -> None:
    if not wanted.accepts(entry.version):
        said = f"is version {entry.version}" if entry.version else "says no version"
        raise ResolutionError(
            f"{wanted.name} in {entry.source} {said}, and {wanted.versions} is asked for",
            code="resolution.version",
            hint="ask for the version that is there, or rename the stack: it hides those of other sources",
        )


def _refuse_reserved(found: Sequence[tuple[Source, Entry]]) -> None:
    for source, entry in found:
        if entry.name == BUILTIN_STACK and isinstance(source, Folder):
            raise ResolutionError(
                f"{entry.source} is named {BUILTIN_STACK!r}, which is the built-in stack's name",
                code="resolution.reserved",
                hint="choose another metadata.name; the built-in stack is adjusted under `stacks:` in flowyml.yaml",
            )


def _distinct(found: Iterable[tuple[Source, Entry]]) -> list[tuple[Source, Entry]]:
    """``found`` without what is there already by another way: a file that flowyml.yaml names and a folder holds."""
    distinct: dict[object, tuple[Source, Entry]] = {}
    for source, entry in found:
        distinct.setdefault(entry.path or object(), (source, entry))
    return list(distinct.values())


def _unknown(loading: Loading, name: str, asked_by: Step, ranks: Sequence[Sequence[Source]]) -> ResolutionError:
    entries, unsearched = list_names(loading)
    known = [entry.name for entry in entries]
    searched = [source for rank in ranks for source in rank]
    detail = [
        f"known stacks: {', '.join(known)}",
        f"looked in: {', '.join(source.where for source in searched)}",
        *(unsearched or [remark for source in searched for remark in source.remarks()]),
    ]
    place = (
        f"the environment {loading.env or DEFAULT_ENVIRONMENT!r}" if asked_by.place == "environment" else asked_by.place
    )
    asked = "" if place == "argument" else f", which {place} asks for"
    return ResolutionError(
        f"there is no stack {name!r}{asked}",
        code="resolution.unknown_stack",
        hint=did_you_mean(name, known) or "`flowyml-infra stack list` shows the stacks there are",
        detail="\n".join(detail),
    )
