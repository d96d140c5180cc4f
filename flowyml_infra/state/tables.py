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
    Column("stack", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("lineage", Text, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("definition_digest", Text),
    Column("plan_digest", Text),
    Column("rows_fold", Text, nullable=False),
    Column("outputs_digest", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("record_digest", Text, nullable=False),
    UniqueConstraint("stack", "environment"),
    UniqueConstraint("lineage"),
)

Table(
    "resources",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("address", Text, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("status", Text, nullable=False),
    Column("creation_id", Text, nullable=False),
    Column("spec_digest", Text, nullable=False),
    Column("properties_json", Text, nullable=False),
    Column("outputs_json", Text, nullable=False),
    Column("dependencies_json", Text, nullable=False),
    Column("lifecycle_json", Text, nullable=False),
    Column("children_json", Text, nullable=False),
    Column("physical_id", Text),
    Column("component", Text),
    Column("serial", BigInteger, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("row_digest", Text, nullable=False),
    # One tree instead of a table and its index: half the pages to write, and reading is in order of the key.
    sqlite_with_rowid=False,
)

Table(
    "outputs",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("component", Text, primary_key=True),
    Column("values_json", Text, nullable=False),
    Column("row_digest", Text, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("stack", Text, nullable=False, index=True),
    Column("token", BigInteger, nullable=False),
    Column("holder_json", Text),
    Column("expires_at", Double, nullable=False),
)

Table(
    "operations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("deployment_id", Integer, ForeignKey("deployments.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("who", Text, nullable=False),
    Column("started_at", Text, nullable=False),
    Column("finished_at", Text),
    Column("serial_before", BigInteger, nullable=False),
    Column("serial_after", BigInteger),
    Column("plan_id", Text),
    Column("plan_digest", Text),
    Column("definition_digest", Text),
    Column("policy_digest", Text),
    UniqueConstraint("deployment_id", "number"),
)

Table(
    "operation_changes",
    metadata,
    Column("operation_id", Text, ForeignKey("operations.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("action", Text, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", Text, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("error", Text),
    Column("at", Text, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "used_plans",
    metadata,
    Column("plan_id", Text, primary_key=True),
    Column("operation_id", Text, ForeignKey("operations.id"), nullable=False),
    Column("used_at", Text, nullable=False),
)

Table(
    "registered_stacks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("document", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("version", Text),
    Column("registered_at", Text, nullable=False),
    Column("record_digest", Text, nullable=False),
)

Table(
    "data_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("kdf", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("wrapped", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

define_audit(metadata)
