"""Owns the making of ``aws.node_group``: machines that join a cluster, with the drivers that their hardware needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import eks

from ..component import Component
from .default_network import subnets
from .machine_types import node_image
from .service_role import service_role
from .tags import tags

if TYPE_CHECKING:
    from ..component import Inputs

_POLICIES = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryReadOnly", "AmazonEKS_CNI_Policy")


class NodeGroup(Component):
    """A managed node group of EKS and the role of its machines."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:node_group", name, inputs, opts)
        role = service_role(
            self,
            inputs,
            words=[inputs.text("cluster"), inputs.text("name"), "nodes"],
            service="ec2.amazonaws.com",
            policies=_POLICIES,
        )
        self.primary = nodes = eks.NodeGroup(
            name,
            node_group_name=inputs.text("name"),
            cluster_name=inputs.text("cluster"),
            node_role_arn=role.role.arn,
            subnet_ids=subnets(self, inputs),
            instance_types=[inputs.text("machine_type")],
            ami_type=pulumi.Output.from_input(inputs.text("machine_type")).apply(node_image),
            capacity_type="SPOT" if inputs.flag("preemptible") else "ON_DEMAND",
            disk_size=inputs.number("disk_size"),
            scaling_config=eks.NodeGroupScalingConfigArgs(
                min_size=inputs.number("min_nodes"),
                max_size=inputs.number("max_nodes"),
                desired_size=inputs.number("min_nodes"),
            ),
            labels=inputs.pairs("labels"),
            tags=tags(inputs),
            opts=self.child(depends_on=role.rights),
        )
        self.gives = {"arn": nodes.arn, "name": nodes.node_group_name, "id": nodes.id}
