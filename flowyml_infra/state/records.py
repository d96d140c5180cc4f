"""Owns the digests that protect what is recorded: of one row, of a deployment, and of the set of its rows.

A row's digest covers every column. A deployment's digest covers its own columns, among them ``rows_fold``: the digests
of its rows folded together by exclusive or, so that a row that is missing, foreign or older than the deployment shows,
and yet writing one row costs the same however many there are. These find damage, not an adversary who can compute
digests as well.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.state.row import ResourceRow

EMPTY_FOLD = "0" * 64
"""The fold of no rows."""

ROW_COLUMNS = (
    "address",
    "generation",
    "status",
    "creation_id",
    "spec_digest",
    "properties_json",
    "outputs_json",
    "dependencies_json",
    "lifecycle_json",
    "children_json",
    "physical_id",
    "component",
    "serial",
    "created_at",
    "updated_at",
)
"""The columns of a row in the order of ``ResourceRow``'s fields, without the deployment and the digest."""

# Control characters are escaped in JSON, so 0x1F separates; ASCII forms keep NULL apart from texts.
ROW_TEXT = "%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%a\x1f%a\x1f%s\x1f%s\x1f%s\x1f"
"""What a row's digest is taken of, followed by the deployment: a template over :data:`ROW_COLUMNS`."""


def row_values(row: ResourceRow) -> tuple[Any, ...]:
    """The values of :data:`ROW_COLUMNS`."""
    return (
        str(row.address),
        row.generation,
        row.status.value,
        row.creation_id,
        row.spec_digest,
        row.properties_json,
        row.outputs_json,
        row.dependencies_json,
        row.lifecycle_json,
        row.children_json,
        row.physical_id,
        row.component,
        row.serial,
        row.created_at,
        row.updated_at,
    )


def row_digest(deployment_id: int, values: tuple[Any, ...]) -> str:
    """SHA-256 in hexadecimal over the deployment and the values of :data:`ROW_COLUMNS`."""
    return hashlib.sha256(f"{ROW_TEXT % values}{deployment_id}".encode("utf-8", "surrogatepass")).hexdigest()


def values_digest(values: Iterable[object]) -> str:
    """SHA-256 in hexadecimal over a few texts, numbers and NULLs."""
    text = "\x1f".join(map(ascii, values))
    return hashlib.sha256(text.encode()).hexdigest()


def fold(*digests: str) -> str:
    """``digests`` folded together; folding one in twice takes it out again."""
    total = 0
    for digest in digests:
        total ^= int(digest, 16)
    return f"{total:064x}"


def outputs_digest(digests: Mapping[str, str]) -> str:
    """One digest of a deployment's outputs, from the digest of each component."""
    return values_digest(part for component in sorted(digests) for part in (component, digests[component]))


class DeploymentRecord(NamedTuple):
    """The row of a deployment; fields are its columns in order, without the digest.

    Attributes:
        id: The key that other tables refer to.
        stack: Which stack.
        environment: Which environment.
        lineage: UUID, made with the first operation.
        serial: Counts the writes to resources and outputs.
        definition_digest: The definition that was last applied completely.
        plan_digest: The plan that was last applied completely.
        rows_fold: See this module.
        outputs_digest: See :func:`outputs_digest`.
        created_at: UTC, ISO 8601.
        updated_at: UTC, ISO 8601, of the last write.
    """

    id: int
    stack: str
    environment: str
    lineage: str
    serial: int = 0
    definition_digest: str | None = None
    plan_digest: str | None = None
    rows_fold: str = EMPTY_FOLD
    outputs_digest: str = ""
    created_at: str = ""
    updated_at: str = ""

    @property
    def digest(self) -> str:
        """The digest to store beside it."""
        return values_digest(self)

    @classmethod
    def read(cls, row: Sequence[Any]) -> tuple[DeploymentRecord, bool]:
        """The record in a row of :data:`RECORD_COLUMNS`, and whether its digest fits."""
        record = cls(*row[:-1])
        return record, record.digest == row[-1]


RECORD_FIELDS = DeploymentRecord._fields
RECORD_COLUMNS = ", ".join((*RECORD_FIELDS, "record_digest"))
