"""What people without a key ask of the offices."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Step forward: one new table."""
    op.create_table(
        "intake",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
        sa.Column("question", sa.String, nullable=False),
        sa.Column("seeks", sa.String, nullable=False),
        sa.Column("region", sa.String),
        sa.Column("sector", sa.String),
        sa.Column("partner", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), index=True),
        sa.Column("who", sa.String),
        sa.Column("company", sa.String),
        sa.Column("contact", sa.String),
        sa.Column("consent", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("words", sa.String),
        sa.Column("office", sa.String, sa.ForeignKey("organisation.id"), index=True),
        sa.Column("state", sa.String, nullable=False, index=True),
        sa.Column("handled", sa.DateTime),
        sa.Column("key", sa.String),
        sa.Column("made", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), index=True),
    )
