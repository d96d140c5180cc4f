"""Owns the class of recorded fields that are damaged: a flipped bit, a cut end."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg

from flowyml_infra.audit.location import sqlite_path
from flowyml_infra.audit.postgresql.location import parse_location
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.resources.values import Sealed
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.reliability.failure_class import FailureClass, Ground
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, record, row

PROTECTED = ("deployments", "resources", "outputs")
OTHER = DeploymentKey("other", "production")
Run = Callable[..., Any]


def fill(place: SqlitePlace | PostgresPlace) -> None:
    """Two deployments with rows, older rows and outputs."""
    with place.store() as store:
        rows = [PutRow(row(name, dependencies_json='["local.directory.a"]')) for name in "abcde"]
        outputs = PutOutputs({"artifact_store": {"uri": "u"}, "metadata_store": {"password": Sealed("v1.k.x", "d")}})
        record(store, *rows, outputs, plan_digest="p", definition_digest="d")
        record(store, PutRow(row("a", generation=2)), PutRow(row("b", physical_id=None, component=None)))
        record(store, PutRow(row("a")), key=OTHER, lineage="other-lineage")


@contextmanager
def behind(place: SqlitePlace | PostgresPlace) -> Iterator[Run]:
    """Runs statements behind the library's back; every parameter is a ``?``."""
    if isinstance(place, SqlitePlace):
        with closing(sqlite3.connect(sqlite_path(place.url, place.root), isolation_level=None)) as connection:
            yield connection.execute
        return
    location = parse_location(place.url)
    with psycopg.connect(location.conninfo, autocommit=True) as session:
        session.execute(f'SET search_path TO "{location.schema}"')
        yield lambda sql, parameters=(): session.execute(sql.replace("?", "%s"), parameters)


def damage(chance: random.Random, value: Any) -> Any:
    """``value`` with one bit flipped or, if it is a text, its end cut off."""
    match value:
        case None:
            return chance.choice(["", "None", "x"])
        case int():
            return value ^ (1 << chance.randrange(16))
        case "":
            return "\x01"
        case str() if chance.random() < 0.3:
            return value[: chance.randrange(len(value))]
        case str():
            data = bytearray(value.encode())
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(7)
            return data.decode().replace("\0", "\x02")
    raise AssertionError(value)


class Damage:
    """One field of one record made to say something else, and put back."""

    def __init__(self, execute: Run, chance: random.Random) -> None:
        self.execute, self.chance = execute, chance

    def inflict(self) -> str:
        """Change a field; says which, and how."""
        while True:
            self.table = self.chance.choice(PROTECTED)
            cursor = self.execute(f"SELECT * FROM {self.table} ORDER BY 1, 2, 3")
            self.columns = [item[0] for item in cursor.description]
            self.old = list(self.chance.choice(cursor.fetchall()))
            at = self.chance.randrange(len(self.columns))
            self.new = [*self.old]
            self.new[at] = damage(self.chance, self.old[at])
            if self.new != self.old and self.replace(self.old, self.new):
                return f"{self.table}.{self.columns[at]}: {self.old[at]!r} to {self.new[at]!r}"

    def replace(self, old: list[Any], new: list[Any]) -> bool:
        """Have ``new`` stand where ``old`` does; whether the database let it."""
        same = " AND ".join(f"CAST({name} AS TEXT) IS NOT DISTINCT FROM CAST(? AS TEXT)" for name in self.columns)
        setting = ", ".join(f"{name} = ?" for name in self.columns)
        try:
            return self.execute(f"UPDATE {self.table} SET {setting} WHERE {same}", (*new, *old)).rowcount == 1
        except (sqlite3.Error, psycopg.Error):
            return False


def run(ground: Ground) -> None:
    """Damage one field, read everything, put it back."""
    place = ground.place()
    fill(place)

    def read_all() -> dict[DeploymentKey, Any]:
        with closing(place.reader()) as reader:
            return {key: reader.snapshot(key) for key in (KEY, OTHER)}

    whole = read_all()
    with behind(place) as execute:
        for number in ground.numbers():
            with ground.case(number) as chance:
                one = Damage(execute, chance)
                what = one.inflict()
                try:
                    read_all()
                except CorruptStateError:
                    pass
                else:
                    raise AssertionError(f"accepted {what}")
                finally:
                    assert one.replace(one.new, one.old)
    assert read_all() == whole


DAMAGED_STATE = FailureClass(
    "damaged-state",
    "a protected field of the state with a bit flipped or its end cut off",
    "found at the next read, never taken for the truth",
    run,
    short=150,
    full=10_000,
    piece=250,
)
