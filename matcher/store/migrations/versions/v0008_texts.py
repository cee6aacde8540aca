"""Texts that say the same, values that a person has taken back, and how far records were made whole."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Step forward: two new tables, two new columns."""
    op.create_table(
        "same_text",
        sa.Column("text", sa.String, sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("other", sa.String, sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("likeness", sa.Double, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("key", sa.String),
    )
    op.create_table(
        "completed",
        sa.Column("step", sa.String, primary_key=True),
        sa.Column("up_to", sa.BigInteger, nullable=False),
        sa.Column("rules", sa.Integer, nullable=False),
    )
    with op.batch_alter_table("same_as") as batch:
        batch.add_column(sa.Column("version", sa.BigInteger, nullable=False, server_default="0"))
    with op.batch_alter_table("derived") as batch:
        batch.add_column(sa.Column("refused", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("same_as") as batch:  # the defaults were for the rows that were there
        batch.alter_column("version", server_default=None)
        batch.create_index("ix_same_as_version", ["version"])
    with op.batch_alter_table("derived") as batch:
        batch.alter_column("refused", server_default=None)
