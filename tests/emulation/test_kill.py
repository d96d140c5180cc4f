"""What is left when the engine is killed while it creates: the ground on which a recovery has to stand."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import pulumi_aws
import pytest
from pulumi import automation
from pulumi.automation import CommandError, ConcurrentUpdateError

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine

BUCKET = "aws:s3/bucket:Bucket"
PATIENCE_SECONDS = 60


def wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def engine_process(bed: Bed) -> int:
    """The process of the engine: the parent of the plugin that it started last."""
    started = bed.calls("start")[-1]
    return int(started.detail.rsplit(" ", 1)[-1])


def pending(stack: automation.Stack) -> list[dict[str, Any]]:
    return stack.export_stack().deployment.get("pending_operations", [])


def buckets(aws: AwsEmulator, beginning: str) -> list[str]:
    names = [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]]
    return [name for name in names if name.startswith(beginning)]


def kill_after_creation(bed: Bed, aws: AwsEmulator, stack: automation.Stack, name: str) -> automation.Stack:
    """Kill the engine after the cloud has made the bucket, and before the plugin answers."""
    bed.suffer(Fault(faults.HANG, "create", BUCKET))
    errors: list[Exception] = []

    def up() -> None:
        try:
            stack.up()
        except CommandError as error:
            errors.append(error)

    running = threading.Thread(target=up)
    running.start()
    wait_until(lambda: bool(buckets(aws, name)))
    os.kill(engine_process(bed), signal.SIGKILL)
    running.join(PATIENCE_SECONDS)
    assert "code: -9" in str(errors[0])
    bed.suffer()
    return stack


@pytest.fixture
def killed(aws_bed: Bed, aws: AwsEmulator, unique: str) -> automation.Stack:
    """A stack with a bucket of a given name, whose engine was killed while it created it."""
    stack = aws_bed.stack(lambda: pulumi_aws.s3.Bucket("data", bucket=unique) and None)
    return kill_after_creation(aws_bed, aws, stack, unique)


def test_the_lock_and_the_pending_creation_stay_and_the_orphaned_plugin_finishes_its_call(
    aws_bed: Bed, killed: automation.Stack, unique: str
) -> None:
    started = aws_bed.calls("start")[-1]
    (operation,) = pending(killed)
    assert operation["type"] == "creating"
    assert operation["resource"]["inputs"]["bucket"] == unique
    assert "id" not in operation["resource"]
    with pytest.raises(ConcurrentUpdateError):
        killed.up()
    assert started.detail.startswith(f"group {started.process} of "), "killing the engine's group leaves the plugin"
    wait_until(lambda: bool(aws_bed.calls("orphaned")))
    assert aws_bed.results("create", BUCKET) == []
    aws_bed.release()
    wait_until(lambda: aws_bed.results("create", BUCKET) == ["done"])
    wait_until(lambda: not _alive(started.process))


def test_the_next_run_creates_again_and_only_a_refresh_that_is_told_to_clears_what_is_pending(
    aws_bed: Bed, killed: automation.Stack
) -> None:
    killed.cancel()
    assert pending(killed), "the lock goes, the operation stays"
    killed.refresh()
    assert pending(killed)
    with pytest.raises(CommandError, match="BucketAlreadyExists"):
        killed.up()
    assert len(aws_bed.calls("create", BUCKET)) == 2
    assert pending(killed)
    killed.refresh(clear_pending_creates=True)
    assert not pending(killed)


def test_the_next_run_makes_a_second_thing_where_the_provider_makes_the_name(
    aws_bed: Bed, aws: AwsEmulator, unique: str
) -> None:
    stack = kill_after_creation(aws_bed, aws, aws_bed.stack(lambda: pulumi_aws.s3.Bucket(unique) and None), unique)
    stack.cancel()
    stack.up()
    assert len(buckets(aws, unique)) == 2, "and nobody is told of the first"
    assert pending(stack), "what was pending stays so"


def test_an_import_drops_what_is_pending_and_puts_what_was_found_into_the_state(
    aws_bed: Bed, killed: automation.Stack, unique: str
) -> None:
    killed.cancel()
    exported = killed.export_stack()
    killed.import_stack(exported)
    assert not pending(killed)
    (operation,) = exported.deployment.pop("pending_operations")
    exported.deployment["resources"].append({**operation["resource"], "id": unique})
    killed.import_stack(exported)
    killed.refresh()
    assert "update" not in (killed.up().summary.resource_changes or {})
    assert len(aws_bed.calls("create", BUCKET)) == 1


def _alive(process: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.startswith("Z")
