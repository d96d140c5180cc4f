"""Rows, operations and short ways to a store, for the tests of recorded state."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.spec import ResourceSpec
from flowyml_infra.resources.values import canonical_json
from flowyml_infra.state import open_store
from flowyml_infra.state.encryption.master_key import MasterKey
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.row import ResourceRow, Status
from flowyml_infra.state.store import OperationStart
from tests.support.planning import compiled

KEY = DeploymentKey("demo", "default")
LINEAGE = "11111111-2222-4333-8444-555555555555"
MASTER = MasterKey("the tests", "raw", bytes(range(32)))


def master_key(*, create: bool) -> MasterKey:
    return MASTER


def other_master_key(*, create: bool) -> MasterKey:
    return MasterKey("another place", "raw", bytes(32))


def address(name: str) -> Address:
    return Address(f"local.directory.{name}")


def row(name: str, *, generation: int = 1, status: Status = Status.CREATED, **fields: Any) -> ResourceRow:
    given = {
        "creation_id": f"creation-of-{name}-{generation}",
        "spec_digest": "0123456789abcdef0123456789abcdef",
        "properties_json": canonical_json({"path": f"data/{name}", "labels": {"team": "ml"}}),
        "outputs_json": canonical_json({"uri": f"file:///data/{name}"}),
        "children_json": canonical_json([["urn:x", "directory", f"id-{name}", "created"]]),
        "physical_id": f"/data/{name}",
        "component": "artifact_store",
        "created_at": "2025-01-02T03:04:05.000006Z",
        **fields,
    }
    return ResourceRow(address(name), generation, status, **given)


def begin(store: Any, key: DeploymentKey = KEY, *, lineage: str = LINEAGE, **fields: Any) -> tuple[Any, Any]:
    """A lease and a running operation under it."""
    lease = store.acquire(key, "apply")
    given = {"kind": "apply", "lineage": lineage, "serial": store.snapshot(key).serial, "who": "tester", **fields}
    return lease, store.start(key, lease, OperationStart(**given), AuditEvent("ApplyStarted", key.stack))


def record(store: Any, *writes: Any, key: DeploymentKey = KEY, **fields: Any) -> None:
    """One finished operation that made ``writes``."""
    lease, operation = begin(store, key, **fields)
    operation.write(writes)
    operation.finish("succeeded")
    store.release(lease)


def definition(*names: str, **fields: Any) -> Compiled:
    """A compiled definition with a folder of each name."""
    specs = [ResourceSpec(address(name), {"path": f"data/{name}", "mode": "0755"}, digest=name) for name in names]
    return compiled(*specs, **{"definition_digest": "+".join(names), "document": {"spec": list(names)}, **fields})


def applied(store: Any, compiled: Compiled, key: DeploymentKey = KEY, **fields: Any) -> str:
    """One finished operation that applied ``compiled`` and wrote nothing; returns what it is kept under."""
    record(store, key=key, definition=compiled, definition_digest=compiled.definition_digest, **fields)
    return str(store.history(key)[0].recorded_definition)


@contextmanager
def sqlite_store(folder: Path, **options: Any):
    options.setdefault("key_source", master_key)
    with closing(open_store("sqlite:///state.db", project_root=folder, **options)) as store:
        yield store


def edit(folder: Path, sql: str, parameters: Any = ()) -> int:
    """Change the database behind the library's back; returns how many rows changed."""
    with closing(sqlite3.connect(folder / "state.db", isolation_level=None)) as connection:
        return connection.execute(sql, parameters).rowcount


def rows_of(folder: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(folder / "state.db")) as connection:
        return connection.execute(sql).fetchall()


def stop_heart(store: Any, lease: Any) -> None:
    """As if the process had been suspended: nothing extends the lease any more."""
    store._leases._hearts[lease].stop()


def expire(folder: Path, name: str) -> None:
    edit(folder, "UPDATE leases SET expires_at = 1 WHERE name = ?", (name,))


def spawn_python(code: str, *arguments: object) -> subprocess.Popen[str]:
    """Another Python that runs ``code``, with the repository on its path."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )


def run_python(code: str, *arguments: object) -> str:
    """What ``code`` prints."""
    process = spawn_python(code, *arguments)
    output, _ = process.communicate()
    assert process.returncode == 0
    return output
