"""Identifiers of partners in public registers, and where a text stands in its source."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Step forward: two new columns."""
    with op.batch_alter_table("partner") as batch:
        batch.add_column(sa.Column("identifiers", sa.JSON, nullable=False, server_default="[]"))
    with op.batch_alter_table("partner") as batch:  # the default was for the rows that were there
        batch.alter_column("identifiers", server_default=None)
    with op.batch_alter_table("evidence") as batch:
        batch.add_column(sa.Column("url", sa.String))
