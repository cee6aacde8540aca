"""Reading and writing records."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields as record_fields
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from filelock import FileLock
from sqlalchemy import Engine, create_engine, event, func, select
from sqlalchemy.orm import Session

from matcher.errors import NotFound
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.store.tables import Base, EvidencePartnerRow, EvidenceRow, OutcomeRow, PartnerRow

LOCK_WAIT_S = 60  # how long a writer waits for another to finish
BATCH = 500  # records looked up and written at once; SQLite allows 999 variables at least
Effect = Literal["added", "changed", "unchanged"]
ROWS: dict[type[Record], type[PartnerRow | EvidenceRow | OutcomeRow]] = {
    Partner: PartnerRow,
    Evidence: EvidenceRow,
    Outcome: OutcomeRow,
}


class Store:
    """The database of records. Writers take turns; readers see whole transactions only."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    @classmethod
    def open(cls, path: Path) -> "Store":
        """Open the SQLite file `path`, made with its tables where it is absent."""
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": LOCK_WAIT_S})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        store = cls(engine)
        # Two processes that make the same file take turns: SQLite does not wait when it changes to WAL.
        with FileLock(f"{path}.lock", timeout=LOCK_WAIT_S), engine.begin() as connection:
            Base.metadata.create_all(connection)
        return store

    @contextmanager
    def writing(self) -> Iterator["Writer"]:
        """Give a Writer whose work is kept whole when the block ends, and dropped when it raises."""
        engine = self.engine.execution_options(tinkuy_write=True)
        with engine.connect() as connection, Session(bind=connection) as session, session.begin():
            yield Writer(session)

    def partners(self) -> list[Partner]:
        """Return all partners by id."""
        with Session(self.engine) as session:
            return [_to_partner(row) for row in session.scalars(select(PartnerRow).order_by(PartnerRow.id))]

    def partner_names(self) -> dict[str, str]:
        """Return id -> name of all partners."""
        with Session(self.engine) as session:
            return {row.id: row.name for row in session.execute(select(PartnerRow.id, PartnerRow.name))}

    def evidence(self) -> list[Evidence]:
        """Return all evidence by id."""
        with Session(self.engine) as session:
            return [_to_evidence(row) for row in session.scalars(select(EvidenceRow).order_by(EvidenceRow.id))]

    def outcomes(self) -> list[Outcome]:
        """Return all outcomes by id."""
        with Session(self.engine) as session:
            return [_to_outcome(row) for row in session.scalars(select(OutcomeRow).order_by(OutcomeRow.id))]

    def everything(self) -> tuple[list[Partner], list[Evidence], list[Outcome]]:
        """Return all records as of one moment: see the three above."""
        with Session(self.engine) as session:
            return (
                [_to_partner(row) for row in session.scalars(select(PartnerRow).order_by(PartnerRow.id))],
                [_to_evidence(row) for row in session.scalars(select(EvidenceRow).order_by(EvidenceRow.id))],
                [_to_outcome(row) for row in session.scalars(select(OutcomeRow).order_by(OutcomeRow.id))],
            )

    def counts(self) -> dict[str, int]:
        """Return how many records there are: supply and demand partners, evidence of each, outcomes."""
        with Session(self.engine) as session:
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


