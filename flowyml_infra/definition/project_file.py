"""Owns the model of flowyml.yaml: its sections, their fields and what each is for.

``stacks`` and the overrides are taken as they are here. They may hold variables that only some machines set, so they
are looked at when they are used; ``entries`` has the models of the former.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainSerializer, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator

from flowyml_infra.definition.fields import (
    Count,
    Duration,
    Flag,
    Name,
    Section,
    StackChoice,
    StaticText,
    Text,
    WholeSection,
)
from flowyml_infra.definition.manifest import Location  # noqa: TC001 - pydantic reads it

Patterns = list[StaticText]

_LABELS_SCHEMA: Final = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "object"}]}


def _read_labels(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """Accepted values by label are looked at where policies are read; a list of labels is here."""
    return value if isinstance(value, dict) else read(value)


Labels = Annotated[
    Patterns,
    WrapValidator(_read_labels),
    PlainSerializer(lambda value: value),
    WithJsonSchema(_LABELS_SCHEMA),
]


class ProjectSection(Section):
    """What the project is called."""

    name: StaticText | None = Field(default=None, description="The project's name; part of physical names.")
    org: StaticText | None = Field(default=None, description="Whose it is; part of physical names.")
    description: StaticText | None = Field(default=None, description="What it is for.")


class StateSection(Section):
    """Where the recorded state is."""

    url: Text | None = Field(default=None, description="A database URL; by default sqlite:///.flowyml/state.db.")
    encryption: Literal["envelope", "rows"] | None = Field(
        default=None,
        description="What of the state is encrypted: its secrets (`envelope`), which cannot be turned off, or whole "
        "records (`rows`).",
    )


class PluginsSection(Section):
    """The engine's plugins for clouds."""

    home: StaticText | None = Field(
        default=None,
        description="The folder they are kept in; by default ~/.pulumi. The variable PULUMI_HOME beats it.",
    )
    download: Flag | None = Field(
        default=None,
        description="Whether one that is missing is fetched; by default it is. The variable "
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION beats it.",
    )


class EngineSection(Section):
    """How the Pulumi engine works."""

    cli: StaticText | None = Field(
        default=None,
        description="The Pulumi CLI, or a folder with bin/pulumi; by default the one on PATH, else the one that "
        "`engine install` made. The variable FLOWYML_PULUMI beats it.",
    )
    backend: Text | None = Field(
        default=None,
        description="Where the engine keeps its own record: file://, s3://, gs://, azblob:// or postgres://; by "
        "default beside the state. The variable FLOWYML_ENGINE_BACKEND beats it.",
    )
    parallelism: Annotated[Count, Field(ge=1, le=256)] | None = Field(
        default=None,
        description="How many parts of resources it works on at once; by default four a processor. The variable "
        "PULUMI_PARALLEL beats it.",
    )
    plugins: PluginsSection = Field(default_factory=PluginsSection, description="Its plugins for clouds.")


class EnvironmentSection(Section):
    """One environment: which stack it uses, and what is different there."""

    stack: StackChoice | None = Field(
        default=None, description="The stack that the environment uses: a name, a name with a range, or a URI."
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Parts of a manifest that are merged over the stack's."
    )
    protect: Flag = Field(default=False, description="Refuse plans that would delete or replace anything in it.")


class SourceSection(Section):
    """A place that definitions come from."""

    type: Literal["local", "git", "http", "registry"] = Field(description="What sort of place it is.")
    name: Name | None = Field(default=None, description="What the source is called in messages.")
    path: StaticText | None = Field(default=None, description="The folder, in the project or in the repository.")
    url: StaticText | None = Field(default=None, description="The repository, the address, or that of an index.")
    ref: StaticText | None = Field(default=None, description="The tag, branch, commit, or range of versions.")


class FetchSection(Section):
    """How remote sources are fetched."""

    private_hosts: Patterns = Field(
        default_factory=list,
        description="Hosts, name or name:port, that may have private addresses and be spoken to without TLS.",
    )


class ImagePolicy(WholeSection):
    """What container images must be like."""

    allowed_registries: Patterns | None = Field(
        default=None, description="Where images may come from: host[:port][/path]."
    )
    required_labels: Patterns | None = Field(default=None, description="Labels that each image must carry.")
    pinned_by: Literal["digest", "tag"] | None = Field(default=None, description="How images must be pinned.")
    base_images: Any = Field(default=None, description="What images may be built from: allowed, max_age_days.")
    scans: dict[str, Any] | None = Field(
        default=None, description="What scan reports may hold: reports, above, max_age_days, ignore."
    )


