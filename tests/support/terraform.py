"""Makes states of Terraform's as it writes them, and runs Terraform itself on what it has built in."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

REGISTRY = 'provider["registry.terraform.io/hashicorp/{}"]'


def managed(type_: str, name: str, *instances: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A resource as it stands in a state file."""
    return {
        "mode": "managed",
        "type": type_,
        "name": name,
        "provider": REGISTRY.format(type_.partition("_")[0]),
        "instances": list(instances),
        **more,
    }


def instance(*, index: object = None, sensitive: tuple[str, ...] = (), **attributes: Any) -> dict[str, Any]:
    """One instance of a resource; ``sensitive`` are the attributes that Terraform hides."""
    key = {} if index is None else {"index_key": index}
    steps = [[{"type": "get_attr", "value": name}] for name in sensitive]
    return {**key, "schema_version": 0, "attributes": attributes, "sensitive_attributes": steps}


def state_document(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A state file of version 4."""
    return {
        "version": 4,
        "terraform_version": "1.5.7",
        "serial": 12,
        "lineage": "3f0e0c6e-8b8a-1f7e-5f4c-2d5a4c1b9a10",
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
        **more,
    }


def state_bytes(*resources: dict[str, Any], **more: Any) -> bytes:
    """The same as it is on disk."""
    return json.dumps(state_document(*resources, **more), indent=2).encode()


def bucket(name: str, label: str = "data", region: str = "eu-west-1", **more: Any) -> dict[str, Any]:
    """An S3 bucket."""
    return managed("aws_s3_bucket", label, instance(id=name, bucket=name, region=region), **more)


MLSTACKS = state_document(
    managed(
        "aws_s3_bucket",
        "zenml-artifact-store",
        instance(index=0, id="mlops-a1-store", bucket="mlops-a1-store", region="eu-west-1", force_destroy=True),
    ),
    managed(
        "aws_s3_bucket_public_access_block",
        "example",
        instance(index=0, id="mlops-a1-store", bucket="mlops-a1-store", block_public_acls=True),
    ),
    managed(
        "aws_ecr_repository",
        "zenml-ecr-repository",
        instance(
            index=0,
            id="zenml-kubernetes",
            name="zenml-kubernetes",
            arn="arn:aws:ecr:eu-west-1:123456789012:repository/zenml-kubernetes",
        ),
    ),
    managed("aws_eks_cluster", "cluster", instance(index=0, id="mlops-a1-eks", name="mlops-a1-eks")),
    managed(
        "aws_eks_node_group",
        "nodegroup",
        instance(
            index=0,
            id="mlops-a1-eks:mlops-a1-eks-ng",
            cluster_name="mlops-a1-eks",
            node_group_name="mlops-a1-eks-ng",
        ),
    ),
    managed("aws_iam_role", "ng", instance(index=0, id="mlops-a1-eks-ng2024", name="mlops-a1-eks-ng2024")),
    managed("aws_vpc", "this", instance(index=0, id="vpc-0a1b2c"), module="module.vpc[0]"),
    managed("kubernetes_namespace", "k8s-workloads", instance(index=0, id="zenml", metadata=[{"name": "zenml"}])),
    managed(
        "helm_release", "mlflow-tracking", instance(name="mlflow", values=["canary-tf"]), module="module.mlflow[0]"
    ),
    managed("random_string", "unique", instance(id="a1b2", result="a1b2")),
    managed("local_file", "stack_file", instance(id="0c", content="canary-tf", filename="stack.yaml")),
    {
        "mode": "data",
        "type": "aws_caller_identity",
        "name": "current",
        "provider": REGISTRY.format("aws"),
        "instances": [instance(id="123456789012", account_id="123456789012")],
    },
    outputs={
        "artifact_store_flavor": {"value": "s3", "type": "string"},
        "mlflow-password": {"value": "canary-tf", "type": "string", "sensitive": True},
    },
)
"""What mlstacks leaves of a stack on AWS: resources with ``count``, hyphens in names, modules of others'."""


class Terraform:
    """Terraform in a folder of its own, without any provider but the one that it has built in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *words: str) -> str:
        done = subprocess.run(
            ["terraform", *words],
            cwd=self.folder,
            env={**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture
def terraform(tmp_path: Path) -> Terraform:
    """Terraform in an empty folder."""
    assert shutil.which("terraform"), "this test asks Terraform itself: install the `terraform` command"
    folder = tmp_path / "terraform"
    folder.mkdir()
    return Terraform(folder)
