"""Owns the schema of the state database as SQLAlchemy Core tables.

The migrations in ``state/versions`` build the same; a test holds the two together. ``state.schema`` says which
revision this is.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from flowyml_infra.audit.table import define_audit

# Ordered by code point everywhere, whatever the server's language.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Table(
    "deployments",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("stack", _TEXT, nullable=False),
    Column("environment", _TEXT, nullable=False),
    Column("lineage", _TEXT, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("definition_digest", _TEXT),
    Column("plan_digest", _TEXT),
    Column("rows_fold", _TEXT, nullable=False),
    Column("outputs_digest", _TEXT, nullable=False),
    Column("created_at", _TEXT, nullable=False),
    Column("updated_at", _TEXT, nullable=False),
    Column("record_digest", _TEXT, nullable=False),
    UniqueConstraint("stack", "environment"),
    UniqueConstraint("lineage"),
)

Table(
    "resources",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("address", _TEXT, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("status", _TEXT, nullable=False),
    Column("creation_id", _TEXT, nullable=False),
    Column("spec_digest", _TEXT, nullable=False),
    Column("properties_json", _TEXT, nullable=False),
    Column("outputs_json", _TEXT, nullable=False),
    Column("dependencies_json", _TEXT, nullable=False),
    Column("lifecycle_json", _TEXT, nullable=False),
    Column("children_json", _TEXT, nullable=False),
    Column("physical_id", _TEXT),
    Column("component", _TEXT),
    Column("serial", BigInteger, nullable=False),
    Column("created_at", _TEXT, nullable=False),
    Column("updated_at", _TEXT, nullable=False),
    Column("row_digest", _TEXT, nullable=False),
    # One tree instead of a table and its index: half the pages to write, and reading is in order of the key.
    sqlite_with_rowid=False,
)

Table(
    "outputs",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("component", _TEXT, primary_key=True),
    Column("values_json", _TEXT, nullable=False),
    Column("row_digest", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "leases",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("stack", _TEXT, nullable=False, index=True),
    Column("token", BigInteger, nullable=False),
    Column("holder_json", _TEXT),
    Column("expires_at", Double, nullable=False),
)

Table(
    "operations",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("deployment_id", Integer, ForeignKey("deployments.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", _TEXT, nullable=False),
    Column("status", _TEXT, nullable=False),
    Column("who", _TEXT, nullable=False),
    Column("started_at", _TEXT, nullable=False),
    Column("finished_at", _TEXT),
    Column("serial_before", BigInteger, nullable=False),
    Column("serial_after", BigInteger),
    Column("plan_id", _TEXT),
    Column("plan_digest", _TEXT),
    Column("definition_digest", _TEXT),
    Column("policy_digest", _TEXT),
    UniqueConstraint("deployment_id", "number"),
)

Table(
    "operation_changes",
    metadata,
    Column("operation_id", _TEXT, ForeignKey("operations.id"), primary_key=True),
    Column("address", _TEXT, primary_key=True),
    Column("action", _TEXT, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", _TEXT, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("error", _TEXT),
    Column("at", _TEXT, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "used_plans",
    metadata,
    Column("plan_id", _TEXT, primary_key=True),
    Column("operation_id", _TEXT, ForeignKey("operations.id"), nullable=False),
    Column("used_at", _TEXT, nullable=False),
)

Table(
    "looks",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("at", _TEXT),
    Column("who", _TEXT, nullable=False),
    Column("resources", Integer, nullable=False),
    Column("findings_json", _TEXT, nullable=False),
    Column("record_digest", _TEXT, nullable=False),
)

Table(
    "acknowledgements",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("address", _TEXT, primary_key=True),
    Column("digest", _TEXT, nullable=False),
    Column("who", _TEXT, nullable=False),
    Column("at", _TEXT, nullable=False),
    Column("last_day", _TEXT, nullable=False),
    Column("why", _TEXT, nullable=False),
    Column("record_digest", _TEXT, nullable=False),
)

Table(
    "registered_stacks",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("document", _TEXT, nullable=False),
    Column("source", _TEXT, nullable=False),
    Column("digest", _TEXT, nullable=False),
    Column("version", _TEXT),
    Column("registered_at", _TEXT, nullable=False),
    Column("record_digest", _TEXT, nullable=False),
)

Table(
    "data_keys",
    metadata,
    Column("id", _TEXT, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("kdf", _TEXT, nullable=False),
    Column("salt", _TEXT, nullable=False),
    Column("wrapped", _TEXT, nullable=False),
    Column("created_at", _TEXT, nullable=False),
)

Table(
    "meta",
    metadata,
    Column("name", _TEXT, primary_key=True),
    Column("value", _TEXT, nullable=False),
)

define_audit(metadata)
