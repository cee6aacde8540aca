"""The tables. Lists of codes are JSON; who is named in an evidence, and in which order, is a table.

Every row of a record carries `version`: the number of the transaction that last wrote it. It is what an ETag
shows, what a delta starts from, and, since writers take turns, the order in which things were written.
"""

import datetime as dt
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {list[str]: JSON, dict[str, Any]: JSON}


class ClockRow(Base):
    """One row: the number of the last transaction that wrote. Whoever writes raises it first, and so waits its turn.

    `lineage`: names this history; a database that is restored begins another. `purged`: tombstones up to this
    number are no more.
    """

    __tablename__ = "clock"

    id: Mapped[int] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    lineage: Mapped[str]
    purged: Mapped[int] = mapped_column(BigInteger)


class OrganisationRow(Base):
    """Who owns records and holds keys. `office`: the technology transfer office that serves it."""

    __tablename__ = "organisation"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    name: Mapped[str]
    office: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"))


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
    identifiers: Mapped[list[str]]
    contact: Mapped[str | None]
    consent: Mapped[bool | None]
    owner: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)


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
    url: Mapped[str | None]
    confidential: Mapped[bool | None]
    summary: Mapped[str | None]
    owner: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)
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
    owner: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class TombstoneRow(Base):
    """What a record that is no more leaves behind, so that whoever read it before forgets it too: its kind and id."""

    __tablename__ = "tombstone"

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    id: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class SameAsRow(Base):
    """That a partner is the same organisation as another, under whose id both are shown. See `wholeness.Same`.

    Chains are allowed, rings are not: see `sameness`. `key`: whose, where a person said so.
    """

    __tablename__ = "same_as"

    partner: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True)
    canonical: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
    how: Mapped[str]
    confidence: Mapped[float] = mapped_column(Double)
    at: Mapped[dt.datetime]
    key: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class SamePairRow(Base):
    """Two partners that may be one, `a` before `b`: a person is asked, or has `refused`, and is not asked again."""

    __tablename__ = "same_pair"

    a: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True)
    b: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True, index=True)
    likeness: Mapped[float] = mapped_column(Double)
    how: Mapped[str]
    refused: Mapped[bool]
    at: Mapped[dt.datetime]
    key: Mapped[str | None]


class SameTextRow(Base):
    """That a text says the same as another, by which it is shown. See `wholeness.SameText`.

    `refused`: a person has said that they are two, and nobody links them again. `key`: whose, where a person said so.
    """

    __tablename__ = "same_text"

    text: Mapped[str] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    other: Mapped[str] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True, index=True)
    likeness: Mapped[float] = mapped_column(Double)
    refused: Mapped[bool]
    at: Mapped[dt.datetime]
    key: Mapped[str | None]


class CompletedRow(Base):
    """Up to which transaction records were made whole. `step`: see `whole_store`; `rules`: by which ones."""

    __tablename__ = "completed"

    step: Mapped[str] = mapped_column(String, primary_key=True)
    up_to: Mapped[int] = mapped_column(BigInteger)
    rules: Mapped[int]


class DerivedRow(Base):
    """A value found out for a field of a record. See `wholeness.Derived`. `value`: codes, or one text.

    `refused`: a person has said that it is wrong: it counts for nothing, and keeps others from being found.
    """

    __tablename__ = "derived"

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    record: Mapped[str] = mapped_column(String, primary_key=True)
    field: Mapped[str] = mapped_column(String, primary_key=True)
    value: Mapped[list[str]]
    confidence: Mapped[float] = mapped_column(Double)
    method: Mapped[str]
    given: Mapped[str | None]
    refused: Mapped[bool]
    at: Mapped[dt.datetime]


class ShownAnewRow(Base):
    """That a record is shown otherwise than before transaction `version`, though nobody wrote it.

    Its own version, which undoing, editing and news go by, stays as it is. `lost`: what was shown of it before must
    be forgotten at once, as of a record that is no more: some of it was lent by a partner that has left it.
    """

    __tablename__ = "shown_anew"

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    id: Mapped[str] = mapped_column(String, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, index=True)
    lost: Mapped[bool]


