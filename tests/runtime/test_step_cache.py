from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra import Pipeline, context, log_metric, step
from flowyml_infra.runtime.artifacts.artifact import object_path
from flowyml_infra.runtime.artifacts.local import LocalArtifactStore
from flowyml_infra.runtime.cache_key import cache_key

SOURCE = """\
@step
def numbers(size):
    return list(range(size))

@step
def total(numbers, factor):
    return sum(numbers) * factor + {bias}
"""


def pipeline(loaded, bias=0, **params):
    space = loaded(SOURCE.format(bias=bias), step=step)
    given = {"size": 4, "factor": 1, **params}
    return Pipeline("p", context=context(**given), steps=[space["numbers"], space["total"]])


def cached(result):
    return [name for name, item in result.steps.items() if item.cached]


def test_the_same_code_inputs_and_parameters_are_not_computed_again(binder, loaded):
    first = pipeline(loaded).run()
    second = pipeline(loaded).run()
    assert cached(first) == []
    assert cached(second) == ["numbers", "total"]
    assert second.outputs["total"] == 6
    assert [item.attempts for item in second.steps.values()] == [0, 0]
    assert {item.cached_from for item in binder.metadata().run(second.run_id).steps} == {first.run_id}


def test_other_code_is_computed(binder, loaded):
    pipeline(loaded).run()
    result = pipeline(loaded, bias=100).run()
    assert (cached(result), result.outputs["total"]) == (["numbers"], 106)


def test_another_parameter_is_computed(binder, loaded):
    pipeline(loaded).run()
    result = pipeline(loaded, factor=10).run()
    assert (cached(result), result.outputs["total"]) == (["numbers"], 60)


def test_other_inputs_are_computed(binder, loaded):
    pipeline(loaded).run()
    result = pipeline(loaded, size=5).run()
    assert (cached(result), result.outputs["total"]) == ([], 10)


def test_inputs_count_by_their_content_and_not_by_who_made_them(binder, loaded):
    @step
    def numbers():
        return [0, 1, 2, 3]

    space = loaded(SOURCE.format(bias=0), step=step)
    pipeline(loaded).run()
    result = Pipeline("q", context=context(factor=1), steps=[numbers, space["total"]]).run()
    assert cached(result) == ["total"]


@settings(max_examples=80, deadline=None)
@given(
    one=st.tuples(st.integers(0, 2), st.dictionaries(st.sampled_from("xy"), st.integers(0, 1)), st.sampled_from("ab")),
    two=st.tuples(st.integers(0, 2), st.dictionaries(st.sampled_from("xy"), st.integers(0, 1)), st.sampled_from("ab")),
)
def test_keys_are_equal_exactly_when_code_inputs_and_parameters_are(one, two):
    def key(case):
        bias, params, content = case
        space = {"__name__": "user_code", "step": step}
        exec(SOURCE.format(bias=bias), space)
        return cache_key(space["total"], {"numbers": content}, params, "file:///store")

    assert (key(one) == key(two)) is (one == two)


def test_parameters_that_only_look_alike_differ():
    @step
    def show(x):
        return x

    values = [1, 1.0, True, "1", None, [1], (1,), {"1": 1}, b"1"]
    assert len({cache_key(show, {}, {"x": value}, "s") for value in values}) == len(values)
    assert cache_key(show, {"x": "d"}, {}, "s") != cache_key(show, {}, {"x": "d"}, "s")
    assert cache_key(show, {}, {}, "s") != cache_key(step(show, name="other"), {}, {}, "s")
    assert cache_key(show, {}, {}, "s") != cache_key(step(show, outputs=["other"]), {}, {}, "s")


def test_caching_can_be_switched_off_for_a_step_a_pipeline_and_a_run(binder):
    calls = []

    def count():
        calls.append(1)
        return len(calls)

    for options, more, run in (({"cache": False}, {}, {}), ({}, {"cache": False}, {}), ({}, {}, {"cache": False})):
        calls.clear()
        counting = step(count, **options)
        for _ in range(2):
            Pipeline("p", steps=[counting], **more).run(**run)
        assert len(calls) == 2


def test_a_run_without_cache_still_leaves_results_for_the_next(binder, loaded):
    pipeline(loaded).run(cache=False)
    assert cached(pipeline(loaded).run()) == ["numbers", "total"]


def test_input_hash_leaves_the_code_out(binder, loaded):
    source = "@step(cache='input_hash')\ndef f(x):\n    return x + {}\n"
    results = [
        Pipeline("p", context=context(x=1), steps=[loaded(source.format(bias), step=step)["f"]]).run()
        for bias in (0, 100)
    ]
    assert cached(results[1]) == ["f"]


