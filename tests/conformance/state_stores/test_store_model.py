"""A store against a dictionary: whatever is written, reading gives the same, before and after opening it again."""

import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from flowyml_infra.errors import StateConflictError, StateError
from flowyml_infra.state.row import Status
from flowyml_infra.state.store import DropRow, MoveRow, PutOutputs, PutRow
from tests.state.samples import KEY, address, begin, row

# PostgreSQL keeps no NUL; what becomes of one is a test of its own.
TEXTS = st.text(st.characters(exclude_characters="\x00"), max_size=5)
NAMES = st.sampled_from(["a", "b", "c"])


class StoreModel(RuleBasedStateMachine):
    """Random operations; ``rows`` and ``outputs`` are what should be recorded."""

    new_place: Any = None

    @initialize()
    def open(self):
        self.folder = tempfile.TemporaryDirectory()
        self.rows, self.outputs, self.serial = {}, {}, 0
        self.place = type(self).new_place(Path(self.folder.name))
        self._open()

    def _open(self):
        self.store = self.place.open()
        self.lease, self.operation = begin(self.store)

    @rule(name=NAMES, generation=st.integers(1, 2), status=st.sampled_from(Status), text=TEXTS)
    def put(self, name, generation, status, text):
        made = row(name, generation=generation, status=status, physical_id=text.encode("utf-8", "replace").decode())
        self._write([PutRow(made)])
        self.rows[made.address, generation] = made

    @rule(name=NAMES, generation=st.integers(1, 2))
    def drop(self, name, generation):
        self._write([DropRow(address(name), generation)])
        self.rows.pop((address(name), generation), None)

    @rule(old=NAMES, new=NAMES)
    def move(self, old, new):
        there = {key[0] for key in self.rows}
        if address(old) not in there or address(new) in there:
            try:
                self.operation.write([PutRow(row("undone")), MoveRow(address(old), address(new))])
            except StateError:
                return
            raise AssertionError("a move without source or onto something went through")
        self._write([MoveRow(address(old), address(new))])
        for key in [key for key in self.rows if key[0] == address(old)]:
            self.rows[address(new), key[1]] = self.rows.pop(key)

    @rule(values=st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(), max_size=2), max_size=2))
    def put_outputs(self, values):
        self._write([PutOutputs(values)])
        self.outputs = values

    @rule()
    def reopen(self):
        self.operation.finish("succeeded")
        self.store.close()
        self._open()

    @rule()
    @precondition(lambda self: self.serial > 0)
    def lose_the_lease(self):
        stale = self.operation
        self.store.break_lease(self.lease.name, "test", "test")
        self.lease, self.operation = begin(self.store)
        try:
            stale.write([PutRow(row("a", physical_id="stale"))])
        except StateConflictError:
            return
        raise AssertionError("a write under a broken lease went through")

    def _write(self, writes):
        self.serial += 1
        assert self.operation.write(writes) == self.serial

    @invariant()
    def recorded_as_modelled(self):
        snapshot = self.store.snapshot(KEY)
        kept = [*snapshot.rows.values(), *snapshot.deposed]
        found = {(item.address, item.generation): (item.status, item.physical_id, item.creation_id) for item in kept}
        assert found == {key: (item.status, item.physical_id, item.creation_id) for key, item in self.rows.items()}
        assert dict(snapshot.outputs) == self.outputs
        assert snapshot.serial == self.serial

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


def test_a_store_keeps_what_was_written(new_place):
    model = type("StoreModel", (StoreModel,), {"new_place": staticmethod(new_place)})
    run_state_machine_as_test(
        model,
        settings=settings(
            max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
