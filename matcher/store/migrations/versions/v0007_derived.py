"""What was found out about records, beside them: partners that are one, values derived, and whom to ask about."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Step forward: four new tables."""
    op.create_table(
        "same_as",
        sa.Column("partner", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("canonical", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("key", sa.String),
    )
    op.create_table(
        "same_pair",
        sa.Column("a", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("b", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("likeness", sa.Double, nullable=False),
        sa.Column("how", sa.String, nullable=False),
        sa.Column("refused", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("key", sa.String),
    )
    op.create_table(
        "derived",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("record", sa.String, primary_key=True),
        sa.Column("field", sa.String, primary_key=True),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("method", sa.String, nullable=False),
        sa.Column("given", sa.String),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "shown_anew",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, index=True),
        sa.Column("lost", sa.Boolean, nullable=False),
    )
