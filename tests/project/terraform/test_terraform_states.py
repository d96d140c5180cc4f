"""What is read of a state of Terraform's, in both of its forms, and how others are refused."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from flowyml_infra.errors import InfraError, StateError, UsageError
from flowyml_infra.project.terraform import state_file
from flowyml_infra.project.terraform.state_file import load_state, parse_state
from flowyml_infra.project.terraform.terraform_state import TerraformState
from tests.support.terraform import MLSTACKS, Terraform, bucket, instance, managed, state_bytes, state_document


def read(*resources: dict[str, Any], **more: Any) -> TerraformState:
    return parse_state(state_bytes(*resources, **more), "terraform.tfstate")


def only(*resources: dict[str, Any]) -> Any:
    (found,) = read(*resources).resources
    return found


def shown(*resources: dict[str, Any], **root: Any) -> bytes:
    values = {"outputs": {}, "root_module": {"resources": list(resources), **root}}
    return json.dumps({"format_version": "1.0", "terraform_version": "1.11.4", "values": values}).encode()


def shown_bucket(address: str, name: str, **more: Any) -> dict[str, Any]:
    return {
        "address": address,
        "mode": "managed",
        "type": "aws_s3_bucket",
        "name": "data",
        "values": {"bucket": name, "region": "eu-west-1"},
        "sensitive_values": {},
        **more,
    }


class TestStateFile:
    def test_a_resource_is_known_by_its_address_its_id_and_what_tells_it_apart(self):
        state = read(bucket("raw-data"))
        (found,) = state.resources
        assert (found.address, found.kind, found.id) == ("aws_s3_bucket.data", "aws.bucket", "raw-data")
        assert found.tells == {"name": "raw-data", "region": "eu-west-1"}
        assert found.trouble is None
        assert (state.terraform, state.serial) == ("1.5.7", 12)

    @pytest.mark.parametrize(
        ("index", "module", "address"),
        [
            (0, None, "aws_s3_bucket.data[0]"),
            ("raw", "module.store", 'module.store.aws_s3_bucket.data["raw"]'),
            ('a"b${c}', 'module.m["x"]', 'module.m["x"].aws_s3_bucket.data["a\\"b$${c}"]'),
        ],
    )
    def test_addresses_are_as_terraform_writes_them(self, index, module, address):
        more = {} if module is None else {"module": module}
        found = only(managed("aws_s3_bucket", "data", instance(index=index, bucket="b"), **more))
        assert found.address == address

    def test_what_no_kind_stands_for_is_counted_and_data_sources_too(self):
        state = parse_state(json.dumps(MLSTACKS).encode(), "terraform.tfstate")
        assert state.others == {"helm_release": 1, "local_file": 1, "random_string": 1}
        assert state.data_sources == 1
        assert [item.address for item in state.settings] == ["aws_s3_bucket_public_access_block.example[0]"]

    def test_nothing_is_kept_of_other_attributes_and_of_outputs(self):
        state = parse_state(json.dumps(MLSTACKS).encode(), "terraform.tfstate")
        assert "canary-tf" not in repr(state)

    def test_a_tainted_one_is_marked(self):
        assert (
            only(managed("aws_s3_bucket", "data", {**instance(bucket="b"), "status": "tainted"})).trouble == "tainted"
        )

    def test_what_a_replacement_left_behind_is_marked_and_stands_beside_its_successor(self):
        old = {**instance(bucket="old"), "deposed": "00001111"}
        now, then = read(managed("aws_s3_bucket", "data", instance(bucket="new"), old)).resources
        assert (now.trouble, now.id) == (None, "new")
        assert (then.trouble, then.address) == ("deposed", "aws_s3_bucket.data (deposed object 00001111)")

    def test_a_name_that_is_sensitive_is_not_read_nor_what_may_follow_from_it(self):
        found = only(
            managed("aws_s3_bucket", "data", instance(sensitive=("bucket",), id="canary-tf", bucket="canary-tf"))
        )
        assert (found.trouble, found.attribute) == ("sensitive", "bucket")
        assert "canary-tf" not in repr(found)

    def test_another_sensitive_attribute_does_not_matter(self):
        found = only(
            managed("aws_db_instance", "db", instance(sensitive=("password",), identifier="db", password="canary-tf"))
        )
        assert (found.trouble, found.id) == (None, "db")
        assert "canary-tf" not in repr(found)

    def test_one_without_an_id_is_marked(self):
        assert only(managed("aws_s3_bucket", "data", {"schema_version": 0, "attributes": None})).trouble == "no_id"

    def test_flat_attributes_of_terraform_0_11_are_read(self):
        flat = {"schema_version": 0, "attributes_flat": {"id": "ml", "metadata.#": "1", "metadata.0.name": "ml"}}
        found = only(managed("kubernetes_namespace", "ml", flat, provider="provider.kubernetes"))
        assert (found.kind, found.id) == ("kubernetes.namespace", "ml")

    def test_an_empty_one_is_empty(self):
        assert read().resources == ()


class TestShown:
    def test_modules_at_any_depth_are_walked_through_in_order(self):
        inner = {"address": "module.a.module.b", "resources": [shown_bucket("module.a.module.b.aws_s3_bucket.d", "c")]}
        child = {"address": "module.a", "resources": [shown_bucket("module.a.aws_s3_bucket.d", "b")]}
        data = shown(shown_bucket("aws_s3_bucket.d", "a"), child_modules=[{**child, "child_modules": [inner]}])
        assert [item.id for item in parse_state(data, "s").resources] == ["a", "b", "c"]

    def test_tainted_deposed_and_sensitive_are_seen_here_too(self):
        data = shown(
            shown_bucket("aws_s3_bucket.a", "a", tainted=True),
            shown_bucket("aws_s3_bucket.b", "b", deposed_key="0011"),
            shown_bucket("aws_s3_bucket.c", "canary-tf", sensitive_values={"bucket": True}),
            shown_bucket("aws_s3_bucket.d", "d", sensitive_values={"tags": {}, "region": [{"deep": True}]}),
        )
        found = parse_state(data, "s").resources
        assert [item.trouble for item in found] == ["tainted", "deposed", "sensitive", "sensitive"]
        assert "canary-tf" not in repr(found)

    def test_an_empty_one_is_empty(self):
        assert parse_state(b'{"format_version": "1.0"}', "s").resources == ()


class TestRefused:
    @pytest.mark.parametrize(
        ("document", "message", "hint"),
        [
            ({"version": 3, "modules": []}, "has version 3", "terraform state pull"),
            ({"version": 5}, "has version 5", "terraform state pull"),
            ({"version": 3, "backend": {"type": "s3"}}, "only says where the state is kept", "terraform state pull"),
            ({"format_version": "2.0"}, "format '2.0'", "terraform state pull"),
            ({"format_version": "1.2", "planned_values": {}}, "is a plan", "terraform show -json"),
            ({"encrypted_data": "x", "encryption_version": "v0"}, "is encrypted by OpenTofu", "tofu state pull"),
            ({"hello": 1}, "neither a version nor a format_version", "terraform state pull"),
            ([], "it is not an object", "terraform state pull"),
            ({"version": 4, "resources": {}}, "resources must be a list", "terraform state pull"),
            ({"version": 4, "resources": [1]}, "resources[0] must be an object", None),
            ({"version": 4, "resources": [{"mode": "managed", "name": "a"}]}, "resources[0].type must be a text", None),
            (
                state_document(managed("aws_s3_bucket", "a", {"attributes": []})),
                "resources[0].instances[0].attributes must be an object",
                None,
            ),
            (
                state_document(managed("aws_s3_bucket", "a", {"index_key": 1.5, "attributes": {}})),
                "index_key must be a text or a whole number",
                None,
            ),
            (
                state_document(managed("aws_s3_bucket", "a", {"attributes": {}, "sensitive_attributes": [[]]})),
                "sensitive_attributes[0] names no attribute",
                None,
            ),
            (state_document(bucket("a"), bucket("b")), "aws_s3_bucket.data is there twice", None),
            (
                {"format_version": "1.0", "values": {"root_module": {"resources": 1}}},
                "values.root_module.resources",
                None,
            ),
        ],
    )
    def test_a_document_that_is_something_else_is_named_with_what_to_do(self, document, message, hint):
        with pytest.raises(StateError) as caught:
            parse_state(json.dumps(document).encode(), "some.json")
        assert caught.value.code == "terraform.state"
        assert "some.json" in caught.value.message
        assert message in caught.value.message
        assert hint is None or hint in (caught.value.hint or "")

    def test_what_is_no_json_is_named_with_its_line(self):
        with pytest.raises(StateError) as caught:
            parse_state(b'{\n  "version": 4,\n  oops\n}', "some.json")
        (problem,) = caught.value.diagnostics
        assert problem.location is not None
        assert (problem.location.file, problem.location.line, problem.location.column) == ("some.json", 3, 3)

    @pytest.mark.parametrize("data", [b"[" * 200_000, b'{"version": ' + b"9" * 5000 + b"}", b"\xff\xfe\x00", b""])
    def test_what_breaks_readers_is_refused(self, data):
        with pytest.raises(StateError) as caught:
            parse_state(data, "some.json")
        assert "some.json" in caught.value.message

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
    def test_what_powershell_writes_is_read(self, encoding):
        data = state_bytes(bucket("raw")).decode().encode(encoding)
        assert parse_state(data, "s").resources[0].id == "raw"


class TestLoading:
    def test_a_file_and_standard_input_are_the_same(self, tmp_path, monkeypatch):
        path = tmp_path / "terraform.tfstate"
        path.write_bytes(state_bytes(bucket("raw")))
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))
        assert load_state("-").resources == load_state(str(path)).resources

    @pytest.mark.parametrize("name", ["missing.tfstate", "."])
    def test_what_cannot_be_read_is_an_error_of_the_caller(self, name, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UsageError) as caught:
            load_state(name)
        assert (caught.value.code, name in caught.value.message) == ("usage.file", True)

    def test_no_more_is_read_than_the_bound(self, tmp_path, monkeypatch):
        monkeypatch.setattr(state_file, "MOST_BYTES", 2**20)
        path = tmp_path / "large.tfstate"
        with path.open("wb") as file:
            file.truncate(2**30)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(path.open("rb")))
        for name in (str(path), "-"):
            with pytest.raises(UsageError) as caught:
                load_state(name)
            assert "more than 1 MiB" in caught.value.message


CONFIGURATION = """
variable "hidden" {
  type      = string
  sensitive = true
  default   = "canary-tf"
}
resource "terraform_data" "one" { input = "x" }
resource "terraform_data" "each" {
  for_each = toset(["a", "b\\"c", "d$${e}"])
  input    = var.hidden
}
module "inner" {
  source = "./inner"
  count  = 1
}
output "hidden" {
  value     = var.hidden
  sensitive = true
}
"""


@pytest.fixture
def applied(terraform: Terraform) -> Terraform:
    (terraform.folder / "main.tf").write_text(CONFIGURATION)
    (terraform.folder / "inner").mkdir()
    (terraform.folder / "inner" / "main.tf").write_text('resource "terraform_data" "in" {\n  count = 2\n}\n')
    terraform("init", "-input=false")
    terraform("apply", "-auto-approve", "-input=false")
    return terraform


def test_a_state_that_terraform_itself_wrote_is_read_and_both_forms_say_the_same(applied: Terraform):
    applied("taint", "terraform_data.one")
    file = parse_state((applied.folder / "terraform.tfstate").read_bytes(), "f")
    pulled = parse_state(applied("state", "pull").encode(), "f")
    show = parse_state(applied("show", "-json").encode(), "f")
    assert file == pulled
    assert file.resources == show.resources == ()
    assert file.others == show.others == {"terraform_data": 6}
    assert file.terraform == show.terraform
    assert "canary-tf" not in repr((file, show))


def test_addresses_are_those_of_terraform_itself(applied: Terraform, monkeypatch: pytest.MonkeyPatch):
    # As if there were a kind for what is built in.
    monkeypatch.setattr(state_file, "known", lambda name: name == "terraform_data")
    data = (applied.folder / "terraform.tfstate").read_bytes()
    listed = applied("state", "list").split("\n")
    assert {item.address for item in parse_state(data, "f").resources} == {line for line in listed if line}


def test_every_error_is_one_of_ours_whatever_the_bytes_are():
    good = state_bytes(*[bucket("raw"), managed("aws_vpc", "v", instance(id="vpc-1"))])
    for position in range(0, len(good), 7):
        for change in (b"", b"null", b'"', b"[", b"\x00"):
            broken = good[:position] + change + good[position + 3 :]
            try:
                parse_state(broken, "broken")
            except InfraError as error:
                assert "broken" in error.message