class Writer:
    """What can be done inside one write transaction."""

    def __init__(self, session: Session) -> None:
        self.session = session

    def upsert(self, records: Sequence[Record]) -> list[Effect | NotFound]:
        """Add or update records by id; tell of each what became of it, in order.

        A value that is not given (None or empty) leaves the stored one as it is. A record that
        names a partner that does not exist is not written, and its error returned.
        """
        effects: list[Effect | NotFound] = []
        for start in range(0, len(records), BATCH):
            effects += self._upsert_batch(records[start : start + BATCH])
        return effects

    def _upsert_batch(self, batch: Sequence[Record]) -> list[Effect | NotFound]:
        stored = {
            (type(r), r.id): r for kind in ROWS for r in self._stored(kind, [x.id for x in batch if type(x) is kind])
        }
        before = dict(stored)
        named = {id_ for record in batch for id_ in _named_partners(record)}
        partners = {p.id for p in self._stored(Partner, sorted(named))}
        effects: list[Effect | NotFound] = []
        for record in batch:
            missing = [id_ for id_ in _named_partners(record) if id_ not in partners]
            if missing:
                message = N_("{id!r} names partner {partner!r}, which does not exist: import the partners first")
                effects.append(NotFound(message, id=record.id, partner=missing[0]))
                continue
            old = stored.get((type(record), record.id))
            new = _merge(old, record) if old else record
            stored[type(record), record.id] = new
            if isinstance(new, Partner):
                partners.add(new.id)
            effects.append("added" if old is None else "unchanged" if new == old else "changed")
        for kind in ROWS:  # partners before the texts that name them
            for key, record in stored.items():
                if key[0] is kind and key not in before:
                    self.session.add(_to_row(record))
                elif key[0] is kind and before[key] != record:
                    self.session.merge(_to_row(record))
            self.session.flush()
        self.session.expunge_all()
        return effects

    def _stored(self, kind: type[Record], ids: Sequence[str]) -> list[Record]:
        row: Any = ROWS[kind]
        found: list[Record] = []
        for start in range(0, len(ids), BATCH):
            part = list(dict.fromkeys(ids[start : start + BATCH]))
            found += [_TO_RECORD[kind](r) for r in self.session.scalars(select(row).where(row.id.in_(part)))]
        return found


def _named_partners(record: Record) -> tuple[str, ...]:
    if isinstance(record, Evidence):
        return record.partners
    if isinstance(record, Outcome):
        return tuple(id_ for id_ in (record.partner, record.counterpart) if id_)
    return ()


def _merge(old: Record, new: Record) -> Record:
    given = {f.name: value for f in record_fields(new) if (value := getattr(new, f.name)) not in (None, ())}
    return replace(old, **given)


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's recipe: we begin transactions ourselves
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Any) -> None:
    writing = connection.get_execution_options().get("tinkuy_write")
    # A writer takes its lock at once: two that read first and write later would both fail.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _to_row(record: Record) -> PartnerRow | EvidenceRow | OutcomeRow:
    values = {
        f.name: list(value) if isinstance(value := getattr(record, f.name), tuple) else value
        for f in record_fields(record)
    }
    if isinstance(record, Evidence):
        partners = values.pop("partners")
        values["partner_rows"] = [
            EvidencePartnerRow(evidence_id=record.id, position=i, partner_id=p) for i, p in enumerate(partners)
        ]
    return ROWS[type(record)](**values)


def _to_partner(row: PartnerRow) -> Partner:
    return Partner(
        id=row.id, side=Side(row.side), name=row.name, kind=row.kind, country=row.country, region=row.region,
        city=row.city, sectors=tuple(row.sectors), size=row.size, url=row.url, contact=row.contact,
    )  # fmt: skip


def _to_evidence(row: EvidenceRow) -> Evidence:
    return Evidence(
        id=row.id, partners=tuple(p.partner_id for p in row.partner_rows), kind=row.kind, text=row.text,
        title=row.title, language=row.language, date=row.date, sectors=tuple(row.sectors),
        fields=tuple(row.fields), region=row.region, source=row.source,
    )  # fmt: skip


def _to_outcome(row: OutcomeRow) -> Outcome:
    return Outcome(
        id=row.id, partner=row.partner, stage=Stage(row.stage), counterpart=row.counterpart, date=row.date,
        country=row.country, region=row.region, sectors=tuple(row.sectors), text=row.text,
    )  # fmt: skip


_TO_RECORD: dict[type[Record], Callable[[Any], Record]] = {
    Partner: _to_partner,
    Evidence: _to_evidence,
    Outcome: _to_outcome,
}
