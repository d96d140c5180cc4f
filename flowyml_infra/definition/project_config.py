"""Owns flowyml.yaml: the project's settings, and the way from one of its ``stacks`` entries to a definition."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Final

from flowyml_infra.definition.document import definition_error, load_document
from flowyml_infra.definition.drafting import Text
from flowyml_infra.definition.project_reading import read_project
from flowyml_infra.definition.template import EnvironmentVariable, parse_template
from flowyml_infra.definition.variables import Environ, VariableRules
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import AuditError, DefinitionError, ResolutionError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.audit.token import Trust
    from flowyml_infra.audit.webhook import Webhook
    from flowyml_infra.definition.jsonvalue import Json
    from flowyml_infra.definition.places import Locations
    from flowyml_infra.definition.project_file import EngineSection, ProjectFile
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.diagnostics import Diagnostic, Location

CONFIG_NAME: Final = "flowyml.yaml"
DEFAULT_ENVIRONMENT: Final = "default"
"""The environment when none was asked for; it need not be declared."""


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment of the project.

    Attributes:
        name: Its name.
        stack: The stack that it uses, or None.
        overrides: Parts of a manifest that are merged over the stack's, as written.
        protect: Whether everything in it is protected.
    """

    name: str
    stack: str | None = None
    overrides: Mapping[str, Json] = field(default_factory=dict, repr=False)
    protect: bool = False


@dataclass(frozen=True, slots=True)
class Variables:
    """Which environment variables definitions may read: names or globs, as written."""

    allow: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()

    def rules(self, *, trusted: bool = True) -> VariableRules:
        """The rules for one definition."""
        return VariableRules(self.sensitive, self.allow, trusted)


@dataclass(frozen=True, slots=True)
class Preview:
    """How preview environments are made: the stack, overrides as written, life time and monthly budget."""

    stack: str | None = None
    overrides: Mapping[str, Json] = field(default_factory=dict, repr=False)
    ttl: str | None = None
    budget: float | None = None


