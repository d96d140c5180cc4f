from __future__ import annotations

import threading
import time

import pytest

from flowyml_infra import Pipeline, context, log_metric, step
from flowyml_infra.errors import EngineUnavailableError, PipelineError, StateError, UsageError
from flowyml_infra.runtime.current import current_step
from flowyml_infra.runtime.orchestrators.local import LocalOrchestrator


@step(outputs=["numbers"])
def load(size):
    return list(range(size))


@step(outputs=["total", "count"])
def summarise(numbers):
    return sum(numbers), len(numbers)


@step
def mean(total, count):
    return total / count


def pipeline(**more):
    return Pipeline("stats", context=context(size=5), steps=[load, summarise, mean], **more)


def test_values_go_from_step_to_step(binder):
    result = pipeline().run()
    assert result.success
    assert dict(result.outputs) == {"numbers": [0, 1, 2, 3, 4], "total": 10, "count": 5, "mean": 2.0}
    assert result.steps["summarise"].outputs["count"] == 5
    assert [(item.status, item.attempts, item.cached) for item in result.steps.values()] == [
        ("succeeded", 1, False)
    ] * 3
    assert result.raise_for_status() is result


def test_parameters_of_a_run_go_before_those_of_the_pipeline(binder):
    assert pipeline().run(params={"size": 3}).outputs["count"] == 3


def test_defaults_stand_where_nobody_gives_a_value(binder):
    @step
    def scaled(size, factor=10):
        return size * factor

    assert Pipeline("p", context=context(size=2), steps=[scaled]).run().outputs["scaled"] == 20
    assert Pipeline("p", context=context(size=2, factor=3), steps=[scaled]).run().outputs["scaled"] == 6


def test_every_way_of_taking_arguments(binder):
    @step(outputs=["a"])
    def a():
        return 1

    @step(outputs=["b"])
    def b():
        return 2

    @step(inputs=["a", "b"])
    def by_position(x, y, /):
        return x, y

    @step(inputs=["a", "b"])
    def by_star(*values):
        return list(values)

    @step(inputs=["a", "b"])
    def by_keyword(**values):
        return values

    outputs = Pipeline("p", steps=[a, b, by_position, by_star, by_keyword]).run().outputs
    assert (outputs["by_position"], outputs["by_star"], outputs["by_keyword"]) == ((1, 2), [1, 2], {"a": 1, "b": 2})


def test_several_outputs_come_from_a_tuple_or_a_dictionary(binder):
    @step(outputs=["a", "b"])
    def pair():
        return {"b": 2, "a": 1}

    @step(outputs=["c", "d"])
    def wrong():
        return 1, 2, 3

    result = Pipeline("p", steps=[pair, wrong]).run()
    assert (result.outputs["a"], result.outputs["b"]) == (1, 2)
    assert "3 values for the outputs c, d" in (result.steps["wrong"].error or "")


def test_a_step_may_give_nothing(binder):
    @step(outputs=[])
    def report():
        return object()

    result = Pipeline("p", steps=[report]).run()
    assert result.success
    assert dict(result.outputs) == {}


def test_what_a_step_changes_in_its_input_is_its_own_business(binder):
    @step
    def items():
        return [1]

    @step
    def greedy(items):
        items.append(2)
        return items

    @step
    def later(items, greedy):
        return items

    assert Pipeline("p", steps=[items, greedy, later]).run().outputs["later"] == [1]


def test_a_failure_skips_what_depends_on_it_and_nothing_else(binder):
    @step
    def fine():
        return 1

    @step
    def broken():
        raise ValueError("no such column")

    @step
    def needs_both(fine, broken):
        return 0

    @step
    def needs_skipped(needs_both):
        return 0

    @step
    def goes_on(fine):
        return fine + 1

    result = Pipeline("p", steps=[fine, broken, needs_both, needs_skipped, goes_on]).run()
    assert {name: item.status for name, item in result.steps.items()} == {
        "fine": "succeeded",
        "broken": "failed",
        "needs_both": "skipped",
        "needs_skipped": "skipped",
        "goes_on": "succeeded",
    }
    assert result.steps["broken"].error == "ValueError: no such column"
    assert isinstance(result.steps["broken"].exception, ValueError)
    assert "'broken', which failed" in (result.steps["needs_both"].error or "")
    assert "'needs_both', which was skipped" in (result.steps["needs_skipped"].error or "")
    with pytest.raises(PipelineError, match="failed in 'broken'; 2 skipped") as caught:
        result.raise_for_status()
    assert isinstance(caught.value.__cause__, ValueError)
    assert [item.summary for item in caught.value.diagnostics] == ["broken: ValueError: no such column"]


