"""``state export`` and ``state import-terraform`` as commands: documents, files, codes, and what is said."""

from __future__ import annotations

import io
import json
import stat
import sys
from pathlib import Path

import pytest

from flowyml_infra.cli.commands.state_exchange import mapping
from tests.support.commands import Ended, Run, as_a_new_user, run_words
from tests.support.terraform import MLSTACKS, bucket, instance, managed, state_bytes

SECRET = "canary-hunter2"
LOCAL = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: s}
spec:
  provider: local
  storage:
    artifact_store: made/artifacts
    metadata_store: {uri: "postgresql://u:${DB_PASSWORD}@db.example.com/meta", existing: true}
  resources:
    data: {kind: directory, path: made/data, labels: {token: "${DB_PASSWORD}"}, force_destroy: true}
    more: {kind: directory, path: made/more, depends_on: [local.directory.data], force_destroy: true}
"""
AWS = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: s}
spec:
  provider: aws
  location: {region: eu-west-1}
  resources:
    data: {kind: bucket, name: raw}
    images: {kind: registry, name: img}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    as_a_new_user(monkeypatch)
    monkeypatch.setenv("DB_PASSWORD", SECRET)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "flowyml.yaml").write_text("project: {name: shop}\nactive_stack: s\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "s.yaml").write_text(LOCAL)

    def call(line: str, *more: str) -> Ended:
        return run_words(capsys, [*line.split(), *more])

    return call


@pytest.fixture
def applied(run: Run) -> Run:
    assert run("apply --auto-approve").code == 0
    return run


class TestExport:
    def test_the_document_has_what_other_tools_need_and_no_secret(self, applied: Run):
        ended = applied("state export")
        document = ended.document
        assert ended.code == 0
        assert {key: document["deployment"][key] for key in ("stack", "environment")} == {
            "stack": "s",
            "environment": "default",
        }
        assert document["deployment"]["serial"] > 0
        data, more = (item for item in document["resources"] if item["component"] is None)
        assert (data["address"], data["provider"], data["kind"], data["name"]) == (
            "local.directory.data",
            "local",
            "directory",
            "data",
        )
        assert (data["status"], data["superseded"], data["depends_on"]) == ("created", False, [])
        assert data["id"]
        assert data["inputs"]["labels"] == {"token": "(secret)"}
        assert data["outputs"]["path"].endswith("made/data")
        assert more["depends_on"] == ["local.directory.data"]
        assert document["outputs"]["metadata_store"]["uri"] == "(secret)"
        assert document["secrets"] == "masked"
        assert SECRET not in ended.out

    def test_it_is_plain_json_without_our_own_tags(self, applied: Run):
        assert '"$' not in applied("state export").out

    def test_outputs_are_shown_when_asked_for_and_inputs_never(self, applied: Run):
        document = applied("state export --show-secrets").document
        assert SECRET in document["outputs"]["metadata_store"]["uri"]
        assert document["secrets"] == "shown"
        assert SECRET not in json.dumps([item["inputs"] for item in document["resources"]])

    def test_a_file_is_its_owners_alone_and_takes_the_place_of_what_was_there(self, applied: Run, tmp_path: Path):
        path = tmp_path / "state.json"
        path.write_text("old")
        ended = applied("state export --out state.json")
        assert (ended.code, ended.out) == (0, "Written to state.json.\n")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert json.loads(path.read_text()) == json.loads(applied("state export").out)
        assert applied("state export --json --out state.json").document == {
            "format_version": "1",
            "file": "state.json",
            "resources": 3,
        }

    def test_a_file_that_cannot_be_written_is_named(self, applied: Run):
        ended = applied("state export --out nowhere/state.json")
        assert ended.code == 1
        assert "nowhere/state.json cannot be written" in ended.err

    @pytest.mark.parametrize("line", ["state export", "state export --format terraform-import"])
    def test_where_nothing_is_recorded_that_is_said(self, run: Run, line: str):
        ended = run(line)
        assert ended.code == 1
        assert "nothing is recorded of s@default" in ended.err

    def test_terraform_has_nothing_like_what_is_on_this_machine(self, applied: Run):
        ended = applied("state export --format terraform-import")
        assert ended.code == 0
        assert "# local.directory.data, directory: it is on this machine" in ended.out
        assert "import {" not in ended.out

    @pytest.mark.parametrize("more", ["--show-secrets", "--json"])
    def test_what_blocks_cannot_be_is_refused(self, applied: Run, more: str):
        assert applied(f"state export --format terraform-import {more}").code == 1


class TestImportTerraform:
    @pytest.fixture
    def aws(self, run: Run, tmp_path: Path) -> Run:
        (tmp_path / "stacks" / "s.yaml").write_text(AWS)
        (tmp_path / "terraform.tfstate").write_bytes(
            state_bytes(
                bucket("raw"),
                bucket("more", "more"),
                managed("aws_s3_bucket_versioning", "data", instance(bucket="raw")),
                managed("helm_release", "x", instance(values=[SECRET])),
            )
        )
        return run

    def test_a_dry_run_shows_what_is_matched_what_is_not_and_the_plan(self, aws: Run, tmp_path: Path):
        ended = aws("state import-terraform terraform.tfstate --dry-run")
        assert ended.code == 0
        assert "aws_s3_bucket.data as aws.bucket.data: raw" in ended.out
        assert "aws_s3_bucket.more: no aws.bucket of its name is declared" in ended.out
        assert 'more: {kind: "bucket", provider: "aws", name: "more", region: "eu-west-1"}' in ended.out
        assert "No kind stands for: 1 helm_release" in ended.out
        assert "1 to import" in ended.out
        assert "nothing is recorded" in aws("state export").err

    def test_a_dry_run_as_json_holds_the_plan_of_imports_alone(self, aws: Run):
        document = aws("state import-terraform terraform.tfstate --dry-run --json").document
        assert document["matched"] == [
            {
                "terraform": "aws_s3_bucket.data",
                "address": "aws.bucket.data",
                "id": "raw",
                "settings": ["aws_s3_bucket_versioning.data"],
            }
        ]
        (miss,) = document["unmatched"]
        assert (miss["terraform"], miss["code"]) == ("aws_s3_bucket.more", "not_declared")
        assert document["suggestion"]["more"]["name"] == "more"
        assert document["terraform"]["others"] == {"helm_release": 1}
        assert [(item["address"], item["action"]) for item in document["plan"]["changes"]] == [
            ("aws.bucket.data", "import")
        ]

    def test_standard_input_is_read(self, aws: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        data = (tmp_path / "terraform.tfstate").read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        document = aws("state import-terraform - --dry-run --json").document
        assert document["terraform"]["source"] == "standard input"
        assert len(document["matched"]) == 1

    @pytest.mark.parametrize("more", ["", "--json"])
    def test_without_anybody_to_ask_nothing_is_done(self, aws: Run, more: str):
        ended = aws(f"state import-terraform terraform.tfstate {more}")
        assert ended.code == 1
        assert "nobody to ask" in ended.out + ended.err
        assert "nothing is recorded" in aws("state export").err

    def test_policies_are_asked_first(self, aws: Run, tmp_path: Path):
        with (tmp_path / "flowyml.yaml").open("a") as file:
            file.write("policies: {required_labels: [team]}\n")
        ended = aws("state import-terraform terraform.tfstate --auto-approve")
        assert ended.code == 3
        assert "team" in ended.out + ended.err

    def test_where_nothing_matches_it_is_an_error_that_says_why(self, aws: Run, tmp_path: Path):
        (tmp_path / "terraform.tfstate").write_bytes(state_bytes(bucket("more", "more")))
        ended = aws("state import-terraform terraform.tfstate --auto-approve")
        assert ended.code == 1
        assert "no aws.bucket of its name is declared" in ended.out
        document = aws("state import-terraform terraform.tfstate --auto-approve --json")
        assert document.code == 1
        assert document.document["diagnostics"][0]["code"] == "terraform.nothing"
        assert aws("state import-terraform terraform.tfstate --dry-run").code == 0

    def test_where_no_kind_stands_for_anything_there_is_nothing_to_do(self, aws: Run, tmp_path: Path):
        (tmp_path / "terraform.tfstate").write_bytes(state_bytes(managed("terraform_data", "x", instance(id="1"))))
        ended = aws("state import-terraform terraform.tfstate --auto-approve")
        assert ended.code == 0
        assert "nothing in it that a kind stands for" in ended.out
        assert "1 terraform_data" in ended.out

    def test_a_stack_of_mlstacks(self, aws: Run, tmp_path: Path):
        (tmp_path / "mlstacks.tfstate").write_text(json.dumps(MLSTACKS))
        ended = aws(
            "state import-terraform mlstacks.tfstate --dry-run --json",
            "--map",
            "aws_s3_bucket.zenml-artifact-store[0]=aws.bucket.data",
        )
        assert ended.code == 1
        assert "its name is mlops-a1-store, and raw is declared" in ended.document["diagnostics"][0]["summary"]
        shown = aws("state import-terraform mlstacks.tfstate --dry-run")
        assert 'zenml-artifact-store: {kind: "bucket", provider: "aws", name: "mlops-a1-store"' in shown.out
        assert "canary-tf" not in shown.out + shown.err

    def test_what_others_wrote_cannot_steer_the_terminal(self, aws: Run, tmp_path: Path):
        resource = managed("aws_s3_bucket", "a\x1b[2J", instance(bucket="b\x1b[31m\nb"))
        (tmp_path / "terraform.tfstate").write_bytes(state_bytes(resource, managed("x\x1b[2J", "y", instance())))
        shown = aws("state import-terraform terraform.tfstate --dry-run")
        assert "\x1b" not in shown.out + shown.err

    def test_a_mistake_in_the_file_is_shown_with_its_place(self, aws: Run, tmp_path: Path):
        (tmp_path / "terraform.tfstate").write_text('{\n "version": 4\n "resources": []}')
        ended = aws("state import-terraform terraform.tfstate --json")
        (problem,) = ended.document["diagnostics"]
        assert (problem["file"], problem["line"], problem["code"]) == ("terraform.tfstate", 3, "terraform.state")


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("aws_s3_bucket.a=aws.bucket.b", ("aws_s3_bucket.a", "aws.bucket.b")),
        ('aws_s3_bucket.a["x=y"]=aws.bucket.b', ('aws_s3_bucket.a["x=y"]', "aws.bucket.b")),
    ],
)
def test_a_key_may_hold_an_equals_sign(text: str, pair: tuple[str, str]):
    assert mapping(text) == pair


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("aws.bucket.b", "invalid mapping value: 'aws.bucket.b'"),
        ("=aws.bucket.b", "invalid mapping value: '=aws.bucket.b'"),
        ("a=nonsense", "'nonsense' is not a resource address"),
    ],
)
def test_a_mapping_that_is_none_is_refused(run: Run, text: str, message: str):
    ended = run("state import-terraform f --map", text)
    assert ended.code == 1
    assert message in ended.err
