"""Owns the way of flowyml.yaml from the text to its checked model."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from flowyml_infra.definition.entries import ENTRY_TYPES, entry_model
from flowyml_infra.definition.grammar import clear_password
from flowyml_infra.definition.interpolation import Interpolation
from flowyml_infra.definition.places import Layer, Locations, SourceMap
from flowyml_infra.definition.problems import Translator
from flowyml_infra.definition.project_file import ProjectFile
from flowyml_infra.definition.shape import Shaping, shape_of
from flowyml_infra.definition.template import TemplateError, literal_text
from flowyml_infra.definition.variables import VariableRules
from flowyml_infra.diagnostics import Diagnostic, did_you_mean

if TYPE_CHECKING:
    from flowyml_infra.definition.document import Document
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.variables import Environ

_MAPPING_KEYS: Final = ("overrides",)
BACKEND_SCHEMES: Final = ("file", "s3", "gs", "azblob", "postgres")
"""Where the engine's own record may lie."""


@dataclass(repr=False)
class ProjectReading:
    """What reading flowyml.yaml gave.

    Attributes:
        model: The file, typed, or None when it is wrong.
        raw: The file in shape, with nothing replaced in it.
        sensitive: The secrets that it refers to.
        problems: What is wrong with it.
        warnings: What is worth saying.
    """

    model: ProjectFile | None = None
    raw: dict[str, Json] = field(default_factory=dict)
    sensitive: set[str] = field(default_factory=set)
    problems: list[Diagnostic] = field(default_factory=list)
    warnings: list[Diagnostic] = field(default_factory=list)


def read_project(document: Document, environ: Environ) -> ProjectReading:
    """Check ``document``, the content of flowyml.yaml, with the variables of ``environ``."""
    shaping = Shaping(document.locations)
    shape = shape_of(ProjectFile)
    raw = shaping.apply({} if document.value is None else document.value, shape, (), ())
    sources = SourceMap((Layer(document.locations, {**shaping.origins, (): ()}),), document.file)
    reading = ProjectReading(problems=list(shaping.problems))
    if not isinstance(raw, dict):
        hint = "begin with `project:` and a name below it"
        summary = "flowyml.yaml is not a mapping"
        reading.problems.append(Diagnostic("error", "definition.type", summary, location=sources.key(()), hint=hint))
        return reading
    # A section that is there with nothing in it, as when all of it is commented out, is one that is not there.
    raw = {key: item for key, item in raw.items() if item is not None}
    reading.raw = raw
    interpolation = Interpolation(document.locations, VariableRules(_sensitive(raw)), environ)
    replaced = _replace(raw, interpolation, sources)
    reading.problems += interpolation.problems
    reading.warnings += interpolation.warnings
    reading.sensitive = interpolation.sensitive
    variables = refuse_variables(raw.get("policies"), ("policies",), sources)
    if variables:
        reading.problems += variables
        replaced.pop("policies")
    try:
        model = ProjectFile.model_validate(replaced)
        reading.problems += _check_state(model, sources)
        reading.problems += _check_backend(model, sources)
        reading.problems += _check_webhook(model, sources)
        reading.warnings += _warn_of_clear_passwords(model, sources)
    except ValidationError as error:
        reading.problems += Translator(sources, shape, replaced).translate(error, interpolation.broken)
        model = None
    reading.problems += _check_entries(raw.get("stacks"), sources)
    reading.model = None if reading.problems else _literal(model)
    return reading


def _replace(raw: dict[str, Json], interpolation: Interpolation, sources: SourceMap) -> dict[str, Json]:
    """``raw`` with variables replaced, except in ``stacks``, ``variables``, ``policies`` and overrides.

    A policy takes no variables: whoever runs a command could open the gate with them.
    """
    result: dict[str, Json] = {}
    for key, value in raw.items():
        if key in ("stacks", "variables", "policies"):
            result[key] = value
        elif key == "environments" and isinstance(value, dict):
            result[key] = {
                name: _replace_section(item, (key, name), interpolation, sources) for name, item in value.items()
            }
        else:
            result[key] = _replace_section(value, (key,), interpolation, sources)
    return result


def _replace_section(value: Json, path: tuple[str, ...], interpolation: Interpolation, sources: SourceMap) -> Json:
    if not isinstance(value, dict):
        return interpolation.replace(value, sources.original(path))
    return {
        key: item if key in _MAPPING_KEYS else interpolation.replace(item, sources.original((*path, key)))
        for key, item in value.items()
    }


def _sensitive(raw: dict[str, Json]) -> tuple[str, ...]:
    """``variables.sensitive``, which must be known before anything is replaced."""
    variables = raw.get("variables")
    names = variables.get("sensitive") if isinstance(variables, dict) else None
    return tuple(item for item in names if isinstance(item, str)) if isinstance(names, list) else ()


