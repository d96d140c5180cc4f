from __future__ import annotations

import math
import os
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from flowyml_infra.errors import EngineUnavailableError, StateError
from flowyml_infra.runtime.artifacts.artifact import Artifact
from flowyml_infra.runtime.metadata.opening import open_metadata_store
from flowyml_infra.runtime.metadata.records import Binding, Metric, RunRecord, StepRecord, Use
from flowyml_infra.runtime.metadata.schema import VERSION
from flowyml_infra.runtime.metadata.servers import MySQLMetadataStore
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore

BINDING = Binding(
    stack="prod",
    environment="production",
    lineage="line",
    serial=7,
    plan_digest="p",
    output_digest="o",
    policy_digest="q",
)
ONE = Artifact("file:///a", "1" * 64, 10, "json", "dict")
TWO = Artifact("file:///a", "2" * 64, 20, "pickle", "m.Model")


def run(name="r1", **more):
    values = {
        "id": name,
        "pipeline": "train",
        "status": "running",
        "who": "me@here",
        "host": "here",
        "pid": os.getpid(),
        "orchestrator": "local",
        "params": {"epochs": 3, "api_key": "(secret)"},
        "binding": BINDING,
        "artifact_store": "file:///a",
        "started_at": "2026-01-01T00:00:00Z",
    }
    return RunRecord(**{**values, **more})


@pytest.fixture
def file_store(tmp_path):
    store = SQLiteMetadataStore(tmp_path / "deep" / "m.db")
    yield store
    store.close()


@pytest.fixture(params=["a file", "a server"])
def place(request, tmp_path):
    """Where a store is: the guarantees are the same in a file and on a server."""
    if request.param == "a file":
        return str(tmp_path / "deep" / "m.db")
    return request.getfixturevalue("postgresql").new_url()


@pytest.fixture
def again(place):
    """Opens the store as another process would."""
    opened = []

    def open_again():
        opened.append(open_metadata_store(place))
        return opened[-1]

    yield open_again
    for store in opened:
        store.close()


@pytest.fixture
def store(again):
    return again()


def test_what_was_recorded_is_read_back_by_another_process_of_reading(store, again):
    store.begin(run())
    store.start_step("r1", StepRecord(name="load", status="running", started_at="t1", cache_key="k1"))
    done = StepRecord(
        name="load", status="succeeded", attempts=2, seconds=0.5, started_at="t1", cache_key="k1", outputs={"data": ONE}
    )
    metrics = [Metric("load", "rows", 3.0, 1, "t2"), Metric("load", "loss", math.nan, 2, "t3")]
    store.finish_step("r1", done, metrics)
    fit = StepRecord(
        name="fit",
        status="failed",
        started_at="t4",
        params={"epochs": 3},
        resources={"cpu": "4"},
        inputs={"x": ONE},
        error="ValueError: no",
    )
    store.finish_step("r1", fit)
    store.finish("r1", "failed", "failed in fit")
    details = again().run("r1")
    assert details.run == replace(
        run(), status="failed", error="failed in fit", finished_at=details.run.finished_at, host=details.run.host
    )
    assert details.run.finished_at
    assert details.steps == (done, fit)
    assert details.metrics[0] == metrics[0]
    assert math.isnan(details.metrics[1].value)


def test_steps_that_are_running_when_a_run_ends_are_recorded_as_interrupted(store):
    store.begin(run())
    store.start_step("r1", StepRecord(name="long", status="running"))
    store.finish("r1", "interrupted", "stopped")
    assert [(step.name, step.status) for step in store.run("r1").steps] == [("long", "interrupted")]


def test_runs_are_listed_newest_first_by_pipeline_and_number(store):
    for number in range(5):
        store.begin(run(f"r{number}", pipeline="even" if number % 2 == 0 else "odd"))
    assert [item.id for item in store.runs()] == ["r4", "r3", "r2", "r1", "r0"]
    assert [item.id for item in store.runs(pipeline="even", limit=2)] == ["r4", "r2"]
    assert store.runs(pipeline="none") == []


def test_a_run_is_found_by_the_beginning_of_its_id(store):
    for name in ("abc1", "abd2", "x%_"):
        store.begin(run(name))
    assert store.run("abc").run.id == "abc1"
    assert store.run("x%").run.id == "x%_"
    with pytest.raises(StateError, match="2 runs"):
        store.run("ab")
    with pytest.raises(StateError, match="no run") as caught:
        store.run("abcc1")
    assert "'abc1'" in (caught.value.hint or "")
    with pytest.raises(StateError, match="no run"):
        store.run("")


