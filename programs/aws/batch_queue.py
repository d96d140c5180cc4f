"""Owns the making of ``aws.batch_queue``: a queue, the machines that its jobs run on, and the role of those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import batch, iam

from ..component import Component
from .default_network import groups, subnets
from .machine_types import batch_image, processors
from .names import part_name
from .service_role import service_role
from .tags import tags

if TYPE_CHECKING:
    from ..component import Inputs

_LONGEST = 128


class BatchQueue(Component):
    """A job queue of AWS Batch with one managed compute environment; Batch itself works in its service-linked role."""

    def __init__(self, name: str, inputs: Inputs, opts: pulumi.ResourceOptions) -> None:
        super().__init__("aws:batch_queue", name, inputs, opts)
        role = service_role(
            self,
            inputs,
            words=[inputs.text("name"), "machines"],
            service="ec2.amazonaws.com",
            policies=["service-role/AmazonEC2ContainerServiceforEC2Role"],
        )
        profile = iam.InstanceProfile(
            f"{name}-profile", name=role.name, role=role.role.name, tags=tags(inputs), opts=self.child()
        )
        spot = inputs.flag("preemptible")
        machines = batch.ComputeEnvironment(
            f"{name}-machines",
            # Others take the place of machines of another sort before those go: the queue holds on to them.
            name=part_name([inputs.text("name"), "spot" if spot else "on-demand"], _LONGEST),
            type="MANAGED",
            state="ENABLED",
            compute_resources=self._machines(inputs, profile, spot=spot),
            tags=tags(inputs),
            opts=self.child(depends_on=role.rights),
        )
        self.primary = queue = batch.JobQueue(
            name,
            name=inputs.text("name"),
            state="ENABLED",
            priority=inputs.number("priority"),
            compute_environment_orders=[
                batch.JobQueueComputeEnvironmentOrderArgs(order=1, compute_environment=machines.arn)
            ],
            tags=tags(inputs),
            opts=self.child(),
        )
        self.gives = {"arn": queue.arn, "name": queue.name, "region": queue.region, "id": queue.arn}

    def _machines(
        self, inputs: Inputs, profile: iam.InstanceProfile, *, spot: bool
    ) -> batch.ComputeEnvironmentComputeResourcesArgs:
        machine = inputs.text("machine_type")
        subnet_ids = subnets(self, inputs)
        return batch.ComputeEnvironmentComputeResourcesArgs(
            type="SPOT" if spot else "EC2",
            # Only with these can an environment be changed in place, and spot machines be had without a role for it.
            allocation_strategy="SPOT_PRICE_CAPACITY_OPTIMIZED" if spot else "BEST_FIT_PROGRESSIVE",
            instance_types=[machine],
            ec2_configurations=[
                batch.ComputeEnvironmentComputeResourcesEc2ConfigurationArgs(
                    image_type=pulumi.Output.from_input(machine).apply(batch_image)
                )
            ],
            min_vcpus=_processors(inputs.number("min_nodes"), machine),
            max_vcpus=_processors(inputs.number("max_nodes"), machine),
            instance_role=profile.arn,
            subnets=subnet_ids,
            security_group_ids=groups(self, inputs, subnet_ids),
            tags=tags(inputs),
        )


def _processors(nodes: pulumi.Input[int], machine: pulumi.Input[str]) -> pulumi.Output[int]:
    """How many processors so many machines of this type have."""
    return pulumi.Output.all(nodes, machine).apply(lambda found: int(found[0]) * processors(found[1]))