def test_a_step_that_exits_ends_itself_alone(binder):
    @step
    def leaver():
        raise SystemExit("enough")

    @step
    def stayer():
        return 1

    result = Pipeline("p", steps=[leaver, stayer]).run()
    assert (result.steps["leaver"].status, result.steps["stayer"].status) == ("failed", "succeeded")


def test_parallel_branches_are_carried_out_at_the_same_time(binder):
    meeting = threading.Barrier(3)

    def branch():
        meeting.wait(timeout=30)
        return threading.get_ident()

    steps = [step(branch, name=name, cache=False) for name in ("a", "b", "c")]
    result = Pipeline("p", steps=steps).run(orchestrator=LocalOrchestrator(max_parallel=3))
    result.raise_for_status()
    assert len(set(result.outputs.values())) == 3


def test_branches_that_open_up_later_overlap_too(binder):
    meeting = threading.Barrier(2)

    @step(cache=False)
    def root():
        return 1

    @step(cache=False)
    def left(root):
        meeting.wait(timeout=30)

    @step(cache=False)
    def right(root):
        meeting.wait(timeout=30)

    @step(cache=False)
    def join(left, right):
        return threading.current_thread() is threading.main_thread()

    result = Pipeline("p", steps=[root, left, right, join]).run().raise_for_status()
    assert result.outputs["join"] is True


def test_no_more_steps_run_at_once_than_allowed(binder):
    running, most, lock = [0], [0], threading.Lock()

    def branch():
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.002)
        with lock:
            running[0] -= 1

    steps = [step(branch, name=f"s{number}", cache=False) for number in range(20)]
    Pipeline("p", steps=steps).run(orchestrator=LocalOrchestrator(max_parallel=2)).raise_for_status()
    assert most[0] <= 2
    with pytest.raises(UsageError):
        LocalOrchestrator(max_parallel=0)


def test_a_step_is_tried_again_as_often_as_it_may_be(binder):
    calls = []

    @step(retries=2, cache=False)
    def flaky():
        calls.append(1)
        if len(calls) < 3:
            raise OSError("not yet")
        return len(calls)

    result = Pipeline("p", steps=[flaky]).run()
    assert (result.outputs["flaky"], result.steps["flaky"].attempts) == (3, 3)


def test_the_last_failure_counts_when_all_attempts_fail(binder):
    calls = []

    @step(retries=1, retry_delay=0.001)
    def broken():
        calls.append(1)
        raise OSError(f"number {len(calls)}")

    result = Pipeline("p", steps=[broken]).run().steps["broken"]
    assert (result.status, result.attempts, result.error) == ("failed", 2, "OSError: number 2")


def test_each_attempt_gets_its_inputs_afresh(binder):
    @step
    def items():
        return [1]

    @step(retries=1)
    def spoiling(items):
        items.append(2)
        if current_step().attempt == 1:
            raise OSError
        return items

    assert Pipeline("p", steps=[items, spoiling]).run().outputs["spoiling"] == [1, 2]


def test_a_step_that_takes_too_long_fails_and_its_python_code_is_stopped(binder):
    stopped = threading.Event()

    @step(timeout=0.05)
    def endless():
        try:
            while True:
                pass
        finally:
            stopped.set()

    @step
    def other():
        return 1

    result = Pipeline("p", steps=[endless, other]).run()
    assert "the step 'endless' took longer than its 0.05 s" in (result.steps["endless"].error or "")
    assert result.steps["other"].status == "succeeded"
    assert stopped.wait(timeout=30)


def test_a_step_within_its_time_limit_succeeds_and_knows_its_run(binder):
    @step(timeout=60)
    def quick():
        return current_step().run_id

    result = Pipeline("p", steps=[quick]).run(run_id="mine")
    assert result.outputs["quick"] == result.run_id == "mine"


def test_an_error_within_a_time_limit_comes_out_as_it_is(binder):
    @step(timeout=60, retries=1)
    def broken():
        raise KeyError("x")

    assert Pipeline("p", steps=[broken]).run().steps["broken"].attempts == 2


def test_metrics_are_logged_and_come_with_the_result(binder):
    @step(cache=False)
    def train():
        for epoch in range(3):
            log_metric("loss", 1 / (epoch + 1))
        log_metric("done", 1)

    result = Pipeline("p", steps=[train]).run()
    assert result.steps["train"].metrics == {"loss": 1 / 3, "done": 1.0}
    logged = binder.metadata().run(result.run_id).metrics
    assert [(item.name, item.value, item.attempt) for item in logged] == [
        ("loss", 1.0, 1),
        ("loss", 0.5, 1),
        ("loss", 1 / 3, 1),
        ("done", 1.0, 1),
    ]


