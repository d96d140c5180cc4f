"""When the engine does what: sessions that are kept open, failures that take no others along, removals that wait."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from flowyml_infra.address import Address
from flowyml_infra.apply.engine import Made
from flowyml_infra.apply.engines.pulumi.job import Job, Removal
from flowyml_infra.apply.engines.pulumi.runner import Runner
from flowyml_infra.errors import EngineError
from flowyml_infra.resources.catalogue import kind


class Rollup:
    def __init__(self) -> None:
        self.told: dict[str, list[str]] = {}
        self.general: list[str] = []

    def messages(self, component: str) -> list[str]:
        return self.told.get(component, [])

    def other_messages(self) -> list[str]:
        return self.general


class Session:
    """Answers jobs at once, but for those that are named ``bad``, which end it, and ``slow``, which never are."""

    def __init__(self, world: World, ended: Callable[[Any, Any], None]) -> None:
        self.rollup = Rollup()
        self.world = world
        self.ended = ended
        self.over = False

    def covers(self, job: Job) -> bool:
        return not job.name.startswith("other") or self.world.sessions.index(self) > 0

    def submit(self, job: Job) -> None:
        self.world.log.append(f"submit {job.name}")
        if self.over or job.name.startswith("slow"):
            return
        if job.name.startswith("bad"):
            self.rollup.told[job.name] = [f"error: {job.name} is refused"]
            self.end(RuntimeError("update failed"))
            return
        job.answer.set_result(Made(job.name, {}))

    def finish(self) -> None:
        if not self.over:
            self.end(None)

    def end(self, error: Exception | None) -> None:
        self.over = True
        self.world.log.append("end")
        self.ended(self, error)


class World:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.sessions: list[Session] = []

    def open(self, ended: Callable[[Any, Any], None]) -> Session:
        self.log.append("open")
        self.sessions.append(Session(self, ended))
        return self.sessions[-1]

    def remove(self, removals: Any) -> None:
        self.log.append("remove " + " ".join(sorted(min(item.urns) for item in removals)))
        for item in removals:
            item.answer.set_result(None)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def runner(world: World):
    made = Runner(world.open, world.remove, lambda job: job.name)  # type: ignore[arg-type]
    yield made
    made.close()


def job(name: str) -> Job:
    return Job(Address(f"aws.bucket.{name}"), kind("aws", "bucket"), name, "creation", {}, "provider")


def ask(runner: Runner, *items: Job | Removal) -> None:
    for item in items:
        runner.ask(item)


def result(future: Future[Any]) -> Any:
    return future.result(timeout=10)


def test_jobs_share_one_session_that_ends_with_the_runner(world: World) -> None:
    made = Runner(world.open, world.remove, lambda item: item.name)  # type: ignore[arg-type]
    jobs = [job("a"), job("b")]
    ask(made, *jobs)
    assert [result(item.answer).physical_id for item in jobs] == ["a", "b"]
    made.close()
    assert world.log == ["open", "submit a", "submit b", "end"]


def test_a_failure_answers_for_itself_and_the_others_are_asked_for_again(world: World, runner: Runner) -> None:
    slow, bad = job("slow"), job("bad")
    ask(runner, slow, bad)
    with pytest.raises(EngineError, match="bad is refused") as caught:
        result(bad.answer)
    assert caught.value.address == "aws.bucket.bad"
    while world.log.count("submit slow") < 2:
        threading.Event().wait(0.01)
    assert not slow.answer.done()
    slow.answer.set_result(Made("slow", {}))


def test_who_failed_has_the_answer_before_the_others_are_asked_for_again(world: World, runner: Runner) -> None:
    slow, bad = job("slow"), job("bad")
    bad.answer.add_done_callback(lambda _: world.log.append("answered bad"))
    ask(runner, slow, bad)
    while world.log.count("submit slow") < 2:
        threading.Event().wait(0.01)
    assert world.log[world.log.index("end") :] == ["end", "answered bad", "open", "submit slow"]
    slow.answer.set_result(Made("slow", {}))


def test_when_nobody_is_at_fault_everybody_hears_why(world: World, runner: Runner) -> None:
    slow = [job("slow"), job("slow-too")]
    ask(runner, *slow)
    while "submit slow-too" not in world.log:
        threading.Event().wait(0.01)
    world.sessions[0].rollup.general.append("dial tcp 127.0.0.1:1: connection refused")
    world.sessions[0].end(RuntimeError("x"))
    for item in slow:
        with pytest.raises(EngineError) as caught:
            result(item.answer)
        assert caught.value.code == "engine.network"


def test_removals_wait_until_nothing_is_under_way_and_go_together(world: World, runner: Runner) -> None:
    slow = job("slow")
    removals = [Removal(Address(f"aws.bucket.{urn}"), {urn}, {urn}) for urn in "xy"]
    ask(runner, slow, *removals)
    threading.Event().wait(0.6)
    assert "remove x y" not in world.log
    slow.answer.set_result(Made("slow", {}))
    for item in removals:
        assert result(item.answer) is None
    assert world.log == ["open", "submit slow", "end", "remove x y"]
    again = job("again")
    ask(runner, again)
    result(again.answer)
    assert world.log[-2:] == ["open", "submit again"]


def test_a_job_that_the_session_may_not_touch_gets_a_new_one(world: World, runner: Runner) -> None:
    jobs = [job("a"), job("other")]
    ask(runner, *jobs)
    for item in jobs:
        result(item.answer)
    assert world.log == ["open", "submit a", "end", "open", "submit other"]


def test_what_cannot_be_opened_is_told(world: World) -> None:
    def refuse(ended: Any) -> Any:
        raise EngineError("no way in")

    made = Runner(refuse, world.remove, lambda item: item.name)
    asked = job("a")
    ask(made, asked)
    with pytest.raises(EngineError, match="no way in"):
        result(asked.answer)
    made.close()
