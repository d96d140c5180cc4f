"""Owns the graph of specs: its edges, a stable order along them, and what is wrong when there is none."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import Diagnostic, did_you_mean
from flowyml_infra.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.resources.spec import ResourceSpec


@dataclass(frozen=True, slots=True)
class Graph:
    """The specs of one deployment by address; every edge leads to a spec of the graph and there is no cycle.

    Attributes:
        specs: In dependency order: each after those it depends on, ties by address, the same on every run.
    """

    specs: Mapping[Address, ResourceSpec]

    @classmethod
    def of(cls, specs: Iterable[ResourceSpec]) -> Graph:
        """Check ``specs`` and make the graph.

        Raises:
            GraphError: Two specs have one address, an edge leads nowhere, or the edges form a cycle; every such
                problem is in ``diagnostics``.
        """
        table: dict[Address, ResourceSpec] = {}
        problems: list[Diagnostic] = []
        for spec in specs:
            if spec.address in table:
                problems.append(_problem("graph.duplicate", spec, f"{spec.address} is declared twice"))
            table[spec.address] = spec
        for spec in table.values():
            problems.extend(_dangling(spec, table))
        order: list[Address] = []
        if not problems:
            edges = {address: spec.depends_on for address, spec in table.items()}
            try:
                order = stable_order(edges)
            except GraphError as error:
                first = find_cycle(edges)[0]
                hint = "remove one of these dependencies"
                problems.append(_problem("graph.cycle", table[first], error.message, hint))
        if problems:
            raise GraphError(problems[0].summary, code=problems[0].code, diagnostics=problems)
        return cls({address: table[address] for address in order})

    def with_dependencies(self, targets: Iterable[Address]) -> frozenset[Address]:
        """``targets`` and everything they depend on, directly or not."""
        return closure(targets, {address: spec.depends_on for address, spec in self.specs.items()})


def closure(start: Iterable[Address], edges: Mapping[Address, Sequence[Address]]) -> frozenset[Address]:
    """``start`` and all that can be reached from it along ``edges``."""
    seen: set[Address] = set()
    waiting = list(start)
    while waiting:
        address = waiting.pop()
        if address not in seen:
            seen.add(address)
            waiting.extend(edges.get(address, ()))
    return frozenset(seen)


def stable_order(edges: Mapping[Address, Sequence[Address]]) -> list[Address]:
    """The keys of ``edges``, each after the keys it points to, ties by address; edges to other things are ignored.

    Raises:
        GraphError: There is a cycle.
    """
    waiting = {address: len({d for d in after if d in edges}) for address, after in edges.items()}
    dependents: dict[Address, list[Address]] = {}
    for address, after in edges.items():
        for dependency in {d for d in after if d in edges}:
            dependents.setdefault(dependency, []).append(address)
    ready = [address for address, count in waiting.items() if count == 0]
    heapq.heapify(ready)
    order: list[Address] = []
    while ready:
        address = heapq.heappop(ready)
        order.append(address)
        for dependent in dependents.get(address, ()):
            waiting[dependent] -= 1
            if waiting[dependent] == 0:
                heapq.heappush(ready, dependent)
    if len(order) < len(edges):
        loop = find_cycle(edges)
        raise GraphError("these resources depend on each other: " + " -> ".join(loop), code="graph.cycle")
    return order


def find_cycle(edges: Mapping[Address, Sequence[Address]]) -> list[Address]:
    """One cycle of ``edges`` with its first address repeated at the end, or nothing when there is none."""
    done: set[Address] = set()
    for start in sorted(edges):
        path: list[Address] = []
        on_path: set[Address] = set()
        stack: list[tuple[Address, bool]] = [(start, False)]
        while stack:
            address, leaving = stack.pop()
            if leaving:
                path.pop()
                on_path.discard(address)
                done.add(address)
            elif address in on_path:
                return [*path[path.index(address) :], address]
            elif address not in done and address in edges:
                path.append(address)
                on_path.add(address)
                stack.append((address, True))
                stack.extend((dependency, False) for dependency in sorted(edges[address], reverse=True))
    return []


def _problem(code: str, spec: ResourceSpec, summary: str, hint: str | None = None) -> Diagnostic:
    return Diagnostic("error", code, summary, address=spec.address, location=spec.location, hint=hint)


def _dangling(spec: ResourceSpec, table: Mapping[Address, ResourceSpec]) -> Iterable[Diagnostic]:
    for dependency in spec.depends_on:
        if dependency not in table:
            hint = did_you_mean(dependency, table)
            yield _problem("graph.dangling", spec, f"{spec.address} depends on {dependency}, which is not there", hint)
