"""Things whose ids AWS makes up, after a kill or a lost answer: found by their tags, and not made twice."""

from __future__ import annotations

import pytest

from tests.e2e.engine.conftest import EngineProject, kill
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine
VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"


def test_a_network_whose_making_was_killed_and_lost_an_answer_is_completed(project: EngineProject):
    project.declare(resources={"net": {"kind": "network", "cidr": "10.32.0.0/16", "internet": False}})
    project.suffer(Fault(faults.STUCK, "create", SUBNET, nth=2))
    process = project.spawn("apply s --auto-approve")
    project.wait_for(lambda: project.calls("create", SUBNET) == 2 or process.poll() is not None)
    assert process.poll() is None, process.communicate()[0]
    kill(process)
    project.suffer(Fault(faults.LOSE, "create", ASSOCIATION))
    lost = project.apply()
    assert lost.code == 6, lost.out + lost.err
    project.suffer()
    done = project.apply()
    assert done.code == 0, done.out + done.err
    assert project.calls("create", VPC) == 1
    assert project.calls("create", SUBNET) == 2
    assert project.calls("create", ASSOCIATION) == 2
    ec2 = project.aws.client("ec2")
    ours = [{"Name": "tag:flowyml:address", "Values": ["aws.network.net"]}]
    assert len(ec2.describe_subnets(Filters=ours)["Subnets"]) == 2
    assert len(ec2.describe_vpcs(Filters=ours)["Vpcs"]) == 1
    assert "No changes" in project.run("plan s").out
    assert project.run("destroy s --auto-approve").code == 0
    assert ec2.describe_vpcs(Filters=ours)["Vpcs"] == []
