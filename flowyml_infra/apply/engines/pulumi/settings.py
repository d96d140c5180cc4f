"""Owns how a project wants the engine to work, and where each of these settings was made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

_T_co = TypeVar("_T_co", covariant=True)

CLI_VARIABLE: Final = "FLOWYML_PULUMI"
"""Names the CLI, or the folder that has it as ``bin/pulumi``."""
BACKEND_VARIABLE: Final = "FLOWYML_ENGINE_BACKEND"
"""The URL of Pulumi's backend."""
PARALLELISM_VARIABLE: Final = "PULUMI_PARALLEL"
HOME_VARIABLE: Final = "PULUMI_HOME"
NO_DOWNLOADS_VARIABLE: Final = "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"


@dataclass(frozen=True, slots=True)
class Setting(Generic[_T_co]):
    """A value, and where it was set: the name of a variable, a place in flowyml.yaml, or None for a default."""

    value: _T_co
    origin: str | None = None


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """The settings. None is the engine's own default.

    Attributes:
        cli: The CLI that is to be used.
        backend: The URL of Pulumi's backend as it may be shown.
        parallelism: How many parts of resources the engine works on at once.
        plugin_home: The folder in which the engine keeps the plugins of clouds.
        plugin_downloads: Whether it may fetch a plugin that is not there.
    """

    cli: Setting[str | None] = field(default_factory=lambda: Setting(None))
    backend: Setting[str | None] = field(default_factory=lambda: Setting(None))
    parallelism: Setting[int | None] = field(default_factory=lambda: Setting(None))
    plugin_home: Setting[str | None] = field(default_factory=lambda: Setting(None))
    plugin_downloads: Setting[bool | None] = field(default_factory=lambda: Setting(None))

    def environment(self) -> Mapping[str, str]:
        """What the CLI is told by variables."""
        found: dict[str, str] = {}
        if self.parallelism.value is not None:
            found[PARALLELISM_VARIABLE] = str(self.parallelism.value)
        if self.plugin_home.value is not None:
            found[HOME_VARIABLE] = self.plugin_home.value
        if self.plugin_downloads.value is not None:
            found[NO_DOWNLOADS_VARIABLE] = str(not self.plugin_downloads.value).lower()
        return found
