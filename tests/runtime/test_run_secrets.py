from __future__ import annotations

import traceback

import pytest

from flowyml_infra import Pipeline, context, step
from flowyml_infra.errors import PipelineError
from flowyml_infra.outputs.contracts import StackOutputs
from flowyml_infra.resources.values import Secret
from flowyml_infra.runtime.current import current_step

CANARY = "canary-4f1d9a"
OUTER = "canary-77e0b2"


@pytest.fixture
def result(binder):
    outputs = StackOutputs.of({"tracking": {"uri": "https://x", "password": Secret(CANARY)}})
    binder.more = {"outputs": outputs}

    @step(cache=False)
    def leak(api_key, plain):
        raise ValueError(f"cannot log in with {api_key} or {current_step().stack.outputs.tracking.password}")

    params = context(api_key=OUTER, plain="visible", DB_PASSWORD=Secret(OUTER), unused_token=OUTER)
    return Pipeline("p", context=params, steps=[leak]).run(run_id="one")


def test_no_secret_is_in_anything_that_is_written_or_shown(result, binder, tmp_path):
    binder.metadata().runs()
    found = [
        path
        for path in tmp_path.rglob("*")
        if path.is_file() and any(word.encode() in path.read_bytes() for word in (CANARY, OUTER))
    ]
    assert found == []
    shown = f"{result} {result.to_json()} {result.steps['leak'].error} {result.stack!r}"
    with pytest.raises(PipelineError) as caught:
        result.raise_for_status()
    shown += "".join(traceback.format_exception(caught.value))
    assert CANARY not in shown
    assert OUTER not in shown


def test_what_is_recorded_in_its_place_says_that_there_was_one(result, binder):
    details = binder.metadata().run("one")
    assert details.run.params == {
        "api_key": "(secret)",
        "plain": "visible",
        "DB_PASSWORD": "(secret)",
        "unused_token": "(secret)",
    }
    assert details.steps[0].params == {"api_key": "(secret)", "plain": "visible"}
    assert "cannot log in with (secret) or (secret)" in (details.steps[0].error or "")


def test_large_and_strange_parameters_are_recorded_by_their_type(binder):
    @step(cache=False)
    def use(table, text, call):
        return 1

    params = context(table=list(range(1_000)), text="x" * 10_000, call=len)
    Pipeline("p", context=params, steps=[use]).run(run_id="one")
    recorded = binder.metadata().run("one").run.params
    assert (recorded["table"], recorded["call"]) == ("(list)", "(builtin_function_or_method)")
    assert len(recorded["text"]) < 600
