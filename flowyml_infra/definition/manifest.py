"""Owns the model of a StackDefinition manifest: its sections, their fields and what each is for.

It sees a document whose keys are in snake_case and whose components are mappings; ``shape`` brings them there.
"""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import ConfigDict, Field
from typing_extensions import TypedDict

from flowyml_infra.definition.fields import (
    AccountId,
    AddressText,
    ArtifactUri,
    Count,
    Endpoint,
    Flag,
    Identifier,
    Image,
    MetadataUri,
    Name,
    OpenSection,
    Properties,
    PythonVersion,
    Quantity,
    RegistryUri,
    Section,
    StaticText,
    Text,
    Version,
)

Provider = Literal["local", "aws", "gcp", "azure", "kubernetes"]
Backend = Literal[
    "local",
    "sagemaker",
    "aws_batch",
    "batch",
    "eks",
    "vertex",
    "vertexai",
    "vertex_ai",
    "gke",
    "azureml",
    "aks",
    "kubernetes",
    "k8s",
    "kubeflow",
]
SecretsBackend = Literal[
    "env",
    "aws_secrets_manager",
    "gcp_secret_manager",
    "azure_keyvault",
    "kubernetes",
]


class Metadata(Section):
    """What the stack is called and how it is labelled."""

    name: Name = Field(description="The stack's name: lower-case letters, digits, - and _, at most 63.")
    version: Version | None = Field(default=None, description="The definition's semantic version, for example 2.1.0.")
    description: StaticText | None = Field(default=None, description="What the stack is for.")
    labels: dict[str, StaticText] = Field(
        default_factory=dict, description="Labels, text by name; policies can require them."
    )
    annotations: dict[str, StaticText] = Field(
        default_factory=dict, description="Notes for other tools, text by name; nothing here reads them."
    )


class Location(Section):
    """Where in the provider's world the stack is. What is left out comes from flowyml.yaml or the cloud's variables."""

    region: Identifier | None = Field(default=None, description="The region, for example us-central1.")
    project_id: Identifier | None = Field(default=None, description="The Google Cloud project.")
    account_id: AccountId | None = Field(default=None, description="The AWS account number; quote it.")
    subscription_id: Identifier | None = Field(default=None, description="The Azure subscription.")
    resource_group: Identifier | None = Field(default=None, description="The Azure resource group.")
    namespace: Name | None = Field(default=None, description="The Kubernetes namespace.")
    kube_context: StaticText | None = Field(default=None, description="The context of the kubeconfig to use.")


class LifecycleEntry(Section):
    """How a resource may change."""

    protect: Flag = Field(default=False, description="Refuse plans that would delete or replace it.")
    on_destroy: Literal["delete", "retain"] = Field(
        default="delete", description="retain forgets it in the state and leaves the thing itself alone."
    )
    ignore_changes: list[StaticText] = Field(
        default_factory=list, description="Properties whose differences are not planned."
    )
    create_before_destroy: Flag = Field(default=False, description="Make a replacement before its predecessor goes.")


class ComponentEntry(OpenSection):
    """What every component can say; its other keys are properties of the resource that it stands for."""

    existing: Flag | None = Field(
        default=None, description="It is there already: read it and bind to it, never manage it."
    )
    lifecycle: LifecycleEntry | None = Field(default=None, description="How its resource may change.")


class ProvidedEntry(ComponentEntry):
    """A component that can come from another provider than the stack's."""

    provider: Provider | None = Field(default=None, description="The provider it comes from; by default the stack's.")


class ArtifactStore(ProvidedEntry):
    """Where artifacts are kept; a text is its URI."""

    uri: ArtifactUri | None = Field(default=None, description="A path, s3://…, gs://… or abfs://….")


class MetadataStore(ProvidedEntry):
    """Where runs and their metadata are kept; a text is its URI."""

    uri: MetadataUri | None = Field(default=None, description="A path, sqlite:///path or postgresql://….")


class Registry(ProvidedEntry):
    """Where container images are kept; a text is its URI."""

    uri: RegistryUri | None = Field(default=None, description="host/path, or oci:path for a folder on this machine.")


class Identity(ProvidedEntry):
    """What pipelines run as."""

    service_account: Text | None = Field(default=None, description="An existing service account or role.")


class Network(ProvidedEntry):
    """The network that the stack's resources are in."""


class Tracking(ProvidedEntry):
    """Where experiments are tracked."""

    experiment_tracker: Literal["mlflow"] | None = Field(default=None, description="The tracker.")
    mlflow_uri: Endpoint | None = Field(default=None, description="The URL of an MLflow server that is there already.")


class Secrets(ComponentEntry):
    """Where pipelines find secrets."""

    provider: SecretsBackend | None = Field(default=None, description="The kind of secret store.")
    vault_url: Endpoint | None = Field(default=None, description="The URL of a vault that is there already.")


