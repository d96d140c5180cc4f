"""An engine over a dictionary, and a state store over another: what an apply does to both can be looked at."""

from __future__ import annotations

import hashlib
import json
import threading
import uuid
from dataclasses import dataclass, field, replace
from typing import Any

from flowyml_infra.address import Address
from flowyml_infra.apply.engine import Accounts, EngineContext, Made, Reading, Subject
from flowyml_infra.errors import EngineError, StateConflictError
from flowyml_infra.resources.values import Sealed, Secret, canonical_json
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.snapshot import Snapshot
from flowyml_infra.state.store import DropRow, Holder, Lease, MoveRow, PutOutputs, PutRow


@dataclass
class Thing:
    """Something that exists."""

    address: Address
    creation_id: str
    properties: dict[str, Any]


@dataclass
class World:
    """The engine: things by physical id, and every call in order."""

    name = "local"
    version = "1"
    resumes = False
    things: dict[str, Thing] = field(default_factory=dict)
    calls: list[tuple[str, Address]] = field(default_factory=list)
    failing: dict[Address, Exception] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    lock: Any = field(default_factory=threading.Lock)

    def prepare(self, intents: Any, context: Any) -> None:
        """Everything is foreseen."""

    def preview(self, intents: Any, context: Any) -> dict[Any, Any]:
        """Nothing has parts."""
        return {}

    def settle(self, subjects: Any, context: Any, *, forget: bool) -> Any:
        """It keeps no record of its own."""
        del subjects, context, forget
        return Accounts()

    def close(self) -> None:
        """Nothing is open."""

    def _called(self, what: str, subject: Subject) -> None:
        with self.lock:
            self.calls.append((what, subject.address))
            if subject.address in self.failing:
                raise self.failing[subject.address]

    def _made(self, physical_id: str) -> Made:
        thing = self.things[physical_id]
        outputs = {"id": physical_id}
        if thing.address.kind == "data":
            outputs["output"] = thing.properties["input"]
        if thing.address.kind == "fake":
            outputs["called"] = thing.properties["name"]
        return Made(physical_id, outputs)

    def create(self, subject: Subject, context: EngineContext) -> Made:
        context.alive()
        self._called("create", subject)
        with self.lock:
            if subject.creation_id in self.made:
                raise EngineError("made twice", address=subject.address)
            self.made.add(subject.creation_id)
            physical_id = f"thing-{uuid.uuid4()}"
            self.things[physical_id] = Thing(subject.address, subject.creation_id, dict(subject.properties))
        return self._made(physical_id)

    def update(self, subject: Subject, before: Any, context: EngineContext) -> Made:
        self._called("update", subject)
        self.things[subject.physical_id].properties = dict(subject.properties)
        return self._made(subject.physical_id)

    def delete(self, subject: Subject, context: EngineContext) -> None:
        self._called("delete", subject)
        with self.lock:
            self.things.pop(subject.physical_id, None)
            self.made.discard(subject.creation_id)

    def read(self, subject: Subject, context: EngineContext) -> Reading | None:
        thing = self.things.get(subject.physical_id)
        return None if thing is None else Reading(subject.physical_id, dict(thing.properties))

    def locate(self, subject: Subject, context: EngineContext) -> Made | None:
        self._called("locate", subject)
        found = [key for key, thing in self.things.items() if thing.creation_id == subject.creation_id]
        return self._made(found[0]) if found else None


class PlainSealer:
    """Seals so that tests can look inside."""

    def seal(self, secret: Secret, context: str) -> Sealed:
        return Sealed(f"{context}|{canonical_json(secret.value).encode().hex()}", self.digest(secret.value))

    def unseal(self, sealed: Sealed, context: str) -> Secret:
        bound, _, text = sealed.token.partition("|")
        assert bound == context, "unsealed under another name"
        return Secret(json.loads(bytes.fromhex(text)))

    def digest(self, value: Any) -> str:
        return hashlib.sha256(canonical_json(value).encode()).hexdigest()

    def sign(self, message: bytes) -> str:
        return hashlib.sha256(b"test key" + message).hexdigest()


class MemoryStore:
    """A state store over dictionaries, with the serial and fencing rules of the real ones."""

    url = "memory://"

    def __init__(self) -> None:
        self.rows: dict[tuple[Address, int], Any] = {}
        self.outputs: dict[str, Any] = {}
        self.serial = 0
        self.lineage: str | None = None
        self.commits: list[list[Any]] = []
        self.events: list[Any] = []
        self.history_records: list[Any] = []
        self.used: set[str] = set()
        self.lost = False
        self.before_commit = lambda writes: None

    def snapshot(self, key: DeploymentKey) -> Snapshot:
        newest: dict[Address, Any] = {}
        deposed = []
        for (address, _), row in sorted(self.rows.items()):
            if address in newest:
                deposed.append(newest[address])
            newest[address] = row
        return Snapshot(key, self.lineage, self.serial, newest, tuple(deposed), dict(self.outputs))

    def deployments(self):
        return []

    def sealer(self) -> PlainSealer:
        return PlainSealer()

    def acquire(self, key: DeploymentKey, operation: str, *, wait_seconds: float = 0.0) -> Lease:
        return Lease(str(key), 1, Holder("tester", "here", 1, operation, "now"))

    def release(self, lease: Lease) -> None:
        return None

    def alive(self, lease: Lease) -> bool:
        return not self.lost

    def start(self, key, lease, start, event):
        self.lineage = self.lineage or start.lineage
        self.used.add(start.plan_id)
        self.events.append(event)
        return MemoryOperation(self)

    def append_events(self, events) -> None:
        self.events.extend(events)

    def close(self) -> None:
        return None


class MemoryOperation:
    id = "operation"

    def __init__(self, store: MemoryStore) -> None:
        self.store = store

    @property
    def serial(self) -> int:
        return self.store.serial

    def write(self, writes, *, history=(), events=()) -> int:
        if self.store.lost:
            raise StateConflictError("the lease was lost")
        self.store.before_commit(writes)
        for item in writes:
            self._one(item)
        self.store.serial += bool(writes)
        self.store.commits.append(list(writes))
        self.store.history_records.extend(history)
        self.store.events.extend(events)
        return self.store.serial

    def _one(self, item: Any) -> None:
        rows = self.store.rows
        match item:
            case PutRow(row):
                rows[row.address, row.generation] = row
            case DropRow(address, generation):
                del rows[address, generation]
            case MoveRow(source, target):
                for key in [key for key in rows if key[0] == source]:
                    rows[target, key[1]] = replace(rows.pop(key), address=target)
            case PutOutputs(outputs):
                self.store.outputs = dict(outputs)

    def finish(self, status, writes=(), *, events=()) -> None:
        if writes or events:
            self.write(writes, events=events)
