"""How what is recorded finds the names that an earlier definition declares."""

from __future__ import annotations

import pytest

from flowyml_infra.plan.moves import follow_moves, moves_back
from flowyml_infra.resources.compiled import Move
from tests.support.kinds import DATA, known
from tests.support.planning import Bed, address, compiled, spec


@pytest.fixture(autouse=True)
def kinds():
    with known(DATA):
        yield


def declared(names, moves=""):
    pairs = tuple((address(move[0]), address(move[1])) for move in moves.split())
    return compiled(*(spec(name) for name in names), moved=pairs)


@pytest.mark.parametrize(
    ("target", "latest", "rows", "moves"),
    [
        (("a", ""), ("b", "ab"), "b", "ba"),
        (("a", ""), ("c", "ab bc"), "c", "ca"),
        (("b", "ab"), ("c", "ab bc"), "c", "cb"),
        (("b", "ab"), ("a", "ba"), "a", "ab"),
        (("a", "ba"), ("b", "ab"), "b", "ba"),
        (("b", "ab"), ("ab", ""), "ab", ""),
        (("ab", ""), ("b", "ab"), "b", ""),
        (("a", ""), ("b", ""), "b", ""),
        (("a", ""), ("b", "ab"), "ab", ""),
        (("c", ""), ("b", "ab"), "b", ""),
        (("ad", ""), ("be", "ab de"), "be", "ba ed"),
    ],
)
def test_what_moved_moves_back_and_nothing_else(target, latest, rows, moves):
    bed = Bed()
    bed.apply(declared(rows))
    recorded = bed.store.snapshot(None).rows
    earlier = declared(*target)
    found = moves_back(declared(*latest), earlier, recorded)
    assert found == tuple(Move(address(move[0]), address(move[1])) for move in moves.split())
    moved, _ = follow_moves(
        compiled(*earlier.graph.specs.values(), moved=[(m.source, m.target) for m in found]), recorded
    )
    assert len(moved) == len(recorded)


def test_two_things_do_not_move_to_one_name():
    bed = Bed()
    bed.apply(declared("bc"))
    found = moves_back(declared("bc", "ab ac"), declared("a"), bed.store.snapshot(None).rows)
    assert found == (Move(address("b"), address("a")),)
