"""Each fault does what its name says, seen from the engine, its state and the cloud."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pulumi_aws
import pytest
from botocore.exceptions import ClientError
from pulumi import automation
from pulumi.automation import CommandError

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine

BUCKET = "aws:s3/bucket:Bucket"
PATIENCE_SECONDS = 60


@pytest.fixture
def stack(aws_bed: Bed, unique: str) -> automation.Stack:
    return aws_bed.stack(lambda: pulumi_aws.s3.Bucket("data", bucket=unique) and None)


@pytest.fixture
def exists(aws: AwsEmulator, unique: str) -> Callable[[], bool]:
    def asked() -> bool:
        try:
            aws.client("s3").head_bucket(Bucket=unique)
        except ClientError:
            return False
        return True

    return asked


def recorded(stack: automation.Stack) -> list[str]:
    """The ids of the buckets in the state."""
    resources = stack.export_stack().deployment.get("resources", [])
    return [item["id"] for item in resources if item["type"] == BUCKET]


def test_a_refused_call_does_nothing_and_the_next_one_works(
    aws_bed: Bed, stack: automation.Stack, exists: Callable[[], bool]
) -> None:
    aws_bed.suffer(Fault(faults.REFUSE, "create", BUCKET), Fault(faults.THROTTLE, "create", BUCKET, nth=2))
    for words in ("the test ordered this refusal", "ThrottlingException"):
        with pytest.raises(CommandError, match=words):
            stack.up()
        assert not exists()
        assert recorded(stack) == []
    stack.up()
    assert exists()
    assert len(aws_bed.calls("create", BUCKET)) == 3


def test_a_lost_answer_leaves_a_thing_that_the_state_does_not_know(
    aws_bed: Bed, stack: automation.Stack, exists: Callable[[], bool]
) -> None:
    aws_bed.suffer(Fault(faults.LOSE, "create", BUCKET))
    with pytest.raises(CommandError):
        stack.up()
    assert exists()
    assert recorded(stack) == []
    assert "pending_operations" not in stack.export_stack().deployment


def test_what_timed_out_is_in_the_state_with_its_id(aws_bed: Bed, stack: automation.Stack, unique: str) -> None:
    aws_bed.suffer(Fault(faults.TIME_OUT, "create", BUCKET))
    with pytest.raises(CommandError, match="timed out"):
        stack.up()
    assert recorded(stack) == [unique]


def test_a_call_that_hangs_answers_when_it_is_released(
    aws_bed: Bed, stack: automation.Stack, exists: Callable[[], bool], unique: str
) -> None:
    aws_bed.suffer(Fault(faults.HANG, "create", BUCKET))
    running = threading.Thread(target=stack.up)
    running.start()
    end = time.monotonic() + PATIENCE_SECONDS
    while not exists() and time.monotonic() < end:
        time.sleep(0.1)
    assert running.is_alive()
    assert aws_bed.results("create", BUCKET) == []

    aws_bed.release()
    running.join(PATIENCE_SECONDS)
    assert recorded(stack) == [unique]


@pytest.mark.parametrize(("what", "made"), [(faults.DIE, False), (faults.DIE_AFTER, True)])
def test_a_plugin_that_dies_answers_nothing(
    aws_bed: Bed, stack: automation.Stack, exists: Callable[[], bool], what: str, made: bool
) -> None:
    aws_bed.suffer(Fault(what, "create", BUCKET))
    with pytest.raises(CommandError):
        stack.up()
    assert exists() is made
    assert aws_bed.results("create", BUCKET) == []
    assert recorded(stack) == []
    assert "pending_operations" not in stack.export_stack().deployment, "the engine takes it for a plain refusal"
