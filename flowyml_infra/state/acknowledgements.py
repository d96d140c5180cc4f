"""Owns the record of acknowledged drift, one acknowledgement for each address, in the caller's transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from flowyml_infra.address import Address
from flowyml_infra.errors import CorruptStateError
from flowyml_infra.state.drift import Acknowledgement
from flowyml_infra.state.records import values_digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.chain import Execute

_SELECT = (
    "SELECT address, digest, who, at, last_day, why, record_digest FROM acknowledgements"
    " WHERE deployment_id = :id ORDER BY address"
)
_UPSERT = (
    "INSERT INTO acknowledgements (deployment_id, address, digest, who, at, last_day, why, record_digest)"
    " VALUES (:id, :address, :digest, :who, :at, :last_day, :why, :record_digest)"
    " ON CONFLICT (deployment_id, address) DO UPDATE SET digest = excluded.digest, who = excluded.who,"
    " at = excluded.at, last_day = excluded.last_day, why = excluded.why, record_digest = excluded.record_digest"
)
_DELETE = "DELETE FROM acknowledgements WHERE deployment_id = :id AND address = :address"


def read_acknowledgements(execute: Execute, deployment_id: int) -> list[Acknowledgement]:
    """All of this deployment, also those that have run out, by address.

    Raises:
        CorruptStateError: One does not match its digest.
    """
    return [_checked(deployment_id, row) for row in execute(_SELECT, {"id": deployment_id}).fetchall()]


def write_acknowledgement(execute: Execute, deployment_id: int, item: Acknowledgement) -> None:
    """Record ``item``, in the place of an earlier one at its address."""
    columns = (str(item.address), item.digest, item.who, item.at, item.until.isoformat(), item.why)
    names = ("address", "digest", "who", "at", "last_day", "why")
    digest = values_digest((deployment_id, *columns))
    execute(_UPSERT, {"id": deployment_id, **dict(zip(names, columns, strict=True)), "record_digest": digest})


def delete_acknowledgement(execute: Execute, deployment_id: int, address: Address) -> bool:
    """Take back the acknowledgement at ``address``; says whether there was one."""
    return bool(execute(_DELETE, {"id": deployment_id, "address": str(address)}).rowcount == 1)


def _checked(deployment_id: int, row: Sequence[Any]) -> Acknowledgement:
    address, digest, who, at, until, why, stored = row
    if values_digest((deployment_id, address, digest, who, at, until, why)) != stored:
        raise CorruptStateError(
            f"the acknowledgement of drift at {address} does not match its digest",
            address=address,
            hint=f"take it back with `flowyml-infra drift --withdraw {address}`",
        )
    return Acknowledgement(Address(address), digest, who, at, date.fromisoformat(until), why)