class Storage(Section):
    """Where data are kept."""

    artifact_store: ArtifactStore | None = Field(
        default=None, description="Where artifacts are kept: a URI or a mapping."
    )
    metadata_store: MetadataStore | None = Field(
        default=None, description="Where metadata are kept: a URI or a mapping."
    )
    storage_class: StaticText | None = Field(default=None, description="The storage class of volumes in a cluster.")


class Compute(Section):
    """What steps run on."""

    backend: Backend | None = Field(default=None, description="The service that runs steps.")
    provider: Provider | None = Field(default=None, description="The provider it comes from; by default the stack's.")
    size: Text | None = Field(default=None, description="The provider's name for the size of a machine.")
    machine_type: Text | None = Field(default=None, description="The provider's name for the type of a machine.")
    min_nodes: Count | None = Field(default=None, description="How many machines there are at least.")
    max_nodes: Count | None = Field(default=None, description="How many machines there are at most.")
    cpu: Quantity | None = Field(default=None, description="Processors a step gets, for example 8 or 500m.")
    memory: Quantity | None = Field(default=None, description="Memory a step gets, for example 32Gi.")
    gpu: Text | None = Field(default=None, description="The model of the accelerator, for example nvidia-tesla-v100.")
    gpu_count: Count | None = Field(default=None, description="Accelerators a machine has.")
    disk_size: Quantity | None = Field(default=None, description="The size of a machine's disk, for example 100Gi.")
    preemptible: Flag | None = Field(default=None, description="Use machines that the provider may take back.")
    autoscaling: Flag | None = Field(default=None, description="Let the number of machines follow the load.")
    existing: Flag | None = Field(default=None, description="It is there already: bind to it, never manage it.")
    lifecycle: LifecycleEntry | None = Field(default=None, description="How its resources may change.")
    properties: Properties = Field(default_factory=dict, description="Further properties of its resources.")


class Runtime(Section):
    """What steps run in."""

    python_version: PythonVersion | None = Field(default=None, description='The version of Python, quoted: "3.11".')
    docker_image: Image | None = Field(default=None, description="The container image that steps run in.")


class ResourceEntry(TypedDict):
    """One resource beyond the components; its other keys are properties of its kind."""

    __pydantic_config__ = ConfigDict(extra="allow")  # type: ignore[misc]

    kind: Annotated[Name, Field(description="The kind, for example directory.")]
    provider: NotRequired[Annotated[Provider, Field(description="The provider; by default the stack's.")]]
    depends_on: NotRequired[Annotated[list[AddressText], Field(description="Addresses of what must be there first.")]]
    lifecycle: NotRequired[Annotated[LifecycleEntry, Field(description="How it may change.")]]


class Moved(Section):
    """A resource that was declared under another address before."""

    from_: AddressText = Field(alias="from", description="The address it had.")
    to: AddressText = Field(description="The address it has now.")


class Import(Section):
    """A thing that is there already and is to be managed from now on."""

    to: AddressText = Field(description="The address it gets.")
    id: Text = Field(description="What the provider calls it.")


class Removed(Section):
    """A resource that is no longer declared, and what becomes of the thing itself."""

    from_: AddressText = Field(alias="from", description="The address it had.")
    destroy: Flag = Field(default=True, description="false leaves the thing alone and only forgets it.")


class Spec(Section):
    """What the stack consists of."""

    provider: Provider | None = Field(
        default=None, description="The provider; by default that of the compute backend, else of the artifact store."
    )
    location: Location | None = Field(default=None, description="Where in the provider's world the stack is.")
    registry: Registry | None = Field(default=None, description="Where container images are kept: a URI or a mapping.")
    storage: Storage | None = Field(default=None, description="Where data are kept.")
    identity: Identity | None = Field(default=None, description="What pipelines run as.")
    network: Network | None = Field(default=None, description="The network that the stack's resources are in.")
    compute: Compute | None = Field(default=None, description="What steps run on.")
    runtime: Runtime | None = Field(default=None, description="What steps run in.")
    tracking: Tracking | None = Field(default=None, description="Where experiments are tracked.")
    secrets: Secrets | None = Field(default=None, description="Where pipelines find secrets.")
    resources: dict[Name, ResourceEntry] = Field(
        default_factory=dict, description="Further resources by name, each with its kind and that kind's properties."
    )
    moved: list[Moved] = Field(default_factory=list, description="Resources whose address changed.")
    imports: list[Import] = Field(default_factory=list, description="Things to manage that are there already.")
    removed: list[Removed] = Field(default_factory=list, description="Resources that are no longer declared.")


class Manifest(Section):
    """A stack definition."""

    api_version: Literal["flowyml/v1", "flowyml.io/v1"] = Field(description="The version of this format.")
    kind: Literal["StackDefinition", "Stack"] = Field(description="What the document is.")
    metadata: Metadata = Field(description="What the stack is called and how it is labelled.")
    spec: Spec = Field(default_factory=Spec, description="What the stack consists of.")
