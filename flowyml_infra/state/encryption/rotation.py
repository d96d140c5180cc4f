"""Owns the change from one master key to another: first both open the state, then the new one alone.

Each step is one transaction; one that was cut off is done again or goes on when it is asked for again. Data keys are
never removed, so that a process which still seals under an older one does no harm. The first of them makes digests and
signatures: what did not change must not look changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.audit.chain import append
from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import StateError
from flowyml_infra.state.encryption import keyring
from flowyml_infra.state.gate import pass_gate

if TYPE_CHECKING:
    from flowyml_infra.state.database import Database
    from flowyml_infra.state.encryption.master_key import WrappingKey


def accept_key(database: Database, current: WrappingKey, new: WrappingKey, who: str) -> bool:
    """From now on ``new`` opens the state as well as ``current`` does; False when it did before.

    Raises:
        StateError: ``current`` does not open the state, or there is nothing to open yet.
    """
    with database.transaction() as execute:
        pass_gate(execute)
        kept = keyring.read_kept(execute)
        if not kept:
            raise StateError(
                "nothing was ever sealed in this state, so that no key opens it",
                code="state.key",
                hint="set FLOWYML_STATE_KEY to the key that it is to have",
            )
        keys = keyring.unwrap_all(kept, current)
        there = {item.id for item in kept if keyring.opened(item, new) is not None}
        missing = {id_: key for id_, key in keys.items() if id_ not in there}
        if not missing:
            return False
        taken = {item.row_id for item in kept}
        wrapped = new.wrap(missing)
        keyring.insert_wrapped(execute, {_free(id_, taken): value for id_, value in wrapped.items()})
        append(execute, [AuditEvent("StateKeyAdded", data={"key": new.source, "data_keys": len(missing)}, who=who)])
        return True


def retire_keys(database: Database, current: WrappingKey, who: str) -> int:
    """From now on ``current`` alone opens the state, and a new data key seals; returns how many others there were.

    Nothing happens when there were none.

    Raises:
        StateError: ``current`` does not open the state.
    """
    with database.transaction() as execute:
        pass_gate(execute)
        kept = keyring.read_kept(execute)
        keyring.unwrap_all(kept, current)
        others = [item for item in kept if keyring.opened(item, current) is None]
        if others:
            for item in others:
                keyring.remove(execute, item)
            keyring.add_data_key(execute, current)
            facts: dict[str, object] = {"key": current.source, "removed": len(others)}
            append(execute, [AuditEvent("StateKeyRetired", data=facts, who=who)])
        return len(others)


def _free(id_: str, taken: set[str]) -> str:
    number = 2
    while f"{id_}+{number}" in taken:
        number += 1
    return f"{id_}+{number}"
