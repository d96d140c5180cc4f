"""Owns the making of ``aws.cluster``: a control plane that is reached from inside, logs, and vouches for accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import eks, iam

from ..component import Component
from .default_network import subnets
from .service_role import service_role
from .tags import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

    from ..component import Inputs


class Cluster(Component):
    """A cluster in EKS, the role it works in, and its issuer as IAM knows it."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:cluster", name, inputs, opts)
        role = service_role(
            self,
            inputs,
            words=[inputs.text("name"), "cluster"],
            service="eks.amazonaws.com",
            policies=["AmazonEKSClusterPolicy"],
        )
        self.primary = self.cluster = eks.Cluster(
            name,
            name=inputs.text("name"),
            version=inputs.optional("version"),
            role_arn=role.role.arn,
            vpc_config=eks.ClusterVpcConfigArgs(
                subnet_ids=subnets(self, inputs),
                security_group_ids=inputs.texts("security_group_ids"),
                endpoint_private_access=True,
                endpoint_public_access=inputs.flag("public_access"),
            ),
            # Who may do what in it is said to AWS alone, and not in an object that whoever is inside may edit.
            access_config=eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=True
            ),
            kubernetes_network_config=_services(inputs),
            encryption_config=_encryption(inputs),
            enabled_cluster_log_types=inputs.texts("logs"),
            deletion_protection=inputs.flag("deletion_protection"),
            tags=tags(inputs),
            opts=self.child(depends_on=role.rights),
        )
        issuer = iam.OpenIdConnectProvider(
            f"{name}-issuer",
            url=self.cluster.identities.apply(_issuer),
            client_id_lists=["sts.amazonaws.com"],
            tags=tags(inputs),
            opts=self.child(),
        )
        self.gives = {
            "endpoint": self.cluster.endpoint,
            "name": self.cluster.name,
            "arn": self.cluster.arn,
            "oidc_provider": issuer.arn,
            "id": self.cluster.id,
        }


def _issuer(identities: Sequence[eks.outputs.ClusterIdentity]) -> str:
    (identity,) = identities
    (oidc,) = identity.oidcs or ()
    return str(oidc.issuer)


def _services(inputs: Inputs) -> eks.ClusterKubernetesNetworkConfigArgs | None:
    addresses = inputs.optional("service_cidr")
    return None if addresses is None else eks.ClusterKubernetesNetworkConfigArgs(service_ipv4_cidr=addresses)


def _encryption(inputs: Inputs) -> eks.ClusterEncryptionConfigArgs | None:
    key = inputs.optional("kms_key")
    if key is None:
        return None
    return eks.ClusterEncryptionConfigArgs(
        provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=key), resources=["secrets"]
    )