@dataclass(frozen=True, eq=False, repr=False)
class ProjectConfig:
    """A project's flowyml.yaml, or its defaults where there is none.

    Attributes:
        root: The project's folder.
        model: The file, typed; ``stacks`` and overrides as written.
        raw: The file, with nothing replaced in it.
        locations: The places in the file.
        source_digest: SHA-256 of its bytes, in hexadecimal; of no bytes where there is no file.
        exists: Whether there is a file.
        sensitive_variables: The names of the secrets that it refers to outside ``stacks`` and overrides.
        consulted: The value of every other variable that it was made from, None for one that was not set.
        warnings: What the loading had to say.
    """

    root: FilePath
    model: ProjectFile
    raw: dict[str, Json]
    locations: Locations
    source_digest: str
    exists: bool
    environ: Mapping[str, str]
    sensitive_variables: frozenset[str] = frozenset()
    consulted: Mapping[str, str | None] = field(default_factory=dict)
    warnings: tuple[Diagnostic, ...] = ()

    @classmethod
    def load(cls, root: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None) -> ProjectConfig:
        """Read flowyml.yaml in the folder ``root``; without one, everything is at its default.

        Raises:
            DefinitionError: It cannot be read or is wrong; ``diagnostics`` lists every problem with its place.
        """
        path = FilePath(root) / CONFIG_NAME
        try:
            data: bytes | None = path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            data = None
        except OSError as error:
            raise DefinitionError(f"{path} cannot be read: {error.strerror}", code="definition.unreadable") from error
        return cls.from_bytes(data, root, environ=environ)

    @classmethod
    def from_bytes(
        cls, data: bytes | None, root: str | os.PathLike[str], *, environ: Mapping[str, str] | None = None
    ) -> ProjectConfig:
        """The configuration in ``data``, the content of flowyml.yaml in ``root``, or None where there is no file.

        Raises:
            DefinitionError: It is wrong.
        """
        document = load_document(data or b"", CONFIG_NAME)
        variables = Environ(os.environ if environ is None else environ)
        reading = read_project(document, variables)
        if reading.model is None:
            raise definition_error(reading.problems)
        return cls(
            root=FilePath(root),
            model=reading.model,
            raw=reading.raw,
            locations=document.locations,
            source_digest=document.digest,
            exists=data is not None,
            environ=variables.values,
            sensitive_variables=frozenset(reading.sensitive),
            consulted=dict(variables.consulted),
            warnings=tuple(reading.warnings),
        )

    @property
    def path(self) -> FilePath:
        """Where the file is or would be."""
        return self.root / CONFIG_NAME

    @property
    def name(self) -> str:
        """``project.name``, by default the folder's name."""
        return self.model.project.name or self.root.resolve().name

    @property
    def org(self) -> str | None:
        """``project.org``, or None."""
        return self.model.project.org

    @property
    def encrypts_rows(self) -> bool:
        """Whether ``state.encryption`` asks for records that are encrypted whole."""
        return self.model.state.encryption == "rows"

    @property
    def state_url(self) -> str | None:
        """``state.url`` with secrets filled in, or None. Do not show it.

        Raises:
            DefinitionError: A secret in it is not set.
        """
        url = self.model.state.url
        return None if url is None else self._filled(url, "state.url")

    @property
    def engine(self) -> EngineSection:
        """``engine`` as written; :attr:`engine_backend` has the secrets of its URL."""
        return self.model.engine

    @property
    def engine_backend(self) -> str | None:
        """``engine.backend`` with secrets filled in, or None. Do not show it.

        Raises:
            DefinitionError: A secret in it is not set.
        """
        url = self.model.engine.backend
        return None if url is None else self._filled(url, "engine.backend")

    @property
    def state_secrets(self) -> frozenset[str]:
        """The variables that ``state.url`` takes its secrets from."""
        parts = parse_template(self.model.state.url or "")
        return frozenset(part.name for part in parts if isinstance(part, EnvironmentVariable))

    def token_trust(self) -> Trust | None:
        """``audit.tokens`` with the keys read, or None.

        Raises:
            AuditError: The file of the keys cannot be read, or holds none.
        """
        section = self.model.audit.tokens
        if section is None:
            return None
        from flowyml_infra.audit.token import Trust, read_keys

        try:
            data = (self.root / section.keys).read_bytes()
        except OSError as error:
            raise AuditError(
                f"audit.tokens.keys names {section.keys}, which cannot be read: {error.strerror}",
                code="audit.token_keys",
                hint="write it from the project's folder",
            ) from error
        return Trust(section.issuer, section.audience, read_keys(data, section.keys))

    @property
    def webhook(self) -> Webhook | None:
        """``audit.webhook`` with secrets filled in, or None.

        Raises:
            DefinitionError: A secret of it is not set.
        """
        section = self.model.audit.webhook
        if section is None:
            return None
        from flowyml_infra.audit.webhook import Webhook

        where = "audit.webhook"
        secret = self._secret(EnvironmentVariable(section.secret_env), where).encode("utf-8", "surrogateescape")
        return Webhook(self._filled(section.url, where), secret, section.timeout, section.allow_http)

    @property
    def active_stack(self) -> str | None:
        """``active_stack``, or None."""
        return self.model.active_stack

    @property
    def stacks(self) -> Mapping[str, Mapping[str, Json]]:
        """``stacks`` as written, by name; :meth:`stack_definition` makes definitions of them."""
        return self.model.stacks

    @property
    def environments(self) -> Mapping[str, Environment]:
        """``environments`` by name."""
        return {
            name: Environment(name, entry.stack, entry.overrides, entry.protect)
            for name, entry in self.model.environments.items()
        }

    @property
    def sources(self) -> tuple[Mapping[str, Json], ...]:
        """``sources``, each with its ``type`` and what was written besides."""
        return tuple(entry.model_dump(exclude_none=True) for entry in self.model.sources)

    @property
    def private_hosts(self) -> tuple[str, ...]:
        """``fetch.private_hosts``: hosts that remote sources may be fetched from although they are not public."""
        return tuple(self.model.fetch.private_hosts)

    @property
    def locations_by_provider(self) -> Mapping[str, Mapping[str, str]]:
        """``location``: by provider, what was written for it."""
        return self.model.location.model_dump(exclude_none=True)

    @property
    def policies_document(self) -> dict[str, Json]:
        """``policies`` as plain JSON, only with what was written; ``{}`` when there is none."""
        policies = self.model.policies
        return {} if policies is None else policies.model_dump(exclude_none=True, exclude_unset=True)

    @property
    def policies(self) -> dict[str, Json]:
        """The same as :attr:`policies_document`."""
        return self.policies_document

    @property
    def preview(self) -> Preview:
        """``preview``, or its defaults."""
        entry = self.model.preview
        return Preview() if entry is None else Preview(entry.stack, entry.overrides, entry.ttl, entry.budget)

    @property
    def variables(self) -> Variables:
        """``variables``."""
        return Variables(tuple(self.model.variables.allow), tuple(self.model.variables.sensitive))

    def environment(self, name: str | None) -> Environment:
        """The environment ``name``; ``default``, and None, need not be declared.

        Raises:
            ResolutionError: There is none of this name.
        """
        known = self.environments
        wanted = name or DEFAULT_ENVIRONMENT
        if wanted in known:
            return known[wanted]
        if wanted == DEFAULT_ENVIRONMENT:
            return Environment(DEFAULT_ENVIRONMENT)
        raise ResolutionError(
            f"the environment {wanted!r} is not declared",
            code="resolution.unknown_environment",
            hint=did_you_mean(wanted, known) or "declare it under `environments:` in flowyml.yaml",
            detail=f"known environments: {', '.join([*known] or [DEFAULT_ENVIRONMENT])}",
        )

    def overrides_of(self, environment: str | None, environ: Environ) -> Text | None:
        """The overrides of ``environment`` as a text to draft, or None when it has none.

        Raises:
            ResolutionError: The environment is not declared.
        """
        found = self.environment(environment)
        if not found.overrides:
            return None
        prefix = ("environments", found.name, "overrides")
        return Text(dict(found.overrides), self.locations, self.variables.rules(), environ, prefix)

    def stack_definition(
        self,
        name: str,
        environment: str | None = None,
        *,
        environ: Mapping[str, str] | None = None,
        read: Callable[[FilePath], bytes | None] | None = None,
    ) -> StackDefinition:
        """The definition of the stack ``name`` under ``stacks``.

        Args:
            name: Its name.
            environment: The environment whose overrides are applied.
            environ: The environment variables; by default those that the configuration was loaded with.
            read: Reads the file of an entry that names its manifest, None for one that is not there.

        Raises:
            ResolutionError: There is no such entry, no such environment, or no such file.
            DefinitionError: The entry, its manifest or the overrides are wrong.
        """
        from flowyml_infra.definition.declared import define_stack

        return define_stack(self, name, environment, Environ(self.environ if environ is None else environ), read)

    def location_of(self, *path: str | int) -> Location | None:
        """Where the value at ``path`` is written; for a mapping or list, where its key is."""
        return self.locations.value(path)

    def _filled(self, text: str, where: str) -> str:
        """``text`` with the variables in it that are secrets."""
        return "".join(
            part if isinstance(part, str) else self._secret(part, where)
            for part in parse_template(text)
            if isinstance(part, (str, EnvironmentVariable))
        )

    def _secret(self, variable: EnvironmentVariable, where: str) -> str:
        value = self.environ.get(variable.name)
        if value is None or (value == "" and variable.default is not None):
            value = variable.default
        if value is None:
            raise DefinitionError(
                f"the environment variable {variable.name} is not set",
                code="variable.unset",
                hint=f"export {variable.name}=…; {where} in flowyml.yaml needs it",
            )
        return value

    def __repr__(self) -> str:
        return f"ProjectConfig(name={self.name!r}, path={str(self.path)!r})"
