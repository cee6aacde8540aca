"""Versions and owners of records, tombstones, keys, audit, and an office's desk."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
RECORDS = ("partner", "evidence", "outcome")


def upgrade() -> None:
    """Step forward. What was there before is of version 1 and belongs to nobody in particular."""
    clock = op.create_table(
        "clock",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("lineage", sa.String, nullable=False),
        sa.Column("purged", sa.BigInteger, nullable=False),
    )
    op.bulk_insert(clock, [{"id": 1, "version": 1, "lineage": uuid.uuid4().hex, "purged": 0}])
    op.create_table(
        "organisation",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("office", sa.String, sa.ForeignKey("organisation.id")),
    )
    for table in RECORDS:
        with op.batch_alter_table(table) as batch:
            if table == "partner":
                batch.add_column(sa.Column("consent", sa.Boolean))
            if table == "evidence":
                batch.add_column(sa.Column("confidential", sa.Boolean))
                batch.add_column(sa.Column("summary", sa.String))
            batch.add_column(sa.Column("owner", sa.String))
            batch.add_column(sa.Column("version", sa.BigInteger, nullable=False, server_default="1"))
            batch.create_foreign_key(f"{table}_owner_fkey", "organisation", ["owner"], ["id"])
            batch.create_index(f"ix_{table}_owner", ["owner"])
            batch.create_index(f"ix_{table}_version", ["version"])
        with op.batch_alter_table(table) as batch:  # the default was for the rows that were there
            batch.alter_column("version", server_default=None)
    op.create_table(
        "tombstone",
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "api_key",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("organisation", sa.String, sa.ForeignKey("organisation.id"), index=True),
        sa.Column("label", sa.String),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("revoked", sa.DateTime),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
        sa.Column("key", sa.String),
        sa.Column("organisation", sa.String),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("kind", sa.String),
        sa.Column("record", sa.String),
        sa.Column("request", sa.String),
    )
    op.create_table(
        "reply",
        sa.Column("caller", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
    )
    _desk()


def _desk() -> None:
    op.create_table(
        "shortlist",
        sa.Column("organisation", sa.String, sa.ForeignKey("organisation.id"), primary_key=True),
        sa.Column("evidence", sa.String, sa.ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("partner", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True, index=True),
        sa.Column("note", sa.String),
        sa.Column("added", sa.DateTime, nullable=False),
        sa.Column("key", sa.String),
        sa.Column("version", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "introduction",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("organisation", sa.String, sa.ForeignKey("organisation.id"), nullable=False, index=True),
        sa.Column("evidence", sa.String, sa.ForeignKey("evidence.id", ondelete="SET NULL"), index=True),
        sa.Column("supply", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("demand", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("stage", sa.String, nullable=False, index=True),
        sa.Column("note", sa.String),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "introduction_step",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "introduction", sa.String, sa.ForeignKey("introduction.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("before", sa.String),
        sa.Column("after", sa.String, nullable=False),
        sa.Column("reason", sa.String),
        sa.Column("note", sa.String),
        sa.Column("date", sa.Date, nullable=False),
        sa.Column("key", sa.String),
        sa.Column("at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "saved_search",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("organisation", sa.String, sa.ForeignKey("organisation.id"), nullable=False, index=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("question", sa.JSON, nullable=False),
        sa.Column("threshold", sa.Double, nullable=False),
        sa.Column("feed", sa.String, nullable=False, unique=True),
        sa.Column("created", sa.DateTime, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column(
            "search", sa.String, sa.ForeignKey("saved_search.id", ondelete="CASCADE"), nullable=False, index=True
        ),
        sa.Column("evidence", sa.String, sa.ForeignKey("evidence.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("partner", sa.String, sa.ForeignKey("partner.id", ondelete="CASCADE"), nullable=False, index=True),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
        sa.Column("read", sa.DateTime),
        sa.UniqueConstraint("search", "evidence", "partner"),
    )
