"""Owns the way from an entry under ``stacks:`` in flowyml.yaml to a definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from flowyml_infra.definition.document import definition_error
from flowyml_infra.definition.drafting import Draft
from flowyml_infra.definition.entries import SpecEntry, entry_model, expand_entry
from flowyml_infra.definition.interpolation import Interpolation
from flowyml_infra.definition.manifest import Manifest
from flowyml_infra.definition.places import Layer, SourceMap
from flowyml_infra.definition.problems import Translator
from flowyml_infra.definition.shape import Shaping, shape_of
from flowyml_infra.definition.stack_definition import StackDefinition, build_definition
from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import ResolutionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path as FilePath

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Path
    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.definition.variables import Environ

    Reader = Callable[[FilePath], bytes | None]


def define_stack(
    config: ProjectConfig, name: str, environment: str | None, environ: Environ, read: Reader | None
) -> StackDefinition:
    """See :meth:`ProjectConfig.stack_definition`."""
    entry = config.stacks.get(name)
    if entry is None:
        raise ResolutionError(
            f"flowyml.yaml declares no stack {name!r}",
            code="resolution.unknown_stack",
            hint=did_you_mean(name, config.stacks) or "declare it under `stacks:`",
        )
    interpolation = Interpolation(config.locations, config.variables.rules(), environ)
    prefix: Path = ("stacks", name)
    replaced = interpolation.replace(dict(entry), prefix)
    if "manifest" in entry and isinstance(replaced, dict):
        if interpolation.problems:
            raise definition_error(interpolation.problems)
        return _from_file(config, name, str(replaced["manifest"]), environment, environ, read)
    manifest = _draft(name, replaced, interpolation, prefix, config)
    return build_definition(manifest, config, environment, environ, f"{config.locations.file}#{name}")


def _draft(name: str, entry: Json, interpolation: Interpolation, prefix: Path, config: ProjectConfig) -> Draft:
    locations = config.locations
    entry = entry if isinstance(entry, dict) else {}
    model = entry_model(entry) or SpecEntry
    shaping = Shaping(locations)
    shaped = shaping.apply(entry, shape_of(model), (), prefix)
    layer = Layer(locations, {**shaping.origins, (): prefix})
    sources = SourceMap((layer,), locations.file)
    problems = [*interpolation.problems, *shaping.problems]
    try:
        model.model_validate(shaped)
    except ValidationError as error:
        translator = Translator(sources, shape_of(model), shaped)
        raise definition_error(problems + translator.translate(error, interpolation.broken)) from None
    expansion = expand_entry(name, shaped if isinstance(shaped, dict) else {}, sources)
    manifest = Shaping(locations)
    value = manifest.apply(expansion.manifest, shape_of(Manifest), (), ())
    # From places in the manifest to places in the entry, and from there to places in flowyml.yaml.
    origins: dict[Path, Path] = {(): prefix}
    for path, origin in (*expansion.origins.items(), *manifest.origins.items()):
        within = Layer(locations, {**expansion.origins, (): ()}).origin(origin) if path in manifest.origins else origin
        found_at = layer.origin(within if within is not None else ())
        origins[path] = found_at if found_at is not None else prefix
    return Draft(
        value,
        (Layer(locations, origins),),
        frozenset(interpolation.sensitive),
        (*problems, *expansion.problems, *manifest.problems),
        frozenset(interpolation.broken),
        tuple(interpolation.warnings),
    )


def _from_file(
    config: ProjectConfig, name: str, path: str, environment: str | None, environ: Environ, read: Reader | None
) -> StackDefinition:
    place = config.locations.value(("stacks", name, "manifest"))
    data = (read or _read)(config.root / path)
    if data is None:
        summary = f"the manifest {path} of the stack {name!r} is not there"
        hint = "the path is relative to the project's folder"
        problem = Diagnostic("error", "resolution.no_manifest", summary, location=place, hint=hint)
        raise ResolutionError(summary, code="resolution.no_manifest", hint=hint, diagnostics=[problem])
    definition = StackDefinition.from_text(
        data, source=path, config=config, environment=environment, environ=environ.values
    )
    if definition.name != name:
        summary = f"the manifest {path} is for {definition.name!r}, not for {name!r}"
        hint = f"rename the entry to {definition.name}"
        raise definition_error([Diagnostic("error", "definition.value", summary, location=place, hint=hint)])
    return definition


def _read(path: FilePath) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
