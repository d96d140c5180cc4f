"""Owns reading what is stored of a deployment and checking it against its digests; what it means is not looked at.

It works over any ``execute``, loads no third party, and little of this package: it is part of every warm ``plan``.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flowyml_infra.errors import CorruptStateError
from flowyml_infra.state.records import (
    RECORD_COLUMNS,
    ROW_COLUMNS,
    ROW_TEXT,
    DeploymentRecord,
    outputs_digest,
    values_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.audit.chain import Execute
    from flowyml_infra.state.key import DeploymentKey

_HINT = "`flowyml-infra state history` and a backup of the state tell what it was; nothing was changed"

_RECORD = f"SELECT {RECORD_COLUMNS} FROM deployments WHERE stack = :stack AND environment = :environment"  # noqa: S608
_RECORDS = f"SELECT {RECORD_COLUMNS} FROM deployments ORDER BY stack, environment"  # noqa: S608
_ROWS = (
    f"SELECT {', '.join(ROW_COLUMNS)}, row_digest FROM resources"  # noqa: S608 - constants only
    " WHERE deployment_id = :id ORDER BY address, generation"
)
_OUTPUTS = "SELECT component, values_json, row_digest FROM outputs WHERE deployment_id = :id ORDER BY component"


def read_record(execute: Execute, key: DeploymentKey) -> DeploymentRecord | None:
    """The record of a deployment, or None when there is none.

    Raises:
        CorruptStateError: It does not match its digest, or it may be one of several that do not.
    """
    row = execute(_RECORD, {"stack": key.stack, "environment": key.environment}).fetchone()
    if row is None:
        # Damage to its name would look like absence.
        read_records(execute)
        return None
    return _checked(row)


def read_records(execute: Execute) -> list[DeploymentRecord]:
    """The records of all deployments, by stack and environment.

    Raises:
        CorruptStateError: One does not match its digest.
    """
    return [_checked(row) for row in execute(_RECORDS, {}).fetchall()]


def read_fingerprint(execute: Execute, key: DeploymentKey) -> str | None:
    """What tells every recorded version of a deployment from every other: ``LINEAGE/SERIAL/DIGEST``.

    All that is stored of it was checked. None when there is nothing.

    Raises:
        CorruptStateError: Something does not match its digest.
    """
    record = read_record(execute, key)
    if record is None:
        return None
    for _ in stored_rows(execute, record):
        pass
    for _ in stored_outputs(execute, record):
        pass
    return f"{record.lineage}/{record.serial}/{record.digest}"


def stored_rows(execute: Execute, record: DeploymentRecord) -> Iterator[tuple[Any, ...]]:
    """The values of ``ROW_COLUMNS`` of each row, by address and generation.

    Raises:
        CorruptStateError: A row does not match its digest; or, at the end, one is missing, foreign or old.
    """
    total = 0
    # This loop runs once a resource in every plan: what it calls is spelled out here.
    sha256, suffix = hashlib.sha256, str(record.id)
    for columns in execute(_ROWS, {"id": record.id}):
        values, stored = tuple(columns[:-1]), columns[-1]
        digest = sha256((ROW_TEXT % values + suffix).encode("utf-8", "surrogatepass")).hexdigest()
        if digest != stored:
            raise CorruptStateError(
                f"the record of {values[0]} does not match its digest", address=str(values[0]), hint=_HINT
            )
        total ^= int(digest, 16)
        yield values
    if total != int(record.rows_fold, 16):
        raise CorruptStateError(
            f"the resources recorded for {record.stack}@{record.environment} are not those last written: a record "
            "is missing, foreign or old",
            hint=_HINT,
        )


def stored_outputs(execute: Execute, record: DeploymentRecord) -> Iterator[tuple[str, str]]:
    """Each component with its outputs as JSON text.

    Raises:
        CorruptStateError: One does not match its digest; or, at the end, one is missing, foreign or old.
    """
    digests: dict[str, str] = {}
    for component, values_json, stored in execute(_OUTPUTS, {"id": record.id}).fetchall():
        if values_digest((record.id, component, values_json)) != stored:
            raise CorruptStateError(f"the recorded outputs of {component} do not match their digest", hint=_HINT)
        digests[component] = stored
        yield component, values_json
    if outputs_digest(digests) != record.outputs_digest:
        raise CorruptStateError(
            f"the outputs recorded for {record.stack}@{record.environment} are not those last written", hint=_HINT
        )


def _checked(row: Any) -> DeploymentRecord:  # noqa: ANN401 - a driver's row
    record, intact = DeploymentRecord.read(row)
    if not intact:
        raise CorruptStateError(
            f"the record of deployment {record.stack}@{record.environment} does not match its digest", hint=_HINT
        )
    return record
