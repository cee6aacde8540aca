"""Reading records: as they are stored, as everybody may see them, and what has changed since."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, func, or_, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session

from matcher import wholeness
from matcher.records import Changes, Evidence, Outcome, Partner, Record, Side, State
from matcher.store import database, same_texts
from matcher.store.rows import (
    ROWS,
    TO_RECORD,
    public_evidence,
    public_outcome,
    public_partner,
    to_evidence,
    to_outcome,
    to_partner,
)
from matcher.store.sameness import together
from matcher.store.tables import (
    ClockRow,
    EvidencePartnerRow,
    EvidenceRow,
    OutcomeRow,
    PartnerRow,
    SameTextRow,
    ShownAnewRow,
    TombstoneRow,
)
from matcher.store.whole import all_shown, as_shown, told_by_another
from matcher.store.writer import Writer
from matcher.wholeness import Records


@dataclass(frozen=True, slots=True)
class Stored:
    """A record as it is stored. `version`: the transaction that last wrote it, its ETag."""

    record: Record
    version: int


@dataclass(frozen=True, slots=True)
class Contents:
    """All records as everybody may see them, as of `state`."""

    state: State
    partners: tuple[Partner, ...]
    evidence: tuple[Evidence, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def version(self) -> int:
        """The number of the last transaction that is in it."""
        return self.state.version


KINDS: dict[str, type[Record]] = {row.__tablename__: kind for kind, row in ROWS.items()}


class Store:
    """The database of records. Writers take turns; readers see whole transactions only."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, where: Path | URL) -> "Store":
        """Open a database: the SQLite file `where` is made or brought to today's shape, a server's must have it.

        :raises DatabaseOutdated: a server's database needs `tinkuy db upgrade`.
        """
        url = URL.create("sqlite", database=str(where)) if isinstance(where, Path) else where
        engine = database.connect(url)
        if url.get_backend_name() == "sqlite":
            database.upgrade(url)
        else:
            try:
                database.check(engine)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine)

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session that sees the database as of one moment."""
        engine = self.engine
        if engine.dialect.name != "sqlite":  # SQLite's readers have that anyway
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with Session(engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Give a Writer whose work is kept whole when the block ends, and dropped when it raises."""
        engine = self.engine.execution_options(tinkuy_write=True)
        with engine.connect() as connection, Session(bind=connection) as session, session.begin():
            yield Writer(session)

    @contextmanager
    def noting(self) -> Iterator[Session]:
        """Give a session to write what is no record (keys, organisations, audit): the version stays as it is."""
        engine = self.engine.execution_options(tinkuy_write=True)
        with engine.connect() as connection, Session(bind=connection) as session, session.begin():
            yield session

    def version(self) -> int:
        """Return the number of the last transaction that wrote; cheap enough for every question."""
        return self.state().version

    def state(self) -> State:
        """Return which state the database is in; cheap enough for every question."""
        with self.engine.connect() as connection:
            version, lineage = connection.execute(select(ClockRow.version, ClockRow.lineage)).one()
            return State(int(version), lineage)

    def get(self, kind: type[Record], id_: str) -> Stored | None:
        """Return one record as it is stored."""
        with self.reading() as session:
            row: Any = session.get(ROWS[kind], id_)
            return Stored(TO_RECORD[kind](row), row.version) if row else None

    def partners(self) -> list[Partner]:
        """Return all partners by id, as they are stored."""
        with self.reading() as session:
            return _partners(session)

    def partner_names(self) -> dict[str, str]:
        """Return id -> name of all partners."""
        with self.reading() as session:
            return {row.id: row.name for row in session.execute(select(PartnerRow.id, PartnerRow.name))}

    def evidence(self) -> list[Evidence]:
        """Return all evidence by id, as it is stored."""
        with self.reading() as session:
            return _evidence(session)

    def outcomes(self) -> list[Outcome]:
        """Return all outcomes by id, as they are stored."""
        with self.reading() as session:
            return _outcomes(session)

    def everything(self) -> Contents:
        """Return all records as everybody may see them: no contacts, no confidential texts, nobody who withdrew.

        What was found out about them is laid over them, see `wholeness`; of texts that say the same, one is there.
        """
        with self.reading() as session:
            state = _clock(session)[0]
            partners, evidence, outcomes = _partners(session), _evidence(session), _outcomes(session)
            withdrawn = frozenset(p.id for p in partners if p.consent is False)
            shown = all_shown(session, partners, evidence, outcomes)
            same = same_texts.rows_of(session)
        seen = _seen(shown, withdrawn)
        told = wholeness.told_by_another(seen[1], same) if same else {}
        return Contents(state, seen[0], tuple(e for e in seen[1] if e.id not in told), seen[2])

    def given(self) -> Contents:
        """Return all records as everybody may see them, each as it was given: nothing filled, mended or joined."""
        with self.reading() as session:
            state = _clock(session)[0]
            partners, evidence, outcomes = _partners(session), _evidence(session), _outcomes(session)
        withdrawn = frozenset(p.id for p in partners if p.consent is False)
        ours = tuple(p for p in partners if p.id not in withdrawn)
        return Contents(state, *_seen(Records(ours, tuple(evidence), tuple(outcomes)), withdrawn))

    def changes(self, since: int) -> Changes:
        """Return what has been written after version `since`; a record that a withdrawn partner hides is gone too.

        :raises LookupError: what was deleted since then is no longer known.
        """
        with self.reading() as session:
            state, purged = _clock(session)
            if since < purged:
                raise LookupError(f"tombstones up to version {purged} were purged; changes since {since} are not known")
            written = select(PartnerRow.id).where(PartnerRow.version > since)
            # Whoever is joined to one that was touched may lend it something, or have it from there.
            touched = select(together(written.union(_anew("partner", since))).c.id)
            new = session.scalars(select(PartnerRow).where(PartnerRow.id.in_(touched)).order_by(PartnerRow.id))
            partners = [to_partner(row) for row in new]
            named = select(EvidencePartnerRow.evidence_id).where(EvidencePartnerRow.partner_id.in_(touched))
            text = EvidenceRow
            anew = text.id.in_(_anew("evidence", since))
            met = or_(text.version > since, text.id.in_(named), anew)
            # Whether a text is shown by another hangs on that one too.
            told = select(SameTextRow.text).where(
                SameTextRow.refused.is_(False), SameTextRow.other.in_(select(text.id).where(met))
            )
            wanted = select(text).where(or_(met, text.id.in_(told))).order_by(text.id)
            evidence = [to_evidence(row) for row in session.scalars(wanted)]
            outcomes = [
                to_outcome(row)
                for row in session.scalars(
                    select(OutcomeRow)
                    .where(
                        or_(
                            OutcomeRow.version > since,
                            OutcomeRow.partner.in_(touched),
                            OutcomeRow.counterpart.in_(touched),
                        )
                    )
                    .order_by(OutcomeRow.id)
                )
            ]
            withdrawn = frozenset(session.scalars(select(PartnerRow.id).where(PartnerRow.consent.is_(False))))
            graves = session.execute(
                select(TombstoneRow.kind, TombstoneRow.id).where(TombstoneRow.version > since)
            ).all()
            shown = as_shown(session, partners, evidence, outcomes)
            hidden = told_by_another(session, shown.evidence)
        seen = _seen(shown, withdrawn)
        seen = (seen[0], tuple(e for e in seen[1] if e.id not in hidden), seen[2])
        gone: set[tuple[type[Record], str]] = {(KINDS[kind], id_) for kind, id_ in graves}
        read: list[Record] = [*partners, *evidence, *outcomes]
        kept: list[Record] = [*seen[0], *seen[1], *seen[2]]
        gone |= {(type(r), r.id) for r in read} - {(type(r), r.id) for r in kept}
        return Changes(state, *seen, frozenset(gone))

    def gone(self, since: int) -> Changes:
        """Return only what must no longer be seen, whatever was written after version `since`; cheap.

        That is what was deleted, partners that have withdrawn, those that one has left that lent them something, and,
        of what was written, texts that are confidential or name a partner that has withdrawn: these come back with
        what may be seen of them.

        :raises LookupError: what was deleted since then is no longer known.
        """
        with self.reading() as session:
            state, purged = _clock(session)
            if since < purged:
                raise LookupError(f"tombstones up to version {purged} were purged; changes since {since} are not known")
            graves = session.execute(select(TombstoneRow.kind, TombstoneRow.id).where(TombstoneRow.version > since))
            gone: set[tuple[type[Record], str]] = {(KINDS[kind], id_) for kind, id_ in graves}
            lost = select(ShownAnewRow.kind, ShownAnewRow.id).where(ShownAnewRow.version > since, ShownAnewRow.lost)
            gone |= {(KINDS[kind], id_) for kind, id_ in session.execute(lost)}
            left = select(PartnerRow.id).where(PartnerRow.version > since, PartnerRow.consent.is_(False))
            gone |= {(Partner, id_) for id_ in session.scalars(left)}
            hidden = select(EvidenceRow.id).where(EvidenceRow.version > since, EvidenceRow.confidential.is_(True))
            gone |= {(Evidence, id_) for id_ in session.scalars(hidden)}
            withdrawn = select(PartnerRow.id).where(PartnerRow.consent.is_(False))
            naming = (
                select(EvidenceRow.id)
                .join(EvidencePartnerRow, EvidencePartnerRow.evidence_id == EvidenceRow.id)
                .where(EvidenceRow.version > since, EvidencePartnerRow.partner_id.in_(withdrawn))
            )
            gone |= {(Evidence, id_) for id_ in session.scalars(naming)}
            of_them = select(OutcomeRow.id).where(OutcomeRow.version > since, OutcomeRow.partner.in_(withdrawn))
            gone |= {(Outcome, id_) for id_ in session.scalars(of_them)}
        return Changes(state, gone=frozenset(gone))

    def purge(self, version: int) -> None:
        """Forget the tombstones up to `version`, and what is shown anew since then, if there are any."""
        with self.reading() as session:
            some = [
                session.scalar(select(row.id).where(row.version <= version).limit(1))
                for row in (TombstoneRow, ShownAnewRow)
            ]
        if some != [None, None]:
            with self.writing() as writer:
                writer.purge(version)

    def counts(self) -> dict[str, int]:
        """Return how many records there are: supply and demand partners, evidence of each, outcomes."""
        with self.reading() as session:
            partners = dict(session.execute(select(PartnerRow.side, func.count()).group_by(PartnerRow.side)).all())
            texts = dict(
                session.execute(
                    select(PartnerRow.side, func.count(EvidencePartnerRow.evidence_id.distinct()))
                    .join(EvidencePartnerRow, EvidencePartnerRow.partner_id == PartnerRow.id)
                    .group_by(PartnerRow.side)
                ).all()
            )
            outcomes = session.scalar(select(func.count()).select_from(OutcomeRow)) or 0
        return {
            "supply_partners": partners.get(Side.SUPPLY, 0),
            "demand_partners": partners.get(Side.DEMAND, 0),
            "supply_evidence": texts.get(Side.SUPPLY, 0),
            "demand_evidence": texts.get(Side.DEMAND, 0),
            "outcomes": outcomes,
        }


