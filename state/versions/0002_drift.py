"""What was found to have drifted, and what of it is acknowledged."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Ordered by code point everywhere, whatever the server's language.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "looks",
        sa.Column("deployment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", TEXT, nullable=True),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("resources", sa.Integer(), nullable=False),
        sa.Column("findings_json", TEXT, nullable=False),
        sa.Column("record_digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_looks_deployment_id"),
        sa.PrimaryKeyConstraint("deployment_id", name="pk_looks"),
    )
    op.create_table(
        "acknowledgements",
        sa.Column("deployment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("last_day", TEXT, nullable=False),
        sa.Column("why", TEXT, nullable=False),
        sa.Column("record_digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_acknowledgements_deployment_id"),
        sa.PrimaryKeyConstraint("deployment_id", "address", name="pk_acknowledgements"),
    )


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the upgrade")
