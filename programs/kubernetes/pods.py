"""Owns the pods of servers: they are not root, write where they must and nowhere else, and know nothing of the cluster.

They fit the strictest standard of pod security, ``restricted``:
https://kubernetes.io/docs/concepts/security/pod-security-standards/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi_kubernetes as k8s

from .metadata import labels, selector

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

    from ..component import Inputs

TEMPORARY = "/tmp"  # noqa: S108 - a folder of the pod's own
DATA = "/data"
_STARTING_TRIES = 60
"""Ten seconds apart: as long as the engine waits for a server."""


@dataclass(frozen=True)
class Server:
    """What runs in a pod.

    Attributes:
        kind: Of which kind of resource it is.
        image: Its image.
        user: The number of the user that it runs as, and of that user's group.
        port: The port that it listens on.
        command: What is started; None for what the image starts.
        args: The rest of its command line.
        environment: Its environment.
        probe: How to ask whether it works.
        after_start: A command that is run in it once it has started; until then it is not ready.
        folders: Volumes by the folder that each of them is.
        annotations: Of the pod.
    """

    kind: str
    image: pulumi.Input[str]
    user: pulumi.Input[int]
    port: pulumi.Input[int]
    environment: Mapping[str, pulumi.Input[str] | k8s.core.v1.EnvVarSourceArgs]
    probe: k8s.core.v1.ProbeArgs
    command: Sequence[pulumi.Input[str]] | None = None
    args: Sequence[pulumi.Input[str]] | None = None
    after_start: Sequence[pulumi.Input[str]] | None = None
    folders: Mapping[str, k8s.core.v1.VolumeArgs] = field(default_factory=dict)
    annotations: Mapping[str, pulumi.Input[str]] | None = None


def template(inputs: Inputs, server: Server) -> k8s.core.v1.PodTemplateSpecArgs:
    """The pods of ``server``."""
    volumes = {TEMPORARY: scratch("temporary"), **server.folders}
    return k8s.core.v1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels={**labels(inputs), **selector(inputs, server.kind)}, annotations=server.annotations
        ),
        spec=k8s.core.v1.PodSpecArgs(
            automount_service_account_token=False,
            # Else a service called mlflow would set MLFLOW_PORT.
            enable_service_links=False,
            security_context=k8s.core.v1.PodSecurityContextArgs(
                run_as_non_root=True,
                run_as_user=server.user,
                run_as_group=server.user,
                fs_group=server.user,
                fs_group_change_policy="OnRootMismatch",
                seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
            ),
            containers=[_container(inputs, server, volumes)],
            volumes=list(volumes.values()),
        ),
    )


def _container(
    inputs: Inputs, server: Server, volumes: Mapping[str, k8s.core.v1.VolumeArgs]
) -> k8s.core.v1.ContainerArgs:
    amounts = {"cpu": inputs.text("cpu"), "memory": inputs.text("memory")}
    return k8s.core.v1.ContainerArgs(
        name="server",
        image=server.image,
        command=server.command,
        args=server.args,
        env=[_variable(name, value) for name, value in server.environment.items()],
        ports=[k8s.core.v1.ContainerPortArgs(name="main", container_port=server.port)],
        resources=k8s.core.v1.ResourceRequirementsArgs(requests=amounts, limits=amounts),
        security_context=k8s.core.v1.SecurityContextArgs(
            allow_privilege_escalation=False,
            privileged=False,
            read_only_root_filesystem=True,
            run_as_non_root=True,
            capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
            seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
        ),
        volume_mounts=[
            k8s.core.v1.VolumeMountArgs(name=volume.name, mount_path=folder) for folder, volume in volumes.items()
        ],
        startup_probe=_probe(server.probe, _STARTING_TRIES),
        readiness_probe=_probe(server.probe, 3),
        liveness_probe=_probe(server.probe, 6),
        lifecycle=None if server.after_start is None else _after_start(server.after_start),
    )


def scratch(name: str, medium: str | None = None) -> k8s.core.v1.VolumeArgs:
    """A folder that is empty when the pod starts, and goes with it."""
    return k8s.core.v1.VolumeArgs(name=name, empty_dir=k8s.core.v1.EmptyDirVolumeSourceArgs(medium=medium))


def claimed(inputs: Inputs) -> k8s.core.v1.VolumeArgs:
    """The volume that the resource claims.

    It is named, not waited for: some storage classes make a volume only once there is a pod that wants it.
    """
    source = k8s.core.v1.PersistentVolumeClaimVolumeSourceArgs(claim_name=inputs.text("name"))
    return k8s.core.v1.VolumeArgs(name="data", persistent_volume_claim=source)


def from_secret(secret: pulumi.Input[str], key: str) -> k8s.core.v1.EnvVarSourceArgs:
    """The value of a variable that is an entry of a secret."""
    return k8s.core.v1.EnvVarSourceArgs(secret_key_ref=k8s.core.v1.SecretKeySelectorArgs(name=secret, key=key))


def asks_path(path: str) -> k8s.core.v1.ProbeArgs:
    """A probe that asks for a path of the server's port."""
    return k8s.core.v1.ProbeArgs(http_get=k8s.core.v1.HTTPGetActionArgs(path=path, port="main"))


def asks_command(*command: str) -> k8s.core.v1.ProbeArgs:
    """A probe that runs a command beside the server."""
    return k8s.core.v1.ProbeArgs(exec_=k8s.core.v1.ExecActionArgs(command=list(command)))


def _probe(asked: k8s.core.v1.ProbeArgs, tries: int) -> k8s.core.v1.ProbeArgs:
    return k8s.core.v1.ProbeArgs(
        http_get=asked.http_get, exec_=asked.exec_, period_seconds=10, timeout_seconds=5, failure_threshold=tries
    )


def _variable(name: str, value: pulumi.Input[str] | k8s.core.v1.EnvVarSourceArgs) -> k8s.core.v1.EnvVarArgs:
    if isinstance(value, k8s.core.v1.EnvVarSourceArgs):
        return k8s.core.v1.EnvVarArgs(name=name, value_from=value)
    return k8s.core.v1.EnvVarArgs(name=name, value=value)


def _after_start(command: Sequence[pulumi.Input[str]]) -> k8s.core.v1.LifecycleArgs:
    run = k8s.core.v1.ExecActionArgs(command=list(command))
    return k8s.core.v1.LifecycleArgs(post_start=k8s.core.v1.LifecycleHandlerArgs(exec_=run))