class KeyRow(Base):
    """An API key: what is stored of it lets nobody in. `role`: see `access.Role`."""

    __tablename__ = "api_key"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    hash: Mapped[str]
    role: Mapped[str]
    organisation: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    label: Mapped[str | None]
    created: Mapped[dt.datetime]
    revoked: Mapped[dt.datetime | None]


class AuditRow(Base):
    """Who did what to which record, and when; never what it says."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    key: Mapped[str | None]
    organisation: Mapped[str | None]
    action: Mapped[str]
    kind: Mapped[str | None]
    record: Mapped[str | None] = mapped_column(String, index=True)
    request: Mapped[str | None]


class ReplyRow(Base):
    """The answer to a write that carried an idempotency key, given again when the write is sent again."""

    __tablename__ = "reply"

    caller: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str] = mapped_column(String, primary_key=True)
    digest: Mapped[str]
    status: Mapped[int]
    body: Mapped[str]
    headers: Mapped[dict[str, Any]]
    at: Mapped[dt.datetime] = mapped_column(index=True)


class ShortlistRow(Base):
    """A partner that an office keeps in mind for a need or a capability."""

    __tablename__ = "shortlist"

    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    evidence: Mapped[str] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), primary_key=True)
    partner: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), primary_key=True, index=True)
    note: Mapped[str | None]
    added: Mapped[dt.datetime]
    key: Mapped[str | None]
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class IntroductionRow(Base):
    """A request that two partners meet, and how far it came. `stage`: see `introductions`."""

    __tablename__ = "introduction"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    evidence: Mapped[str | None] = mapped_column(ForeignKey("evidence.id", ondelete="SET NULL"), index=True)
    supply: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
    demand: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str] = mapped_column(String, index=True)
    note: Mapped[str | None]
    created: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class IntroductionStepRow(Base):
    """One step of an introduction: who took it, when, from which stage to which. `date`: the day that it happened."""

    __tablename__ = "introduction_step"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    introduction: Mapped[str] = mapped_column(ForeignKey("introduction.id", ondelete="CASCADE"), index=True)
    before: Mapped[str | None]
    after: Mapped[str]
    reason: Mapped[str | None]
    note: Mapped[str | None]
    date: Mapped[dt.date]
    key: Mapped[str | None]
    at: Mapped[dt.datetime]


class SavedSearchRow(Base):
    """A question that an office asks again when there is something new. `seen`: the version it was last asked at."""

    __tablename__ = "saved_search"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    organisation: Mapped[str] = mapped_column(ForeignKey("organisation.id"), index=True)
    name: Mapped[str]
    question: Mapped[dict[str, Any]]
    threshold: Mapped[float] = mapped_column(Double)
    feed: Mapped[str] = mapped_column(String, unique=True)
    created: Mapped[dt.datetime]
    seen: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger, index=True)


class InboxRow(Base):
    """New evidence that answers a saved search."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("search", "evidence", "partner"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    search: Mapped[str] = mapped_column(ForeignKey("saved_search.id", ondelete="CASCADE"), index=True)
    evidence: Mapped[str] = mapped_column(ForeignKey("evidence.id", ondelete="CASCADE"), index=True)
    partner: Mapped[str] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
    probability: Mapped[float] = mapped_column(Double)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    read: Mapped[dt.datetime | None]


