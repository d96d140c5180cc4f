"""A thousand tamperings by someone who may write every byte of the database, or of an exported file, and has no key."""

import json
import random
import sqlite3
from contextlib import closing

import pytest

from flowyml_infra.audit.chain import COLUMNS
from flowyml_infra.audit.event import AuditEvent, canonical_json, event_hash
from flowyml_infra.audit.export import export_lines, signed_log, verify_export
from flowyml_infra.audit.signing import own_key
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.audit.witness import note_end
from tests.state.samples import sqlite_store

SEEDS = range(10)
EVENTS = 12
KINDS = ("edit", "remove", "reorder", "insert", "cut", "splice", "rehash", "head")


def make_log(folder, team):
    """A log as commands leave it: an operation's events, signed, and those of plans after it."""
    folder.mkdir(exist_ok=True)
    with sqlite_store(folder) as store:
        store.append_events([event(team, number) for number in range(EVENTS - 2)])
    audit = AuditStore("sqlite:///state.db", project_root=folder)
    note_end(audit)
    audit.append([event(team, EVENTS - 2), event(team, EVENTS - 1)])
    return audit


def event(team, number):
    facts = {"plan_digest": f"{number:08x}", "changes": number, "labels": {"team": team}, "allowed": number % 2 == 0}
    name = "StackApplied" if number % 3 else "PolicyChecked"
    return AuditEvent(
        name, f"stack-{number % 3}", "default", facts, "alice@box", origin={"host": "box", "user": "alice"}
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_tamperings_with_a_database_are_all_found(seed, tmp_path):
    chance = random.Random(seed)
    audit, other = make_log(tmp_path / "log", "ml"), make_log(tmp_path / "other", "web")
    whole, foreign = audit.get_events(), other.get_events()
    assert audit.verify() == []
    assert audit.inspect().compared == 2
    missed = []
    with closing(sqlite3.connect(tmp_path / "log" / "state.db", isolation_level=None)) as database:
        for number in range(50):
            kind = KINDS[number % len(KINDS)]
            head = replace_log(database, *tamper(chance, kind, whole, foreign))
            if not audit.verify():
                missed.append((kind, head))
        replace_log(database, whole, (len(whole), whole[-1].hash))
    assert missed == []
    assert audit.verify() == []


def replace_log(database, events, head):
    """Write the database as somebody would who knows the library: rows and the record of the end."""
    database.execute("BEGIN")
    database.execute("DELETE FROM audit")
    for item in events:
        row = (item.seq, item.at, item.name, item.stack, item.environment, item.who)
        texts = (canonical_json(item.data), item.previous, item.hash, canonical_json(item.origin))
        database.execute(f"INSERT INTO audit ({COLUMNS}) VALUES ({','.join('?' * 10)})", (*row, *texts))
    database.execute("UPDATE audit_head SET seq = ?, hash = ?", head)
    database.execute("COMMIT")
    return head


def tamper(chance, kind, whole, foreign):
    """The events and the end after one tampering; what can be made to fit again is made to fit."""
    events = list(whole)
    at = chance.randrange(len(events))
    match kind:
        case "edit":
            events[at] = changed(chance, events[at])
            return events, (len(whole), whole[-1].hash)
        case "remove":
            del events[at]
            events = renumbered(chance, events)
        case "reorder":
            other = chance.choice([number for number in range(len(events)) if number != at])
            events[at], events[other] = events[other], events[at]
            events = renumbered(chance, events)
        case "insert":
            events.insert(at, changed(chance, events[at]))
            events = renumbered(chance, events)
        case "cut":
            events = events[:at]
        case "splice":
            at = chance.randrange(1, len(events))
            events = renumbered(chance, [*events[:at], *foreign[at:]])
        case "rehash":
            events[at] = changed(chance, events[at])
            events = rehashed(events)
        case "head":
            return events, chance.choice([(len(whole) + 1, whole[-1].hash), (len(whole), "f" * 64), (0, "0" * 64)])
    return events, (events[-1].seq, events[-1].hash) if events else (0, "0" * 64)


def renumbered(chance, events):
    """With the positions put right; half the time with every hash put right, too."""
    events = [item._replace(seq=number) for number, item in enumerate(events, 1)]
    return rehashed(events) if chance.random() < 0.5 else events


def rehashed(events):
    done, previous = [], "0" * 64
    for number, item in enumerate(events, 1):
        item = item._replace(seq=number, previous=previous)
        item = item._replace(hash=event_hash(item))
        previous = item.hash
        done.append(item)
    return done


def changed(chance, item):
    """``item`` with another value in one of its fields; its hash stays."""
    match chance.choice(["who", "at", "name", "stack", "environment", "data", "origin"]):
        case "data":
            key = chance.choice(list(item.data))
            return item._replace(data={**item.data, key: "other"})
        case "origin":
            return item._replace(origin={**item.origin, "host": "other"})
        case "at":
            return item._replace(at="2020-01-01T00:00:00.000000Z")
        case "environment":
            return item._replace(environment=None)
        case field:
            return item._replace(**{field: getattr(item, field) + "x"})


EXPORT_KINDS = (*KINDS, "signature", "key", "text")


@pytest.mark.parametrize("seed", SEEDS)
def test_fifty_tamperings_with_an_exported_log_are_all_found_with_the_public_key_alone(seed, tmp_path, monkeypatch):
    chance = random.Random(seed)
    (events, head), (foreign, foreign_head) = (signed_log(make_log(tmp_path / name, name)) for name in ("log", "other"))
    keys = [own_key().public]
    monkeypatch.setenv("FLOWYML_AUDIT_KEY", "ab" * 32)
    stranger = own_key()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "nothing"))
    whole = text_of(events, head)
    assert verify_export(whole, keys)[0].problems == ()
    missed = []
    for number in range(50):
        kind = EXPORT_KINDS[number % len(EXPORT_KINDS)]
        text = tamper_text(chance, kind, (events, head), (foreign, foreign_head), stranger)
        assert text != whole
        if not verify_export(text, keys)[0].problems:
            missed.append((kind, text))
    assert missed == []


def text_of(events, head):
    return "".join(f"{line}\n" for line in export_lines(events, head))


def tamper_text(chance, kind, mine, foreign, stranger):
    (events, head), (foreign_events, foreign_head) = mine, foreign
    match kind:
        case "signature":
            return text_of(events, head._replace(signature=foreign_head.signature))
        case "key":
            return text_of(events, stranger.sign(head))
        case "text":
            lines = text_of(events, head).splitlines()
            at = chance.randrange(len(lines))
            lines[at] = chance.choice([lines[at][:-1], lines[at] + " ", json.dumps(json.loads(lines[at]))])
            return "\n".join(lines) + "\n"
    tampered, (seq, hash_) = tamper(chance, kind, events, foreign_events)
    # The old head, another log's head, or one that fits and has no signature of ours.
    fitting = head._replace(seq=seq, hash=hash_)
    chosen = chance.choice([fitting, stranger.sign(fitting), foreign_head, *([head] if kind != "head" else [])])
    return text_of(tampered, chosen)