def test_metrics_outside_a_run_go_nowhere_and_wrong_ones_are_refused():
    log_metric("loss", 1)
    for name, value in (("", 1), ("loss", "much"), ("loss", None)):
        with pytest.raises(UsageError):
            log_metric(name, value)


def test_a_run_id_is_used_once(binder):
    pipeline().run(run_id="one")
    with pytest.raises(StateError, match="'one'"):
        pipeline().run(run_id="one")
    ids = {pipeline().run().run_id for _ in range(3)}
    assert len(ids) == 3


def test_an_output_that_cannot_be_stored_fails_its_step_by_name(binder):
    @step(outputs=["lock"])
    def give():
        return threading.Lock()

    error = Pipeline("p", steps=[give]).run().steps["give"].error or ""
    assert "'lock'" in error
    assert "'give'" in error


def test_an_output_that_is_not_there_is_named_with_the_nearest(binder):
    with pytest.raises(KeyError, match="'count'"):
        _ = pipeline().run().outputs["coun"]


def test_the_orchestrator_that_is_given_goes_before_the_stacks_own(binder):
    seen = []

    class Noting(LocalOrchestrator):
        def __init__(self, name):
            super().__init__()
            self.name = name

        def run(self, course):
            seen.append(self.name)
            super().run(course)

    class Stack:
        orchestrator = Noting("stack's")

    stack = Stack()
    pipeline(stack=stack).run()
    pipeline(stack=stack).run(orchestrator=Noting("given"))
    pipeline().run(stack=stack)
    result = pipeline().run()
    assert seen == ["stack's", "given", "stack's"]
    assert binder.metadata().run(result.run_id).run.orchestrator == "local"


@pytest.mark.parametrize("name", ["vertex", "kubeflow", "azureml", "no-such-thing"])
def test_an_orchestrator_that_is_not_here_refuses_before_anything_is_recorded(binder, name):
    binder.more = {"orchestrator": name, "executor": name}
    with pytest.raises(EngineUnavailableError, match="orchestrator"):
        pipeline().run()
    assert binder.metadata().runs() == []
    assert pipeline().run(orchestrator="local").success


def test_an_executor_that_is_not_here_refuses_before_anything_is_recorded(binder):
    binder.more = {"executor": "kubernetes"}
    with pytest.raises(EngineUnavailableError, match="Kubernetes"):
        pipeline().run()
    assert binder.metadata().runs() == []


def test_what_is_no_orchestrator_is_refused(binder):
    with pytest.raises(UsageError, match="no orchestrator"):
        pipeline().run(orchestrator=object())


def test_an_orchestrator_that_forgets_steps_fails_the_run(binder):
    class Lazy(LocalOrchestrator):
        def run(self, course):
            course.perform("load")

    with pytest.raises(PipelineError, match="summarise, mean"):
        pipeline().run(orchestrator=Lazy(), run_id="half")
    assert binder.metadata().run("half").run.status == "failed"


def test_stack_and_environment_of_the_run_go_before_those_of_the_pipeline(binder):
    pipeline(stack="a", env="x", project_root="/p").run()
    pipeline(stack="a", env="x").run(stack="b")
    pipeline(stack="a", env="x").run(env="y", force_env=True)
    pipeline(stack="a", env="x").run(stack="b", env="y")
    pipeline().run()
    assert [(stack, env) for stack, env, _ in binder.asked] == [
        ("a", "x"),
        ("b", None),
        ("a", "y"),
        ("b", "y"),
        (None, None),
    ]
    assert binder.asked[0][2]["project_root"] == "/p"
    assert [more["force_env"] for _, _, more in binder.asked] == [False, False, True, False, False]


def test_a_step_with_a_stack_of_its_own_keeps_its_outputs_there(binder):
    binder.by_stack["other"] = binder.stack("other")

    @step(stack="other")
    def there():
        return [1]

    @step
    def here(there):
        return [*there, 2]

    result = Pipeline("p", steps=[there, here]).run()
    assert result.outputs["here"] == [1, 2]
    assert "other-artifacts" in result.outputs.artifact("there").uri
    assert "main-artifacts" in result.outputs.artifact("here").uri


def test_a_step_on_a_stack_that_cannot_run_here_stops_the_run_before_it_begins(binder):
    binder.by_stack["gpu"] = binder.stack("gpu", executor="vertex")
    ran = []

    @step
    def first():
        ran.append(1)

    with pytest.raises(EngineUnavailableError, match="Vertex AI"):
        Pipeline("p", steps=[first, step(lambda: 1, name="train", stack="gpu")]).run()
    assert ran == []
