"""Partners, evidence and outcomes, as the first version had them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Step forward."""
    op.create_table(
        "partner",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("side", sa.String, nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        *(sa.Column(name, sa.String) for name in ("country", "region", "city")),
        sa.Column("sectors", sa.JSON, nullable=False),
        *(sa.Column(name, sa.String) for name in ("size", "url", "contact")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("title", sa.String),
        sa.Column("language", sa.String),
        sa.Column("date", sa.Date),
        sa.Column("sectors", sa.JSON, nullable=False),
        sa.Column("fields", sa.JSON, nullable=False),
        sa.Column("region", sa.String),
        sa.Column("source", sa.String),
    )
    op.create_table(
        "evidence_partner",
        sa.Column("evidence_id", sa.String, sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("partner_id", sa.String, sa.ForeignKey("partner.id"), primary_key=True, index=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_table(
        "outcome",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("partner", sa.String, sa.ForeignKey("partner.id"), nullable=False, index=True),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("counterpart", sa.String, sa.ForeignKey("partner.id"), index=True),
        sa.Column("date", sa.Date),
        *(sa.Column(name, sa.String) for name in ("country", "region")),
        sa.Column("sectors", sa.JSON, nullable=False),
        sa.Column("text", sa.String),
    )
