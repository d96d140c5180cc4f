"""The chain as such: what appending makes of events, and that nothing done to it afterwards goes unseen."""

import json
import random
import sqlite3
from contextlib import closing

import pytest
import sqlalchemy
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.audit.chain import COLUMNS, Head, append, read_head
from flowyml_infra.audit.event import GENESIS, AuditEvent, canonical_json, event_hash
from flowyml_infra.audit.table import define_audit
from flowyml_infra.audit.verification import verify, verify_rows
from flowyml_infra.errors import AuditError


def empty_chain() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    metadata = sqlalchemy.MetaData()
    define_audit(metadata)
    for table in metadata.sorted_tables:
        connection.execute(str(sqlalchemy.schema.CreateTable(table)))
    connection.execute("INSERT INTO audit_head VALUES (1, 0, ?)", (GENESIS,))
    return connection


def chain_of(count: int) -> sqlite3.Connection:
    connection = empty_chain()
    append(connection.execute, [sample(number) for number in range(count)])
    return connection


def sample(number: int) -> AuditEvent:
    data = {"plan_digest": f"{number:08x}", "changes": number, "labels": {"team": "ml"}, "allowed": number % 2 == 0}
    return AuditEvent("StackApplied", f"stack-{number % 3}", "default", data, "alice@box")


def rows(connection):
    return connection.execute(f"SELECT {COLUMNS} FROM audit ORDER BY seq").fetchall()


def test_events_continue_each_other_across_transactions():
    connection = empty_chain()
    first = append(connection.execute, [sample(0), sample(1)])
    second = append(connection.execute, [sample(2)])
    done = [*first, *second]
    assert [event.seq for event in done] == [1, 2, 3]
    assert [event.previous for event in done] == [GENESIS, done[0].hash, done[1].hash]
    assert all(event_hash(event) == event.hash for event in done)
    assert read_head(connection.execute) == Head(3, done[2].hash)
    assert verify(done, Head(3, done[2].hash)) == []


def test_who_and_when_are_filled_in_unless_given():
    connection = empty_chain()
    filled, given_ = append(
        connection.execute, [AuditEvent("A"), AuditEvent("B", who="bob", at="2025-01-01T00:00:00Z")]
    )
    assert "@" in filled.who or ":" in filled.who
    assert filled.at.endswith("Z")
    assert len(filled.at) == len("2025-01-01T00:00:00.000000Z")
    assert (given_.who, given_.at) == ("bob", "2025-01-01T00:00:00Z")


def test_where_it_comes_from_is_filled_in_unless_given():
    with closing(empty_chain()) as connection:
        filled, given_ = append(connection.execute, [AuditEvent("A"), AuditEvent("B", origin={"host": "there"})])
    assert {"user", "host", "command", "version"} <= filled.origin.keys()
    assert given_.origin == {"host": "there"}


def test_appending_nothing_touches_nothing():
    assert append(None, []) == []


def test_a_chain_without_its_head_takes_no_more_events():
    connection = empty_chain()
    connection.execute("DELETE FROM audit_head")
    with pytest.raises(AuditError, match="head record"):
        append(connection.execute, [sample(0)])


facts = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(st.dictionaries(st.text(), facts, max_size=3), max_size=4))
def test_any_facts_survive_being_stored(many):
    with closing(empty_chain()) as connection:
        append(connection.execute, [AuditEvent("A", data=data) for data in many])
        assert verify_rows(rows(connection), read_head(connection.execute)) == []


def test_what_utf8_cannot_say_is_replaced():
    with closing(empty_chain()) as connection:
        event = append(connection.execute, [AuditEvent("A", data={"path": "a\udcff"})])[0]
    assert event.data == {"path": "a?"}


@pytest.mark.parametrize("seed", range(10))
def test_a_hundred_random_tamperings_are_all_found(seed):
    """Ten seeds make a thousand."""
    chance = random.Random(seed)
    with closing(chain_of(12)) as connection:
        whole, head = rows(connection), read_head(connection.execute)
    assert verify_rows(whole, head) == []
    missed = [what for what in (tamper(chance, whole, head) for _ in range(100)) if not verify_rows(*what[1])]
    assert missed == []


def tamper(chance, whole, head):
    kind = chance.choice(["edit", "edit", "remove", "swap", "cut", "copy", "renumber", "head", "facts", "spaces"])
    changed = [list(row) for row in whole]
    at = chance.randrange(len(changed))
    match kind:
        case "edit":
            column = chance.randrange(10)
            changed[at][column] = flip(chance, changed[at][column])
        case "remove":
            del changed[at]
        case "swap":
            other = chance.choice([number for number in range(len(changed)) if number != at])
            changed[at], changed[other] = changed[other], changed[at]
        case "cut":
            del changed[at:]
        case "copy":
            changed.insert(at, list(changed[at]))
        case "renumber":
            del changed[at]
            for number, row in enumerate(changed, 1):
                row[0] = number
        case "head":
            head = chance.choice([None, head._replace(seq=head.seq + 1), Head(head.seq, "f" * 64), Head()])
        case "facts":
            data = json.loads(changed[at][6])
            data[chance.choice(list(data))] = "other"
            changed[at][6] = canonical_json(data)
        case "spaces":
            changed[at][6] = json.dumps(json.loads(changed[at][6]), indent=1)
    return kind, (changed, head)


def flip(chance, value):
    if isinstance(value, int):
        return value ^ (1 << chance.randrange(8))
    position = chance.randrange(len(value))
    return value[:position] + chr(ord(value[position]) ^ (1 << chance.randrange(6))) + value[position + 1 :]


def test_each_problem_names_its_place():
    with closing(chain_of(5)) as connection:
        whole, head = rows(connection), read_head(connection.execute)
    edited = [list(row) for row in whole]
    edited[2][5] = "mallory"
    assert {problem.seq for problem in verify_rows(edited, head)} == {3}
    assert "edited" in verify_rows(edited, head)[0].message
    assert {problem.seq for problem in verify_rows(whole[:3], head)} == {3}
    assert "cut" in verify_rows(whole[:3], head)[0].message
    assert verify_rows([], None)[0].message == "the record of the chain's end is missing"
