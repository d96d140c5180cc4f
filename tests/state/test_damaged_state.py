"""Damage to what is recorded is found when it is read, and named; it is never taken for the truth."""

import random
import sqlite3
from contextlib import closing

import pytest

from flowyml_infra.errors import CorruptStateError, InfraError
from flowyml_infra.resources.values import Sealed
from flowyml_infra.state import open_reader
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import DropRow, PutOutputs, PutRow
from tests.state.samples import KEY, address, edit, record, row, rows_of, sqlite_store

PROTECTED = ("deployments", "resources", "outputs")
OTHER = DeploymentKey("other", "production")


@pytest.fixture
def filled(tmp_path):
    with sqlite_store(tmp_path) as store:
        rows = [PutRow(row(name, dependencies_json='["local.directory.a"]')) for name in "abcde"]
        outputs = PutOutputs({"artifact_store": {"uri": "u"}, "metadata_store": {"password": Sealed("v1.k.x", "d")}})
        record(store, *rows, outputs, plan_digest="p", definition_digest="d")
        record(store, PutRow(row("a", generation=2)), PutRow(row("b", physical_id=None, component=None)))
        record(store, PutRow(row("a")), key=OTHER, lineage="other-lineage")
    return tmp_path


def read_all(folder):
    with closing(open_reader("sqlite:///state.db", project_root=folder)) as reader:
        return {key: reader.snapshot(key) for key in (KEY, OTHER)}


@pytest.mark.parametrize("seed", range(6))
def test_a_hundred_random_bit_flips_are_all_found(filled, seed):
    """Six seeds make six hundred, each in one protected field."""
    chance = random.Random(seed)
    whole = read_all(filled)
    unseen = []
    for _ in range(100):
        table, key, column, old, new = flip_one(chance, filled)
        try:
            read_all(filled)
            unseen.append((table, key, column, old, new))
        except CorruptStateError:
            pass
        put_back(filled, table, key, column, old)
    assert unseen == []
    assert read_all(filled) == whole


def flip_one(chance, folder):
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as connection:
        table = chance.choice(PROTECTED)
        columns = [info[1] for info in connection.execute(f"PRAGMA table_info({table})")]
        old_row = chance.choice(connection.execute(f"SELECT * FROM {table}").fetchall())
        column = chance.choice(columns)
        old = old_row[columns.index(column)]
        new = flip(chance, old)
        where = " AND ".join(f"{name} IS ?" for name in columns)
        changed = connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {where}", (new, *old_row))
        if changed.rowcount == 0:
            return flip_one(chance, folder)
        key = dict(zip(columns, old_row, strict=True)) | {column: new}
        return table, key, column, old, new


def put_back(folder, table, key, column, old):
    where = " AND ".join(f"{name} IS ?" for name in key)
    assert edit(folder, f"UPDATE {table} SET {column} = ? WHERE {where}", (old, *key.values())) == 1


def flip(chance, value):
    match value:
        case None:
            return chance.choice(["", "None", "x"])
        case int():
            return value ^ (1 << chance.randrange(16))
        case "":
            return "\x01"
        case str():
            data = bytearray(value.encode())
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
            return data.decode()
    raise AssertionError(value)


def test_the_error_names_the_address(filled):
    edit(filled, "UPDATE resources SET physical_id = 'elsewhere' WHERE address = ?", (address("c"),))
    with pytest.raises(CorruptStateError, match=r"local\.directory\.c") as caught:
        read_all(filled)
    assert caught.value.address == address("c")
    assert caught.value.code == "state.corrupt"


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM resources WHERE address = 'local.directory.c'",
        "DELETE FROM resources",
        "UPDATE resources SET deployment_id = 2 WHERE address = 'local.directory.c'",
        "DELETE FROM outputs WHERE component = 'artifact_store'",
        "DELETE FROM outputs",
        "UPDATE resources SET physical_id = NULL WHERE address = 'local.directory.c'",
        "UPDATE resources SET component = '' WHERE component IS NULL",
        "UPDATE resources SET serial = CAST(serial AS BLOB) WHERE address = 'local.directory.c'",
        "UPDATE resources SET row_digest = 'x' WHERE address = 'local.directory.c'",
        "UPDATE resources SET physical_id = CAST(X'FFFE' AS TEXT) WHERE address = 'local.directory.c'",
        "UPDATE deployments SET stack = 'elsewhere' WHERE stack = 'demo'",
    ],
)
def test_loss_and_mix_ups_are_found(filled, sql):
    assert edit(filled, sql) > 0
    with pytest.raises(CorruptStateError):
        read_all(filled)


def test_an_old_version_of_a_row_is_found(filled):
    columns = "address, properties_json, physical_id, serial, updated_at, row_digest"
    old = rows_of(filled, f"SELECT {columns} FROM resources WHERE address = 'local.directory.c' AND deployment_id = 1")[
        0
    ]
    with sqlite_store(filled) as store:
        record(store, PutRow(row("c", physical_id="newer", dependencies_json='["local.directory.a"]')))
    edit(
        filled,
        "UPDATE resources SET physical_id = ?, serial = ?, updated_at = ?, row_digest = ?"
        " WHERE address = ? AND deployment_id = 1",
        (old[2], old[3], old[4], old[5], old[0]),
    )
    with pytest.raises(CorruptStateError, match="missing, foreign or old"):
        read_all(filled)


def test_a_removed_row_is_not_missed(filled):
    with sqlite_store(filled) as store:
        record(store, DropRow(address("c"), 1), DropRow(address("a"), 1))
    snapshot = read_all(filled)[KEY]
    assert address("c") not in snapshot.rows
    assert snapshot.deposed == ()


@pytest.mark.parametrize("seed", range(20))
def test_a_truncated_or_overwritten_file_gives_an_error_or_the_truth(filled, seed):
    chance = random.Random(seed)
    whole = read_all(filled)
    path = filled / "state.db"
    data = bytearray(path.read_bytes())
    if chance.random() < 0.5:
        del data[chance.randrange(1, len(data)) :]
    else:
        at = chance.randrange(len(data))
        data[at : at + 64] = chance.randbytes(len(data[at : at + 64]))
    path.write_bytes(data)
    try:
        found = read_all(filled)
    except InfraError as error:
        assert str(path) in error.message or error.code == "state.corrupt"
    else:
        assert found == whole


def test_a_store_refuses_to_write_onto_a_damaged_record(filled):
    edit(filled, "UPDATE deployments SET serial = serial + 1 WHERE stack = 'demo'")
    with sqlite_store(filled) as store, pytest.raises(CorruptStateError, match="demo@default"):
        record(store, PutRow(row("z")))
