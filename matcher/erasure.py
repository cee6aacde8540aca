"""Erasure: a partner leaves database, desk, cached vectors, snapshots and the answers kept beside them.

It is told what could not be reached.

The order makes it safe to be killed at any moment: what is left to do is done when it is called again.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from matcher import coverage_file
from matcher.access import Caller
from matcher.encode import Encoder, Progress
from matcher.errors import NotFound, SnapshotMissing
from matcher.index.snapshot import Snapshot, building, current_id
from matcher.language import N_, Translate
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store import audit, database, derived, erased, import_runs, same_texts, sameness, source_records
from matcher.store.rows import ROWS, to_evidence
from matcher.store.store import Store
from matcher.store.tables import (
    EvidencePartnerRow,
    EvidenceRow,
    InboxRow,
    IntakeRow,
    IntroductionRow,
    IntroductionStepRow,
    OutcomeRow,
    ReplyRow,
    SavedSearchRow,
    ShortlistRow,
    TombstoneRow,
)
from matcher.store.writer import Writer
from matcher.upload_files import UPLOADS
from matcher.vector_cache import CachedEncoder
from matcher.wholeness import Derived, filled_in

PLACES = {  # what `Erased.removed` counts, as people read it
    "partner": N_("Partners"),
    "evidence": N_("Texts"),
    "outcome": N_("Outcomes"),
    "shortlist": N_("Entries of shortlists"),
    "introduction": N_("Introductions"),
    "introduction_step": N_("Steps of introductions"),
    "saved_search": N_("Saved searches"),
    "inbox": N_("Entries of inboxes"),
    "intake": N_("Requests from the public pages"),
    "reply": N_("Kept answers to writes"),
    "import": N_("What is remembered of imports"),
    "source_record": N_("What is noted of who gave it"),
    "same_as": N_("What is noted of who is the same"),
    "same_text": N_("What is noted of texts that say the same"),
    "derived": N_("What was found out about it"),
    "audit": N_("Entries of the audit log that no longer name it"),
    "vectors": N_("Cached vectors"),
    "snapshots": N_("Snapshots"),
}


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did. `removed`: place (see PLACES) -> how much; `notes`: what stays, as messages with values."""

    removed: dict[str, int]
    notes: tuple[tuple[str, dict[str, object]], ...]

    def told(self, say: Translate) -> list[str]:
        """Return the notes in the reader's language."""
        return [say(message).format(**values) for message, values in self.notes]


def erase(
    store: Store,
    partner: str,
    home: Path,
    encoder: Encoder,
    caller: Caller,
    *,
    request: str | None = None,
    progress: Progress | None = None,
) -> Erased:
    """Remove a partner with its texts, vectors, contact and history.

    Texts that speak of others too stay theirs. A new snapshot is built, and all older ones are deleted.

    :param caller: who asks, for the audit log, and `request` the id of the HTTP request.
    :raises NotFound: there is no such partner, and none was deleted.
    :raises Busy: a snapshot is being built; nothing is done then.
    """
    with building(home):  # else a build that has read the partner already would bring it back
        with store.writing() as writer:
            removed, shared, same = _from_database(writer, partner, encoder, caller, request)
        removed["snapshots"] = _from_snapshots(store, home, encoder, progress)
    coverage_file.drop(home)  # a running server that writes it anew asks the database first who is still there
    clean = database.compact(store.engine)
    for file in home.glob("refusals*.csv"):  # of imports and runs: rows that were refused are quoted there
        file.unlink(missing_ok=True)
    shutil.rmtree(home / UPLOADS, ignore_errors=True)  # files that wait to be confirmed
    return Erased(removed, _notes(store, partner, shared, same, clean))


def _from_database(
    writer: Writer, partner: str, encoder: Encoder, caller: Caller, request: str | None
) -> tuple[dict[str, int], int, list[str]]:
    """Delete all rows about a partner, and its cached vectors.

    :return: how many of what, how many texts stay because they speak of others too, and whom it was joined with.
    """
    session = writer.session
    removed = dict.fromkeys(PLACES, 0)
    link = EvidencePartnerRow
    named = select(link.evidence_id).where(link.partner_id == partner)
    texts = [to_evidence(row) for row in session.scalars(select(EvidenceRow).where(EvidenceRow.id.in_(named)))]
    gone: dict[type[Record], list[str]] = {}
    same: list[str] = []
    found: list[Derived] = []
    if session.get(ROWS[Partner], partner) is None:
        if session.get(TombstoneRow, ("partner", partner)) is None:
            raise NotFound(N_("no partner has the id {id!r}"), id=partner)
    else:
        alone = _alone(session, [text.id for text in texts], partner)
        _from_desk(session, partner, alone, removed)
        session.execute(update(OutcomeRow).where(OutcomeRow.counterpart == partner).values(text=None))
        same = [id_ for id_ in sameness.group_of(session, partner) if id_ != partner]
        removed["same_as"] = sameness.count(session, partner)
        removed["same_text"] = same_texts.count(session, sorted(alone))
        found = [
            *derived.rows_of(session, "partner", [partner]),
            *derived.rows_of(session, "evidence", sorted(alone)),
        ]
        gone = writer.delete(Partner, partner)
    removed |= {ROWS[kind].__tablename__: len(ids) for kind, ids in gone.items()} | {"derived": len(found)}
    removed["reply"] = _delete(session, ReplyRow)  # any may quote it, and they are a convenience only
    known = {Partner: [partner], Evidence: gone.get(Evidence, []), Outcome: gone.get(Outcome, [])}
    removed["import"] = import_runs.forget(session, known)
    removed["source_record"] = source_records.forget(session, known)
    erased.keep_away(session, [(kind, id_) for kind, ids in known.items() for id_ in ids])
    for kind, ids in known.items():
        removed["audit"] += audit.forget(session, ROWS[kind].__tablename__, ids)
    audit.record(session, caller, "erase", "partner", audit.erased_name(partner), request)
    own = [text for text in texts if text.id in set(gone.get(Evidence, []))]
    if isinstance(encoder, CachedEncoder):
        of = {e.id: [row for row in found if (row.kind, row.record) == ("evidence", e.id)] for e in own}
        read = [text for e in own for text in (e, filled_in(e, of[e.id]))]
        parts = {part for e in read for part in (e.full_text, e.text, e.title, e.summary) if part}
        removed["vectors"] = encoder.forget(sorted(parts))
    return removed, len(texts) - len(own), same