def test_a_path_parameter_counts_by_what_is_there(binder, tmp_path):
    @step
    def read(source):
        return source.read_text() if source.is_file() else sorted(item.name for item in source.rglob("*"))

    def run(path):
        return Pipeline("p", context=context(source=path), steps=[read]).run()

    file, folder = tmp_path / "data.csv", tmp_path / "folder"
    file.write_text("1")
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a").write_text("1")
    for path, change in ((file, lambda: file.write_text("2")), (folder, lambda: (folder / "sub" / "b").touch())):
        assert cached(run(path)) == []
        assert cached(run(path)) == ["read"]
        change()
        assert cached(run(path)) == []


def test_a_cached_chain_loads_no_artifact(binder, loaded, monkeypatch):
    pipeline(loaded).run()

    def refuse(*_):
        raise AssertionError("an artifact was loaded")

    monkeypatch.setattr(LocalArtifactStore, "get", refuse)
    monkeypatch.setattr(LocalArtifactStore, "put", refuse)
    result = pipeline(loaded).run()
    assert cached(result) == ["numbers", "total"]


def test_a_result_whose_artifact_is_gone_or_cut_short_is_computed_again(binder, loaded):
    first = pipeline(loaded).run()
    artifact = first.outputs.artifact("numbers")
    path = Path(artifact.store.removeprefix("file://")) / object_path(artifact.digest)
    for damage in (path.unlink, lambda: path.write_bytes(b"[")):
        damage()
        result = pipeline(loaded).run()
        assert cached(result) == ["total"]
        assert result.outputs["numbers"] == [0, 1, 2, 3]


def test_failures_are_not_cached(binder):
    calls = []

    @step(cache="input_hash")
    def broken():
        calls.append(1)
        raise ValueError

    for _ in range(2):
        Pipeline("p", steps=[broken]).run()
    assert len(calls) == 2


def test_metrics_of_the_earlier_run_come_with_a_cached_step(binder):
    @step
    def train():
        log_metric("loss", 0.5)
        log_metric("loss", float("nan"))

    Pipeline("p", steps=[train]).run()
    result = Pipeline("p", steps=[train]).run()
    assert cached(result) == ["train"]
    assert list(result.steps["train"].metrics) == ["loss"]
    assert [item.name for item in binder.metadata().run(result.run_id).metrics] == ["loss", "loss"]


def test_a_step_that_cannot_be_cached_says_why_and_runs_every_time(binder):
    calls = []
    stream = open("/dev/null")  # noqa: PTH123, SIM115

    @step
    def read():
        calls.append(stream.name)
        return len(calls)

    try:
        results = [Pipeline("p", steps=[read]).run() for _ in range(2)]
    finally:
        stream.close()
    assert [result.outputs["read"] for result in results] == [1, 2]
    assert "stream" in (results[1].steps["read"].uncacheable or "")


def test_results_of_another_artifact_store_are_not_used(binder, loaded, tmp_path):
    pipeline(loaded).run()
    binder.more = {"artifact_store_uri": str(tmp_path / "elsewhere")}
    assert cached(pipeline(loaded).run()) == []


def test_a_cached_step_is_in_no_lineage_of_its_own(binder, loaded):
    first = pipeline(loaded).run()
    second = pipeline(loaded).run()
    digest = second.outputs.artifact("numbers").digest
    lineage = binder.metadata().lineage(digest)
    assert [(use.run, use.step, use.name) for use in lineage.produced_by] == [(first.run_id, "numbers", "numbers")]
    assert [(use.run, use.step, use.name) for use in lineage.consumed_by] == [(first.run_id, "total", "numbers")]


def test_content_is_stored_once(binder, tmp_path):
    @step
    def one():
        return {"same": [1, 2, 3]}

    @step
    def two(one):
        return one

    @step
    def three(two):
        return two

    Pipeline("p", steps=[one, two, three]).run()
    assert len([path for path in (tmp_path / "main-artifacts").rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("size", [1, 2, 3])
def test_two_runs_that_alternate_find_their_own_results(binder, loaded, size):
    for number in (size, size + 1):
        pipeline(loaded, size=number).run()
    assert [pipeline(loaded, size=number).run().outputs["numbers"] for number in (size, size + 1)] == [
        list(range(size)),
        list(range(size + 1)),
    ]


CALLS: list[str] = []


def test_steps_that_note_their_calls_are_cached_all_the_same(binder):
    noted = []

    @step
    def first():
        CALLS.append("first")
        noted.append("first")
        return 1

    @step
    def second(first):
        CALLS.append("second")
        noted.append("second")
        return first + 1

    CALLS.clear()
    for _ in range(3):
        assert Pipeline("p", steps=[first, second]).run().outputs["second"] == 2
    assert CALLS == noted == ["first", "second"]
