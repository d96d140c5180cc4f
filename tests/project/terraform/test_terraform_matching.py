"""Which resource of Terraform's becomes which declared one, and why one does not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import InfraError, PlanError, UsageError
from flowyml_infra.project.terraform.matching import match
from flowyml_infra.project.terraform.outcome import Matching
from flowyml_infra.project.terraform.state_file import parse_state
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.snapshot import Snapshot
from tests.support.clouds import expanded
from tests.support.terraform import MLSTACKS, bucket, instance, managed, state_document

KEY = DeploymentKey("prod", "default")
IRELAND: dict[str, Any] = {"location": {"region": "eu-west-1"}}


def stack(resources: dict[str, Any] | None = None, **spec: Any) -> Compiled:
    return expanded({**IRELAND, "resources": resources or {}, **spec})


def snapshot(**rows: str) -> Snapshot:
    """What is recorded: a bucket of each name, with this id."""
    made = {}
    for name, id_ in rows.items():
        address = Address(f"aws.bucket.{name}")
        made[address] = ResourceRow(address, 1, Status.CREATED, "c", "d", physical_id=id_)
    return Snapshot(KEY, "lineage", 1, made)


def matched(
    compiled: Compiled,
    *resources: dict[str, Any],
    recorded: Snapshot | None = None,
    said: tuple[str, ...] = (),
    excluded: tuple[str, ...] = (),
) -> Matching:
    state = parse_state(json.dumps(state_document(*resources)).encode(), "terraform.tfstate")
    pairs = [(terraform, Address.parse(address)) for terraform, _, address in (each.rpartition("=") for each in said)]
    return match(state, compiled, recorded or Snapshot(KEY), pairs, [Address(each) for each in excluded])


def pairs(found: Matching) -> dict[str, tuple[str, str]]:
    return {item.resource.address: (item.address, str(item.resource.id)) for item in found.matches}


def codes(found: Matching) -> dict[str, str]:
    return {miss.resource.address: miss.code for miss in found.misses}


class TestByName:
    def test_the_one_of_the_same_kind_name_and_place_is_it(self):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}, "other": {"kind": "bucket", "name": "else"}})
        found = matched(compiled, bucket("raw", "whatever"))
        assert pairs(found) == {"aws_s3_bucket.whatever": ("aws.bucket.data", "raw")}
        assert found.misses == ()

    def test_a_component_is_found_by_its_uri(self):
        found = matched(stack(storage={"artifact_store": "s3://raw"}), bucket("raw"))
        assert pairs(found) == {"aws_s3_bucket.data": ("aws.bucket.artifact_store", "raw")}

    def test_one_in_another_place_is_another_one_and_the_difference_is_told(self):
        found = matched(stack({"data": {"kind": "bucket", "name": "raw"}}), bucket("raw", region="us-east-1"))
        (miss,) = found.misses
        assert miss.code == "elsewhere"
        assert "its region is us-east-1, and eu-west-1 is declared" in miss.reason

    def test_one_whose_place_terraform_does_not_tell_is_it_all_the_same(self):
        one = managed("aws_s3_bucket", "data", instance(bucket="raw"))
        assert pairs(matched(stack({"data": {"kind": "bucket", "name": "raw"}}), one))

    def test_two_of_one_name_in_two_regions_are_told_apart(self):
        compiled = stack(
            {
                "here": {"kind": "registry", "name": "img"},
                "there": {"kind": "registry", "name": "img", "region": "us-east-1"},
            }
        )
        found = matched(
            compiled,
            managed("aws_ecr_repository", "b", instance(name="img", region="us-east-1")),
            managed("aws_ecr_repository", "a", instance(name="img", region="eu-west-1")),
        )
        assert {key: value[0] for key, value in pairs(found).items()} == {
            "aws_ecr_repository.a": "aws.registry.here",
            "aws_ecr_repository.b": "aws.registry.there",
        }

    def test_one_that_may_be_either_is_neither(self):
        compiled = stack(
            {
                "here": {"kind": "registry", "name": "img"},
                "there": {"kind": "registry", "name": "img", "region": "us-east-1"},
            }
        )
        found = matched(compiled, managed("aws_ecr_repository", "a", instance(name="img")))
        (miss,) = found.misses
        assert (miss.code, found.matches) == ("ambiguous", ())
        assert "aws.registry.here and aws.registry.there" in miss.reason

    def test_of_two_that_may_be_one_none_is_and_saying_which_settles_it(self):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}})
        two = (bucket("raw", "a"), bucket("raw", "b"))
        found = matched(compiled, *two)
        assert codes(found) == {"aws_s3_bucket.a": "ambiguous", "aws_s3_bucket.b": "ambiguous"}
        assert found.misses[0].hint == "--map aws_s3_bucket.a=aws.bucket.data says which one is"
        settled = matched(compiled, *two, said=("aws_s3_bucket.a=aws.bucket.data",))
        assert pairs(settled) == {"aws_s3_bucket.a": ("aws.bucket.data", "raw")}
        assert codes(settled) == {"aws_s3_bucket.b": "not_declared"}

    def test_one_declared_without_a_name_is_not_taken_for_it(self):
        found = matched(stack({"data": {"kind": "bucket"}}), bucket("raw"))
        (miss,) = found.misses
        assert miss.code == "unnamed"
        assert "aws.bucket.data" in miss.reason
        assert "give it the name raw" in miss.hint

    def test_what_has_no_name_of_its_own_has_to_be_named_by_who_asks(self):
        vpc = managed("aws_vpc", "main", instance(id="vpc-1"))
        (miss,) = matched(stack({"net": {"kind": "network"}}), vpc).misses
        assert miss.code == "not_told_apart"
        assert miss.hint == "if it is meant: --map aws_vpc.main=aws.network.net"
        found = matched(stack({"net": {"kind": "network"}}), vpc, said=("aws_vpc.main=aws.network.net",))
        assert pairs(found) == {"aws_vpc.main": ("aws.network.net", "vpc-1")}

    def test_a_name_that_another_resource_gives_is_known(self):
        compiled = stack(
            {
                "eks": {"kind": "cluster", "name": "eks"},
                "gpu": {"kind": "node_group", "name": "ng", "cluster": "${resources.eks.outputs.name}"},
            }
        )
        group = managed("aws_eks_node_group", "a", instance(id="eks:ng", cluster_name="eks", node_group_name="ng"))
        other = managed("aws_eks_node_group", "b", instance(id="x:ng", cluster_name="x", node_group_name="ng"))
        cluster = managed("aws_eks_cluster", "eks", instance(name="eks"))
        found = matched(compiled, group, other, cluster)
        assert pairs(found) == {
            "aws_eks_node_group.a": ("aws.node_group.gpu", "eks:ng"),
            "aws_eks_cluster.eks": ("aws.cluster.eks", "eks"),
        }
        assert codes(found) == {"aws_eks_node_group.b": "elsewhere"}


class TestOtherClouds:
    def test_google_cloud_whatever_the_case_of_the_place(self):
        place = {"project_id": "p-1", "region": "europe-west1"}
        compiled = expanded(
            {"provider": "gcp", "location": place, "resources": {"d": {"kind": "bucket", "name": "raw"}}}
        )
        one = managed("google_storage_bucket", "d", instance(name="raw", location="EUROPE-WEST1", project="p-1"))
        assert pairs(matched(compiled, one)) == {"google_storage_bucket.d": ("gcp.bucket.d", "raw")}
        foreign = managed("google_storage_bucket", "d", instance(name="raw", location="EUROPE-WEST1", project="p-2"))
        assert codes(matched(compiled, foreign)) == {"google_storage_bucket.d": "elsewhere"}

    def test_azure_whatever_the_case_and_the_spelling_of_the_region(self):
        place = {"subscription_id": "s-1", "region": "westeurope", "resource_group": "rg-ml"}
        compiled = expanded(
            {"provider": "azure", "location": place, "resources": {"d": {"kind": "vault", "name": "kv-data"}}}
        )
        id_ = "/subscriptions/S-1/resourceGroups/RG-ML/providers/Microsoft.KeyVault/vaults/kv-data"
        one = managed(
            "azurerm_key_vault",
            "d",
            instance(id=id_, name="KV-data", location="West Europe", resource_group_name="RG-ML"),
        )
        assert pairs(matched(compiled, one)) == {"azurerm_key_vault.d": ("azure.vault.d", id_)}

    def test_kubernetes(self):
        compiled = expanded(
            {
                "provider": "kubernetes",
                "location": {"namespace": "ml"},
                "resources": {
                    "space": {"kind": "namespace", "name": "ml"},
                    "data": {"kind": "volume", "name": "data", "namespace": "ml", "size": 1},
                },
            }
        )
        space = managed("kubernetes_namespace_v1", "n", instance(id="ml", metadata=[{"name": "ml"}]))
        claim = managed(
            "kubernetes_persistent_volume_claim",
            "c",
            instance(id="ml/data", metadata=[{"name": "data", "namespace": "ml"}]),
        )
        server = managed("kubernetes_stateful_set", "s", instance(metadata=[{"name": "db", "namespace": "ml"}]))
        found = matched(compiled, space, claim, server)
        assert sorted(pairs(found).values()) == [
            ("kubernetes.namespace.space", "ml"),
            ("kubernetes.volume.data", "ml/data"),
        ]
        assert codes(found) == {"kubernetes_stateful_set.s": "refused"}


class TestLeftAlone:
    @pytest.mark.parametrize(
        ("one", "code", "hint"),
        [
            ({**instance(bucket="raw"), "status": "tainted"}, "tainted", "terraform untaint aws_s3_bucket.data"),
            ({**instance(bucket="raw"), "deposed": "0011"}, "deposed", "terraform apply"),
            (instance(bucket="raw", sensitive=("bucket",)), "sensitive", "state import ADDRESS ID"),
            (instance(), "no_id", "refresh-only"),
        ],
    )
    def test_what_cannot_be_taken_over_as_it_is_says_why_also_when_it_is_named(self, one, code, hint):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}})
        resource = managed("aws_s3_bucket", "data", one)
        (miss,) = matched(compiled, resource).misses
        assert miss.code == code
        assert hint in miss.hint
        with pytest.raises(PlanError):
            matched(compiled, resource, said=(f"{miss.resource.address}=aws.bucket.data",))

    def test_what_is_recorded_already_is_left_so_that_it_can_be_run_again(self):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}})
        for said in ((), ("aws_s3_bucket.data=aws.bucket.data",)):
            found = matched(compiled, bucket("raw"), recorded=snapshot(data="raw"), said=said)
            assert codes(found) == {"aws_s3_bucket.data": "recorded"}
            assert not found.unfinished

    def test_another_thing_on_record_under_the_address_is_told(self):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}})
        found = matched(compiled, bucket("raw"), recorded=snapshot(data="elsewhere"))
        assert "recorded already, as elsewhere" in found.misses[0].reason

    def test_what_only_moves_is_recorded(self):
        compiled = stack(
            {"data": {"kind": "bucket", "name": "raw"}}, moved=[{"from": "aws.bucket.old", "to": "aws.bucket.data"}]
        )
        assert codes(matched(compiled, bucket("raw"), recorded=snapshot(old="raw"))) == {
            "aws_s3_bucket.data": "recorded"
        }

    def test_what_the_definition_imports_by_itself_is_left_to_it(self):
        compiled = stack({"data": {"kind": "bucket", "name": "raw"}}, imports=[{"to": "aws.bucket.data", "id": "raw"}])
        assert codes(matched(compiled, bucket("raw"))) == {"aws_s3_bucket.data": "imported"}

    def test_nothing_is_taken_over_that_needs_something_new_first(self):
        resources = {
            "key": {"kind": "key"},
            "data": {"kind": "bucket", "name": "raw", "kms_key": "${resources.key.outputs.arn}"},
            "more": {"kind": "bucket", "name": "more", "depends_on": ["aws.bucket.data"]},
        }
        two = (bucket("raw", "a"), bucket("more", "b"))
        found = matched(stack(resources), *two)
        assert codes(found) == {"aws_s3_bucket.a": "dependency", "aws_s3_bucket.b": "dependency"}
        assert "needs aws.key.key" in found.misses[0].reason
        key = managed("aws_kms_key", "k", instance(id="1234", key_id="1234"))
        whole = matched(stack(resources), *two, key, said=("aws_kms_key.k=aws.key.key",))
        assert len(whole.matches) == 3


class TestExcluded:
    def test_nothing_becomes_what_is_excluded_nor_what_needs_it(self):
        resources = {
            "data": {"kind": "bucket", "name": "raw"},
            "more": {"kind": "bucket", "name": "more", "depends_on": ["aws.bucket.data"]},
            "free": {"kind": "bucket", "name": "free"},
        }
        three = (bucket("raw", "a"), bucket("more", "b"), bucket("free", "c"))
        found = matched(stack(resources), *three, excluded=("aws.bucket.data",))
        assert pairs(found) == {"aws_s3_bucket.c": ("aws.bucket.free", "free")}
        assert codes(found) == {"aws_s3_bucket.a": "excluded", "aws_s3_bucket.b": "dependency"}

    def test_excluding_what_nobody_declares_is_a_mistake(self):
        with pytest.raises(PlanError) as caught:
            matched(stack({"data": {"kind": "bucket", "name": "raw"}}), bucket("raw"), excluded=("aws.bucket.dat",))
        assert caught.value.hint == "did you mean 'aws.bucket.data'?"

    def test_what_is_said_and_excluded_contradicts_itself(self):
        with pytest.raises(PlanError):
            matched(
                stack({"data": {"kind": "bucket", "name": "raw"}}),
                bucket("raw"),
                said=("aws_s3_bucket.data=aws.bucket.data",),
                excluded=("aws.bucket.data",),
            )


class TestSaid:
    def said(self, *words: str, resources: dict[str, Any] | None = None) -> InfraError:
        declared = resources or {"data": {"kind": "bucket", "name": "raw"}, "img": {"kind": "registry", "name": "img"}}
        with pytest.raises(InfraError) as caught:
            matched(stack(declared), bucket("raw", "a"), bucket("other", "b"), said=words)
        assert caught.value.code == "terraform.map"
        return caught.value

    def test_a_resource_that_terraform_does_not_have(self):
        error = self.said("aws_s3_bucket.aa=aws.bucket.data")
        assert isinstance(error, UsageError)
        assert error.hint == "did you mean 'aws_s3_bucket.a'?"

    def test_an_address_that_nobody_declares(self):
        assert self.said("aws_s3_bucket.a=aws.bucket.dat").hint == "did you mean 'aws.bucket.data'?"

    def test_another_kind(self):
        assert "is what aws.bucket stands for" in self.said("aws_s3_bucket.a=aws.registry.img").message

    def test_another_name(self):
        error = self.said("aws_s3_bucket.b=aws.bucket.data")
        assert "its name is other, and raw is declared" in error.message
        assert "set name: other" in (error.hint or "")

    def test_a_name_that_would_be_made_up(self):
        error = self.said("aws_s3_bucket.a=aws.bucket.data", resources={"data": {"kind": "bucket"}})
        assert "set name: raw" in (error.hint or "")

    @pytest.mark.parametrize(
        "words",
        [
            ("aws_s3_bucket.a=aws.bucket.data", "aws_s3_bucket.a=aws.registry.img"),
            ("aws_s3_bucket.a=aws.bucket.data", "aws_s3_bucket.b=aws.bucket.data"),
        ],
    )
    def test_the_same_twice(self, words):
        assert "twice" in self.said(*words).message


class TestSuggestions:
    def test_what_is_suggested_is_what_makes_it_match(self):
        resources = (
            bucket("raw", "zenml-artifact-store"),
            managed(
                "aws_s3_bucket", "each", instance(index="Raw Data!", bucket="b-1"), instance(index=1, bucket="b-2")
            ),
            managed("aws_ecr_repository", "data", instance(name="img", region="us-east-1")),
            managed("aws_iam_role", "0", instance(name="role")),
        )
        declared = {"data": {"kind": "key"}}
        first = matched(stack(declared), *resources)
        suggested = {name: entry for miss in first.misses for name, entry in miss.suggestion.items()}
        assert set(suggested) == {"zenml-artifact-store", "each-raw-data", "each", "data-2", "identity-0"}
        second = matched(stack({**declared, **suggested}), *resources)
        assert second.misses == ()
        assert len(second.matches) == 5

    def test_each_has_a_name_of_its_own_also_where_terraform_counts(self):
        three = managed("aws_s3_bucket", "d", *(instance(index=n, bucket=f"b{n}") for n in range(3)))
        found = matched(stack({"d-2": {"kind": "key"}}), three)
        assert [list(miss.suggestion) for miss in found.misses] == [["d"], ["d-3"], ["d-4"]]

    def test_a_text_that_a_definition_would_take_for_something_else_is_not_suggested(self):
        hostile = managed("aws_s3_bucket", "a", instance(bucket="${HOME}"), instance(index=1, bucket="a\x1b[2J"))
        assert [miss.suggestion for miss in matched(stack(), hostile).misses] == [{}, {}]


class TestMlstacks:
    def test_what_mlstacks_deployed_becomes_a_stack(self):
        compiled = expanded(
            {
                **IRELAND,
                "storage": {"artifact_store": "s3://mlops-a1-store"},
                "resources": {
                    "images": {"kind": "registry", "name": "zenml-kubernetes"},
                    "eks": {"kind": "cluster", "name": "mlops-a1-eks"},
                    "nodes": {"kind": "node_group", "name": "mlops-a1-eks-ng", "cluster": "mlops-a1-eks"},
                },
            }
        )
        found = match(parse_state(json.dumps(MLSTACKS).encode(), "s"), compiled, Snapshot(KEY), [])
        assert {key: value[0] for key, value in pairs(found).items()} == {
            "aws_s3_bucket.zenml-artifact-store[0]": "aws.bucket.artifact_store",
            "aws_ecr_repository.zenml-ecr-repository[0]": "aws.registry.images",
            "aws_eks_cluster.cluster[0]": "aws.cluster.eks",
            "aws_eks_node_group.nodegroup[0]": "aws.node_group.nodes",
        }
        assert codes(found) == {
            "aws_iam_role.ng[0]": "not_declared",
            "module.vpc[0].aws_vpc.this[0]": "not_told_apart",
            "kubernetes_namespace.k8s-workloads[0]": "not_declared",
        }
        assert [(item.address, address) for item, address in found.settings] == [
            ("aws_s3_bucket_public_access_block.example[0]", "aws.bucket.artifact_store")
        ]