def _check_entries(stacks: Json, sources: SourceMap) -> list[Diagnostic]:
    """The keys of the entries; their values are looked at when a stack is used."""
    problems: list[Diagnostic] = []
    for name, entry in stacks.items() if isinstance(stacks, dict) else ():
        path = ("stacks", name)
        if not isinstance(entry, dict):
            continue
        model = entry_model(entry)
        if model is None:
            problems.append(_unknown_type(entry.get("type"), name, sources))
            continue
        shape = shape_of(model)
        shaping = Shaping(sources.layers[0].locations)
        shaped = shaping.apply(entry, shape, (), ())
        known = list(shape.fields) if shape is not None else []
        for key in [key for key in shaped if key not in known] if isinstance(shaped, dict) else []:
            hint = did_you_mean(key, known) or f"known here: {', '.join(known)}"
            summary = f"stacks.{name} has no key {key!r}"
            place = sources.key((*path, key))
            problems.append(Diagnostic("error", "definition.unknown_key", summary, location=place, hint=hint))
        if name == "local" and entry.get("type", "local") != "local":
            summary = "'local' is the built-in stack's name, and that one is on this machine"
            place = sources.value((*path, "type"))
            problems.append(
                Diagnostic("error", "definition.reserved", summary, location=place, hint="rename the stack")
            )
    return problems


def _unknown_type(given: Json, name: str, sources: SourceMap) -> Diagnostic:
    known = ", ".join(ENTRY_TYPES)
    shown = repr(given) if isinstance(given, str) else "not a text"
    return Diagnostic(
        "error",
        "definition.choice",
        f"stacks.{name}.type is {shown}, which is not one of {known}",
        location=sources.value(("stacks", name, "type")),
        hint=(did_you_mean(given.lower(), ENTRY_TYPES) if isinstance(given, str) else None) or f"write one of {known}",
    )


def refuse_variables(value: Json, path: tuple[str | int, ...], sources: SourceMap | Locations) -> list[Diagnostic]:
    """What a policy would take from outside."""
    if isinstance(value, str):
        try:
            if literal_text(value) is not None:
                return []
        except TemplateError:
            pass
        summary = f"{'.'.join(map(str, path))} takes a variable, and a policy takes none"
        hint = "write the value out: who runs a command must not be able to change what it is judged by"
        return [Diagnostic("error", "definition.variable", summary, location=sources.value(path), hint=hint)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [problem for key, item in parts for problem in refuse_variables(item, (*path, key), sources)]


def _check_state(model: ProjectFile, sources: SourceMap) -> list[Diagnostic]:
    url = model.state.url
    if url is None or "://" in url or url.startswith("${"):
        return []
    hint = f"write sqlite:///{url}" if ":" not in url else "write for example sqlite:///.flowyml/state.db"
    place = sources.value(("state", "url"))
    return [Diagnostic("error", "definition.value", "state.url is no database URL", location=place, hint=hint)]


def _check_webhook(model: ProjectFile, sources: SourceMap) -> list[Diagnostic]:
    webhook = model.audit.webhook
    schemes = ("https://", "${", "http://") if webhook is not None and webhook.allow_http else ("https://", "${")
    if webhook is None or webhook.url.startswith(schemes):
        return []
    hint = "events tell who did what where; `allow_http: true` beside it allows http:// all the same"
    place = sources.value(("audit", "webhook", "url"))
    summary = "audit.webhook.url is no https:// address"
    return [Diagnostic("error", "definition.value", summary, location=place, hint=hint)]


def _check_backend(model: ProjectFile, sources: SourceMap) -> list[Diagnostic]:
    url = model.engine.backend
    if url is None or url.startswith("${"):
        return []
    scheme, separator, rest = url.partition("://")
    known = ", ".join(f"{item}://" for item in BACKEND_SCHEMES)
    if not separator:
        summary, hint = "engine.backend is no URL", f"it begins with one of {known}"
    elif scheme not in BACKEND_SCHEMES:
        summary = f"engine.backend has the scheme {scheme!r}, which is not one of {known}"
        hint = "leave it out, and the engine's record lies beside the state"
    elif not rest:
        summary, hint = f"engine.backend names nothing after {scheme}://", "name the folder, bucket or server"
    else:
        return []
    return [Diagnostic("error", "definition.value", summary, location=sources.value(("engine", "backend")), hint=hint)]


def _warn_of_clear_passwords(model: ProjectFile, sources: SourceMap) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    for url, path in ((model.state.url, ("state", "url")), (model.engine.backend, ("engine", "backend"))):
        if url is not None and clear_password(url):
            summary = f"{'.'.join(path)} holds a password in the clear"
            hint = "put it into an environment variable and write ${NAME_PASSWORD} instead"
            place = sources.value(path)
            found.append(Diagnostic("warning", "definition.clear_password", summary, location=place, hint=hint))
    return found


def _literal(model: ProjectFile | None) -> ProjectFile | None:
    """``model`` with ``$$`` undone in what is static, so that readers need not think of templates."""
    if model is None:
        return None
    keep = {"stacks": model.stacks, "environments": model.environments, "state": model.state, "engine": model.engine}
    data = model.model_dump(exclude_unset=True, exclude=set(keep))
    if "$" not in repr(data):
        return model
    updated = ProjectFile.model_validate(_undo(data))
    return updated.model_copy(update={key: value for key, value in keep.items() if key in model.model_fields_set})


def _undo(value: Any) -> Any:  # noqa: ANN401 -- JSON in, JSON of the same form out
    if isinstance(value, str):
        literal = literal_text(value)
        return value if literal is None else literal
    if isinstance(value, dict):
        return {key: item if key in _MAPPING_KEYS else _undo(item) for key, item in value.items()}
    return [_undo(item) for item in value] if isinstance(value, list) else value
