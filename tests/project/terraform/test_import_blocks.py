"""The blocks by which Terraform takes things over: it can read them, and each thing has a place of its own."""

from __future__ import annotations

import json
import re

from flowyml_infra.address import Address
from flowyml_infra.project.terraform.import_blocks import import_blocks
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import Snapshot
from tests.support.terraform import Terraform

KEY = DeploymentKey("prod", "default")


def row(address: str, *children: tuple[str, str | None], status: Status = Status.CREATED, **properties) -> ResourceRow:
    parts = [[f"urn:{index}", token, id_, "created"] for index, (token, id_) in enumerate(children)]
    return ResourceRow(
        Address(address),
        1,
        status,
        "creation",
        "digest",
        properties_json=json.dumps(properties),
        children_json=json.dumps(parts),
    )


def blocks(*rows: ResourceRow) -> str:
    return import_blocks(Snapshot(KEY, "lineage", 7, {item.address: item for item in rows}))


def places(text: str) -> dict[str, str]:
    return dict(re.findall(r'to = (\S+)\n {2}id = "(.*)"\n', text))


BUCKET = row(
    "aws.bucket.data",
    ("aws:s3/bucket:Bucket", "raw"),
    ("aws:s3/bucketVersioning:BucketVersioning", "raw"),
)


def test_a_resource_and_its_parts_each_have_a_block():
    assert places(blocks(BUCKET)) == {"aws_s3_bucket.data": "raw", "aws_s3_bucket_versioning.bucket_data": "raw"}


def test_every_thing_has_a_place_of_its_own():
    role = "aws:iam/role:Role"
    text = blocks(
        row("aws.identity.main", (role, "a")),
        row("aws.cluster.main", ("aws:eks/cluster:Cluster", "main"), (role, "b")),
        row("aws.network.main", ("aws:ec2/vpc:Vpc", "vpc-1"), *(("aws:ec2/subnet:Subnet", f"s-{n}") for n in (1, 2))),
    )
    assert places(text) == {
        "aws_iam_role.main": "a",
        "aws_iam_role.cluster_main": "b",
        "aws_eks_cluster.main": "main",
        "aws_vpc.main": "vpc-1",
        "aws_subnet.network_main": "s-1",
        "aws_subnet.network_main_2": "s-2",
    }


def test_a_database_goes_by_its_name_as_terraform_imports_it():
    text = blocks(row("aws.database.db", ("aws:rds/instance:Instance", "db-ABC"), name="meta"))
    assert places(text) == {"aws_db_instance.db": "meta"}


def test_what_terraform_cannot_take_over_by_this_id_is_a_comment():
    text = blocks(
        row("aws.identity.i", ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", "x")),
        row("aws.bucket.half", ("aws:s3/bucket:Bucket", None), status=Status.CREATING),
        row("local.directory.d"),
    )
    assert places(text) == {}
    assert "# aws.bucket.half, bucket: it is creating; apply first" in text
    assert "# aws.identity.i, aws:iam/rolePolicyAttachment:RolePolicyAttachment: Terraform imports it by" in text
    assert "# local.directory.d, directory: it is on this machine" in text


def test_terraform_reads_them_whatever_the_ids_hold(terraform: Terraform):
    hostile = row("aws.bucket.x", ("aws:s3/bucket:Bucket", 'a"${b}%{c}\\\n\t'))
    gcp = row("gcp.cluster.gke", ("gcp:container/cluster:Cluster", "projects/p/locations/l/clusters/gke"))
    text = blocks(BUCKET, hostile, gcp, row("local.directory.d"))
    (terraform.folder / "imports.tf").write_text(text)
    terraform("fmt", "-check", "-diff", "imports.tf")
    assert text.count("import {") == 4
