"""The definitions that were applied: kept once, read back as they were, and in the clear only what may be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import ResourceSpec
from flowyml_infra.resources.values import Template, Variable
from flowyml_infra.state import definitions
from flowyml_infra.state.definitions import form_digest
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import OperationStart, PutRow
from tests.reliability.mortal import Killed, Mortal
from tests.state.samples import KEY, LINEAGE, address, applied, begin, definition, other_master_key, record, row

CANARY = "canary-4d2c"
SECRET = definition(
    "a",
    secrets=("DB_PASSWORD",),
    outputs={"store": {"uri": Variable("DB_PASSWORD", CANARY)}},
)


def stored(place):
    return place.execute("SELECT digest, content FROM definitions ORDER BY digest")


def test_what_was_applied_is_named_by_its_operation_and_read_as_it_was(store, reader):
    first, second = definition("a"), definition("a", "b", version="2", protected=True, warnings=())
    digests = [applied(store, first), applied(store, second)]
    assert digests == [form_digest(first), form_digest(second)]
    for port in (store, reader):
        assert [item.recorded_definition for item in port.history(KEY)] == digests[::-1]
        assert [item.definition_digest for item in port.history(KEY)] == ["a+b", "a"]
        assert port.definition(KEY, digests[0]) == replace(first, document={})
        assert port.definition(KEY, digests[1]) == replace(second, document={})
        assert port.definition(KEY, "0" * 64) is None
        assert port.definition(DeploymentKey("nowhere"), digests[0]) is None
        assert sorted(port.check_definitions(KEY)) == sorted(digests)
        assert port.check_definitions(DeploymentKey("nowhere")) == []


def test_the_same_definition_is_kept_once(store, place):
    applied(store, definition("a"))
    (before,) = stored(place)
    applied(store, definition("b"))
    applied(store, definition("a", source="elsewhere.yaml", protected=True))
    assert len(stored(place)) == 2
    assert before in stored(place)


def test_definitions_of_one_document_that_come_to_something_else_are_told_apart(store):
    here = definition("a")
    spec = here.graph.specs[address("a")]
    there = replace(here, graph=Graph.of([replace(spec, properties={"path": "x"}, digest="other")]))
    assert there.definition_digest == here.definition_digest
    assert applied(store, here) != applied(store, there)
    outputs = replace(here, outputs={"store": {"uri": "x"}})
    assert form_digest(outputs) != form_digest(here)


def test_an_operation_without_a_definition_names_none(store):
    record(store, PutRow(row("a")))
    (only,) = store.history(KEY)
    assert only.recorded_definition is None
    assert store.check_definitions(KEY) == []


def test_a_definition_counts_in_no_serial(store):
    applied(store, definition("a"))
    assert store.snapshot(KEY).serial == 0


def test_deployments_have_definitions_of_their_own(store, place):
    elsewhere = DeploymentKey("demo", "production")
    digest = applied(store, definition("a"))
    record(store, key=elsewhere, lineage="other-lineage")
    assert store.definition(elsewhere, digest) is None
    assert applied(store, definition("a"), elsewhere, lineage="other-lineage") == digest
    assert len(stored(place)) == 2


def test_history_can_be_had_whole_and_without_changes(store):
    for _ in range(60):
        applied(store, definition("a"))
    assert len(store.history(KEY)) == 50
    whole = store.history(KEY, limit=None, changes=False)
    assert len(whole) == 60
    assert whole[0] == replace(store.history(KEY, limit=1)[0], changes=())


def test_a_definition_without_secrets_takes_no_key(store, place, open_again):
    applied(store, definition("a"))
    assert place.execute("SELECT * FROM data_keys") == []
    other = open_again(key_source=lambda **_: pytest.fail("nobody needs a key"))
    assert applied(other, definition("b")) == form_digest(definition("b"))


def test_a_secret_that_is_named_and_used_for_nothing_takes_no_key(store, place):
    applied(store, definition("a", secrets=("STATE_PASSWORD",)))
    assert stored(place)[0][1].startswith("zlib:")


def test_a_secret_in_a_property_is_one_alone_and_in_a_text(store, place):
    for value in (Variable("DB_PASSWORD", CANARY), Template(("a-", Variable("DB_PASSWORD", CANARY)))):
        spec = ResourceSpec(address("a"), {"labels": {"x": [value]}}, digest=str(value), dynamic=True)
        made = replace(definition("a", secrets=("DB_PASSWORD",)), graph=Graph.of([spec]))
        assert store.definition(KEY, applied(store, made)) == replace(made, document={})
    assert [content[:4] for _, content in stored(place)] == ["enc:", "enc:"]


def test_one_in_which_a_secret_may_stand_is_encrypted(store, place, reader, open_again):
    digest = applied(store, SECRET)
    ((_, content),) = stored(place)
    assert content.startswith("enc:")
    assert CANARY not in str(place.execute("SELECT * FROM definitions"))
    for port in (store, reader):
        assert port.definition(KEY, digest).outputs["store"]["uri"] == Variable("DB_PASSWORD", CANARY)
    with pytest.raises(StateError, match="does not open"):
        open_again(key_source=other_master_key).definition(KEY, digest)


def test_a_secret_that_stands_there_as_plain_text_is_one(store, place):
    secret = ResourceSpec(type(address("a"))("aws.secret.password"), {"name": "p", "value": CANARY}, digest="d")
    written = replace(definition("a"), graph=Graph.of([secret]))
    digest = applied(store, written)
    assert stored(place)[0][1].startswith("enc:")
    assert store.definition(KEY, digest).graph.specs[secret.address].properties["value"] == CANARY


def test_a_ciphertext_is_bound_to_its_deployment_and_digest(store, place):
    """Not even somebody who computes digests anew can put one in the place of another."""
    elsewhere = DeploymentKey("demo", "production")
    one = applied(store, SECRET)
    two = applied(store, replace(SECRET, definition_digest="other"))
    other = applied(store, SECRET, elsewhere, lineage="other-lineage")
    assert one == other
    contents = {
        (owner, digest): content
        for owner, digest, content in place.execute("SELECT deployment_id, digest, content FROM definitions")
    }
    for place_of, content in (((1, two), contents[1, one]), ((2, one), contents[1, one])):
        with store._database.transaction() as execute:
            definitions.write_definition(execute, place_of[0], definitions.StoredDefinition(place_of[1], content))
        with pytest.raises(CorruptStateError, match="belongs elsewhere"):
            store.definition(KEY if place_of[0] == 1 else elsewhere, place_of[1])


def test_where_records_are_encrypted_so_are_definitions(open_again, place):
    plain = open_again()
    applied(plain, definition("a"))
    assert stored(place)[0][1].startswith("zlib:")
    hiding = open_again(encrypt_rows=True)
    digest = applied(hiding, definition("a"))
    assert stored(place)[0][1].startswith("enc:"), "one that was in the clear is written again"
    applied(hiding, definition("b"))
    assert all(content.startswith("enc:") for _, content in stored(place))
    assert place.reader().definition(KEY, digest) == replace(definition("a"), document={})


@pytest.mark.parametrize("column", ["content", "digest", "record_digest"])
def test_a_damaged_definition_is_never_given_out(store, reader, place, column):
    digest = applied(store, definition("a"))
    place.execute(f"UPDATE definitions SET {column} = {column} || '0'")
    for port in (store, reader):
        with pytest.raises(CorruptStateError):
            port.check_definitions(KEY)
        if column == "digest":
            assert port.definition(KEY, digest) is None
        else:
            with pytest.raises(CorruptStateError, match="does not match its digest"):
                port.definition(KEY, digest)


def test_a_missing_definition_is_missed(store, place):
    applied(store, definition("a"))
    place.execute("DELETE FROM definitions")
    with pytest.raises(CorruptStateError, match="missing"):
        store.check_definitions(KEY)


@pytest.mark.parametrize("sql", ["UPDATE definitions SET content = content || '0'", "DELETE FROM definitions"])
def test_the_next_apply_of_the_same_definition_mends_it(store, place, sql):
    digest = applied(store, definition("a"))
    place.execute(sql)
    applied(store, definition("b"))
    applied(store, definition("a"))
    assert store.definition(KEY, digest) == replace(definition("a"), document={})
    assert len(store.check_definitions(KEY)) == 2


def test_one_that_another_release_wrote_in_a_form_of_its_own_is_refused_by_name(store, monkeypatch):
    digest = applied(store, definition("a"))
    monkeypatch.setattr(definitions, "COMPILED_FORMAT", 99)
    with pytest.raises(StateError, match="recorded in form 3, and this release reads 99") as caught:
        store.definition(KEY, digest)
    assert caught.value.code == "state.definition_form"


@pytest.mark.parametrize("after", [False, True])
def test_operation_and_definition_are_recorded_both_or_neither(place, after):
    with place.store() as store:
        applied(store, definition("a"))
        lease = store.acquire(KEY, "apply")
        store._database = Mortal(store._database)
        store._database.die_at(1, after=after)
        start = OperationStart("apply", LINEAGE, 0, "tester", definition=definition("b"))
        with pytest.raises(Killed):
            store.start(KEY, lease, start, AuditEvent("ApplyStarted"))
        store._database = store._database.whole
        digests = {item.recorded_definition for item in store.history(KEY)}
        assert set(store.check_definitions(KEY)) == digests
        assert (form_digest(definition("b")) in digests) == after


def test_who_lost_the_lease_records_no_definition(store, place):
    lease, operation = begin(store)
    place.expire(lease.name)
    with pytest.raises(StateError):
        store.start(KEY, lease, OperationStart("apply", LINEAGE, 0, "x", definition=definition("a")), AuditEvent("x"))
    assert stored(place) == []
    assert operation.serial == 0
