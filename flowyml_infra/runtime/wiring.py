"""Owns the graph of a pipeline: which step gives what to which, in what order they can run, and what is wrong with it.

It calls nothing and reads nothing but its arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.runtime.arguments import Argument
    from flowyml_infra.runtime.step import Step


@dataclass(frozen=True, slots=True)
class FromStep:
    """An argument that is an output of another step."""

    argument: Argument
    producer: str


@dataclass(frozen=True, slots=True)
class FromContext:
    """An argument that is a context parameter."""

    argument: Argument


Feed: TypeAlias = "FromStep | FromContext"


@dataclass(frozen=True, slots=True)
class Node:
    """A step in its place.

    Attributes:
        step: The step.
        feeds: Where its arguments come from; those that keep the function's default are left out.
        needs: The names of the steps that have to succeed before it.
    """

    step: Step[..., Any]
    feeds: tuple[Feed, ...]
    needs: tuple[str, ...]

    @property
    def name(self) -> str:
        """The step's name."""
        return self.step.name


def wire(steps: Sequence[Step[..., Any]], params: Iterable[str]) -> tuple[Node, ...]:
    """The steps in an order in which they can be carried out; what is independent stays in the order given.

    Raises:
        PipelineError: They form no graph; ``diagnostics`` lists every problem.
    """
    names = frozenset(params)
    problems: list[Diagnostic] = [*_double_names(steps)]
    producers = _producers(steps, problems)
    nodes = [_node(item, producers, names, problems) for item in steps]
    _raise(problems)
    ordered = _order(nodes)
    if len(ordered) < len(nodes):
        _raise([_cycle([node for node in nodes if node not in ordered])])
    return tuple(ordered)


def unused_params(nodes: Sequence[Node], params: Mapping[str, object]) -> list[Diagnostic]:
    """The parameters that no step takes."""
    known = sorted({argument.source for node in nodes for argument in node.step.arguments})
    return [
        _problem(
            "pipeline.unused_param",
            f"no step takes the parameter {name!r}",
            did_you_mean(name, known) or (f"the steps take {', '.join(known)}" if known else "the steps take none"),
        )
        for name in params
        if name not in known
    ]


def _double_names(steps: Sequence[Step[..., Any]]) -> list[Diagnostic]:
    seen: set[str] = set()
    problems = []
    for item in steps:
        if item.name in seen:
            hint = "give one of them another name: step(function, name=…, outputs=[…])"
            problems.append(_problem("pipeline.double_step", f"two steps are named {item.name!r}", hint))
        seen.add(item.name)
    return problems


def _producers(steps: Sequence[Step[..., Any]], problems: list[Diagnostic]) -> dict[str, str]:
    """The step that gives each output."""
    producers: dict[str, str] = {}
    for item in steps:
        for output in item.outputs:
            first = producers.setdefault(output, item.name)
            if first != item.name:
                summary = f"the output {output!r} is given by two steps, {first!r} and {item.name!r}"
                problems.append(_problem("pipeline.double_output", summary, "rename one of them in outputs=[…]"))
    return producers


def _node(
    item: Step[..., Any], producers: Mapping[str, str], params: frozenset[str], problems: list[Diagnostic]
) -> Node:
    feeds: list[Feed] = []
    for argument in item.arguments:
        producer = producers.get(argument.source)
        if producer is not None and (producer != item.name or _only_itself(argument, params)):
            feeds.append(FromStep(argument, producer))
        elif argument.source in params:
            feeds.append(FromContext(argument))
        elif argument.required or argument.declared:
            problems.append(_missing(item, argument, producers, params))
    needs = dict.fromkeys(feed.producer for feed in feeds if isinstance(feed, FromStep))
    return Node(item, tuple(feeds), tuple(needs))


def _only_itself(argument: Argument, params: frozenset[str]) -> bool:
    """Whether nothing but the step's own output could be meant, which is a cycle of one."""
    return argument.declared and argument.source not in params


def _missing(
    item: Step[..., Any], argument: Argument, producers: Mapping[str, str], params: frozenset[str]
) -> Diagnostic:
    source = argument.source
    others = {output: producer for output, producer in producers.items() if producer != item.name}
    hint = did_you_mean(source, [*others, *params])
    close = next((name for name in [*others, *params] if hint and repr(name) in hint), None)
    if close in others:
        hint = f"{hint} It is given by the step {others[close]!r}."
    elif close is not None:
        hint = f"{hint} It is a context parameter."
    return _problem(
        "pipeline.missing_input",
        f"the step {item.name!r} takes {source!r}, which is neither an output of another step nor a context parameter",
        hint or f"add a step with outputs=[{source!r}], or give the parameter: run(params={{{source!r}: …}})",
    )


def _order(nodes: Sequence[Node]) -> list[Node]:
    """The nodes that no cycle keeps back, each after what it needs, otherwise as given."""
    from heapq import heapify, heappop, heappush

    position = {node.name: index for index, node in enumerate(nodes)}
    waiting = [len(node.needs) for node in nodes]
    dependents: dict[str, list[int]] = {}
    for index, node in enumerate(nodes):
        for need in node.needs:
            dependents.setdefault(need, []).append(index)
    ready = [index for index, count in enumerate(waiting) if count == 0]
    heapify(ready)
    ordered: list[Node] = []
    while ready:
        index = heappop(ready)
        ordered.append(nodes[index])
        for dependent in dependents.get(nodes[index].name, ()):
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                heappush(ready, position[nodes[dependent].name])
    return ordered


def _cycle(kept_back: Sequence[Node]) -> Diagnostic:
    """Name one cycle: every node that was kept back needs another one, so following the needs leads into one."""
    by_name = {node.name: node for node in kept_back}
    path = [kept_back[0].name]
    while path.count(path[-1]) < 2:
        path.append(next(need for need in by_name[path[-1]].needs if need in by_name))
    loop = path[path.index(path[-1]) :]
    loop.reverse()
    summary = f"the steps form a cycle: {' -> '.join(loop)}"
    return _problem("pipeline.cycle", summary, "let one of them take a context parameter, or split it in two")


def _problem(code: str, summary: str, hint: str) -> Diagnostic:
    return Diagnostic("error", code, summary, hint=hint)


def _raise(problems: Sequence[Diagnostic]) -> None:
    if not problems:
        return
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise PipelineError(f"{first.summary}{more}", code=first.code, hint=first.hint, diagnostics=problems)
