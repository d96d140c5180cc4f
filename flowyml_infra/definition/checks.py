"""Owns what is wrong with a manifest whose fields are all right: contradictions between them, and misspelt keys."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.components import components_of
from flowyml_infra.definition.grammar import GrammarError, check_label
from flowyml_infra.definition.template import literal_text
from flowyml_infra.diagnostics import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Path, SourceMap
    from flowyml_infra.diagnostics import Location

_COMPONENT_KEYS: Final = ("existing", "lifecycle", "provider", "uri")
_RESOURCE_KEYS: Final = ("depends_on", "kind", "lifecycle", "provider")
_NEAR: Final = 0.8


def check_manifest(document: Mapping[str, Json], sources: SourceMap) -> Iterator[Diagnostic]:
    """Every such problem of ``document``, which fits the model."""
    spec, metadata = _mapping(document.get("spec")), _mapping(document.get("metadata"))
    yield from _check_labels(_mapping(metadata.get("labels")), sources)
    yield from _check_compute(_mapping(spec.get("compute")), sources)
    for component in components_of(document, "local").values():
        if component.name != "compute":
            yield from _near_misses(component.properties, _COMPONENT_KEYS, component.path, sources)
    for name, entry in _mapping(spec.get("resources")).items():
        yield from _near_misses(_mapping(entry), _RESOURCE_KEYS, ("spec", "resources", name), sources)
    for section, key in (("moved", "from"), ("imports", "to"), ("removed", "from")):
        yield from _check_addresses(spec.get(section), section, key, sources)


def _check_labels(labels: Mapping[str, Json], sources: SourceMap) -> Iterator[Diagnostic]:
    for name, text in labels.items():
        path = ("metadata", "labels", name)
        try:
            check_label(name, literal_text(str(text)) or "")
        except GrammarError as error:
            yield _problem("value", f"metadata.labels.{name} {error}", error.hint, sources.key(path))


def _check_compute(compute: Mapping[str, Json], sources: SourceMap) -> Iterator[Diagnostic]:
    least, most = compute.get("min_nodes"), compute.get("max_nodes")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        summary = f"spec.compute.min_nodes is {least}, more than max_nodes, which is {most}"
        yield _problem(
            "value", summary, "raise max_nodes or lower min_nodes", sources.value(("spec", "compute", "min_nodes"))
        )
    if compute.get("gpu_count") and not any(compute.get(key) for key in ("gpu", "size", "machine_type")):
        place = sources.value(("spec", "compute", "gpu_count"))
        hint = "name the accelerator under gpu, or a machine with it under size or machine_type"
        yield _problem("value", "spec.compute.gpu_count counts accelerators that nothing names", hint, place)


def _near_misses(
    given: Mapping[str, Json], reserved: Iterable[str], path: Path, sources: SourceMap
) -> Iterator[Diagnostic]:
    """Keys that are properties by the letter and misspelt keys of ours by all likelihood."""
    for key in given:
        if key in reserved:
            continue
        near = _nearest(key, tuple(reserved))
        if near is not None:
            place = sources.key((*path, key))
            hint = f"did you mean {near!r}?"
            yield _problem("unknown_key", f"{'.'.join(map(str, path))} has no key {key!r}", hint, place)


@lru_cache(maxsize=1024)
def _nearest(key: str, reserved: tuple[str, ...]) -> str | None:
    """The reserved key that ``key`` is most likely meant to be; the same few keys are asked for again and again."""
    return next(iter(difflib.get_close_matches(key, reserved, n=1, cutoff=_NEAR)), None)


def _check_addresses(entries: Json, section: str, key: str, sources: SourceMap) -> Iterator[Diagnostic]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        address = _mapping(entry).get(key)
        if not isinstance(address, str):
            continue
        place = sources.value(("spec", section, index, key))
        if address == _mapping(entry).get("to") and key == "from":
            yield _problem("value", f"spec.{section}[{index}] moves {address} to itself", "remove the entry", place)
        if address in seen:
            summary = f"{address} is in spec.{section} twice"
            yield _problem("value", summary, f"keep one; the first is spec.{section}[{seen[address]}]", place)
        seen.setdefault(address, index)


def _problem(code: str, summary: str, hint: str | None, place: Location) -> Diagnostic:
    return Diagnostic("error", f"definition.{code}", summary, location=place, hint=hint)


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, dict) else {}
