"""The definitions that were applied, so that there is a way back to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Ordered by code point everywhere, whatever the server's language.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "definitions",
        sa.Column("deployment_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, nullable=False),
        sa.Column("content", TEXT, nullable=False),
        sa.Column("record_digest", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["deployment_id"], ["deployments.id"], name="fk_definitions_deployment_id"),
        sa.PrimaryKeyConstraint("deployment_id", "digest", name="pk_definitions"),
    )
    op.add_column("operations", sa.Column("recorded_definition", TEXT, nullable=True))


def downgrade() -> None:
    raise NotImplementedError("restore the copy that was kept before the upgrade")
