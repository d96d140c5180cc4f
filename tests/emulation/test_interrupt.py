"""What an interrupt of the engine does to the call that is under way, once and twice."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable

import pulumi_aws
import pytest
from pulumi import automation
from pulumi.automation import CommandError

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine

BUCKET = "aws:s3/bucket:Bucket"
PATIENCE_SECONDS = 60


class Running:
    """An ``up`` in a thread, whose engine can be interrupted."""

    def __init__(self, bed: Bed, stack: automation.Stack) -> None:
        self.bed = bed
        self.stack = stack
        self.error = ""
        self.thread = threading.Thread(target=self._up)
        self.thread.start()

    def _up(self) -> None:
        try:
            self.stack.up()
        except CommandError as error:
            self.error = str(error)

    def interrupt(self) -> None:
        """Interrupt the engine as Ctrl-C does, and wait until the plugin has heard of it."""
        before = len(self.bed.calls("cancel"))
        os.kill(int(self.bed.calls("start")[-1].detail.rsplit(" ", 1)[-1]), signal.SIGINT)
        self._wait(lambda: len(self.bed.calls("cancel")) > before)

    def join(self) -> None:
        self.thread.join(PATIENCE_SECONDS)
        assert not self.thread.is_alive()

    def _wait(self, holds: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not holds():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.05)


@pytest.fixture
def start(aws_bed: Bed, aws: AwsEmulator, unique: str) -> Callable[[str], Running]:
    """Brings a bucket up until its creation suffers the fault of that name."""

    def started(what: str) -> Running:
        aws_bed.suffer(Fault(what, "create", BUCKET))
        running = Running(aws_bed, aws_bed.stack(lambda: pulumi_aws.s3.Bucket("data", bucket=unique) and None))
        running._wait(lambda: unique in [item["Name"] for item in aws.client("s3").list_buckets()["Buckets"]])
        return running

    return started


def recorded(stack: automation.Stack) -> list[str]:
    resources = stack.export_stack().deployment.get("resources", [])
    return [item["id"] for item in resources if item["type"] == BUCKET]


def pending(stack: automation.Stack) -> list[str]:
    return [item["type"] for item in stack.export_stack().deployment.get("pending_operations", [])]


def test_a_call_that_heeds_the_interrupt_ends_and_keeps_its_id(start: Callable[[str], Running], unique: str) -> None:
    running = start(faults.HANG)
    running.interrupt()
    running.join()
    assert "cancelled while it waited" in running.error
    assert (recorded(running.stack), pending(running.stack)) == ([unique], [])


def test_one_interrupt_waits_for_a_call_that_does_not_heed_it(
    aws_bed: Bed, start: Callable[[str], Running], unique: str
) -> None:
    running = start(faults.STUCK)
    running.interrupt()
    assert running.thread.is_alive()
    aws_bed.release()
    running.join()
    assert "update canceled" in running.error
    assert (recorded(running.stack), pending(running.stack)) == ([unique], [])


def test_a_second_interrupt_leaves_the_call_pending_and_no_lock(aws_bed: Bed, start: Callable[[str], Running]) -> None:
    running = start(faults.STUCK)
    running.interrupt()
    running.interrupt()
    running.join()
    assert (recorded(running.stack), pending(running.stack)) == ([], ["creating"])
    running.stack.refresh(clear_pending_creates=True)
