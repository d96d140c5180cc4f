"""The parts of the engine that need no engine: names, records, causes, the finding of the CLI."""

from __future__ import annotations

import fnmatch
from types import SimpleNamespace
from typing import Any

import pytest

from flowyml_infra.address import Address
from flowyml_infra.apply.engine import Subject
from flowyml_infra.apply.engines.pulumi.backends import FolderBackend
from flowyml_infra.apply.engines.pulumi.checkpoint import Checkpoint
from flowyml_infra.apply.engines.pulumi.desk import Desk
from flowyml_infra.apply.engines.pulumi.failures import failure, messages_of
from flowyml_infra.apply.engines.pulumi.looking import Look, Seen
from flowyml_infra.apply.engines.pulumi.mending import mend
from flowyml_infra.apply.engines.pulumi.site import stack_name
from flowyml_infra.apply.engines.pulumi.urns import component_urn, free_name, targets_of
from flowyml_infra.errors import EngineError
from flowyml_infra.resources.catalogue import kind
from flowyml_infra.resources.values import Unknown
from flowyml_infra.state.key import DeploymentKey

STACK = "s.default.12345678"
BUCKET = "flowyml:aws:bucket"


class TestNames:
    def test_a_stack_has_a_name_that_pulumi_takes_and_another_one_for_every_lineage(self):
        long = DeploymentKey("s" * 63, "e" * 63)
        names = {stack_name(long, lineage) for lineage in ("11111111-1", "22222222-2")}
        assert len(names) == 2
        assert all(len(name) <= 100 for name in names)

    def test_a_component_gets_the_first_free_number(self):
        address = Address("aws.bucket.data")
        assert free_name(address, set()) == "data.1"
        assert free_name(address, {"data.1", "data.2", "dat.3"}) == "data.3"

    @pytest.mark.parametrize("other", ["data.10", "data-2.1", "data.1x", "other.1", "data.2"])
    def test_the_pattern_of_one_component_never_fits_the_child_of_another(self, other):
        patterns = targets_of(component_urn(STACK, BUCKET, "data.1"))
        for child in (other, f"{other}-versioning"):
            urn = f"urn:pulumi:{STACK}::flowyml-infra::{BUCKET}$aws:s3/x:X::{child}"
            assert not any(fnmatch.fnmatchcase(urn, pattern.replace("**", "*")) for pattern in patterns)

    @pytest.mark.parametrize("child", ["data.1", "data.1-versioning"])
    def test_but_those_of_its_own(self, child):
        patterns = targets_of(component_urn(STACK, BUCKET, "data.1"))
        urn = f"urn:pulumi:{STACK}::flowyml-infra::{BUCKET}$aws:s3/x:X::{child}"
        assert any(fnmatch.fnmatchcase(urn, pattern.replace("**", "*")) for pattern in patterns)


