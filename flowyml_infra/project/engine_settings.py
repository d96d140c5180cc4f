"""Owns how a project wants the Pulumi engine to work: variables, then flowyml.yaml, then the engine's own defaults."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

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
    from flowyml_infra.apply.engines.pulumi.backends import Backend
    from flowyml_infra.definition.project_config import ProjectConfig

_T = TypeVar("_T")
_FILE: Final = "file://"
_TRUE: Final = ("1", "true", "t")


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


def engine_backend(state_url: str, folder: Path, root: Path, named: Setting[str | None]) -> Backend:
    """Where Pulumi's record lies: where ``named`` says, else in the state's server, else in ``folder``."""
    from flowyml_infra.apply.engines.pulumi.backends import FolderBackend, NamedBackend
    from flowyml_infra.audit.location import POSTGRES_SCHEMES, url_scheme

    if named.value is not None:
        if named.value.startswith(_FILE):
            return FolderBackend(root / Path(named.value.removeprefix(_FILE)).expanduser())
        return NamedBackend(named.value)
    if url_scheme(state_url) in POSTGRES_SCHEMES:
        from flowyml_infra.apply.engines.pulumi.postgres_backend import PostgresBackend

        return PostgresBackend(state_url)
    return FolderBackend(folder)


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
