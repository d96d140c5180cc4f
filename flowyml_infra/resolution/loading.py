"""Owns the loading of definitions for one resolution: everything is read through its ``Inputs``, flowyml.yaml once."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from flowyml_infra.definition.project_config import CONFIG_NAME, ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.builtin import BUILTIN_DOCUMENT, BUILTIN_SOURCE
from flowyml_infra.resolution.peek import glance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flowyml_infra.resolution.fetching.snapshot import Snapshot
    from flowyml_infra.resolution.inputs import Inputs
    from flowyml_infra.resolution.peek import Glance
    from flowyml_infra.resolution.places import Place
    from flowyml_infra.resolution.remotes import Mode, Remotes
    from flowyml_infra.resolution.resolved import Step

STACKS_FOLDER = "stacks"
"""Where a project keeps its manifests."""


class Loading:
    """Loads for the project at ``root`` in the environment ``env``, None when none was asked for.

    Attributes:
        trail: What was looked at on the way to a definition, in order.

    Args:
        root: The project's folder.
        inputs: Everything is read through it.
        env: The environment asked for.
        mode: What is taken of remote sources that are pinned; by default what is pinned, unless it moved.
        keep: Write what was pinned to flowyml.lock.
    """

    def __init__(
        self, root: Path, inputs: Inputs, env: str | None = None, *, mode: Mode | None = None, keep: bool = True
    ) -> None:
        self.root = root
        self.inputs = inputs
        self.env = env
        self._mode = mode
        self._keep = keep
        self.trail: list[Step] = []

    @cached_property
    def config(self) -> ProjectConfig:
        """flowyml.yaml, or its defaults.

        Raises:
            DefinitionError: It is wrong; ``diagnostics`` lists every problem.
        """
        content = self.inputs.read(self.root / CONFIG_NAME)
        return ProjectConfig.from_bytes(content, self.root, environ=self.inputs.environ)

    def manifest_folders(self) -> Iterator[tuple[Path, str]]:
        """The folders that manifests are looked for in, each with what it is called in messages."""
        shown = [STACKS_FOLDER]
        for source in self.config.sources:
            path = source.get("path")
            if source["type"] == "local" and isinstance(path, str):
                shown.append(path.rstrip("/") or "/")
        seen: set[Path] = set()
        for name in shown:
            folder = (self.root / name).resolve()
            if folder not in seen:
                seen.add(folder)
                yield folder, name

    @cached_property
    def remotes(self) -> Remotes:
        """The remote sources.

        Raises:
            DefinitionError: flowyml.lock is damaged.
        """
        from flowyml_infra.resolution.content_cache import ContentCache
        from flowyml_infra.resolution.fetching.addresses import Guard
        from flowyml_infra.resolution.fetching.fetcher import Fetcher
        from flowyml_infra.resolution.fetching.limits import LIMITS
        from flowyml_infra.resolution.fetching.tokens import Tokens
        from flowyml_infra.resolution.lockfile import LockFile
        from flowyml_infra.resolution.remotes import OFFLINE_VARIABLE, Mode, Remotes

        fetcher = Fetcher(Guard(self.config.private_hosts), Tokens(self.inputs.unrecorded), LIMITS)
        return Remotes(
            fetcher,
            LockFile(self.root, self.inputs.read, keep=self._keep),
            ContentCache(),
            offline=bool(self.inputs.environ.get(OFFLINE_VARIABLE)),
            mode=self._mode or Mode.FOLLOW,
        )

    def snapshot(self, place: Place) -> Snapshot:
        """The manifests of a remote place; see ``Remotes.snapshot``."""
        found = self.remotes.snapshot(place)
        self.inputs.note_remote(place.shown, found.revision)
        return found

    def glance(self, path: Path) -> Glance:
        """What the manifest at ``path`` says it is."""
        return glance(self.inputs.read(path) or b"")

    def load_declared(self, name: str) -> StackDefinition:
        """The definition under ``stacks.NAME`` in flowyml.yaml.

        Raises:
            DefinitionError: It is wrong.
        """
        environ = self.inputs.environ
        return self.config.stack_definition(name, self.env, environ=environ, read=self.inputs.read)

    def load_file(self, path: Path, shown: str) -> StackDefinition:
        """The definition in the manifest at ``path``, which messages call ``shown``.

        Raises:
            DefinitionError: It is wrong.
        """
        return self._load(self.inputs.read(path) or b"", shown)

    def load_registered(self, name: str) -> StackDefinition:
        """The registered definition of this name.

        Raises:
            ResolutionError: There is none, or it is the definition of another stack.
            DefinitionError: It is wrong.
        """
        found = self.inputs.registered(name)
        if found is None:
            raise ResolutionError(f"there is no registered stack {name!r}")
        definition = self._load(found.document, f"registered stack {name}")
        if definition.name != name:
            raise ResolutionError(
                f"what was registered as {name!r} is the definition of {definition.name!r}",
                code="resolution.misregistered",
                hint="register the definition again with `flowyml-infra stack apply`",
            )
        return definition

    def load_remote(self, content: bytes, shown: str) -> StackDefinition:
        """The definition in ``content``, which a remote source gave: it may read the variables of ``variables.allow``.

        Raises:
            DefinitionError: It is wrong.
        """
        definition = self._load(content, shown, trusted=False)
        warnings = tuple(self.remotes.warnings)
        return replace(definition, warnings=(*definition.warnings, *warnings)) if warnings else definition

    def load_builtin(self) -> StackDefinition:
        """The built-in stack."""
        return StackDefinition.from_mapping(
            BUILTIN_DOCUMENT,
            source=BUILTIN_SOURCE,
            config=self.config,
            environment=self.env,
            environ=self.inputs.environ,
        )

    def load_given(self, definition: StackDefinition) -> StackDefinition:
        """``definition`` with what the environment changes about it."""
        return definition.in_environment(self.config, self.env, environ=self.inputs.environ)

    def _load(self, text: str | bytes, source: str, *, trusted: bool = True) -> StackDefinition:
        return StackDefinition.from_text(
            text,
            source=source,
            config=self.config,
            environment=self.env,
            environ=self.inputs.environ,
            trusted=trusted,
        )