def item(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": "t", **more}


class TestRecord:
    def test_a_component_is_known_by_the_creation_id_among_its_inputs(self):
        urn = component_urn(STACK, BUCKET, "data.1")
        record = Checkpoint.of({"resources": [item(urn, inputs={"creation": "c1"}), item("x", custom=True)]})
        assert record.component("c1") == urn
        assert record.component("c2") is None
        assert record.components() == {urn: "c1"}

    @pytest.mark.parametrize(
        ("deployment", "empty"),
        [
            (None, True),
            ({"resources": [item("root")]}, True),
            ({"resources": [item("p", type="pulumi:providers:aws", custom=True, id="1")]}, True),
            ({"resources": [item("x", custom=True)]}, False),
            ({"resources": [item("x", inputs={"creation": "c"})]}, False),
            ({"resources": [], "pending_operations": [{"type": "creating"}]}, False),
        ],
    )
    def test_it_is_empty_when_it_says_nothing_but_how_clouds_are_reached(self, deployment, empty):
        assert Checkpoint.of(deployment).empty is empty


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("creating S3 Bucket: operation error S3: CreateBucket, api error AccessDenied: Access Denied", "permission"),
        ("api error ExpiredToken: The security token included in the request is expired", "authentication"),
        ("creating EKS Cluster: LimitExceeded: too many clusters", "quota"),
        ('pods "x" is forbidden: exceeded quota: limits', "quota"),
        ("creating S3 Bucket (x): BucketAlreadyExists", "taken"),
        ("deleting S3 Bucket (x): BucketNotEmpty: The bucket you tried to delete is not empty", "in_use"),
        ("error: no resource plugin 'pulumi-resource-aws' found in the workspace", "plugin"),
        ("error: the stack is currently locked by 1 lock(s)", "backend_locked"),
        ('Get "https://127.0.0.1:1/api": dial tcp 127.0.0.1:1: connect: connection refused', "network"),
        ("writing lock: no space left on device", "no_room"),
        ("failed to load checkpoint: EOF", "record_damaged"),
        ("\n code: -9\n stdout: \n stderr: ", "ended"),
        ("ThrottlingException: Rate exceeded", "throttled"),
        ('PersistentVolumeClaim "x" is invalid: spec: Forbidden: spec is immutable after creation', "invalid"),
    ],
)
def test_a_failure_says_what_it_is_and_what_to_do(message, code):
    error = failure(Address("aws.bucket.data"), [message])
    assert error.code == f"engine.{code}"
    assert error.address == "aws.bucket.data"
    assert error.hint


def test_a_record_that_a_killed_engine_left_half_written_does_not_hide_how_an_apply_ended(monkeypatch):
    closed: list[str] = []

    class Half:
        """The workspace of an engine that was killed while it wrote its record."""

        def checkpoint(self) -> Checkpoint:
            raise failure(None, ["failed to load checkpoint: EOF"])

        def close(self) -> None:
            closed.append("workspace")

    class Ended:
        def close(self) -> None:
            closed.append("runner")

    desk = Desk.__new__(Desk)
    monkeypatch.setattr(desk, "_components", set(), raising=False)
    monkeypatch.setattr(desk, "_workspace", Half(), raising=False)
    monkeypatch.setattr(desk, "_runner", Ended(), raising=False)
    desk.close()
    assert closed == ["runner", "workspace"]


def test_a_failure_that_nobody_knows_is_told_as_it_is():
    error = failure(None, ["error: something odd\n  and more"])
    assert (error.code, error.message) == ("engine.failed", "something odd")
    assert failure(None, []).message == "it did not say why"


def test_what_a_command_said_was_wrong_is_picked_out():
    assert messages_of(RuntimeError("code: 1\nlots of talk\n  error: this\nerror: that")) == ["this", "that"]
    assert messages_of(RuntimeError("code: 1")) == ["code: 1"]
    several = RuntimeError("error: 2 errors occurred:\n\t* it is full\n\t* it cannot be removed\nmore talk")
    assert failure(None, messages_of(several)).message == "it is full"


class TestLooks:
    def reading(self, *seen: Seen):
        look = Look.__new__(Look)
        component = component_urn(STACK, BUCKET, "data.1")
        children = {f"child-{number}": item for number, item in enumerate(seen)}
        resources = [item(component, inputs={"creation": "c1"})]
        resources += [item(urn, parent=component, custom=True) for urn in children]
        look._record = Checkpoint.of({"resources": resources})
        look._seen = children
        return look.reading(Subject(Address("aws.bucket.data"), kind("aws", "bucket"), "c1", {}, "data"))

    def test_what_is_gone_is_gone_with_its_primary_part(self):
        assert self.reading(Seen("aws:s3/bucket:Bucket", "delete", (), {})) is None

    def test_what_is_as_it_was_has_no_differences(self):
        found = self.reading(Seen("aws:s3/bucket:Bucket", "same", (), {}))
        assert found is not None
        assert found.properties == {}

    def test_a_part_that_is_gone_makes_its_properties_unknown(self):
        found = self.reading(Seen("aws:s3/bucketVersioning:BucketVersioning", "delete", (), {}))
        assert found is not None
        assert found.properties == {"versioning": Unknown("boolean")}

    def test_tags_are_read_back_without_the_mark(self):
        outputs = {"tags": {"a": "b", "flowyml:creation": "c1"}}
        found = self.reading(Seen("aws:s3/bucket:Bucket", "update", ("tags",), outputs))
        assert found is not None
        assert found.properties == {"tags": {"a": "b"}}

    def test_nothing_is_guessed_that_would_replace_it(self):
        found = self.reading(Seen("aws:s3/bucket:Bucket", "update", ("bucket_domain_name",), {}))
        assert found is not None
        assert found.properties == {}


