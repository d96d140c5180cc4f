"""Owns the stack definition: a manifest that was read, interpolated and found right."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.definition.components import Component, components_of
from flowyml_infra.definition.document import definition_error, load_document
from flowyml_infra.definition.drafting import Draft, Text, check, draft, override
from flowyml_infra.definition.jsonvalue import digest_of
from flowyml_infra.definition.places import Locations, SourceMap
from flowyml_infra.definition.plain import plain_mapping
from flowyml_infra.definition.template import literal_text
from flowyml_infra.definition.variables import Environ, VariableRules
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.errors import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.manifest import Manifest, Spec
    from flowyml_infra.definition.project_config import ProjectConfig

RESERVED_NAME: Final = "local"
"""The built-in stack's name, which no manifest may take."""


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class StackDefinition:
    """One stack as its manifest declares it.

    The texts in ``document`` are templates (see ``definition.template``): references and secrets stand in them as they
    were written, and a dollar sign of a value is doubled. The attributes here are what the templates stand for.

    Attributes:
        document: The manifest as plain JSON: snake_case keys, components as mappings, ``spec.provider`` filled in.
        model: The same, typed.
        source: Where it came from, as the user named it.
        source_digest: SHA-256 of the source's bytes, in hexadecimal; with overrides, of those too.
        sensitive_variables: The names of the secrets that it refers to.
        consulted: The value of every other variable that it was made from, None for one that was not set.
        warnings: What the loading had to say.
        sources: Where its values were written.
    """

    document: dict[str, Json]
    model: Manifest
    source: str
    source_digest: str
    sources: SourceMap
    sensitive_variables: frozenset[str] = frozenset()
    consulted: Mapping[str, str | None] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()

    @classmethod
    def load(
        cls,
        path: str | os.PathLike[str],
        config: ProjectConfig | None = None,
        environment: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
    ) -> StackDefinition:
        """Read the manifest in the file ``path``; see :meth:`from_text`.

        Raises:
            DefinitionError: The file cannot be read, or the manifest is wrong.
        """
        name = os.fspath(path)
        try:
            data = FilePath(path).read_bytes()
        except OSError as error:
            raise DefinitionError(
                f"{name} cannot be read: {error.strerror}", code="definition.unreadable", hint="check the path"
            ) from error
        return cls.from_text(data, source=name, config=config, environment=environment, environ=environ)

    @classmethod
    def from_text(
        cls,
        text: str | bytes,
        *,
        source: str = "<text>",
        config: ProjectConfig | None = None,
        environment: str | None = None,
        environ: Mapping[str, str] | None = None,
        trusted: bool = True,
    ) -> StackDefinition:
        """Read a manifest.

        Args:
            text: The manifest in YAML.
            source: Where it comes from, as the user calls it.
            config: The project, whose ``variables`` and ``environments`` count.
            environment: The environment whose overrides are applied.
            environ: The environment variables; by default those of this process.
            trusted: Whether it may read every variable; otherwise only those of ``variables.allow``.

        Raises:
            DefinitionError: It is wrong; ``diagnostics`` lists every problem with its place.
            ResolutionError: The environment is not declared.
        """
        data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
        document = load_document(data, source)
        around = _Surroundings(config, environment, Environ(os.environ if environ is None else environ))
        manifest = draft(Text(document.value, document.locations, around.rules(trusted=trusted), around.environ))
        reserved = _reserved(manifest, source)
        return _build(manifest, around, source, document.digest, reserved)

    @classmethod
    def from_mapping(
        cls,
        mapping: Mapping[str, Any],
        *,
        source: str = "<mapping>",
        config: ProjectConfig | None = None,
        environment: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> StackDefinition:
        """Take a manifest that is in memory; see :meth:`from_text`. Problems have no line then.

        Raises:
            DefinitionError: It is wrong.
            ResolutionError: The environment is not declared.
        """
        value = plain_mapping(mapping, source)
        around = _Surroundings(config, environment, Environ(os.environ if environ is None else environ))
        manifest = draft(Text(value, Locations(source), around.rules(trusted=True), around.environ))
        return _build(manifest, around, source, digest_of(value), [])

    def in_environment(
        self, config: ProjectConfig, environment: str | None, *, environ: Mapping[str, str] | None = None
    ) -> StackDefinition:
        """This definition with the overrides of ``environment`` on top; itself when there are none.

        Raises:
            DefinitionError: It is wrong with them.
            ResolutionError: The environment is not declared.
        """
        around = _Surroundings(config, environment, Environ(os.environ if environ is None else environ))
        if around.overrides() is None:
            return self
        around.environ.consulted.update(self.consulted)
        document = self.document
        spec = document["spec"]
        if self.spec.provider is None and isinstance(spec, dict):
            # What was inferred is inferred again, from what the overrides leave.
            document = {**document, "spec": {key: item for key, item in spec.items() if key != "provider"}}
        base = Draft(document, self.sources.layers, self.sensitive_variables, warnings=self.warnings)
        return _build(base, around, self.source, self.source_digest, [])

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return literal_text(self.model.metadata.name) or ""

    @property
    def version(self) -> str | None:
        """``metadata.version``, or None."""
        version = self.model.metadata.version
        return None if version is None else literal_text(version)

    @property
    def labels(self) -> dict[str, str]:
        """``metadata.labels``."""
        return {name: literal_text(text) or "" for name, text in self.model.metadata.labels.items()}

    @property
    def provider(self) -> str:
        """The stack's provider, as written or inferred."""
        spec = self.document["spec"]
        return str(spec["provider"]) if isinstance(spec, dict) else "local"

    @property
    def image(self) -> str | None:
        """``spec.runtime.docker_image``, or None."""
        runtime = self.spec.runtime
        image = runtime.docker_image if runtime is not None else None
        return None if image is None else literal_text(image)

    @property
    def spec(self) -> Spec:
        """``spec``, typed."""
        return self.model.spec

    @property
    def digest(self) -> str:
        """SHA-256 of ``document`` as canonical JSON, in hexadecimal."""
        return digest_of(self.document)

    def components(self) -> dict[str, Component]:
        """The components that it declares, by name."""
        return components_of(self.document, self.provider)

    def location_of(self, *path: str | int) -> Location | None:
        """Where the value at ``path`` of ``document`` was written; for a mapping or list, where its key is.

        None when it was not written in a text, as what was inferred.
        """
        return self.sources.find(path)

    def to_stack(self) -> object:
        """The stack object that runs pipelines on this definition."""
        from flowyml_infra.stacks import stack_from_definition

        return stack_from_definition(self)

    def __repr__(self) -> str:
        return f"StackDefinition(name={self.name!r}, version={self.version!r}, source={self.source!r})"


@dataclass(frozen=True, repr=False)
class _Surroundings:
    """What a definition is made in: the project, the environment and the variables."""

    config: ProjectConfig | None
    environment: str | None
    environ: Environ

    def rules(self, *, trusted: bool) -> VariableRules:
        return (
            self.config.variables.rules(trusted=trusted) if self.config is not None else VariableRules(trusted=trusted)
        )

    def overrides(self) -> Text | None:
        if self.config is None:
            return None
        return self.config.overrides_of(self.environment, self.environ)


def _build(
    base: Draft, around: _Surroundings, source: str, source_digest: str, problems: list[Diagnostic]
) -> StackDefinition:
    overrides = around.overrides()
    manifest = base if overrides is None else override(base, draft(overrides))
    checked, found = check(manifest, source)
    problems = [*problems, *found]
    if checked is None or problems:
        raise definition_error(problems)
    if overrides is not None:
        source_digest = hashlib.sha256(f"{source_digest}\n{digest_of(overrides.value)}".encode()).hexdigest()
    return StackDefinition(
        checked.document,
        checked.model,
        source,
        source_digest,
        checked.sources,
        manifest.sensitive,
        dict(around.environ.consulted),
        manifest.warnings,
    )


def build_definition(
    manifest: Draft, config: ProjectConfig, environment: str | None, environ: Environ, source: str
) -> StackDefinition:
    """The definition of a stack that flowyml.yaml itself declares.

    Raises:
        DefinitionError: It is wrong.
        ResolutionError: The environment is not declared.
    """
    return _build(manifest, _Surroundings(config, environment, environ), source, config.source_digest, [])


def _reserved(manifest: Draft, source: str) -> list[Diagnostic]:
    value = manifest.value
    metadata = value.get("metadata") if isinstance(value, dict) else None
    if not isinstance(metadata, dict) or metadata.get("name") != RESERVED_NAME:
        return []
    summary = f"metadata.name is {RESERVED_NAME!r}, which is the built-in stack's name"
    hint = "choose another name; the built-in stack is adjusted under `stacks:` in flowyml.yaml"
    place = SourceMap(manifest.layers, source).value(("metadata", "name"))
    return [Diagnostic("error", "definition.reserved", summary, location=place, hint=hint)]