def test_lineage_says_who_made_and_who_used_a_content(store):
    for name in ("r1", "r2"):
        store.begin(run(name))
        store.finish_step(name, StepRecord(name="load", status="succeeded", outputs={"data": ONE}))
        store.finish_step(name, StepRecord(name="fit", status="succeeded", inputs={"x": ONE}, outputs={"m": TWO}))
        store.finish(name, "succeeded")
    lineage = store.lineage(ONE.digest)
    assert lineage.produced_by == (Use("r1", "load", "data"), Use("r2", "load", "data"))
    assert lineage.consumed_by == (Use("r1", "fit", "x"), Use("r2", "fit", "x"))
    assert store.lineage("3" * 64).produced_by == ()


def test_the_latest_success_of_a_key_is_found_and_nothing_else(store, again):
    store.begin(run())
    for name, status, outputs in (("a", "succeeded", {"x": ONE}), ("b", "succeeded", {"x": TWO}), ("c", "failed", {})):
        store.finish_step("r1", StepRecord(name=name, status=status, cache_key="k", outputs=outputs))
    entry = again().cached("k")
    assert (entry.run, entry.outputs) == ("r1", {"x": TWO})
    assert store.cached("other") is None
    assert store.cached("") is None


def test_what_failed_to_be_written_is_undone_whole_and_the_rest_goes_on(store):
    store.begin(run())
    store.start_step("r1", StepRecord(name="a", status="running"))
    with pytest.raises(StateError):
        store.log_metrics("r1", [Metric("a", "loss", 1.0, 1, "t"), Metric("nobody", "loss", 2.0, 1, "t")])
    store.finish_step("r1", StepRecord(name="a", status="failed", outputs={"x": ONE}))
    store.finish("r1", "failed")
    details = store.run("r1")
    assert [(step.name, step.status, step.outputs) for step in details.steps] == [("a", "failed", {"x": ONE})]
    assert details.metrics == ()


def test_cached_steps_are_written_together_at_the_latest_with_the_end(store, again):
    store.begin(run("r0"))
    store.finish_step(
        "r0",
        StepRecord(name="a", status="succeeded", cache_key="k", outputs={"x": ONE}),
        [Metric("a", "loss", 0.5, 1, "t")],
    )
    store.finish("r0", "succeeded")
    store.begin(run("r1"))
    hit = StepRecord(name="a", status="succeeded", cached=True, cached_from="r0", cache_key="k", outputs={"x": ONE})
    store.finish_step("r1", hit)
    assert again().run("r1").steps == ()
    store.finish("r1", "succeeded")
    details = again().run("r1")
    assert details.steps == (hit,)
    assert [(item.name, item.value) for item in details.metrics] == [("loss", 0.5)]
    store.begin(run("r2"))
    store.finish_step("r2", replace(hit, name="a"))
    store.close()
    assert [step.name for step in again().run("r2").steps] == ["a"]


def test_a_great_many_cached_steps_do_not_wait_for_the_end(store, again):
    store.begin(run("r0"))
    store.begin(run("r1"))
    for number in range(600):
        store.finish_step("r1", StepRecord(name=f"s{number}", status="succeeded", cached=True, outputs={"x": ONE}))
    assert len(again().run("r1").steps) >= 500
    store.close()
    assert len(again().run("r1").steps) == 600


def test_an_id_is_used_once(store):
    store.begin(run())
    with pytest.raises(StateError, match="a run 'r1' already"):
        store.begin(run())


def test_a_beat_is_for_running_runs_alone(store):
    store.begin(run())
    assert store.beat("r1")
    store.finish("r1", "succeeded")
    assert not store.beat("r1")


def test_reading_makes_nothing(store, place, tmp_path, request):
    assert (store.runs(), store.cached("k"), store.lineage("d").produced_by) == ([], None, ())
    with pytest.raises(StateError, match="no run"):
        store.run("r1")
    assert list(tmp_path.iterdir()) == []
    if place.startswith("postgresql"):
        sql = "SELECT count(*) FROM pg_namespace WHERE nspname = %s"
        assert request.getfixturevalue("postgresql").run(sql, (schema_of(place),)) == [(0,)]