def _clock(session: Session) -> tuple[State, int]:
    """Return the state, and up to which version tombstones were purged."""
    version, lineage, purged = session.execute(select(ClockRow.version, ClockRow.lineage, ClockRow.purged)).one()
    return State(int(version), lineage), int(purged)


def _anew(kind: str, since: int) -> Select[str]:
    """Return a query for the ids of records that are shown otherwise than at `since`, though nobody wrote them."""
    return select(ShownAnewRow.id).where(ShownAnewRow.kind == kind, ShownAnewRow.version > since)


def _partners(session: Session) -> list[Partner]:
    return [to_partner(row) for row in session.scalars(select(PartnerRow).order_by(PartnerRow.id))]


def _evidence(session: Session) -> list[Evidence]:
    return [to_evidence(row) for row in session.scalars(select(EvidenceRow).order_by(EvidenceRow.id))]


def _outcomes(session: Session) -> list[Outcome]:
    return [to_outcome(row) for row in session.scalars(select(OutcomeRow).order_by(OutcomeRow.id))]


def _seen(
    records: Records, withdrawn: frozenset[str]
) -> tuple[tuple[Partner, ...], tuple[Evidence, ...], tuple[Outcome, ...]]:
    """Return what everybody may see of records; those of withdrawn partners alone are left out."""
    return (
        tuple(public_partner(p) for p in records.partners),
        tuple(text for e in records.evidence if (text := public_evidence(e, withdrawn))),
        tuple(known for o in records.outcomes if (known := public_outcome(o, withdrawn))),
    )
