"""Imports: what each did, and of uploads what was there before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Step forward. Imports from before are not known."""
    op.create_table(
        "import_run",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
        sa.Column("source", sa.String, nullable=False, index=True),
        sa.Column("organisation", sa.String, sa.ForeignKey("organisation.id"), index=True),
        sa.Column("key", sa.String),
        sa.Column("files", sa.JSON, nullable=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("read", "added", "changed", "unchanged", "refused")),
        sa.Column("refusals", sa.JSON, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("undone", sa.DateTime),
        sa.Column("left", sa.JSON, nullable=False),
    )
    op.create_table(
        "import_change",
        sa.Column("run", sa.String, sa.ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("record", sa.String, primary_key=True, index=True),
        sa.Column("before", sa.JSON),
    )
