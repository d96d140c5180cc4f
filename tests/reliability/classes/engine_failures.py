"""Owns the class of engines that fail before, after or during what they are asked for."""

from __future__ import annotations

import random
from contextlib import suppress

from flowyml_infra.errors import PartialApplyError
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.spec import Lifecycle
from tests.reliability.failing_world import FailingWorld
from tests.reliability.failure_class import FailureClass, Ground
from tests.support.kinds import DATA, known
from tests.support.planning import KEY, Bed, compiled, spec

NAMES = "abcdef"
FIRST = Lifecycle(create_before_destroy=True)


def definition(chance: random.Random) -> Compiled:
    """A few resources, some of them after others."""
    specs = []
    for name in NAMES:
        if chance.random() < 0.25:
            continue
        earlier = [item.address.name for item in specs]
        after = tuple(chance.sample(earlier, min(len(earlier), chance.randrange(3))))
        values = {"input": chance.choice("12"), "trigger": chance.choice([None, "1"])}
        if chance.random() < 0.3:
            specs.append(spec(name, values, after=after, lifecycle=FIRST))
        else:
            specs.append(spec(name, values, after=after))
    return compiled(*specs)


def check(bed: Bed, wanted: Compiled) -> None:
    """What is recorded is what is there, and what is wanted."""
    snapshot = bed.store.snapshot(KEY)
    assert sorted(snapshot.rows) == sorted(wanted.graph.specs)
    assert not snapshot.deposed
    things = {thing.creation_id: thing for thing in bed.world.things.values()}
    assert len(things) == len(bed.world.things)
    assert sorted(things) == sorted(row.creation_id for row in snapshot.rows.values())
    for row in snapshot.rows.values():
        given = wanted.graph.specs[row.address].properties
        there = things[row.creation_id].properties
        assert {name: there[name] for name in given} == dict(given)
    assert bed.plan(wanted).empty


def converge(bed: Bed, wanted: Compiled, chance: random.Random) -> None:
    """One apply with failures, a second that may fail too, and a third on which everything works."""
    for likely in (bed.world.likely, chance.choice([0.0, bed.world.likely]), 0.0):
        bed.world.likely = likely
        with suppress(PartialApplyError):
            bed.apply(wanted, parallelism=1)
            return


def fail(bed: Bed, chance: random.Random) -> None:
    """From one definition to another, with a world that fails on the way, and to nothing again."""
    bed.apply(definition(chance), parallelism=1)
    bed.world.likely = chance.choice([0.2, 0.5, 0.9])
    wanted = definition(chance)
    converge(bed, wanted, chance)
    bed.world.likely = 0.0
    check(bed, wanted)
    bed.apply(compiled(), parallelism=1)
    assert not bed.world.things
    assert not bed.store.snapshot(KEY).rows


def run(ground: Ground) -> None:
    """One deployment for all cases, and a new one where a case failed and left something behind."""
    store = ground.place().open()
    with known(DATA):
        for number in ground.numbers():
            failed = len(ground.failures)
            with ground.case(number) as chance:
                fail(Bed(world=FailingWorld(chance), store=store), chance)
            if len(ground.failures) > failed:
                store.close()
                store = ground.place().open()
    store.close()


ENGINE_FAILURES = FailureClass(
    "engine-failures",
    "an engine that fails before, after or during creations, changes, deletions and look-ups",
    "converges in at most two further applies, nothing lost or made twice",
    run,
    short=40,
    full=5000,
    piece=100,
)
