"""Owns the way of a manifest from the text to a checked document: interpolate, shape, merge overrides, validate."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import ValidationError

from flowyml_infra.definition.checks import check_manifest
from flowyml_infra.definition.components import infer_provider
from flowyml_infra.definition.interpolation import Interpolation
from flowyml_infra.definition.manifest import Manifest
from flowyml_infra.definition.overrides import merge
from flowyml_infra.definition.places import Layer, SourceMap
from flowyml_infra.definition.problems import Translator
from flowyml_infra.definition.shape import Shaping, shape_of
from flowyml_infra.diagnostics import Diagnostic

if TYPE_CHECKING:
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Locations, Path
    from flowyml_infra.definition.variables import Environ, VariableRules


@dataclass(frozen=True, repr=False)
class Draft:
    """A manifest, or a part of one, in shape and not yet validated.

    Attributes:
        value: It.
        layers: The texts it was made from.
        sensitive: The secrets that it refers to.
        problems: What is wrong with it so far.
        broken: Where in its texts that is, and no further problem need be told.
        warnings: What is worth saying.
    """

    value: Json
    layers: tuple[Layer, ...]
    sensitive: frozenset[str] = frozenset()
    problems: tuple[Diagnostic, ...] = ()
    broken: frozenset[Path] = frozenset()
    warnings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, repr=False)
class Checked:
    """A manifest that fits the model.

    Attributes:
        document: It, as plain JSON, with ``spec.provider`` filled in.
        model: It, typed.
        sources: Where its values were written.
    """

    document: dict[str, Json]
    model: Manifest
    sources: SourceMap


@dataclass(frozen=True, repr=False)
class Text:
    """A part of a text that is a manifest or overrides of one.

    Attributes:
        value: It.
        locations: The places in the text.
        rules: Which variables it may read.
        environ: Where they are looked up.
        prefix: Where in the text it is.
    """

    value: Json
    locations: Locations
    rules: VariableRules
    environ: Environ
    prefix: Path = field(default=())


def draft(text: Text) -> Draft:
    """Replace the variables of ``text`` and bring it into shape."""
    interpolation = Interpolation(text.locations, text.rules, text.environ)
    # Without a dollar sign there is nothing to replace; an escape could stand for one.
    data = text.locations.data
    plain = bool(data) and b"$" not in data and b"\\" not in data
    replaced = text.value if plain else interpolation.replace(text.value, text.prefix)
    shaping = Shaping(text.locations)
    value = shaping.apply(replaced, shape_of(Manifest), (), text.prefix)
    return Draft(
        value,
        (Layer(text.locations, {**shaping.origins, (): text.prefix}),),
        frozenset(interpolation.sensitive),
        (*interpolation.problems, *shaping.problems),
        frozenset(interpolation.broken),
        tuple(interpolation.warnings),
    )


def override(base: Draft, over: Draft) -> Draft:
    """``base`` with the overrides ``over`` on top; what is no mapping stays, to be refused as what it is."""
    if not isinstance(base.value, dict):
        return base
    return Draft(
        merge(base.value, over.value),
        (*over.layers, *base.layers),
        base.sensitive | over.sensitive,
        (*base.problems, *over.problems, *_fixed(base, over)),
        base.broken | over.broken,
        (*base.warnings, *over.warnings),
    )


def check(manifest: Draft, source: str) -> tuple[Checked | None, list[Diagnostic]]:
    """Validate ``manifest``; ``source`` is its name where it has no text. The first is None when there are problems."""
    sources = SourceMap(manifest.layers, source)
    problems = list(manifest.problems)
    if not isinstance(manifest.value, dict):
        summary = "the manifest is empty" if manifest.value is None else "the manifest is not a mapping"
        hint = "begin with `apiVersion: flowyml/v1`"
        problems.append(Diagnostic("error", "definition.type", summary, location=sources.key(()), hint=hint))
        return None, problems
    # A section that is there with nothing in it, as when all of it is commented out, is one that is not there.
    value = {key: item for key, item in manifest.value.items() if key != "spec" or item is not None}
    try:
        model = Manifest.model_validate(value)
    except ValidationError as error:
        # A variable that is not set left an empty text behind, and that is no second problem.
        translator = Translator(sources, shape_of(Manifest), manifest.value)
        return None, problems + translator.translate(error, manifest.broken)
    document: dict[str, Json] = model.model_dump(exclude_unset=True, by_alias=True)
    problems += check_manifest(document, sources)
    if problems:
        return None, problems
    return Checked(_normal(document), model, sources), []


def _normal(document: dict[str, Json]) -> dict[str, Json]:
    """``document`` with the spellings that mean the same made one, and the provider filled in."""
    spec = document.get("spec")
    spec = dict(spec) if isinstance(spec, dict) else {}
    spec["provider"] = infer_provider(document)
    return {
        "api_version": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": _without_nulls(document["metadata"]),
        # In a resource, null may be a property's value, which its kind judges.
        "spec": {
            key: item if key == "resources" else _without_nulls(item) for key, item in spec.items() if item is not None
        },
    }


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _fixed(base: Draft, over: Draft) -> list[Diagnostic]:
    """Overrides cannot make another stack of it."""
    sources = SourceMap(over.layers, "flowyml.yaml")
    found: list[Diagnostic] = []
    for path in (("api_version",), ("kind",), ("metadata", "name")):
        old, new = _at(base.value, path), _at(over.value, path)
        if new is not None and new != old:
            summary = f"an environment cannot override {'.'.join(path)}"
            hint = "map the environment to another stack instead"
            found.append(Diagnostic("error", "definition.override", summary, location=sources.key(path), hint=hint))
    return found


def _at(value: Json, path: tuple[str, ...]) -> Json:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value
