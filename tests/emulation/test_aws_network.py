"""Networks of the AWS stand-in: as strict as EC2, and stricter than the emulator behind it."""

from __future__ import annotations

import pytest

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.direct import Direct
from tests.emulation.plugin.aws.ec2_firewall import spelled
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import State

pytestmark = pytest.mark.engine
VPC, SUBNET = "aws:ec2/vpc:Vpc", "aws:ec2/subnet:Subnet"
GATEWAY, EIP, NAT = "aws:ec2/internetGateway:InternetGateway", "aws:ec2/eip:Eip", "aws:ec2/natGateway:NatGateway"
TABLE = "aws:ec2/routeTable:RouteTable"
JOIN = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
ANYWHERE = "0.0.0.0/0"
OUT = {"protocol": "-1", "fromPort": 0, "toPort": 0, "cidrBlocks": [ANYWHERE]}
AMONG = {"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}


@pytest.fixture
def vpc(direct: Direct) -> State:
    return direct.make(VPC, cidrBlock="10.0.0.0/16", enableDnsHostnames=True, tags={"team": "ml"})


@pytest.fixture
def subnet(direct: Direct, vpc: State) -> State:
    return direct.make(SUBNET, vpcId=vpc.id, cidrBlock="10.0.1.0/24", availabilityZone="eu-west-1b")


def nat(direct: Direct, vpc: State, subnet: State) -> State:
    direct.make(GATEWAY, vpcId=vpc.id)
    return direct.make(NAT, subnetId=subnet.id, allocationId=direct.make(EIP, domain="vpc").id)


class TestNetworks:
    def test_one_shows_what_aws_makes_with_it(self, vpc: State, aws: AwsEmulator) -> None:
        shown = vpc.outputs
        assert shown["arn"] == f"arn:aws:ec2:eu-west-1:{shown['ownerId']}:vpc/{vpc.id}"
        assert (shown["enableDnsSupport"], shown["enableDnsHostnames"]) == (True, True)
        assert shown["mainRouteTableId"].startswith("rtb-")
        assert shown["defaultSecurityGroupId"].startswith("sg-")
        answer = aws.client("ec2").describe_vpcs(VpcIds=[vpc.id])["Vpcs"][0]
        assert answer["Tags"] == [{"Key": "team", "Value": "ml"}]

    def test_it_reads_as_it_was_made(self, direct: Direct, vpc: State, subnet: State) -> None:
        for state in (vpc, subnet):
            read = direct.read(state)
            assert read is not None
            assert (read.inputs, read.outputs) == (state.inputs, state.outputs)

    def test_other_addresses_are_another_network_and_names_are_not(self, direct: Direct, vpc: State) -> None:
        assert direct.differs(vpc, cidrBlock="10.1.0.0/16") == {"cidrBlock": True}
        assert direct.differs(vpc, enableDnsHostnames=False, tags={}) == {"enableDnsHostnames": False, "tags": False}
        changed = direct.change(vpc, enableDnsHostnames=False, tags={"owner": "ada"})
        assert changed.outputs["enableDnsHostnames"] is False
        assert changed.outputs["tags"] == {"owner": "ada"}

    def test_tags_that_somebody_changed_are_seen(self, direct: Direct, vpc: State, aws: AwsEmulator) -> None:
        aws.client("ec2").delete_tags(Resources=[vpc.id], Tags=[{"Key": "team"}])
        read = direct.read(vpc)
        assert read is not None
        assert direct.differs(State(vpc.id, vpc.inputs, read.outputs)) == {"tags": False}

    @pytest.mark.parametrize("cidr", ["10.0.0.0/15", "10.0.0.1/16", "10.0.0.0/29", "10.0.0.0", "::/56"])
    def test_addresses_that_aws_would_refuse_fail_the_check(self, direct: Direct, cidr: str) -> None:
        with pytest.raises(RefusedError, match="cidrBlock"):
            direct.checked(VPC, {"cidrBlock": cidr})

    @pytest.mark.parametrize(
        "tags", [{"aws:mine": "a"}, {"a": "b" * 257}, {str(number): "" for number in range(51)}, {"": "a"}]
    )
    def test_tags_that_aws_would_refuse_fail_the_check(self, direct: Direct, tags: dict[str, str]) -> None:
        with pytest.raises(RefusedError, match="tags"):
            direct.checked(VPC, {"cidrBlock": "10.0.0.0/16", "tags": tags})

    @pytest.mark.parametrize("sort", [GATEWAY, GROUP])
    def test_one_that_holds_something_is_not_deleted(self, direct: Direct, vpc: State, sort: str) -> None:
        held = direct.make(sort, vpcId=vpc.id)
        with pytest.raises(RefusedError, match="DependencyViolation"):
            direct.delete(vpc)
        direct.delete(held)
        direct.delete(vpc)
        assert direct.made == []

    def test_one_that_is_gone_is_deleted_again_without_a_word(
        self, direct: Direct, vpc: State, aws: AwsEmulator
    ) -> None:
        aws.client("ec2").delete_vpc(VpcId=vpc.id)
        assert direct.read(vpc) is None
        direct.delete(vpc)


class TestSubnets:
    def test_one_gives_no_public_addresses_unless_it_is_told_to(self, subnet: State) -> None:
        assert subnet.outputs["mapPublicIpOnLaunch"] is False
        assert subnet.outputs["availabilityZone"] == "eu-west-1b"

    @pytest.mark.parametrize(
        ("inputs", "complaint"),
        [
            ({"cidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range"),
            ({"cidrBlock": "10.0.1.128/25"}, "InvalidSubnet.Conflict"),
            ({"cidrBlock": "10.0.2.0/24", "availabilityZone": "us-east-1a"}, "availabilityZone"),
            ({"cidrBlock": "10.0.2.0/24", "vpcId": "vpc-0"}, "InvalidVpcID.NotFound"),
        ],
    )
    def test_one_that_does_not_fit_is_refused(
        self, direct: Direct, vpc: State, subnet: State, inputs: dict[str, str], complaint: str
    ) -> None:
        with pytest.raises(RefusedError, match=complaint):
            direct.make(SUBNET, **{"vpcId": vpc.id, **inputs})

    def test_its_place_and_addresses_are_for_ever(self, direct: Direct, subnet: State) -> None:
        changed = direct.differs(
            subnet, cidrBlock="10.0.3.0/24", availabilityZone="eu-west-1a", mapPublicIpOnLaunch=True
        )
        assert changed == {"cidrBlock": True, "availabilityZone": True, "mapPublicIpOnLaunch": False}
        assert direct.change(subnet, mapPublicIpOnLaunch=True).outputs["mapPublicIpOnLaunch"] is True

    def test_one_with_something_in_it_is_not_deleted(self, direct: Direct, vpc: State, subnet: State) -> None:
        gateway = nat(direct, vpc, subnet)
        with pytest.raises(RefusedError, match="DependencyViolation"):
            direct.delete(subnet)
        direct.delete(gateway)
        direct.delete(subnet)
        assert subnet not in [state for _, state in direct.made]


class TestWaysOut:
    def test_a_nat_gateway_has_an_address_and_gives_it_back(self, direct: Direct, vpc: State, subnet: State) -> None:
        gateway = nat(direct, vpc, subnet)
        address = next(state for token, state in direct.made if token == EIP)
        assert gateway.outputs["publicIp"] == address.outputs["publicIp"]
        with pytest.raises(RefusedError, match="InUse"):
            direct.delete(address)
        with pytest.raises(RefusedError, match="AlreadyAssociated"):
            direct.make(NAT, subnetId=subnet.id, allocationId=address.id)
        direct.delete(gateway)
        assert direct.read(address) is not None
        direct.delete(address)

    def test_one_that_is_deleted_is_gone_though_aws_tells_of_it(
        self, direct: Direct, vpc: State, subnet: State, aws: AwsEmulator
    ) -> None:
        gateway = nat(direct, vpc, subnet)
        aws.client("ec2").delete_nat_gateway(NatGatewayId=gateway.id)
        assert direct.read(gateway) is None

    def test_a_nat_gateway_needs_a_way_to_the_internet(self, direct: Direct, subnet: State) -> None:
        address = direct.make(EIP)
        with pytest.raises(RefusedError, match="no Internet gateway"):
            direct.make(NAT, subnetId=subnet.id, allocationId=address.id)

    def test_a_network_with_addresses_in_use_keeps_its_gateway(self, direct: Direct, vpc: State, subnet: State) -> None:
        nat(direct, vpc, subnet)
        gateway = next(state for token, state in direct.made if token == GATEWAY)
        with pytest.raises(RefusedError, match="mapped public address"):
            direct.delete(gateway)

    def test_a_network_has_one_gateway_and_a_second_is_there_without_one(self, direct: Direct, vpc: State) -> None:
        direct.make(GATEWAY, vpcId=vpc.id)
        with pytest.raises(PartlyMadeError, match="AlreadyAssociated") as failed:
            direct.make(GATEWAY, vpcId=vpc.id)
        direct.made.append((GATEWAY, State(failed.value.id, failed.value.inputs, failed.value.outputs)))

    def test_a_gateway_moves_to_another_network(self, direct: Direct, vpc: State) -> None:
        gateway, other = direct.make(GATEWAY, vpcId=vpc.id), direct.make(VPC, cidrBlock="10.9.0.0/16")
        assert direct.change(gateway, vpcId=other.id).outputs["vpcId"] == other.id
        direct.change(gateway, vpcId=None)


class TestRoutes:
    def test_they_are_a_set_that_is_changed_in_place(self, direct: Direct, vpc: State) -> None:
        gateway = direct.make(GATEWAY, vpcId=vpc.id)
        routes = [{"cidrBlock": cidr, "gatewayId": gateway.id} for cidr in (ANYWHERE, "172.16.0.0/12")]
        table = direct.make(TABLE, vpcId=vpc.id, routes=routes, tags={"a": "b"})
        assert direct.differs(table, routes=routes[::-1]) == {}
        assert direct.differs(table, routes=routes[:1]) == {"routes": False}
        changed = direct.change(table, routes=routes[1:])
        assert changed.outputs["routes"] == routes[1:]
        assert direct.read(changed) == changed

    @pytest.mark.parametrize(
        "routes",
        [
            [{"cidrBlock": ANYWHERE}],
            [{"gatewayId": "igw-1"}],
            [{"cidrBlock": ANYWHERE, "gatewayId": "igw-1", "natGatewayId": "nat-1"}],
            [{"cidrBlock": ANYWHERE, "gatewayId": "igw-1"}] * 2,
            [{"cidrBlock": ANYWHERE, "gateway": "igw-1"}],
        ],
    )
    def test_wrong_ones_fail_the_check(self, direct: Direct, routes: list[dict[str, str]]) -> None:
        with pytest.raises(RefusedError, match="routes"):
            direct.checked(TABLE, {"vpcId": "vpc-1", "routes": routes})

    def test_one_that_leads_out_of_the_network_is_refused_and_the_table_is_there(
        self, direct: Direct, vpc: State
    ) -> None:
        elsewhere = direct.make(GATEWAY)
        with pytest.raises(PartlyMadeError, match="not of one network") as failed:
            direct.make(TABLE, vpcId=vpc.id, routes=[{"cidrBlock": ANYWHERE, "gatewayId": elsewhere.id}])
        direct.made.append((TABLE, State(failed.value.id, failed.value.inputs, failed.value.outputs)))

    def test_a_subnet_goes_by_one_table(self, direct: Direct, vpc: State, subnet: State) -> None:
        table, other = (direct.make(TABLE, vpcId=vpc.id, routes=[]) for _ in range(2))
        join = direct.make(JOIN, routeTableId=table.id, subnetId=subnet.id)
        assert direct.read(join) == join
        with pytest.raises(RefusedError, match="AlreadyAssociated"):
            direct.make(JOIN, routeTableId=other.id, subnetId=subnet.id)
        with pytest.raises(RefusedError, match="DependencyViolation"):
            direct.delete(table)

    def test_a_table_of_another_network_is_refused(self, direct: Direct, subnet: State) -> None:
        table = direct.make(TABLE, vpcId=direct.make(VPC, cidrBlock="10.9.0.0/16").id)
        with pytest.raises(RefusedError, match="different networks"):
            direct.make(JOIN, routeTableId=table.id, subnetId=subnet.id)


class TestFirewalls:
    def test_a_new_one_is_shut_both_ways(self, direct: Direct, vpc: State) -> None:
        group = direct.make(GROUP, vpcId=vpc.id, name="members")
        assert (group.outputs["ingress"], group.outputs["egress"]) == ([], [])
        assert group.outputs["description"] == "Managed by Pulumi"

    def test_rules_are_a_set_that_is_changed_in_place(self, direct: Direct, vpc: State) -> None:
        group = direct.make(GROUP, vpcId=vpc.id, name="members", ingress=[AMONG], egress=[OUT])
        assert (group.outputs["ingress"], group.outputs["egress"]) == ([AMONG], [OUT])
        assert direct.read(group) == group
        split = [{**OUT, "cidrBlocks": ["10.0.0.0/8", "172.16.0.0/12"]}, AMONG]
        changed = direct.change(group, egress=split)
        assert (
            direct.differs(changed, egress=[*({**OUT, "cidrBlocks": [item]} for item in split[0]["cidrBlocks"]), AMONG])
            == {}
        )
        assert direct.differs(changed, egress=[]) == {"egress": False}
        assert direct.differs(changed, name="others", description="Others.") == {"name": True, "description": True}

    def test_rules_that_somebody_added_are_seen(self, direct: Direct, vpc: State, aws: AwsEmulator) -> None:
        group = direct.make(GROUP, vpcId=vpc.id, name="members", ingress=[])
        ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": ANYWHERE}]}
        aws.client("ec2").authorize_security_group_ingress(GroupId=group.id, IpPermissions=[ssh])
        read = direct.read(group)
        assert read is not None
        assert direct.differs(State(group.id, group.inputs, read.outputs)) == {"ingress": False}
        assert direct.change(State(group.id, group.inputs, read.outputs), tags={"a": "b"}).outputs["ingress"] == []

    @pytest.mark.parametrize(
        "rule",
        [
            {**OUT, "fromPort": 1},
            {**OUT, "cidrBlocks": ["10.0.0.1/8"]},
            {"protocol": "-1", "fromPort": 0, "toPort": 0},
            {"protocol": "-1", "fromPort": 0, "cidrBlocks": [ANYWHERE]},
            {**OUT, "cidr": ANYWHERE},
        ],
    )
    def test_wrong_rules_fail_the_check(self, direct: Direct, rule: dict[str, object]) -> None:
        with pytest.raises(RefusedError, match="egress"):
            direct.checked(GROUP, {"name": "members", "egress": [rule]})

    @pytest.mark.parametrize("name", ["sg-mine", "default", "a?b"])
    def test_wrong_names_fail_the_check(self, direct: Direct, name: str) -> None:
        with pytest.raises(RefusedError, match="name"):
            direct.checked(GROUP, {"name": name})

    def test_one_that_another_names_is_not_deleted(self, direct: Direct, vpc: State) -> None:
        group = direct.make(GROUP, vpcId=vpc.id, name="members")
        rule = {"protocol": "tcp", "fromPort": 5432, "toPort": 5432, "securityGroups": [group.id]}
        direct.make(GROUP, vpcId=vpc.id, name="database", ingress=[rule])
        with pytest.raises(RefusedError, match="DependencyViolation"):
            direct.delete(group)

    def test_a_name_is_taken_once_in_a_network(self, direct: Direct, vpc: State) -> None:
        direct.make(GROUP, vpcId=vpc.id, name="members")
        with pytest.raises(RefusedError, match="InvalidGroup.Duplicate"):
            direct.make(GROUP, vpcId=vpc.id, name="members")

    def test_one_spelling_of_rules_is_the_spelling_of_all(self) -> None:
        merged = {**OUT, "cidrBlocks": ["10.0.0.0/8", "172.16.0.0/12"], "self": True}
        apart = [AMONG, {**OUT, "cidrBlocks": ["172.16.0.0/12"]}, {**OUT, "cidrBlocks": ["10.0.0.0/8"]}]
        assert spelled([merged]) == spelled(apart) == [merged]


class TestLookUps:
    def test_zones_are_named_in_order_without_those_that_are_left_out(self, direct: Direct) -> None:
        token = "aws:index/getAvailabilityZones:getAvailabilityZones"
        every = direct.ask(token, filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}])
        assert every["names"] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
        assert len(direct.ask(token, excludeZoneIds=every["zoneIds"][:1])["names"]) == 2

    def test_the_default_network_is_found(self, direct: Direct, vpc: State, subnet: State) -> None:
        default = direct.ask("aws:ec2/getSubnets:getSubnets", filters=[{"name": "default-for-az", "values": ["true"]}])
        assert len(default["ids"]) == 3
        assert subnet.id not in default["ids"]
        found = direct.ask("aws:ec2/getSubnet:getSubnet", id=subnet.id)
        assert (found["vpcId"], found["availabilityZone"]) == (vpc.id, "eu-west-1b")
        group = direct.ask("aws:ec2/getSecurityGroup:getSecurityGroup", name="default", vpcId=vpc.id)
        assert group["id"] == vpc.outputs["defaultSecurityGroupId"]

    def test_the_association_of_a_subnet_is_found_by_it(self, direct: Direct, vpc: State, subnet: State) -> None:
        table = direct.make(TABLE, vpcId=vpc.id, tags={"a": "b"})
        join = direct.make(JOIN, routeTableId=table.id, subnetId=subnet.id)
        found = direct.ask("aws:ec2/getRouteTable:getRouteTable", subnetId=subnet.id)
        assert (found["routeTableId"], found["tags"]) == (table.id, {"a": "b"})
        assert [item["routeTableAssociationId"] for item in found["associations"]] == [join.id]

    def test_one_that_is_not_there_and_two_that_are_are_no_answer(self, direct: Direct) -> None:
        with pytest.raises(RefusedError, match="no matching"):
            direct.ask("aws:ec2/getSecurityGroup:getSecurityGroup", name="nobody")
        with pytest.raises(RefusedError, match="matching EC2 Subnet found"):
            direct.ask("aws:ec2/getSubnet:getSubnet")

    def test_an_argument_that_there_is_not_is_refused(self, direct: Direct) -> None:
        with pytest.raises(RefusedError, match="vpc"):
            direct.ask("aws:ec2/getSubnets:getSubnets", vpc="vpc-1")
