"""Questions whose answers are known, with an engine to ask: from a benchmark folder or a database's own history."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

from matcher.asking import MAX_QUERY
from matcher.encode import Encoder, Progress
from matcher.engine import Engine
from matcher.history import questions_from_outcomes
from matcher.index.snapshot import Snapshot
from matcher.macro_regions import MacroRegions
from matcher.records import Evidence, Outcome, Partner, Query, Record
from matcher.sources import benchmark
from matcher.sources.reading import Refusal
from matcher.weights import Weights

log = logging.getLogger(__name__)
HISTORY = "outcomes"  # the name of a database's own history among folders


@dataclass(frozen=True, slots=True)
class Case:
    """A question with judgements. `grades`: partner -> grade, above 0 is good; `unknown`: outcomes it must not see."""

    id: str
    query: Query
    grades: dict[str, int]
    unknown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Trial:
    """Judged questions and the engine that answers them; `primary` is ir-measures' name of the figure that counts."""

    name: str
    primary: str
    engine: Engine
    cases: tuple[Case, ...]


def from_folder(
    folder: Path,
    home: Path,
    encoder: Encoder,
    weights: Weights,
    progress: Progress | None,
    macro_regions: MacroRegions | None = None,
) -> Trial:
    """Return a benchmark folder's judged questions with an engine over a snapshot built under `home`.

    :raises BadInput: a file is missing or unreadable.
    """
    bench = benchmark.questions(folder)
    engine = open_engine(folder, home, encoder, weights, progress, macro_regions)
    judged = [q for q in bench.questions if q.id in bench.qrels]
    cases = tuple(Case(q.id, within_limit(q.query, q.id), bench.qrels[q.id]) for q in judged)
    return Trial(bench.name, bench.primary, engine, cases)


def from_history(engine: Engine) -> Trial:
    """Return the needs that the snapshot's outcomes came of, none of them knowing its own outcomes or later ones.

    Outcomes without a date are known to none and ask nothing, as nobody can tell what came first. Texts of partners
    are known to all questions, also those that were written later.
    """
    snapshot = engine.snapshot
    asked = questions_from_outcomes(snapshot.partners.values(), snapshot.evidence.values(), snapshot.outcomes)
    undated = frozenset(outcome.id for outcome in snapshot.outcomes if outcome.date is None)
    cases = tuple(
        Case(
            q.query.evidence_id or "", within_limit(q.query, q.query.evidence_id or ""), q.grades, q.outcomes | undated
        )
        for q in asked
        if q.query.date
    )
    return Trial(HISTORY, "nDCG@10", engine, cases)


def open_engine(
    folder: Path,
    home: Path,
    encoder: Encoder,
    weights: Weights,
    progress: Progress | None,
    macro_regions: MacroRegions | None = None,
) -> Engine:
    """Build a snapshot of a benchmark folder under `home` and open it.

    A record that cannot be read, or a text that names no partner of the folder, is left out with a warning.
    """
    records: list[Record] = []
    for row in benchmark.read([folder]):
        if isinstance(row, Refusal):
            log.warning("left out: %s, line %s: %s", folder / row.file, row.number, row.reason)
        else:
            records += row.records
    partners = {r.id for r in records if isinstance(r, Partner)}
    for record in records:
        if isinstance(record, Evidence) and partners.isdisjoint(record.partners):
            log.warning("left out: %s names no partner of %s", record.id, folder)
    Snapshot.build(
        home,
        [r for r in records if isinstance(r, Partner)],
        [r for r in records if isinstance(r, Evidence)],
        [r for r in records if isinstance(r, Outcome)],
        encoder,
        progress,
    )
    return Engine(Snapshot.open_current(home, encoder), encoder, weights, macro_regions)


def within_limit(query: Query, name: str) -> Query:
    """Return the query, its text cut to the most that is answered."""
    excess = len(query.full_text) - MAX_QUERY
    if excess <= 0:
        return query
    log.warning("question %s is cut by %s characters to the most that is answered", name, excess)
    return replace(query, text=query.text[:-excess])