class TestRecordsThatAreNotWhole:
    @pytest.fixture
    def record(self, tmp_path):
        path = tmp_path / ".pulumi" / "stacks" / "flowyml-infra" / "s.json"
        path.parent.mkdir(parents=True)
        path.write_text('{"half": ')
        return path

    def test_the_copy_of_the_one_before_takes_its_place(self, record, tmp_path):
        record.with_name("s.json.bak").write_text("{}")
        FolderBackend(tmp_path).reach(tmp_path, "s", looks=False)
        assert record.read_text() == "{}"
        assert record.with_name("s.json.damaged").read_text() == '{"half": '

    def test_the_copy_takes_the_place_of_a_record_that_is_not_there(self, record, tmp_path):
        record.rename(record.with_name("s.json.bak"))
        FolderBackend(tmp_path).reach(tmp_path, "s", looks=False)
        assert not record.exists(), "half a copy is none"
        record.with_name("s.json.bak").write_text("{}")
        FolderBackend(tmp_path).reach(tmp_path, "s", looks=False)
        assert record.read_text() == "{}"

    def test_half_a_checksum_goes_and_a_whole_one_stays(self, record, tmp_path):
        """Pulumi reads no record with half a one beside it: "failed to load checkpoint: EOF"."""
        notes = [record.with_name(name) for name in ("s.json.attrs", "s.json.bak.attrs", "t.json.attrs")]
        notes.append(tmp_path / ".pulumi" / "meta.yaml.attrs")
        for whole in ("{}", "", '{"md5":'):
            record.write_text("{}")
            for note in notes:
                note.write_text(whole)
            FolderBackend(tmp_path).reach(tmp_path, "s", looks=False)
            left = [note for note in notes if note.exists()]
            assert left == (notes if whole == "{}" else [notes[2]]), "and another stack's is not touched"

    @pytest.mark.parametrize("copy", [None, "", '{"shorter'])
    def test_without_a_whole_copy_the_way_out_is_told(self, record, tmp_path, copy):
        if copy is not None:
            record.with_name("s.json.bak").write_text(copy)
        with pytest.raises(EngineError, match=str(record)) as caught:
            FolderBackend(tmp_path).reach(tmp_path, "s", looks=False)
        assert caught.value.code == "engine.record_damaged"
        assert "state rebuild" in (caught.value.hint or "")
        assert record.read_text() == '{"half": '

    def test_who_only_looks_changes_nothing(self, record, tmp_path):
        record.with_name("s.json.bak").write_text("{}")
        FolderBackend(tmp_path).reach(tmp_path, "s", looks=True)
        assert record.read_text() == '{"half": '


def test_a_component_whose_creation_was_begun_is_not_looked_for_in_the_cloud():
    component = {"urn": component_urn(STACK, BUCKET, "data.1"), "type": BUCKET, "custom": False, "inputs": {}}
    begun = {"resources": [], "pending_operations": [{"resource": component, "type": "creating"}]}

    class Workspace:
        name = STACK
        record = begun
        stack = SimpleNamespace(refresh=lambda **_: None)

        def exported(self) -> Any:
            return self.record

        def replace(self, deployment: Any) -> None:
            self.record = deployment

    workspace = Workspace()
    assert mend(workspace).empty  # type: ignore[arg-type]
    assert workspace.record == {"resources": [], "pending_operations": []}
