"""Owns the registered stacks: definitions that were put into the state once and are found by name ever after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowyml_infra.audit.chain import utc_now
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.state.records import values_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute

_SELECT = "SELECT name, document, source, digest, version, record_digest FROM registered_stacks ORDER BY name"
_UPSERT = (
    "INSERT INTO registered_stacks (name, document, source, digest, version, registered_at, record_digest)"
    " VALUES (:name, :document, :source, :digest, :version, :registered_at, :record_digest)"
    " ON CONFLICT (name) DO UPDATE SET document = excluded.document, source = excluded.source,"
    " digest = excluded.digest, version = excluded.version, registered_at = excluded.registered_at,"
    " record_digest = excluded.record_digest"
)
_DELETE = "DELETE FROM registered_stacks WHERE name = :name"


def read_stacks(execute: Execute) -> list[RegisteredStack]:
    """Every registered stack, by name.

    Raises:
        CorruptStateError: A record does not match its digest.
    """
    return [_checked(row) for row in execute(_SELECT, {}).fetchall()]


def find_stack(execute: Execute, name: str) -> RegisteredStack | None:
    """The registered stack of this name, or None.

    Raises:
        CorruptStateError: A record does not match its digest. All are checked: a damaged name looks like absence.
    """
    return next((stack for stack in read_stacks(execute) if stack.name == name), None)


def write_stack(execute: Execute, stack: RegisteredStack) -> None:
    """Put ``stack`` into the registry, in the place of one of the same name."""
    columns = (stack.name, stack.document, stack.source, stack.digest, stack.version)
    execute(
        _UPSERT,
        {
            "name": stack.name,
            "document": stack.document,
            "source": stack.source,
            "digest": stack.digest,
            "version": stack.version,
            "registered_at": utc_now(),
            "record_digest": values_digest(columns),
        },
    )


def delete_stack(execute: Execute, name: str) -> None:
    """Take the stack of this name out of the registry.

    Raises:
        StateError: There is none.
    """
    if execute(_DELETE, {"name": name}).rowcount != 1:
        names = [row[0] for row in execute(_SELECT, {}).fetchall()]
        raise StateError(
            f"no stack {name!r} is registered",
            code="state.not_registered",
            hint=did_you_mean(name, names) or "`flowyml-infra stack list` shows those that are",
        )


def _checked(row: Sequence[Any]) -> RegisteredStack:
    if values_digest(row[:-1]) != row[-1]:
        raise CorruptStateError(
            f"the record of the registered stack {row[0]} does not match its digest",
            hint="register it again with `flowyml-infra stack apply`",
        )
    return RegisteredStack(*row[:-1])
