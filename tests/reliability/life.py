"""Owns one deployment, whatever becomes of it, and the model that says what must be recorded and be there.

Every command of a user is one method here: it carries the command out and tells the model. A command that is new gets a
method here and a rule in ``classes/lives.py``.
"""

from __future__ import annotations

import random
from contextlib import contextmanager, suppress
from typing import Any

from flowyml_infra.errors import PartialApplyError, StalePlanError
from flowyml_infra.plan.plan import Plan
from flowyml_infra.project.rollback import returning
from flowyml_infra.resources.compiled import Adoption, Compiled
from flowyml_infra.resources.values import Reference
from flowyml_infra.state.definitions import form_digest
from flowyml_infra.state.edits import move_resource, remove_resource
from flowyml_infra.state.leases import deployment_lease
from flowyml_infra.state.sql_store import SqlStore
from flowyml_infra.state.stores import _backend
from tests.reliability.failing_world import FailingWorld
from tests.reliability.mortal import Killed, Mortal
from tests.state.samples import master_key, stop_heart
from tests.support.planning import KEY, Bed, address, compiled, spec
from tests.support.world import Thing


class Life:
    """A deployment in ``place``.

    Attributes:
        declared: By name, what the definition says now: the input, the trigger, and the name whose output is the input.
        moved: Old and new name of what the definition says has moved.
        foreign: The creation ids of what is there and nothing of ours: made by others, or forgotten.
        saved: A plan that was put aside.
        past: What was declared by every definition there was, by the digest under which it is kept if it is applied.
    """

    def __init__(self, place: Any, seed: int = 0) -> None:
        self.place = place
        self.world = FailingWorld(random.Random(seed))
        self.declared: dict[str, tuple[str, str | None, str | None]] = {}
        self.moved: dict[str, str] = {}
        self.foreign: set[str] = set()
        self.saved: Plan | None = None
        self.past: dict[str, dict[str, tuple[str, str | None, str | None]]] = {}
        self.used = False
        self.serial = 0
        self.open()

    def open(self) -> None:
        """A process begins."""
        self.database = Mortal(_backend(self.place.url).database(self.place.url, self.place.root))
        self.store = SqlStore(self.database, key_source=master_key)
        self.bed = Bed(world=self.world, store=self.store)

    def close(self) -> None:
        """The process is over."""
        for lease in list(self.store._leases._hearts):
            stop_heart(self.store, lease)
        self.database.close()

    # What a definition says.

    def declare(self, name: str, value: str, trigger: str | None, link: str | None) -> None:
        self._drop_moves(name)
        self.declared[name] = (value, trigger, link)

    def undeclare(self, name: str) -> None:
        self._drop_moves(name)
        self.declared.pop(name, None)

    def rename(self, source: str, target: str) -> bool:
        """Declare it under another name and say so; False where that would be refused."""
        if source not in self.declared or target in self.declared or address(target) in self.snapshot().rows:
            return False
        self._drop_moves(source, target)
        self._rename(source, target)
        self.moved[source] = target
        return True

    def _rename(self, source: str, target: str) -> None:
        self.declared[target] = self.declared.pop(source)
        for name, (value, trigger, link) in self.declared.items():
            self.declared[name] = (value, trigger, target if link == source else link)

    def _drop_moves(self, *names: str) -> None:
        self.moved = {old: new for old, new in self.moved.items() if not {old, new} & set(names)}

    def definition(self, *imports: Adoption) -> Compiled:
        specs = []
        for name, (value, trigger, _) in sorted(self.declared.items()):
            link = self.link(name)
            given = value if link is None else Reference(address(link), "output")
            specs.append(spec(name, {"input": given, "trigger": trigger}))
        outputs: dict[str, Any] = {}
        if self.declared:
            outputs["artifact_store"] = {"uri": Reference(address(min(self.declared)), "output")}
        moves = tuple((address(old), address(new)) for old, new in self.moved.items())
        made = compiled(*specs, moved=moves, outputs=outputs, imports=imports)
        self.past.setdefault(form_digest(made), dict(self.declared))
        return made

    def link(self, name: str) -> str | None:
        """Whose output is the input of ``name``: an earlier name of the alphabet, so that nothing goes round."""
        link = self.declared[name][2]
        return link if link is not None and link in self.declared and link < name else None

    def value(self, name: str) -> str:
        """The input that ``name`` should have in the end."""
        link = self.link(name)
        return self.declared[name][0] if link is None else self.value(link)

    # What a user does.

    def apply(self, likely: float = 0.0, **options: Any) -> None:
        """Apply the definition in a world that fails as often as ``likely``."""
        self._carry_out(self.bed.plan(self.definition(), **options), likely)

    def adopt(self, name: str) -> bool:
        """Import something that others made, as ``name``; False where something is recorded there."""
        if address(name) in self.snapshot().rows:
            return False
        self._drop_moves(name)
        made = f"outside-{len(self.foreign)}-{name}"
        if made not in self.world.things:
            properties = {"input": "theirs", "labels": {}, "token": None, "trigger": None}
            self.world.things[made] = Thing(address(name), made, properties)
            self.foreign.add(made)
        self.declared[name] = ("ours", None, None)
        self._carry_out(self.bed.plan(self.definition(Adoption(address(name), made))), 0.0)
        return True

    def destroy(self, likely: float = 0.0) -> None:
        """Destroy everything; the definition stays."""
        self._carry_out(self.bed.plan(self.definition(), destroy=True), likely)

    def roll_back(self, number: int) -> bool:
        """Go back to what one of the operations on record declared; the definition stays. False where there is none."""
        history = self.store.history(KEY, limit=None, changes=False)
        kept = [item.recorded_definition for item in history if item.recorded_definition is not None]
        if not kept:
            return False
        chosen = kept[number % len(kept)]
        target, latest = self.store.definition(KEY, chosen), self.store.definition(KEY, kept[0])
        assert target is not None
        assert latest is not None
        present, self.declared = self.declared, self.past[chosen]
        moved, self.moved = self.moved, {}
        try:
            self._carry_out(self.bed.plan(returning(target, latest, self.snapshot())), 0.0)
        finally:
            self.declared, self.moved = present, moved
        return True

    def take_out_moves(self) -> None:
        """Take those moves out of the definition of which both ends are recorded: until then they are refused."""
        rows = self.snapshot().rows
        both = {old for old, new in self.moved.items() if address(old) in rows and address(new) in rows}
        self._drop_moves(*both)

    def meddle(self, name: str, *, gone: bool) -> bool:
        """Others change something of ours, or take it away; False where there is nothing whole of this name."""
        row = self.snapshot().rows.get(address(name))
        if row is None or row.status != "created" or row.physical_id in self.world.half:
            return False
        thing = self.world.things.get(row.physical_id)
        if thing is None:
            return False
        if gone:
            del self.world.things[row.physical_id]
            self.world.made.discard(thing.creation_id)
        else:
            thing.properties["input"] = "meddled"
        return True

    def refresh(self) -> None:
        """Record what the world has; nothing differs after that."""
        self.bed.refresh()
        for row in self.snapshot().rows.values():
            if row.status == "created":
                assert row.properties["input"] == self.world.things[row.physical_id].properties["input"]

    def save(self) -> None:
        """Put a plan aside."""
        self.saved, self.used = self.bed.plan(self.definition()), False

    def use_saved(self) -> None:
        """Apply the plan put aside: it works once, on just the state that it was made from."""
        plan, snapshot = self.saved, self.snapshot()
        assert plan is not None
        if not plan.has_writes:
            return
        stale = self.used or snapshot.serial != plan.bindings.serial
        stale |= snapshot.lineage not in (None, plan.bindings.lineage)
        try:
            self.used = True
            self._carry_out(plan, 0.0, check=False)
        except StalePlanError:
            assert stale, "refused without need"
        else:
            assert not stale, "a stale plan was applied"

    def move(self, source: str, target: str) -> bool:
        """Give a record another address, and its declaration; False where that would be refused."""
        rows = self.snapshot().rows
        if address(source) not in rows or address(target) in rows or target in self.declared:
            return False
        self._drop_moves(source, target)
        move_resource(self.store, KEY, address(source), address(target))
        if source in self.declared:
            self._rename(source, target)
        return True

    def forget(self, name: str) -> bool:
        """Forget a record; False where there is none."""
        snapshot = self.snapshot()
        if address(name) not in snapshot.rows:
            return False
        rows = [row for row in (*snapshot.rows.values(), *snapshot.deposed) if row.address == address(name)]
        # Told before: when the process dies on the way, what is gone is gone.
        self.foreign |= {row.creation_id for row in rows}
        remove_resource(self.store, KEY, address(name))
        return True

    @contextmanager
    def dying_at(self, commit: int, *, after: bool) -> Any:
        """The process dies at a commit of what is done here, if there are so many; the next one begins."""
        self.database.die_at(commit, after=after)
        with suppress(Killed):
            yield
        if self.database.dead:
            self.close()
            self.place.expire(deployment_lease(KEY))
            self.open()
        self.database.live()

    # What must hold.

    def _carry_out(self, plan: Plan, likely: float, *, check: bool = True) -> None:
        self.world.likely = likely
        try:
            self.bed.carry_out(plan, parallelism=1)
        except PartialApplyError:
            assert likely > 0, "it failed though nothing did"
            return
        finally:
            self.world.likely = 0.0
        if check:
            self.check_settled({} if plan.options.destroy else self.declared)

    def snapshot(self) -> Any:
        return self.store.snapshot(KEY)

    def check_always(self) -> None:
        """Whatever happened: nothing is there that is not recorded, nothing twice, and the serial only grows."""
        snapshot = self.snapshot()
        assert snapshot.serial >= self.serial
        self.serial = snapshot.serial
        recorded = [row.creation_id for row in (*snapshot.rows.values(), *snapshot.deposed)]
        assert len(recorded) == len(set(recorded))
        there = [thing.creation_id for thing in self.world.things.values()]
        assert len(there) == len(set(there))
        assert set(there) <= {*recorded, *self.foreign}

    def check_settled(self, wanted: Any) -> None:
        """After a whole apply: what is declared is recorded and is there, as it should be, and outputs agree."""
        snapshot = self.snapshot()
        assert sorted(snapshot.rows) == sorted(address(name) for name in wanted)
        assert not snapshot.deposed
        things = {thing.creation_id: thing for thing in self.world.things.values()}
        assert not self.world.half & {key for key, thing in self.world.things.items() if self._is_ours(thing)}
        for name in wanted:
            row = snapshot.rows[address(name)]
            there = things[row.creation_id].properties
            assert row.status == "created"
            assert (there["input"], there["trigger"]) == (self.value(name), self.declared[name][1])
        first = {"artifact_store": {"uri": self.value(min(wanted))}} if wanted else {}
        assert dict(snapshot.outputs) == first
        if wanted:
            assert self.bed.plan(self.definition()).empty

    def _is_ours(self, thing: Thing) -> bool:
        return thing.creation_id not in self.foreign

    def finish(self) -> None:
        """At the end: one whole apply settles everything, one destroy leaves what is not ours, and the audit holds."""
        if self.declared or self.snapshot().exists:
            self.apply()
            self.destroy()
        assert all(not self._is_ours(thing) for thing in self.world.things.values())
        assert self.place.audit().verify() == []
        self.close()
