"""Owns the class of engines that fail before, after or during what they are asked for."""

from __future__ import annotations

import random
from contextlib import suppress
from typing import Any

from flowyml_infra.errors import EngineError, EngineRefusedError, PartialApplyError
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.spec import Lifecycle
from tests.reliability.failure_class import FailureClass, Ground
from tests.support.kinds import DATA, known
from tests.support.planning import KEY, Bed, compiled, spec
from tests.support.world import World

NAMES = "abcdef"
FIRST = Lifecycle(create_before_destroy=True)


class Failing(World):
    """Fails by chance: it refuses, it does it and says that it failed, or it does half of it."""

    def __init__(self, chance: random.Random, likely: float) -> None:
        super().__init__()
        self.chance, self.likely = chance, likely
        self.half: set[str] = set()

    def _fails(self, how: str) -> bool:
        return self.chance.random() < self.likely and self.chance.choice(["before", "after", "during"]) == how

    def create(self, subject: Any, context: Any) -> Any:
        self._refuses(subject)
        made = super().create(subject, context)
        if self._fails("during"):
            self.half.add(made.physical_id)
            raise EngineError("half made", address=subject.address)
        self._loses(subject)
        return made

    def update(self, subject: Any, before: Any, context: Any) -> Any:
        self._refuses(subject)
        if self._fails("during"):
            one = self.chance.choice(sorted(subject.properties))
            self.things[subject.physical_id].properties[one] = subject.properties[one]
            raise EngineError("half changed", address=subject.address)
        made = super().update(subject, before, context)
        self._loses(subject)
        return made

    def delete(self, subject: Any, context: Any) -> None:
        self._refuses(subject)
        if self._fails("during"):
            self.things[subject.physical_id].properties.clear()
            raise EngineError("half removed", address=subject.address)
        super().delete(subject, context)
        self._loses(subject)

    def locate(self, subject: Any, context: Any) -> Any:
        """As engines do: what is whole is told, what is half made is cleared away."""
        for key in [key for key in self.half if self.things[key].creation_id == subject.creation_id]:
            self.half.discard(key)
            del self.things[key]
            self.made.discard(subject.creation_id)
        self._refuses(subject, untouched=False)
        return super().locate(subject, context)

    def _refuses(self, subject: Any, *, untouched: bool = True) -> None:
        if self._fails("before"):
            kind = EngineRefusedError if untouched and self.chance.random() < 0.5 else EngineError
            raise kind("not today", address=subject.address)

    def _loses(self, subject: Any) -> None:
        if self._fails("after"):
            raise EngineError("the answer was lost", address=subject.address)


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
                fail(Bed(world=Failing(chance, 0.0), store=store), chance)
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
)
