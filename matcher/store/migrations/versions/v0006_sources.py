"""Configured sources, which source gave which record, what was erased, and runs that go on where they were cut off."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Step forward: three new tables; imports that are on record ended."""
    op.create_table(
        "source",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("format", sa.String, nullable=False),
        sa.Column("url", sa.String),
        sa.Column("files", sa.JSON, nullable=False),
        sa.Column("options", sa.JSON, nullable=False),
        sa.Column("owner", sa.String, sa.ForeignKey("organisation.id"), index=True),
        sa.Column("shrink", sa.Double, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
    )
    op.create_table(
        "source_record",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("record", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("given", sa.JSON, nullable=False),
        sa.Column("mention", sa.Boolean, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("gone", sa.Boolean, nullable=False),
    )
    op.create_index("ix_source_record_source_seen", "source_record", ["source", "seen"])
    op.create_index("ix_source_record_source_key", "source_record", ["source", "key"])
    op.create_table(
        "erased",
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("salt", sa.String, nullable=False),
    )
    op.create_index("ix_audit_record", "audit", ["record"])
    new = (
        ("state", sa.String, "done"),
        ("begun", sa.BigInteger, "0"),
        ("before", sa.Integer, "0"),
        ("partial", sa.Boolean, sa.false()),
        ("kept", sa.Integer, "0"),
        ("gone", sa.Integer, "0"),
        ("missing", sa.Integer, "0"),
        ("skipped", sa.JSON, "{}"),
    )
    with op.batch_alter_table("import_run") as batch:
        for name, type_, default in new:
            batch.add_column(sa.Column(name, type_, nullable=False, server_default=default))
        batch.add_column(sa.Column("ended", sa.DateTime))
        batch.add_column(sa.Column("cursor", sa.JSON))
        batch.add_column(sa.Column("error", sa.JSON))
    op.execute("UPDATE import_run SET ended = at")
    with op.batch_alter_table("import_run") as batch:  # the defaults were for the rows that were there
        for name, _, _ in new:
            batch.alter_column(name, server_default=None)
        batch.create_index("ix_import_run_state", ["state"])
