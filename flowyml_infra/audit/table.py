"""Owns the definition of the tables that hold the chain; the state's schema includes them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

TEXT = Text().with_variant(Text(collation="C"), "postgresql")
"""Ordered by code point everywhere, whatever the server's language."""


def define_audit(metadata: MetaData) -> None:
    """Add the chain and the record of its end to ``metadata``."""
    Table(
        "audit",
        metadata,
        # Not BigInteger: SQLite would keep a second index beside the key.
        Column("seq", Integer, primary_key=True, autoincrement=False),
        Column("at", TEXT, nullable=False),
        Column("name", TEXT, nullable=False),
        Column("stack", TEXT, index=True),
        Column("environment", TEXT),
        Column("who", TEXT, nullable=False),
        Column("data_json", TEXT, nullable=False),
        Column("previous", TEXT, nullable=False),
        Column("hash", TEXT, nullable=False),
        Column("origin_json", TEXT, nullable=False),
    )
    Table(
        "audit_head",
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("seq", BigInteger, nullable=False),
        Column("hash", TEXT, nullable=False),
    )
