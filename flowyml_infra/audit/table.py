"""Owns the definition of the tables that hold the chain; the state's schema includes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text


def define_audit(metadata: MetaData) -> None:
    """Add the chain and the record of its end to ``metadata``."""
    Table(
        "audit",
        metadata,
        # Not BigInteger: SQLite would keep a second index beside the key.
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("at", Text, nullable=False),
        Column("name", Text, nullable=False),
        Column("stack", Text, index=True),
        Column("environment", Text),
        Column("who", Text, nullable=False),
        Column("data_json", Text, nullable=False),
        Column("previous", Text, nullable=False),
        Column("hash", Text, nullable=False),
        Column("origin_json", Text, nullable=False),
    )
    Table(
        "audit_head",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, nullable=False),
        Column("hash", Text, nullable=False),
    )
