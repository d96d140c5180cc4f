"""Each operation on a cloud and in a cluster, struck by each fault: what the next applies make of it.

Whatever strikes, at most two further applies bring everything to what is declared, nothing is made twice, nothing is
left over, and the message names the address and what to do. What a cloud refuses because it was asked too often is
asked for again in the same apply.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from flowyml_infra.apply.engines.pulumi import desk
from tests.e2e.engine.conftest import EngineProject, kill
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault
from tests.support.small_disk import full_disk

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
NO_WAY = "dial tcp 127.0.0.1:1: connect: connection refused"
STRUCK = {"refused": faults.REFUSE, "cut": faults.REFUSE, "lost": faults.LOSE, "late": faults.TIME_OUT}


class Place(NamedTuple):
    """Where the resources are: their provider, kind and type, how they are declared, and which are really there."""

    provider: str
    kind: str
    token: str
    declared: Callable[[str, str, str], dict[str, Any]]
    there: Callable[[], set[str]]

    def address(self, name: str) -> str:
        return f"{self.provider}.{self.kind}.{name}"


@pytest.fixture
def aws_place(project: EngineProject, unique: str) -> Place:
    project.names = [unique]

    def declared(unique: str, name: str, mark: str) -> dict[str, Any]:
        return {"kind": "bucket", "name": f"{unique}-{name}", "tags": {"mark": mark}}

    return Place("aws", "bucket", "aws:s3/bucket:Bucket", declared, project.buckets)


@pytest.fixture
def kubernetes_place(project: EngineProject, kubernetes: KubernetesServer, unique: str) -> Place:
    project.monkeypatch.setenv("KUBECONFIG", str(kubernetes.kubeconfig))

    def declared(unique: str, name: str, mark: str) -> dict[str, Any]:
        names = {"name": f"{unique}-{name}", "namespace": "default"}
        return {"kind": "secret", "key": "value", "labels": {"mark": mark}, **names}

    def there() -> set[str]:
        found = kubernetes.get("/api/v1/namespaces/default/secrets") or {}
        names = {item["metadata"]["name"] for item in found.get("items", ())}
        return {name for name in names if name.startswith(unique)}

    return Place("kubernetes", "secret", "kubernetes:core/v1:Secret", declared, there)


@pytest.fixture(params=["aws", "kubernetes"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(f"{request.param}_place")
    return found


def declare(project: EngineProject, place: Place, unique: str, names: list[str], mark: str = "a") -> None:
    resources = {name: place.declared(unique, name, mark) for name in names}
    project.declare(place.provider, resources=resources)


def converge(project: EngineProject, unique: str, place: Place, names: list[str]) -> None:
    """At most two further applies, without faults."""
    project.suffer()
    last = project.apply()
    if last.code != 0:
        last = project.apply()
    assert last.code == 0, last.out + last.err
    assert place.there() == {f"{unique}-{name}" for name in names}
    assert "No changes" in project.run("plan s").out


@pytest.mark.parametrize("operation", ["create", "update", "delete"])
def test_refusals_and_lost_answers_strike_the_one_resource_they_are_about(
    project: EngineProject, place: Place, unique: str, operation: str
):
    names = [*STRUCK, "often", "well"]
    if operation != "create":
        declare(project, place, unique, names)
        assert project.apply().code == 0
    project.suffer(
        *(
            Fault(what, operation, place.token, nth=0, message=NO_WAY if name == "cut" else "AccessDenied", about=name)
            for name, what in STRUCK.items()
        ),
        Fault(faults.THROTTLE, operation, place.token, about="often"),
    )
    declare(project, place, unique, [] if operation == "delete" else names, "b")
    failed = project.apply()
    assert failed.code == 6
    told = {item["address"]: item["error"] for item in failed.document["failed"]}
    assert set(told) == {place.address(name) for name in STRUCK}
    assert "not reached" in told[place.address("cut")]
    assert {item["address"] for item in failed.document["applied"]} == {place.address("often"), place.address("well")}
    assert len(project.calls_about(operation, place.token, "often.1")) == 2
    converge(project, unique, place, [] if operation == "delete" else names)
    assert project.run("destroy s --auto-approve").code == 0
    assert place.there() == set()


@pytest.mark.parametrize("death", [faults.DIE, faults.DIE_AFTER, "the engine"])
def test_a_plugin_or_the_engine_that_dies_leaves_nothing_that_the_next_applies_do_not_finish(
    project: EngineProject, place: Place, unique: str, death: str
):
    steps = [("create", ["one", "two"], "a"), ("update", ["one", "two"], "b"), ("delete", [], "b")]
    for operation, names, mark in steps:
        declare(project, place, unique, names, mark)
        if death == "the engine":
            kill_the_engine(project, place, operation)
        else:
            project.suffer(Fault(death, operation, place.token, about="one"))
            struck = project.apply()
            assert struck.code == 6, struck.out + struck.err
        converge(project, unique, place, names)
    assert project.statuses() == {}


def test_an_engine_that_gives_no_answer_is_ended_and_the_next_applies_finish_it(
    project: EngineProject, place: Place, unique: str, monkeypatch: pytest.MonkeyPatch
):
    declare(project, place, unique, ["one"], "a")
    project.suffer(Fault(faults.STUCK, "create", place.token, about="one"))
    with monkeypatch.context() as patch:
        patch.setattr(desk, "LONG_SECONDS", 6.0)
        given_up = project.apply()
    assert given_up.code == 6, given_up.out + given_up.err
    told = {item["address"]: item["error"] for item in given_up.document["failed"]}
    assert told == {place.address("one"): "the engine gave no answer within 0.1 minutes, and was ended"}
    assert project.engine_processes() == []
    converge(project, unique, place, ["one"])


def test_a_full_disk_under_the_engines_record_stops_an_apply_before_it_begins(
    project: EngineProject, aws_place: Place, unique: str, tmp_path: Path
):
    """Pulumi itself would write half a record over the whole one, and half a lock that no later run gets past."""
    with full_disk(tmp_path / "disk", None) as disk:
        if disk is None:
            pytest.skip("this user may mount nothing")
        project.monkeypatch.setenv("FLOWYML_ENGINE_BACKEND", disk.folder.as_uri())
        declare(project, aws_place, unique, ["kept"])
        assert project.apply().code == 0
        called = project.every_call()
        declare(project, aws_place, unique, ["kept", "new"], mark="b")
        disk.fill(but=8)
        refused = project.apply()
        disk.clear()
        assert refused.code == 1
        (told,) = refused.document["diagnostics"]
        assert (told["code"], told["hint"] is None) == ("engine.no_room", False)
        assert str(disk.folder) in told["summary"]
        assert project.every_call() == called
        converge(project, unique, aws_place, ["kept", "new"])


def test_half_a_lock_and_half_a_record_of_a_full_disk_do_not_stop_the_next_apply(
    project: EngineProject, aws_place: Place, unique: str
):
    declare(project, aws_place, unique, ["kept"])
    assert project.apply().code == 0
    (record,) = (project.root / ".flowyml" / "engine" / ".pulumi" / "stacks" / "flowyml-infra").glob("s.*.json")
    whole = record.read_bytes()
    record.with_name(f"{record.name}.bak").write_bytes(whole)
    record.write_bytes(whole[:4096])
    locks = project.root / ".flowyml" / "engine" / ".pulumi" / "locks" / "organization" / "flowyml-infra" / record.stem
    locks.mkdir(parents=True, exist_ok=True)
    (locks / "54b0d7dc.json.18ebc70e.tmp").touch()
    declare(project, aws_place, unique, ["kept", "new"], mark="b")
    assert project.apply().code == 0
    assert aws_place.there() == {f"{unique}-kept", f"{unique}-new"}
    assert record.with_name(f"{record.name}.damaged").read_bytes() == whole[:4096]


def kill_the_engine(project: EngineProject, place: Place, operation: str) -> None:
    """Kill the Pulumi CLI alone while it waits for an answer; the apply itself goes on and says what failed."""
    project.suffer(Fault(faults.STUCK, operation, place.token, about="one"))
    before = project.calls(operation, place.token)
    process = project.spawn("apply s --auto-approve")
    project.wait_for(lambda: project.calls(operation, place.token) > before)
    project.wait_for(lambda: bool(project.engine_processes()))
    for pid in project.engine_processes():
        os.kill(pid, signal.SIGKILL)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 6, output
    assert place.address("one") in output
    kill(process)


class TestWhatNobodyAskedToDelete:
    """The engine deletes what its program could have registered and did not: that must never be what is declared."""

    def test_a_change_that_fails_leaves_the_thing_and_what_is_in_it(self, project: EngineProject, unique: str):
        project.names = [unique]
        buckets = {name: {"kind": "bucket", "name": f"{unique}-{name}", "force_destroy": True} for name in "ab"}
        project.declare(resources=buckets)
        assert project.apply().code == 0
        project.suffer(Fault(faults.REFUSE, "update", BUCKET, nth=0, about="a"))
        project.declare(resources={name: {**entry, "tags": {"mark": "b"}} for name, entry in buckets.items()})
        failed = project.apply()
        assert [item["address"] for item in failed.document["failed"]] == ["aws.bucket.a"]
        assert [item["address"] for item in failed.document["applied"]] == ["aws.bucket.b"]
        assert project.calls("delete", BUCKET) == 0
        assert project.buckets() == {f"{unique}-a", f"{unique}-b"}

    def test_what_an_interrupted_apply_did_not_get_to_stays(self, project: EngineProject, unique: str):
        project.names = [unique]
        first = {"kind": "bucket", "name": f"{unique}-a"}
        second = {"kind": "bucket", "name": f"{unique}-b", "depends_on": ["aws.bucket.a"]}
        project.declare(resources={"a": first, "b": second})
        assert project.apply().code == 0
        project.suffer(Fault(faults.HANG, "update", BUCKET, about="a"))
        tags = {"tags": {"mark": "b"}}
        project.declare(resources={"a": {**first, **tags}, "b": {**second, **tags}})
        process = project.spawn("apply s --auto-approve")
        project.wait_for(lambda: project.calls("update", BUCKET) == 1)
        process.send_signal(signal.SIGINT)
        faults.release(project.shared)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 130, output
        assert project.calls("delete", BUCKET) == 0
        assert project.buckets() == {f"{unique}-a", f"{unique}-b"}
        assert project.apply().code == 0
        assert "No changes" in project.run("plan s").out

    def test_but_a_part_that_is_not_declared_any_more_goes_with_the_change(self, project: EngineProject, unique: str):
        name = f"{unique}-a"
        project.names = [unique]
        project.declare(resources={"a": {"kind": "bucket", "name": name, "expire_after_days": 30}})
        assert project.apply().code == 0
        s3 = project.aws.client("s3")
        assert s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        project.declare(resources={"a": {"kind": "bucket", "name": name}})
        project.suffer(Fault(faults.REFUSE, "delete", LIFECYCLE))
        failed = project.apply()
        assert failed.code == 6
        assert failed.document["failed"][0]["address"] == "aws.bucket.a"
        assert project.apply().code == 0
        with pytest.raises(s3.exceptions.ClientError, match="NoSuchLifecycleConfiguration"):
            s3.get_bucket_lifecycle_configuration(Bucket=name)
        assert project.buckets() == {name}
