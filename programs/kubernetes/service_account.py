"""Owns the making of ``kubernetes.service_account``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as k8s

from ..component import Component
from .metadata import called, metadata
from .rights import rules

if TYPE_CHECKING:
    from ..component import Inputs

_RBAC = "rbac.authorization.k8s.io"


class ServiceAccount(Component):
    """A service account with a role of its own, in its namespace and nowhere else."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("kubernetes:service_account", name, inputs, opts)
        pull = pulumi.Output.all(*inputs.each("image_pull_secrets"))
        self.primary = self.account = k8s.core.v1.ServiceAccount(
            name,
            metadata=metadata(inputs, inputs.pairs("annotations")),
            automount_service_account_token=inputs.flag("automount_token"),
            image_pull_secrets=pull.apply(_references) if inputs.given("image_pull_secrets") else None,
            opts=self.child(),
        )
        if inputs.given("permissions"):
            self._permit(inputs)
        name_of_account = called(self.account.metadata)
        self.gives = {
            "name": name_of_account,
            "namespace": self.account.metadata.apply(lambda found: found.namespace),
            "service_account": name_of_account,
            "id": self.account.id,
        }

    def _permit(self, inputs: Inputs) -> None:
        role = k8s.rbac.v1.Role(
            f"{self.name}-role",
            metadata=metadata(inputs),
            rules=pulumi.Output.all(*inputs.each("permissions")).apply(rules),
            opts=self.child(),
        )
        k8s.rbac.v1.RoleBinding(
            f"{self.name}-binding",
            metadata=metadata(inputs),
            role_ref=k8s.rbac.v1.RoleRefArgs(api_group=_RBAC, kind="Role", name=called(role.metadata)),
            subjects=[
                k8s.rbac.v1.SubjectArgs(
                    kind="ServiceAccount",
                    name=called(self.account.metadata),
                    namespace=inputs.text("namespace"),
                )
            ],
            opts=self.child(),
        )


def _references(names: list[str]) -> list[k8s.core.v1.LocalObjectReferenceArgs]:
    return [k8s.core.v1.LocalObjectReferenceArgs(name=name) for name in names]