class ImportRunRow(Base):
    """One run: of a configured source, of a command's files (`source` is their format), or an upload of the pages.

    `refusals`: the first of them, see `import_runs.Refused`. `undone`: when; `left`: [kind, id, why] of each record
    that its undoing left alone: of an upload (`source` "upload") only. Of the others: `state`, see `runs.State`;
    `begun`: the number of the transaction that it began with; `before`: records of the source then; `cursor`: where
    it goes on, see `runs`; `kept`, `gone`, `skipped`: see `runs.Tally`; `missing`: records that it asks about.
    """

    __tablename__ = "import_run"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    source: Mapped[str] = mapped_column(String, index=True)
    organisation: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    key: Mapped[str | None]
    files: Mapped[list[str]]
    read: Mapped[int]
    added: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    refusals: Mapped[list[Any]] = mapped_column(JSON)
    version: Mapped[int] = mapped_column(BigInteger)
    undone: Mapped[dt.datetime | None]
    left: Mapped[list[Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String, index=True)
    ended: Mapped[dt.datetime | None]
    begun: Mapped[int] = mapped_column(BigInteger)
    before: Mapped[int]
    partial: Mapped[bool]
    cursor: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    kept: Mapped[int]
    gone: Mapped[int]
    missing: Mapped[int]
    skipped: Mapped[dict[str, Any]]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class SourceRow(Base):
    """A configured source: what is read again and again. `owner`: whose its records are.

    `shrink`: the share of its records that may vanish from one run to the next without a question.
    """

    __tablename__ = "source"

    name: Mapped[str] = mapped_column(String, primary_key=True)
    format: Mapped[str]
    url: Mapped[str | None]
    files: Mapped[list[str]]
    options: Mapped[dict[str, Any]]
    owner: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    shrink: Mapped[float] = mapped_column(Double)
    created: Mapped[dt.datetime]


class SourceRecordRow(Base):
    """Which source gave which record; it stays where somebody deletes the record, so that it stays deleted.

    `key`: of the source's row that gives it, empty where several do, or none yet. `given`: field -> digest of what the
    source said last. `mention`: the newest run has only named it, so far. `seen`: the transaction that read it last.
    `gone`: the source says so.
    """

    __tablename__ = "source_record"
    __table_args__ = (
        Index("ix_source_record_source_seen", "source", "seen"),
        Index("ix_source_record_source_key", "source", "key"),
    )

    kind: Mapped[str] = mapped_column(String, primary_key=True)
    record: Mapped[str] = mapped_column(String, primary_key=True)
    source: Mapped[str] = mapped_column(String, primary_key=True)
    key: Mapped[str]
    given: Mapped[dict[str, Any]]
    mention: Mapped[bool]
    seen: Mapped[int] = mapped_column(BigInteger)
    gone: Mapped[bool]


class ErasedRow(Base):
    """That a record was erased, so that no source brings it back: a salted hash of its kind and id, nothing else."""

    __tablename__ = "erased"

    hash: Mapped[str] = mapped_column(String, primary_key=True)
    salt: Mapped[str]


class ImportChangeRow(Base):
    """A record that an upload wrote, and what it was before (None: it was not there)."""

    __tablename__ = "import_change"

    run: Mapped[str] = mapped_column(ForeignKey("import_run.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(String, primary_key=True)
    record: Mapped[str] = mapped_column(String, primary_key=True, index=True)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class IntakeRow(Base):
    """What somebody without a key asked of the offices: an introduction, or that a match does not fit.

    `office`: who should see to it; None: any. `made`: the partner that the asker became when it was taken over,
    after which how to reach them stands there alone. See `intake`.
    """

    __tablename__ = "intake"

    id: Mapped[str] = mapped_column(String, primary_key=True)
    kind: Mapped[str] = mapped_column(String, index=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    question: Mapped[str]
    seeks: Mapped[str]
    region: Mapped[str | None]
    sector: Mapped[str | None]
    partner: Mapped[str | None] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
    who: Mapped[str | None]
    company: Mapped[str | None]
    contact: Mapped[str | None]
    consent: Mapped[bool]
    reason: Mapped[str | None]
    words: Mapped[str | None]
    office: Mapped[str | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    state: Mapped[str] = mapped_column(String, index=True)
    handled: Mapped[dt.datetime | None]
    key: Mapped[str | None]
    made: Mapped[str | None] = mapped_column(ForeignKey("partner.id", ondelete="CASCADE"), index=True)
