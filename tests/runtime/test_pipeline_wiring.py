from __future__ import annotations

import pytest

from flowyml_infra import Pipeline, context, step
from flowyml_infra.errors import PipelineError


def given(name, inputs=(), outputs=None):
    def function(**values):
        return values

    return step(function, name=name, inputs=list(inputs), outputs=outputs)


def order(pipeline, **params):
    return [node.name for node in pipeline.check(params)]


def test_steps_are_ordered_by_what_they_give_and_take():
    pipeline = Pipeline("p", steps=[given("c", ["b"]), given("b", ["a"]), given("a")])
    assert order(pipeline) == ["a", "b", "c"]


def test_independent_steps_keep_the_order_in_which_they_were_added():
    assert order(Pipeline("p", steps=[given("z"), given("y", ["z"]), given("x"), given("w")])) == ["z", "y", "x", "w"]


def test_an_argument_is_an_edge_by_its_name_alone():
    @step
    def first():
        return 1

    @step
    def second(first, rate=0.5):
        return first

    nodes = Pipeline("p").add_step(second).add_step(first).check()
    assert [(node.name, node.needs) for node in nodes] == [("first", ()), ("second", ("first",))]


def test_an_input_of_another_name_goes_to_the_parameter_that_is_left():
    @step(inputs=["features", "labels"])
    def fit(x, labels, rate):
        return x

    sources = {item.parameter: item.source for item in fit.arguments}
    assert sources == {"x": "features", "labels": "labels", "rate": "rate"}


def test_inputs_can_be_named_by_parameter():
    @step(inputs={"x": "features"})
    def fit(rate, x):
        return x

    assert {item.parameter: item.source for item in fit.arguments} == {"rate": "rate", "x": "features"}


def test_an_input_that_nobody_gives_is_named_with_the_nearest_output_and_both_steps():
    pipeline = Pipeline("p", steps=[given("load", outputs=["dataset"]), given("train", ["datset"])])
    with pytest.raises(PipelineError) as caught:
        pipeline.check()
    said = f"{caught.value.message} {caught.value.hint}"
    for word in ("'train'", "'datset'", "'dataset'", "'load'"):
        assert word in said


def test_an_argument_that_nobody_gives_is_named_with_the_nearest_parameter():
    @step
    def train(learning_rate):
        return learning_rate

    with pytest.raises(PipelineError) as caught:
        Pipeline("p", context=context(learning_rat=1), steps=[train]).check()
    assert "'learning_rat'" in (caught.value.hint or "")


def test_every_problem_is_told_at_once():
    pipeline = Pipeline("p", steps=[given("a", ["x"]), given("b", ["y"]), given("b", ["z"])])
    with pytest.raises(PipelineError) as caught:
        pipeline.check()
    assert len(caught.value.diagnostics) == 4
    assert "3 more" in caught.value.message


def test_a_cycle_is_named_step_by_step():
    pipeline = Pipeline("p", steps=[given("a"), given("b", ["a", "d"]), given("c", ["b"]), given("d", ["c"])])
    with pytest.raises(PipelineError, match="cycle") as caught:
        pipeline.check()
    assert caught.value.message.count("->") == 3
    assert {"b", "c", "d"} <= set(caught.value.message.replace(",", " ").split())


def test_a_step_that_declares_its_own_output_as_input_is_a_cycle():
    with pytest.raises(PipelineError, match="cycle: model -> model"):
        Pipeline("p", steps=[given("model", ["model"])]).check()


def test_a_parameter_may_have_the_name_of_the_steps_own_output():
    @step(outputs=["model"])
    def tune(model):
        return model

    assert order(Pipeline("p", context={"model": 1}, steps=[tune])) == ["tune"]


def test_two_steps_that_give_the_same_are_both_named():
    with pytest.raises(PipelineError, match="'x' is given by two steps, 'a' and 'b'"):
        Pipeline("p", steps=[given("a", outputs=["x"]), given("b", outputs=["x"])]).check()


def test_two_steps_of_one_name_are_refused():
    with pytest.raises(PipelineError, match="two steps are named 'a'"):
        Pipeline("p", steps=[given("a", outputs=["x"]), given("a", outputs=["y"])]).check()


def test_a_parameter_that_no_step_takes_is_refused_at_a_run_and_allowed_in_a_context():
    @step
    def train(epochs):
        return epochs

    pipeline = Pipeline("p", context=context(epochs=1, shared=2), steps=[train])
    assert order(pipeline) == ["train"]
    with pytest.raises(PipelineError, match="'epoch'") as caught:
        pipeline.check({"epoch": 3})
    assert "'epochs'" in (caught.value.hint or "")


def test_a_pipeline_without_steps_or_name_is_refused():
    with pytest.raises(PipelineError, match="no steps"):
        Pipeline("p").check()
    with pytest.raises(PipelineError, match="name"):
        Pipeline("")


def test_inputs_after_other_parameters_cannot_go_through_star_args():
    with pytest.raises(PipelineError, match=r"\*args"):

        @step(inputs=["a", "b"])
        def join(first, *rest):
            return rest


def test_a_context_is_read_by_name_and_attribute():
    params = context(rate=0.1)
    assert (params.rate, params["rate"], dict(params.updated({"rate": 1, "x": 2}))) == (0.1, 0.1, {"rate": 1, "x": 2})
    with pytest.raises(AttributeError, match="'rate'"):
        _ = params.rat
