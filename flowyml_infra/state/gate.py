"""Owns the gate for what one process at a time may do in a whole state: make deployments, make and change keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flowyml_infra.audit.chain import Execute

# Locks the row where the database locks rows; elsewhere writers wait for each other anyway.
_PASS = "UPDATE meta SET value = value WHERE name = 'format'"  # noqa: S105 - no password


def pass_gate(execute: Execute) -> None:
    """Wait until nobody else is through, and keep others out until the transaction ends."""
    execute(_PASS, {})
