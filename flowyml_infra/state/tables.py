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
    UniqueConstraint,
)

from flowyml_infra.audit.table import TEXT, define_audit

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
    Column("stack", TEXT, nullable=False),
    Column("environment", TEXT, nullable=False),
    Column("lineage", TEXT, nullable=False),
    Column("serial", BigInteger, nullable=False),
    Column("definition_digest", TEXT),
    Column("plan_digest", TEXT),
    Column("rows_fold", TEXT, nullable=False),
    Column("outputs_digest", TEXT, nullable=False),
    Column("created_at", TEXT, nullable=False),
    Column("updated_at", TEXT, nullable=False),
    Column("record_digest", TEXT, nullable=False),
    UniqueConstraint("stack", "environment"),
    UniqueConstraint("lineage"),
)

Table(
    "resources",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("address", TEXT, primary_key=True),
    Column("generation", Integer, primary_key=True, autoincrement=False),
    Column("status", TEXT, nullable=False),
    Column("creation_id", TEXT, nullable=False),
    Column("spec_digest", TEXT, nullable=False),
    Column("properties_json", TEXT, nullable=False),
    Column("outputs_json", TEXT, nullable=False),
    Column("dependencies_json", TEXT, nullable=False),
    Column("lifecycle_json", TEXT, nullable=False),
    Column("children_json", TEXT, nullable=False),
    Column("physical_id", TEXT),
    Column("component", TEXT),
    Column("serial", BigInteger, nullable=False),
    Column("created_at", TEXT, nullable=False),
    Column("updated_at", TEXT, nullable=False),
    Column("row_digest", TEXT, nullable=False),
    # One tree instead of a table and its index: half the pages to write, and reading is in order of the key.
    sqlite_with_rowid=False,
)

Table(
    "outputs",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("component", TEXT, primary_key=True),
    Column("values_json", TEXT, nullable=False),
    Column("row_digest", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "leases",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("stack", TEXT, nullable=False, index=True),
    Column("token", BigInteger, nullable=False),
    Column("holder_json", TEXT),
    Column("expires_at", Double, nullable=False),
)

Table(
    "operations",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("deployment_id", Integer, ForeignKey("deployments.id"), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", TEXT, nullable=False),
    Column("status", TEXT, nullable=False),
    Column("who", TEXT, nullable=False),
    Column("started_at", TEXT, nullable=False),
    Column("finished_at", TEXT),
    Column("serial_before", BigInteger, nullable=False),
    Column("serial_after", BigInteger),
    Column("plan_id", TEXT),
    Column("plan_digest", TEXT),
    Column("definition_digest", TEXT),
    Column("policy_digest", TEXT),
    Column("recorded_definition", TEXT),
    UniqueConstraint("deployment_id", "number"),
)

Table(
    "definitions",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("digest", TEXT, primary_key=True),
    Column("content", TEXT, nullable=False),
    Column("record_digest", TEXT, nullable=False),
)

Table(
    "operation_changes",
    metadata,
    Column("operation_id", TEXT, ForeignKey("operations.id"), primary_key=True),
    Column("address", TEXT, primary_key=True),
    Column("action", TEXT, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("status", TEXT, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("error", TEXT),
    Column("at", TEXT, nullable=False),
    sqlite_with_rowid=False,
)

Table(
    "used_plans",
    metadata,
    Column("plan_id", TEXT, primary_key=True),
    Column("operation_id", TEXT, ForeignKey("operations.id"), nullable=False),
    Column("used_at", TEXT, nullable=False),
)

Table(
    "looks",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("at", TEXT),
    Column("who", TEXT, nullable=False),
    Column("resources", Integer, nullable=False),
    Column("findings_json", TEXT, nullable=False),
    Column("record_digest", TEXT, nullable=False),
)

Table(
    "acknowledgements",
    metadata,
    Column("deployment_id", Integer, ForeignKey("deployments.id"), primary_key=True, autoincrement=False),
    Column("address", TEXT, primary_key=True),
    Column("digest", TEXT, nullable=False),
    Column("who", TEXT, nullable=False),
    Column("at", TEXT, nullable=False),
    Column("last_day", TEXT, nullable=False),
    Column("why", TEXT, nullable=False),
    Column("record_digest", TEXT, nullable=False),
)

Table(
    "registered_stacks",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("document", TEXT, nullable=False),
    Column("source", TEXT, nullable=False),
    Column("digest", TEXT, nullable=False),
    Column("version", TEXT),
    Column("registered_at", TEXT, nullable=False),
    Column("record_digest", TEXT, nullable=False),
)

Table(
    "data_keys",
    metadata,
    Column("id", TEXT, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("kdf", TEXT, nullable=False),
    Column("salt", TEXT, nullable=False),
    Column("wrapped", TEXT, nullable=False),
    Column("created_at", TEXT, nullable=False),
)

Table(
    "meta",
    metadata,
    Column("name", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
)

define_audit(metadata)