class Policies(WholeSection):
    """What a stack must be like before it is applied or used. Every policy that is set counts."""

    allowed_stacks: Patterns | None = Field(default=None, description="Names or globs of the stacks that are allowed.")
    required_labels: Labels | None = Field(
        default=None, description="Labels that each stack must carry, with the accepted values where they are given."
    )
    image_policy: ImagePolicy | None = Field(default=None, description="What container images must be like.")
    rules: list[Any] | dict[str, Any] | None = Field(default=None, description="Further rules, by name.")
    budgets: list[Any] | dict[str, Any] | None = Field(default=None, description="What stacks may cost.")
    prices: Any = Field(default=None, description="What kinds cost a month, or the file that says it.")
    rego: Any = Field(default=None, description="Policies in Rego: files or globs.")
    files: Patterns | None = Field(default=None, description="Policy files, by path or glob, that count too.")


class PreviewSection(Section):
    """Preview environments: a deployment for each branch."""

    stack: Name | None = Field(default=None, description="The stack they use.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Parts of a manifest that are merged over the stack's."
    )
    ttl: Duration | None = Field(default=None, description="How long one lives, for example 72h.")
    budget: Annotated[float, Field(ge=0)] | None = Field(default=None, description="What one may cost a month.")


class LocationsSection(Section):
    """Where stacks are whose manifests do not say it, by provider."""

    aws: Location | None = Field(default=None, description="region, account_id.")
    gcp: Location | None = Field(default=None, description="project_id, region.")
    azure: Location | None = Field(default=None, description="subscription_id, resource_group, region.")
    kubernetes: Location | None = Field(default=None, description="kube_context, namespace.")


class VariablesSection(Section):
    """Which environment variables definitions may read, and which are secrets."""

    allow: Patterns = Field(default_factory=list, description="Names or globs that remote definitions may read.")
    sensitive: Patterns = Field(
        default_factory=list, description="Names or globs of secrets, beside those that look like one."
    )


class WebhookSection(WholeSection):
    """Where each event of the audit log is sent."""

    url: Text = Field(description="The address, https://…; a variable may hold what is secret in it.")
    secret_env: StaticText = Field(
        description="The environment variable with the secret that requests are signed with."
    )
    timeout: Annotated[float, Field(gt=0, le=60)] = Field(
        default=5, description="How many seconds all deliveries of one command may take."
    )
    allow_http: Flag = Field(default=False, description="Take an http:// address, too.")


class TokensSection(WholeSection):
    """Whose identity tokens the audit log calls verified."""

    issuer: StaticText = Field(description="Who signs them, as the claim `iss` has it.")
    audience: StaticText = Field(description="Whom they are for, as the claim `aud` has it.")
    keys: StaticText = Field(description="The file with the issuer's public keys, a JSON Web Key Set.")


class AuditSection(Section):
    """Who is told of what is done, and whose word counts."""

    webhook: WebhookSection | None = Field(default=None, description="Where each event of the audit log is sent.")
    tokens: TokensSection | None = Field(
        default=None, description="Whose identity tokens the audit log calls verified."
    )


class ProjectFile(Section):
    """flowyml.yaml: a project, its stacks and its environments."""

    project: ProjectSection = Field(default_factory=ProjectSection, description="What the project is called.")
    state: StateSection = Field(default_factory=StateSection, description="Where the recorded state is.")
    engine: EngineSection = Field(default_factory=EngineSection, description="How the Pulumi engine works.")
    active_stack: StackChoice | None = Field(default=None, description="The stack that is used when none is named.")
    stacks: dict[Name, dict[str, Any]] = Field(default_factory=dict, description="Stacks by name.")
    environments: dict[Name, EnvironmentSection] = Field(default_factory=dict, description="Environments by name.")
    sources: list[SourceSection] = Field(default_factory=list, description="Places that definitions come from.")
    fetch: FetchSection = Field(default_factory=FetchSection, description="How remote sources are fetched.")
    policies: Policies | None = Field(default=None, description="What stacks must be like.")
    preview: PreviewSection | None = Field(default=None, description="Preview environments.")
    location: LocationsSection = Field(
        default_factory=LocationsSection, description="Where stacks are whose manifests do not say it, by provider."
    )
    variables: VariablesSection = Field(
        default_factory=VariablesSection, description="Which environment variables may be read."
    )
    audit: AuditSection = Field(default_factory=AuditSection, description="Who is told of what is done.")