def test_an_error_is_kept_whatever_characters_it_has(store):
    store.begin(run())
    store.finish_step("r1", StepRecord(name="a", status="failed", error="ValueError: \0 and \udc80"))
    store.finish("r1", "failed", "\0")
    details = store.run("r1")
    assert (details.steps[0].error, details.run.error) == ("ValueError: \\x00 and \\udc80", "\\x00")


def test_a_store_of_a_later_release_is_refused(store, place, again, request):
    store.begin(run())
    store.close()
    later = f"UPDATE flowyml_metadata SET version = {VERSION + 1}"
    if place.startswith("postgresql"):
        request.getfixturevalue("postgresql").run(later.replace("flowyml", f"{schema_of(place)}.flowyml"))
    else:
        with sqlite3.connect(place) as connection:
            connection.execute(later)
        connection.close()
    for use in (again().runs, lambda: again().begin(run("r2"))):
        with pytest.raises(StateError, match="upgrade") as caught:
            raise_with_hint(use)
        assert str(VERSION + 1) in caught.value.message


def schema_of(url):
    return url.partition("schema=")[2]


def raise_with_hint(use):
    try:
        use()
    except StateError as error:
        raise StateError(f"{error.message} {error.hint}") from error


def test_a_database_of_something_else_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE runs (x)")
    connection.close()
    with pytest.raises(StateError, match="no metadata store"):
        SQLiteMetadataStore(path).begin(run())
    (tmp_path / "text.db").write_text("hello, this is no database at all" * 100)
    for use in (SQLiteMetadataStore(tmp_path / "text.db").runs, lambda: SQLiteMetadataStore(tmp_path).runs()):
        with pytest.raises(StateError, match="cannot be used"):
            use()


@pytest.mark.parametrize("mode", ["wal", "delete"])
def test_a_database_that_a_stack_made_keeps_its_journal_and_its_mark(tmp_path, mode):
    path = tmp_path / "m.db"
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA journal_mode = {mode}")
        connection.execute("CREATE TABLE flowyml_resource (mark TEXT)")
    connection.close()
    store = SQLiteMetadataStore(path)
    store.begin(run())
    store.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == mode
    assert connection.execute("SELECT count(*) FROM flowyml_resource").fetchone()[0] == 0
    connection.close()


def test_a_file_of_its_own_has_a_log_that_readers_need_not_wait_for(file_store):
    file_store.begin(run())
    connection = sqlite3.connect(file_store.path)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_threads_and_processes_record_into_one_store(place, store):
    code = """
import sys
sys.path[:0] = [sys.argv[3]]
from test_metadata_store import record
record(sys.argv[1], sys.argv[2])
"""
    folder = os.path.dirname(__file__)  # noqa: PTH120
    workers = [subprocess.Popen([sys.executable, "-c", code, place, f"process{number}", folder]) for number in range(2)]
    threads = [threading.Thread(target=record, args=(place, f"thread{number}")) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [worker.wait(timeout=60) for worker in workers] == [0, 0]
    assert {item.id: item.status for item in store.runs()} == dict.fromkeys(
        ("process0", "process1", "thread0", "thread1"), "succeeded"
    )
    assert all(len(store.run(item.id).steps) == 30 for item in store.runs())


def record(place, name):
    store = open_metadata_store(place)
    store.begin(run(name))
    for number in range(30):
        store.start_step(name, StepRecord(name=f"s{number}", status="running"))
        store.finish_step(name, StepRecord(name=f"s{number}", status="succeeded", outputs={"x": ONE}))
    store.finish(name, "succeeded")
    store.close()


@pytest.mark.parametrize("uri", [MySQLMetadataStore(host="db", database="ml").uri, "mongodb://me:hunter2@db/ml"])
def test_another_server_is_refused_and_never_replaced_by_a_file(uri, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(EngineUnavailableError, match="SQLite and PostgreSQL alone") as caught:
        open_metadata_store(uri)
    assert caught.value.hint
    assert "hunter2" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_every_way_of_naming_a_file_leads_to_it(tmp_path):
    path = tmp_path / "m.db"
    for text in (str(path), f"sqlite:///{path}", f"sqlite+pysqlite:///{path}", f"sqlite:///{path}?timeout=3"):
        assert open_metadata_store(text).uri == f"sqlite:///{path}"
    with pytest.raises(StateError, match="no SQLite URL|not a SQLite URL"):
        SQLiteMetadataStore("mysql://x/y")
