"""What every engine has to do, for one subject at a time. Subclass :class:`EngineSuite` and give it its fixtures."""

from __future__ import annotations

import uuid
from dataclasses import replace

import pytest

from flowyml_infra.apply.engine import Engine, EngineContext, Subject
from flowyml_infra.errors import EngineRefusedError, StateConflictError


def stored(subject: Subject) -> dict[str, object]:
    """The properties of ``subject`` that describe the thing itself."""
    return {item.name: subject.properties[item.name] for item in subject.kind.properties if item.stored}


def lost() -> None:
    raise StateConflictError("the lease was lost")


class EngineSuite:
    """Fixtures to provide: ``engine``, ``context``, ``subject`` (not created yet) and ``changed``, the properties that
    an update in place leads to.
    """

    def test_a_creation_gives_an_id_and_every_output_of_the_kind(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        made = engine.create(subject, context)
        assert made.physical_id
        assert {item.name for item in subject.kind.outputs} == set(made.outputs)

    def test_a_repeated_creation_makes_nothing_more(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        assert engine.create(subject, context) == engine.create(subject, context)

    def test_what_was_created_is_located_by_its_creation_id_alone(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        assert engine.locate(subject, context) is None
        made = engine.create(subject, context)
        assert engine.locate(subject, context) == made
        assert engine.locate(replace(subject, creation_id=str(uuid.uuid4())), context) is None

    def test_what_was_created_reads_as_it_was_asked_for(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        made = engine.create(subject, context)
        reading = engine.read(replace(subject, physical_id=made.physical_id), context)
        assert reading is not None
        assert reading.physical_id == made.physical_id
        assert reading.properties == stored(subject)
        assert reading.outputs == made.outputs

    def test_an_update_changes_it_in_place_and_repeats_harmlessly(
        self, engine: Engine, context: EngineContext, subject: Subject, changed: dict[str, object]
    ) -> None:
        made = engine.create(subject, context)
        after = replace(subject, physical_id=made.physical_id, properties=changed)
        first = engine.update(after, subject.properties, context)
        second = engine.update(after, subject.properties, context)
        assert first == second
        assert first.physical_id == made.physical_id
        reading = engine.read(after, context)
        assert reading is not None
        assert reading.properties == stored(after)
        assert stored(after) != stored(subject), "the suite was given no change"

    def test_a_deletion_leaves_nothing_and_repeats_harmlessly(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        made = engine.create(subject, context)
        there = replace(subject, physical_id=made.physical_id)
        engine.delete(there, context)
        assert engine.read(there, context) is None
        assert engine.locate(subject, context) is None
        engine.delete(there, context)

    def test_it_can_be_made_again_after_its_deletion(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        made = engine.create(subject, context)
        engine.delete(replace(subject, physical_id=made.physical_id), context)
        again = replace(subject, creation_id=str(uuid.uuid4()))
        assert engine.create(again, context).outputs == made.outputs

    def test_a_creation_refuses_a_name_that_is_taken_and_leaves_what_is_there(
        self, engine: Engine, context: EngineContext, subject: Subject
    ) -> None:
        made = engine.create(subject, context)
        with pytest.raises(EngineRefusedError) as caught:
            engine.create(replace(subject, creation_id=str(uuid.uuid4())), context)
        assert caught.value.hint
        assert caught.value.address == subject.address
        assert engine.locate(subject, context) == made

    def test_nothing_of_another_creation_is_changed_or_deleted(
        self, engine: Engine, context: EngineContext, subject: Subject, changed: dict[str, object]
    ) -> None:
        made = engine.create(subject, context)
        other = replace(subject, creation_id=str(uuid.uuid4()), physical_id=made.physical_id)
        with pytest.raises(EngineRefusedError):
            engine.delete(other, context)
        with pytest.raises(EngineRefusedError):
            engine.update(replace(other, properties=changed), subject.properties, context)
        assert engine.read(other, context) is None
        reading = engine.read(replace(subject, physical_id=made.physical_id), context)
        assert reading is not None
        assert reading.properties == stored(subject)

    def test_an_update_of_what_is_gone_is_refused(
        self, engine: Engine, context: EngineContext, subject: Subject, changed: dict[str, object]
    ) -> None:
        made = engine.create(subject, context)
        there = replace(subject, physical_id=made.physical_id)
        engine.delete(there, context)
        with pytest.raises(EngineRefusedError) as caught:
            engine.update(replace(there, properties=changed), subject.properties, context)
        assert caught.value.hint

    def test_nothing_is_touched_once_the_lease_is_lost(
        self, engine: Engine, context: EngineContext, subject: Subject, changed: dict[str, object]
    ) -> None:
        after_the_loss = replace(context, alive=lost)
        with pytest.raises(StateConflictError):
            engine.create(subject, after_the_loss)
        assert engine.locate(subject, context) is None
        made = engine.create(subject, context)
        there = replace(subject, physical_id=made.physical_id)
        with pytest.raises(StateConflictError):
            engine.update(replace(there, properties=changed), subject.properties, after_the_loss)
        with pytest.raises(StateConflictError):
            engine.delete(there, after_the_loss)
        reading = engine.read(there, context)
        assert reading is not None
        assert reading.properties == stored(subject)