def _alone(session: Session, texts: Sequence[str], partner: str) -> set[str]:
    """Return those of the texts that speak of no other partner."""
    link = EvidencePartnerRow
    shared = select(link.evidence_id).where(link.evidence_id.in_(texts), link.partner_id != partner)
    return set(texts) - set(session.scalars(shared))


def _from_desk(session: Session, partner: str, texts: set[str], removed: dict[str, int]) -> None:
    """Delete what offices keep about a partner and its texts."""
    met = or_(IntroductionRow.supply == partner, IntroductionRow.demand == partner)
    introductions = list(session.scalars(select(IntroductionRow.id).where(met)))
    removed["audit"] += audit.forget(session, "introduction", introductions)
    of_it = IntroductionStepRow.introduction.in_(introductions)
    removed["introduction_step"] = _delete(session, IntroductionStepRow, of_it)
    removed["introduction"] = _delete(session, IntroductionRow, met)
    for row in (ShortlistRow, InboxRow):
        removed[row.__tablename__] = _delete(session, row, or_(row.partner == partner, row.evidence.in_(texts)))
    asked = or_(IntakeRow.partner == partner, IntakeRow.made == partner)
    removed["audit"] += audit.forget(session, "intake", list(session.scalars(select(IntakeRow.id).where(asked))))
    removed["intake"] = _delete(session, IntakeRow, asked)
    asking = [s.id for s in session.scalars(select(SavedSearchRow)) if _names(s.question, texts | {partner})]
    removed["inbox"] += session.scalar(select(func.count()).where(InboxRow.search.in_(asking))) or 0
    removed["saved_search"] = _delete(session, SavedSearchRow, SavedSearchRow.id.in_(asking))


def _names(value: Any, ids: set[str]) -> bool:
    """Tell whether a question as JSON names one of the ids."""
    if isinstance(value, dict):
        return any(_names(each, ids) for each in value.values())
    if isinstance(value, list):
        return any(_names(each, ids) for each in value)
    return value in ids if isinstance(value, str) else False


def _delete(session: Session, row: Any, *where: Any) -> int:
    return int(session.execute(delete(row).where(*where)).rowcount)  # type: ignore[attr-defined]


def _from_snapshots(store: Store, home: Path, encoder: Encoder, progress: Progress | None) -> int:
    """Build a snapshot without the partner, where there was one, and delete all others; return how many."""
    old = list((home / "snapshots").iterdir())
    try:
        current_id(home)
    except SnapshotMissing:
        pass
    else:
        now = store.everything()
        Snapshot.build_alone(home, now.partners, now.evidence, now.outcomes, encoder, progress, state=now.state)
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)  # the build has taken out some itself
    return len(old)


def _notes(
    store: Store, partner: str, shared: int, same: Sequence[str], clean: bool
) -> tuple[tuple[str, dict[str, object]], ...]:
    which: dict[str, object] = {"id": partner}
    notes: list[tuple[str, dict[str, object]]] = [
        (N_("Backups made before hold {id!r} still: delete them, or erase it again after restoring one."), which),
        (N_("Running servers forget it at their next question."), {}),
        (
            N_(
                "Cached vectors of earlier wordings of its texts cannot be told from others: to be rid of them, "
                "delete vectors.sqlite in the cache folder."
            ),
            {},
        ),
    ]
    if shared:
        notes.append((N_("Texts that speak of other partners too, and stay theirs: {count}"), {"count": shared}))
    if same:
        message = N_("Records of what was held to be the same organisation stay: {ids}. Erase them too if they are it.")
        notes.append((message, {"ids": ", ".join(same)}))
    if store.engine.dialect.name != "sqlite":
        notes.append(
            (N_("PostgreSQL's write-ahead log and its archives hold deleted rows for as long as set there."), {})
        )
    if not clean:
        notes.append(
            (N_("The database was in use, and its files may hold deleted rows still: erase {id!r} once more."), which)
        )
    return tuple(notes)
