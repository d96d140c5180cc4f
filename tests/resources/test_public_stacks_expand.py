"""The public stack classes expand into resources of their cloud."""

from __future__ import annotations

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.resources.expand import expand
from flowyml_infra.stacks.aws import AWSStack


def test_a_stack_on_aws_is_a_queue_a_bucket_and_a_registry():
    stack = AWSStack(
        name="aws-prod",
        region="us-east-1",
        s3_bucket="artifacts-of-acme",
        ecr_registry="123456789012.dkr.ecr.us-east-1.amazonaws.com",
    )
    config = ProjectConfig.from_bytes(b"project: {name: shop}", "/nowhere", environ={})
    compiled = expand(stack.to_definition(), "default", config=config)
    specs = compiled.graph.specs
    assert sorted(map(str, specs)) == [
        "aws.batch_queue.compute",
        "aws.bucket.artifact_store",
        "aws.registry.container_registry",
    ]
    assert {str(spec.properties["region"]) for spec in specs.values()} == {"us-east-1"}
    assert compiled.gaps == ()
    assert stack.validate() == ()
