"""The tables. Lists of codes are JSON; who is named in an evidence, and in which order, is a table."""

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {list[str]: JSON}


class PartnerRow(Base):
    """See `records.Partner`."""

    __tablename__ = "partner"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    side: Mapped[str] = mapped_column(String, index=True)
    name: Mapped[str]
    kind: Mapped[str]
    country: Mapped[str | None]
    region: Mapped[str | None]
    city: Mapped[str | None]
    sectors: Mapped[list[str]]
    size: Mapped[str | None]
    url: Mapped[str | None]
    contact: Mapped[str | None]


class EvidencePartnerRow(Base):
    """Which partners an evidence speaks of."""

    __tablename__ = "evidence_partner"

    evidence_id: Mapped[str] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    partner_id: Mapped[str] = mapped_column(ForeignKey("partner.id"), primary_key=True, index=True)
    position: Mapped[int]  # no part of the key, so that partners may change places


class EvidenceRow(Base):
    """See `records.Evidence`."""

    __tablename__ = "evidence"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str]
    text: Mapped[str]
    title: Mapped[str | None]
    language: Mapped[str | None]
    date: Mapped[dt.date | None]
    sectors: Mapped[list[str]]
    fields: Mapped[list[str]]
    region: Mapped[str | None]
    source: Mapped[str | None]
    partner_rows: Mapped[list[EvidencePartnerRow]] = relationship(
        order_by=EvidencePartnerRow.position, cascade="all, delete-orphan", lazy="selectin"
    )


class OutcomeRow(Base):
    """See `records.Outcome`."""

    __tablename__ = "outcome"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    partner: Mapped[str] = mapped_column(ForeignKey("partner.id"), index=True)
    stage: Mapped[str]
    counterpart: Mapped[str | None] = mapped_column(ForeignKey("partner.id"), index=True)
    date: Mapped[dt.date | None]
    country: Mapped[str | None]
    region: Mapped[str | None]
    sectors: Mapped[list[str]]
    text: Mapped[str | None]
