"""`state.encryption: rows`: nothing that is recorded about a resource can be read without the key."""

import json

import pytest

from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resources.values import Secret
from flowyml_infra.state.edits import move_resource, pull
from flowyml_infra.state.push import push, read_export
from flowyml_infra.state.records import row_digest
from flowyml_infra.state.resealing import reseal
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, LINEAGE, address, other_master_key, record, row

CANARY = "canary-7f3a"
FIELDS = {
    "properties_json": encode_values({"bucket": CANARY}),
    "outputs_json": encode_values({"uri": f"s3://{CANARY}"}),
    "dependencies_json": f'["local.directory.{CANARY}"]',
    "children_json": f'[["{CANARY}","t","i","created"]]',
    "physical_id": CANARY,
}


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    if request.param == "sqlite":
        return SqlitePlace(tmp_path)
    return PostgresPlace(tmp_path, request.getfixturevalue("postgresql").new_url())


def stored(place):
    return str(place.execute("SELECT * FROM resources")) + str(place.execute("SELECT * FROM outputs"))


def comparable(snapshot):
    return [
        (item.address, item.generation, item.properties_json, item.outputs_json, item.physical_id, item.children)
        for item in (*snapshot.rows.values(), *snapshot.deposed)
    ], dict(snapshot.outputs)


def test_nothing_but_where_a_record_belongs_can_be_read_without_the_key(place):
    with place.store(encrypt_rows=True) as store:
        record(store, PutRow(row("a", **FIELDS)), PutOutputs({"store": {"uri": CANARY}}))
        kept = store.snapshot(KEY)
    assert CANARY not in stored(place)
    assert kept.rows[address("a")].physical_id == CANARY
    assert kept.rows[address("a")].properties == {"bucket": CANARY}
    with place.store() as store:
        assert store.snapshot(KEY) == kept
        assert place.reader().snapshot(KEY) == kept
    with place.store(key_source=other_master_key) as store, pytest.raises(StateError, match="does not open"):
        store.snapshot(KEY)


def test_what_is_encrypted_once_stays_so_whoever_writes(place):
    with place.store(encrypt_rows=True) as store:
        record(store, PutRow(row("a", **FIELDS)))
    with place.store() as store:
        assert store.encrypts_rows()
        record(store, PutRow(row("b", **FIELDS)), PutOutputs({"store": {"uri": CANARY}}))
    assert CANARY not in stored(place)


def test_what_was_recorded_before_is_read_and_encrypted_when_it_is_sealed_anew(place):
    with place.store() as store:
        record(store, PutRow(row("a", **FIELDS)), PutRow(row("a", generation=2, **FIELDS)))
        record(store, PutOutputs({"store": {"uri": CANARY}}))
        before = comparable(store.snapshot(KEY))
    with place.store(encrypt_rows=True) as store:
        assert comparable(store.snapshot(KEY)) == before
        assert reseal(store) == 3
        assert comparable(store.snapshot(KEY)) == before
    assert CANARY not in stored(place)


def test_a_move_keeps_what_is_recorded_and_binds_it_to_its_new_address(place):
    with place.store(encrypt_rows=True) as store:
        record(store, PutRow(row("a", **FIELDS)))
        move_resource(store, KEY, address("a"), address("b"))
        assert store.snapshot(KEY).rows[address("b")].properties == {"bucket": CANARY}
    assert CANARY not in stored(place)


def test_a_record_cannot_be_put_in_the_place_of_another(place):
    """Not even by somebody who computes the digests anew."""
    with place.store(encrypt_rows=True) as store:
        record(store, PutRow(row("a", physical_id="of a")), PutRow(row("b", physical_id="of b")))
    rows = {item[1]: list(item) for item in place.execute("SELECT * FROM resources ORDER BY address")}
    one, two = rows[str(address("a"))], rows[str(address("b"))]
    digests = {}
    for mine, theirs in ((one, two), (two, one)):
        swapped = [*mine[1:6], theirs[6], *mine[7:16]]
        digests[mine[1]] = row_digest(mine[0], tuple(swapped))
        place.execute(
            f"UPDATE resources SET properties_json = '{theirs[6]}', row_digest = '{digests[mine[1]]}'"
            f" WHERE address = '{mine[1]}'"
        )
    with place.store() as store:
        with store._database.transaction() as execute:
            forge_record(execute, [*digests.values()])
        with pytest.raises(CorruptStateError, match="belongs elsewhere"):
            store.snapshot(KEY)


def forge_record(execute, digests):
    from flowyml_infra.state.integrity import read_record
    from flowyml_infra.state.records import fold
    from flowyml_infra.state.writing import store_record

    store_record(execute, read_record(execute, KEY)._replace(rows_fold=fold(*digests)))


def test_an_export_is_in_the_clear_but_for_secrets_and_can_be_taken_back(place):
    with place.store(encrypt_rows=True) as store:
        sealed = store.sealer().seal(Secret(CANARY), f"{LINEAGE}/creation-of-a-1")
        record(store, PutRow(row("a", properties_json=encode_values({"path": "x", "note": sealed}))))
        text = json.dumps(pull(store, KEY))
        assert CANARY not in text
        record(store, PutRow(row("b")))
        push(store, KEY, read_export(text, "the export"), force=True)
        assert list(store.snapshot(KEY).rows) == [address("a")]
