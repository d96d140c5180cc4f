from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading

import pytest

from flowyml_infra import Pipeline, step
from flowyml_infra.errors import StateError
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore
from flowyml_infra.runtime.orchestrators.crew import Crew
from flowyml_infra.runtime.orchestrators.local import LocalOrchestrator

PROGRAM = """
import os, sys, time
from flowyml_infra import Pipeline, step
from flowyml_infra.runtime.binding import BoundStack, set_default_binder
folder = sys.argv[1]
bound = BoundStack(name="x", artifact_store_uri=folder + "/a", metadata_store_uri="sqlite:///" + folder + "/m.db")
set_default_binder(lambda *a, **k: bound)

@step
def first():
    return 1

@step(cache=False)
def {left}(first):
    os.write(1, b"running\\n")
    time.sleep(600)

@step(cache=False)
def {right}(first):
    os.write(1, b"running\\n")
    time.sleep(600)

@step
def last({left}, {right}):
    return 1

steps = [first, {left}, {right}, last] if {parallel} else [first, {left}]
Pipeline("p", steps=steps).run(run_id="mine")
"""


def begin(folder, *, parallel):
    code = PROGRAM.format(left="left", right="right", parallel=parallel)
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(2 if parallel else 1):
        assert process.stdout.readline().strip() == "running"
    return process


def statuses(folder):
    details = SQLiteMetadataStore(folder / "m.db").run("mine")
    return details.run.status, {item.name: item.status for item in details.steps}


def recorded(folder):
    connection = sqlite3.connect(folder / "m.db")
    (status,) = connection.execute("SELECT status FROM runs").fetchone()
    connection.close()
    return status


@pytest.mark.parametrize("parallel", [False, True])
def test_ctrl_c_is_recorded_and_ends_the_process_at_once(tmp_path, parallel):
    process = begin(tmp_path, parallel=parallel)
    assert statuses(tmp_path)[0] == "running"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode != 0
    assert "KeyboardInterrupt" in errors
    assert recorded(tmp_path) == "interrupted"
    running = {"left", "right"} if parallel else {"left"}
    assert statuses(tmp_path) == ("interrupted", {"first": "succeeded"} | dict.fromkeys(running, "interrupted"))


@pytest.mark.parametrize("parallel", [False, True])
def test_a_run_that_was_killed_reads_as_interrupted(tmp_path, parallel):
    process = begin(tmp_path, parallel=parallel)
    process.kill()
    process.communicate(timeout=60)
    assert recorded(tmp_path) == "running"
    status, steps = statuses(tmp_path)
    assert (status, steps["first"], steps["left"]) == ("interrupted", "succeeded", "interrupted")
    (listed,) = SQLiteMetadataStore(tmp_path / "m.db").runs()
    assert (listed.status, listed.pid) == ("interrupted", process.pid)
    assert "ended without saying so" in (listed.error or "")


@pytest.mark.parametrize(("age", "status"), [(0, "running"), (3_600, "interrupted")])
def test_a_run_on_another_machine_is_judged_by_its_heartbeat(tmp_path, age, status):
    process = begin(tmp_path, parallel=False)
    process.kill()
    process.communicate(timeout=60)
    connection = sqlite3.connect(tmp_path / "m.db")
    elsewhere = json.dumps({"host": "elsewhere", "machine": "boot", "pid": process.pid, "started": "1"})
    connection.execute("UPDATE runs SET process_json = ?, heartbeat = heartbeat - ?", (elsewhere, age))
    connection.commit()
    connection.close()
    assert statuses(tmp_path)[0] == status


def test_a_run_says_that_it_goes_on(binder, monkeypatch):
    import flowyml_infra.runtime.run as module

    monkeypatch.setattr(module, "BEAT_SECONDS", 0.01)
    path = binder.metadata().path

    def beat():
        connection = sqlite3.connect(path)
        (value,) = connection.execute("SELECT heartbeat FROM runs").fetchone()
        connection.close()
        return value

    @step(cache=False)
    def long():
        first = beat()
        waiting = threading.Event()
        for _ in range(3_000):
            if beat() > first:
                return True
            waiting.wait(0.01)
        return False

    assert Pipeline("p", steps=[long]).run().outputs["long"] is True


def test_a_step_that_outlives_its_interrupted_run_records_nothing_more(binder):
    release, ended = threading.Event(), threading.Event()

    @step(cache=False)
    def slow():
        release.wait(30)
        return 1

    @step(cache=False)
    def stopper():
        raise KeyboardInterrupt

    class Watched(LocalOrchestrator):
        def run(self, course):
            perform = course.perform

            def watched(name):
                try:
                    return perform(name)
                finally:
                    if name == "slow":
                        ended.set()

            course.perform = watched
            super().run(course)

    with pytest.raises(KeyboardInterrupt):
        Pipeline("p", steps=[slow, stopper]).run(orchestrator=Watched(), run_id="mine")
    release.set()
    assert ended.wait(30)
    details = binder.metadata().run("mine")
    assert details.run.status == "interrupted"
    assert {item.name: item.status for item in details.steps} == {"slow": "interrupted", "stopper": "interrupted"}


def test_an_interrupt_that_does_not_wake_the_waiting_thread_is_not_lost(binder):
    """Another thread may get the signal, or it comes just before the main one begins to wait."""
    release, seen = threading.Event(), []

    @step(cache=False)
    def struck():
        main = threading.main_thread().ident
        while sys._current_frames()[main].f_code is not Crew._awaited.__code__:
            pass
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        seen.append(release.wait(30))

    @step(cache=False)
    def beside():
        release.wait(30)

    with pytest.raises(KeyboardInterrupt):
        Pipeline("p", steps=[struck, beside]).run(run_id="mine")
    assert not seen, "the run ended before its steps did"
    release.set()


def test_a_store_that_breaks_ends_the_run_with_its_error(binder, monkeypatch):
    def refuse(*_, **__):
        raise StateError("no room", code="metadata.unusable")

    monkeypatch.setattr(SQLiteMetadataStore, "start_step", refuse)

    @step
    def one():
        return 1

    with pytest.raises(StateError, match="no room"):
        Pipeline("p", steps=[one]).run(run_id="mine")
    record = binder.metadata().run("mine").run
    assert record.status == "failed"
    assert (record.error or "").startswith("no room")


def test_an_error_is_not_hidden_by_one_that_follows_from_it(binder, monkeypatch):
    def refuse(*_, **__):
        raise StateError("no room at all")

    @step(cache=False)
    def stopper():
        monkeypatch.setattr(SQLiteMetadataStore, "finish", refuse)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Pipeline("p", steps=[stopper]).run()


def test_the_runs_process_is_recorded(binder):
    @step
    def one():
        return 1

    result = Pipeline("p", steps=[one]).run()
    record = binder.metadata().run(result.run_id).run
    assert record.pid == os.getpid()
    assert record.host
    assert "@" in record.who or ":" in record.who
