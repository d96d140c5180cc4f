"""Owns how a project wants the Pulumi engine to work: variables, then flowyml.yaml, then the engine's own defaults."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from flowyml_infra.apply.engines.pulumi.settings import (
    BACKEND_VARIABLE,
    CLI_VARIABLE,
    HOME_VARIABLE,
    NO_DOWNLOADS_VARIABLE,
    PARALLELISM_VARIABLE,
    EngineSettings,
    Setting,
)
from flowyml_infra.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.apply.engines.pulumi.backends import Backend
    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.project.facade import Project

_T = TypeVar("_T")
_FILE: Final = "file://"
_TRUE: Final = ("1", "true", "t")


@dataclass(frozen=True, slots=True)
class EffectiveSetting:
    """A setting as it counts: its name below ``engine``, its value to be shown, where it was set; None is nowhere."""

    name: str
    value: str
    origin: str | None


def engine_settings(config: ProjectConfig) -> EngineSettings:
    """The settings that count in the project, each with its origin.

    Raises:
        UsageError: A variable has a value that it cannot have.
    """
    engine, root = config.engine, config.root
    home = engine.plugins.home
    parallelism = _number(PARALLELISM_VARIABLE)
    downloads = _flag(NO_DOWNLOADS_VARIABLE)
    backend = backend_url(config)
    return EngineSettings(
        cli=_variable(CLI_VARIABLE) or _written(config, _path(root, engine.cli), "cli"),
        backend=Setting(None if backend.value is None else _shown(backend.value), backend.origin),
        parallelism=parallelism or _written(config, engine.parallelism, "parallelism"),
        plugin_home=_variable(HOME_VARIABLE) or _written(config, _path(root, home), "plugins", "home"),
        plugin_downloads=(
            _written(config, engine.plugins.download, "plugins", "download")
            if downloads is None
            else Setting(not downloads.value, NO_DOWNLOADS_VARIABLE)
        ),
    )


def backend_url(config: ProjectConfig) -> Setting[str | None]:
    """The URL of the backend that is named, with its secrets, and where.

    Raises:
        DefinitionError: A secret in it is not set.
    """
    return _variable(BACKEND_VARIABLE) or _written(config, config.engine_backend, "backend")


def effective_settings(project: Project) -> tuple[EffectiveSetting, ...]:
    """Every setting but the CLI, which is looked for, as it counts.

    Raises:
        DefinitionError: flowyml.yaml is wrong.
        UsageError: A variable has a value that it cannot have.
        StateError: The state's URL is none that can be used.
    """
    settings = engine_settings(project.config)
    downloads = settings.plugin_downloads
    return (
        _effective("backend", settings.backend, lambda: _beside_the_state(project)),
        _effective("parallelism", settings.parallelism, lambda: "four a processor"),
        _effective("plugins.home", settings.plugin_home, lambda: "~/.pulumi"),
        EffectiveSetting("plugins.download", "no" if downloads.value is False else "yes", downloads.origin),
    )


def _effective(name: str, setting: Setting[Any], default: Callable[[], str]) -> EffectiveSetting:
    return EffectiveSetting(name, default() if setting.value is None else str(setting.value), setting.origin)


def _beside_the_state(project: Project) -> str:
    from flowyml_infra.audit.location import POSTGRES_SCHEMES, url_scheme

    if url_scheme(project.state_url) not in POSTGRES_SCHEMES:
        return f"{_FILE}{engine_folder(project)}"
    from flowyml_infra.audit.postgresql.location import parse_location
    from flowyml_infra.state.engine_schema import engine_schema

    location = parse_location(project.state_url)
    return f"{location.shown.partition('?')[0]}?schema={engine_schema(location.schema)}"


def engine_folder(project: Project) -> Path:
    """The engine's own folder: beside a state in a file, in the project otherwise."""
    path = project.state_url.removeprefix("sqlite:///")
    return (Path(path).parent if path != project.state_url else project.root / ".flowyml") / "engine"


def engine_backend(project: Project) -> Backend:
    """Where Pulumi's record lies: where the project says, else in the server or the folder of its state.

    Raises:
        DefinitionError: flowyml.yaml is wrong.
    """
    from flowyml_infra.apply.engines.pulumi.backends import FolderBackend, NamedBackend
    from flowyml_infra.audit.location import POSTGRES_SCHEMES, url_scheme

    named = backend_url(project.config).value
    if named is not None:
        if named.startswith(_FILE):
            return FolderBackend(project.root / Path(named.removeprefix(_FILE)).expanduser())
        return NamedBackend(named)
    if url_scheme(project.state_url) in POSTGRES_SCHEMES:
        from flowyml_infra.apply.engines.pulumi.postgres_backend import PostgresBackend

        return PostgresBackend(project.state_url)
    return FolderBackend(engine_folder(project))


def _variable(name: str) -> Setting[str | None] | None:
    value = os.environ.get(name)
    return Setting(value, name) if value else None


def _number(name: str) -> Setting[int | None] | None:
    found = _variable(name)
    if found is None:
        return None
    text = str(found.value)
    if not text.isdecimal() or int(text) == 0:
        raise UsageError(
            f"the variable {name} is {text!r}", code="usage.variable", hint="give it a whole number of 1 or more"
        )
    return Setting(int(text), name)


def _flag(name: str) -> Setting[bool] | None:
    found = _variable(name)
    return None if found is None else Setting(str(found.value).lower() in _TRUE, name)


def _written(config: ProjectConfig, value: _T | None, *path: str) -> Setting[_T | None]:
    if value is None:
        return Setting(None)
    place = config.location_of("engine", *path)
    return Setting(value, f"flowyml.yaml:{place.line}" if place is not None else "flowyml.yaml")


def _path(root: Path, text: str | None) -> str | None:
    return None if text is None else str((root / Path(text).expanduser()).absolute())


def _shown(url: str) -> str:
    """``url`` without what may be secret in it."""
    front, _, _ = url.partition("?")
    scheme, separator, rest = front.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
