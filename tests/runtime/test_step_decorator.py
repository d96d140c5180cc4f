from __future__ import annotations

import pytest

from flowyml_infra import step
from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.step import Step
from flowyml_infra.stacks.components import ResourceConfig


def test_a_bare_step_is_its_function_when_called():
    @step
    def double(x: int) -> int:
        """Twice as much."""
        return 2 * x

    assert double(4) == 8
    assert (double.name, double.outputs, double.__doc__) == ("double", ("double",), "Twice as much.")


def test_options_do_not_change_a_call_outside_a_pipeline():
    calls = []

    @step(inputs=["x"], outputs=["a", "b"], retries=3, retry_delay=9.0, timeout=0.001, cache=False, name="other")
    def failing(x):
        calls.append(x)
        raise ValueError(x)

    with pytest.raises(ValueError, match="7"):
        failing(7)
    assert calls == [7]
    assert (failing.name, failing.outputs) == ("other", ("a", "b"))


def test_a_step_can_be_made_of_a_step_with_other_options():
    @step(outputs=["a"], retries=2)
    def fetch():
        return 1

    second = step(fetch, name="fetch_b", outputs=["b"])
    assert (second.name, second.outputs, second.options.retries) == ("fetch_b", ("b",), 2)
    assert fetch.name == "fetch"


def test_resources_and_stack_are_accepted():
    wanted = ResourceConfig(cpu="4", memory="8Gi")

    @step(stack="gpu", resources=wanted)
    def train():
        return 0

    assert train.options.stack == "gpu"
    assert train.options.resources is wanted


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"retries": -1}, "retries=-1"),
        ({"retries": True}, "retries=True"),
        ({"retry_delay": -0.5}, "retry_delay"),
        ({"timeout": 0}, "timeout=0"),
        ({"cache": "sometimes"}, "sometimes"),
        ({"inputs": "x"}, r"inputs='x'"),
        ({"outputs": "x"}, r"outputs='x'"),
        ({"outputs": ["a", "a"]}, "twice"),
        ({"inputs": ["a", "a"]}, "twice"),
        ({"inputs": ["", "a"]}, "no names"),
        ({"inputs": {"nonsense": "a"}}, "nonsense"),
        ({"inputs": ["a", "b", "c"]}, "'c'"),
    ],
)
def test_options_that_contradict_are_refused_by_the_name_of_the_step(options, words):
    with pytest.raises(PipelineError, match=words) as caught:

        @step(**options)
        def named(a, b):
            return a, b

    assert "'named'" in caught.value.message


def test_what_is_no_plain_function_is_refused():
    async def later():
        return 1

    def many():
        yield 1

    for function, word in ((later, "coroutine"), (many, "generator")):
        with pytest.raises(PipelineError, match=word):
            step(function)
    with pytest.raises(PipelineError, match="needs a name"):
        step(lambda: 1)
    with pytest.raises(PipelineError, match="not a function"):
        step(3, name="three")
    assert Step(lambda: 1, step(lambda: 1, name="one").options)() == 1
