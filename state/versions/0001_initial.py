"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Ordered by code point everywhere, whatever the server's language.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("stack", TEXT, nullable=True),
        sa.Column("environment", TEXT, nullable=True),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("data_json", TEXT, nullable=False),
        sa.Column("previous", TEXT, nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.Column("origin_json", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_audit"),
    )
    op.create_index("ix_audit_stack", "audit", ["stack"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )
    op.create_table(
        "data_keys",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kdf", TEXT, nullable=False),
        sa.Column("salt", TEXT, nullable=False),
        sa.Column("wrapped", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_data_keys"),
        sa.UniqueConstraint("number", name="uq_data_keys_number"),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stack", TEXT, nullable=False),
        sa.Column("environment", TEXT, nullable=False),
        sa.Column("lineage", TEXT, nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("definition_digest", TEXT, nullable=True),
        sa.Column("plan_digest", TEXT, nullable=True),
        sa.Column("rows_fold", TEXT, nullable=False),
        sa.Column("outputs_digest", TEXT, nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.Column("record_digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_deployments"),
        sa.UniqueConstraint("lineage", name="uq_deployments_lineage"),
        sa.UniqueConstraint("stack", "environment", name="uq_deployments_stack_environment"),
    )
    op.create_table(
        "leases",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("stack", TEXT, nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("holder_json", TEXT, nullable=True),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_leases"),
    )
    op.create_index("ix_leases_stack", "leases", ["stack"], unique=False)
    op.create_table(
        "meta",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_meta"),
    )
    op.create_table(
        "registered_stacks",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("document", TEXT, nullable=False),
        sa.Column("source", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("version", TEXT, nullable=True),
        sa.Column("registered_at", TEXT, nullable=False),
        sa.Column("record_digest", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_registered_stacks"),
    )
    op.create_table(
        "operations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("finished_at", TEXT, nullable=True),
        sa.Column("serial_before", sa.BigInteger(), nullable=False),
        sa.Column("serial_after", sa.BigInteger(), nullable=True),
        sa.Column("plan_id", TEXT, nullable=True),
        sa.Column("plan_digest", TEXT, nullable=True),
        sa.Column("definition_digest", TEXT, nullable=True),
        sa.Column("policy_digest", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_operations_deployment_id"),
        sa.PrimaryKeyConstraint("id", name="pk_operations"),
        sa.UniqueConstraint("deployment_id", "number", name="uq_operations_deployment_id_number"),
    )
    op.create_table(
        "outputs",
        sa.Column("deployment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("component", TEXT, nullable=False),
        sa.Column("values_json", TEXT, nullable=False),
        sa.Column("row_digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_outputs_deployment_id"),
        sa.PrimaryKeyConstraint("deployment_id", "component", name="pk_outputs"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "resources",
        sa.Column("deployment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("generation", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("creation_id", TEXT, nullable=False),
        sa.Column("spec_digest", TEXT, nullable=False),
        sa.Column("properties_json", TEXT, nullable=False),
        sa.Column("outputs_json", TEXT, nullable=False),
        sa.Column("dependencies_json", TEXT, nullable=False),
        sa.Column("lifecycle_json", TEXT, nullable=False),
        sa.Column("children_json", TEXT, nullable=False),
        sa.Column("physical_id", TEXT, nullable=True),
        sa.Column("component", TEXT, nullable=True),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("created_at", TEXT, nullable=False),
        sa.Column("updated_at", TEXT, nullable=False),
        sa.Column("row_digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_resources_deployment_id"),
        sa.PrimaryKeyConstraint("deployment_id", "address", "generation", name="pk_resources"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "operation_changes",
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("status", TEXT, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("error", TEXT, nullable=True),
        sa.Column("at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name="fk_operation_changes_operation_id"),
        sa.PrimaryKeyConstraint("operation_id", "address", "action", name="pk_operation_changes"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "used_plans",
        sa.Column("plan_id", TEXT, nullable=False),
        sa.Column("operation_id", TEXT, nullable=False),
        sa.Column("used_at", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["operation_id"], ["operations.id"], name="fk_used_plans_operation_id"),
        sa.PrimaryKeyConstraint("plan_id", name="pk_used_plans"),
    )
    op.execute("INSERT INTO meta (name, value) VALUES ('format', '1')")
    op.execute(f"INSERT INTO audit_head (id, seq, hash) VALUES (1, 0, '{'0' * 64}')")  # noqa: S608 - a constant


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the upgrade")
