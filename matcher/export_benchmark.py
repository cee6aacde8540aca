"""A database's own history as a benchmark folder (see `sources/benchmark.py`), split at a day.

Before the day lie the outcomes and texts that may be known; from it on the needs that are asked, with what
came of them as judgements. Which outcome belongs to which need, `history.py` decides. Firms' names and
everybody's contacts stay in the database; needs, and notes of earlier outcomes, go out in their own words.
"""

import datetime as dt
import gzip
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.errors import BadInput
from matcher.history import GRADES, PastQuestion, questions_from_outcomes
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.signals import by_partner

LEAST = 5  # questions; fewer tell nothing
ASKED_SHARE = 0.25  # of the dated outcomes that lie after the default day
PARTNER_KEYS = ("id", "name", "kind", "country", "region", "city", "sectors", "size")
EVIDENCE_KEYS = ("id", "partners", "kind", "title", "text", "language", "date", "sectors", "region")
OUTCOME_KEYS = ("id", "partner", "date", "country", "region", "sectors", "text", "stage")
QUERY_KEYS = ("title", "text", "language", "countries", "region", "sectors", "size", "date")


@dataclass(frozen=True, slots=True)
class Split:
    """What goes into the folder: supply, its texts and outcomes before `since`, and the questions from then on.

    `undated_evidence` counts texts that are kept though nobody knows whether they were there before;
    `later_evidence` and `undated_outcomes` count what is left out.
    """

    since: dt.date
    partners: tuple[Partner, ...]
    evidence: tuple[Evidence, ...]
    outcomes: tuple[Outcome, ...]
    questions: tuple[PastQuestion, ...]
    undated_evidence: int
    later_evidence: int
    undated_outcomes: int


def default_since(outcomes: Iterable[Outcome]) -> dt.date:
    """Return a day from which on about a quarter of the dated outcomes lies.

    :raises BadInput: no outcome has a date.
    """
    days = sorted(o.date for o in outcomes if o.date)
    if not days:
        raise BadInput(N_("no outcome has a date: nothing can be told apart into before and after"))
    return days[min(round(len(days) * (1 - ASKED_SHARE)), len(days) - 1)]


def split(
    partners: Sequence[Partner], evidence: Sequence[Evidence], outcomes: Sequence[Outcome], since: dt.date
) -> Split:
    """Return what was known before `since`, and the needs first served from that day on.

    :raises BadInput: fewer than LEAST questions come out; the message says what is missing.
    """
    asked = [
        q for q in questions_from_outcomes(partners, evidence, outcomes, since) if any(q.grades.values())
    ]  # a need of which only refusals came has no right answer
    if len(asked) < LEAST:
        raise _too_few(partners, evidence, outcomes, since, asked)
    supply = {p.id: p for p in partners if p.side is Side.SUPPLY}
    texts = [e for e in evidence if not supply.keys().isdisjoint(e.partners)]
    known = by_partner(tuple(outcomes), Side.SUPPLY, {p.id: p for p in partners})  # with the counterparts' places
    past = [o for id_ in supply for o in known.get(id_, ()) if o.date and o.date < since]
    return Split(
        since,
        tuple(supply.values()),
        tuple(e for e in texts if e.date is None or e.date < since),
        tuple(sorted(past, key=lambda o: o.id)),
        tuple(asked),
        sum(e.date is None for e in texts),
        sum(e.date is not None and e.date >= since for e in texts),
        sum(o.date is None for o in outcomes),
    )


def _too_few(
    partners: Sequence[Partner],
    evidence: Sequence[Evidence],
    outcomes: Sequence[Outcome],
    since: dt.date,
    asked: Sequence[PastQuestion],
) -> BadInput:
    """Return the error that tells why outcomes from `since` on became no question."""
    later = [o for o in outcomes if o.date and o.date >= since]
    linked = frozenset[str]().union(*(q.outcomes for q in questions_from_outcomes(partners, evidence, outcomes)))
    useful = [o for o in later if o.counterpart and GRADES.get(o.stage)]
    return BadInput(
        N_(
            "{questions} questions come out of the {later} outcomes from {since} on; at least {least} are needed. "
            "{unnamed} of these outcomes name no counterpart, {early} of the others did not reach a meeting, and "
            "{needless} of the rest have a counterpart without a need recorded by then. Give an earlier --since, or "
            "record more."
        ),
        questions=len(asked),
        later=len(later),
        since=since,
        least=LEAST,
        unnamed=sum(not o.counterpart for o in later),
        early=sum(bool(o.counterpart) and not GRADES.get(o.stage) for o in later),
        needless=sum(o.id not in linked for o in useful),
    )


def write(folder: Path, found: Split) -> None:
    """Write a benchmark folder aside, then let it appear whole.

    :raises BadInput: the folder is there and holds something.
    """
    folder = folder.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(N_("{path} exists and is not empty; give another name"), path=folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        _write(aside, folder.name, found)
        aside.chmod(0o755)  # mkdtemp's is the owner's alone
        if folder.exists():
            folder.rmdir()
        aside.replace(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _write(folder: Path, name: str, found: Split) -> None:
    ids = _question_ids(found.questions)
    languages = Counter(q.query.language for q in found.questions if q.query.language)
    about = {
        "name": name,
        "seeks": str(Side.SUPPLY),
        "language": min(languages, key=lambda code: (-languages[code], code), default=None),
        "primary": "nDCG@10",
        "source": "outcomes recorded with Tinkuy",
        "note": f"needs first served from {found.since} on; texts and outcomes from before; grades: "
        + ", ".join(f"{stage} {grade}" for stage, grade in GRADES.items()),
    }
    (folder / "benchmark.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _write_lines(folder / "partners.jsonl.gz", [_values(p, PARTNER_KEYS) for p in found.partners])
    supply = {p.id for p in found.partners}
    _write_lines(
        folder / "evidence.jsonl.gz",
        [
            _values(e, EVIDENCE_KEYS) | {"partners": [_token(p) for p in e.partners if p in supply]}
            for e in found.evidence
        ],
    )
    _write_lines(folder / "outcomes.jsonl.gz", [_values(o, OUTCOME_KEYS) for o in found.outcomes])
    _write_lines(
        folder / "queries.jsonl.gz",
        [{"id": id_} | _values(q.query, QUERY_KEYS) for id_, q in zip(ids, found.questions, strict=True)],
    )
    lines = [
        f"{id_} 0 {_token(partner)} {grade}\n"
        for id_, q in zip(ids, found.questions, strict=True)
        for partner, grade in sorted(q.grades.items())
    ]
    (folder / "qrels.txt").write_text("".join(lines), encoding="utf-8")


def _values(record: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Return the named values of a record, without those that are empty."""
    values = {key: value for key in keys if (value := getattr(record, key)) not in (None, ())}
    return values | {key: _token(values[key]) for key in ("id", "partner") if key in values}


def _token(id_: str) -> str:
    """Return an identifier as TREC files can hold it: without white space."""
    return re.sub(r"\s+", "_", id_)


def _question_ids(questions: Sequence[PastQuestion]) -> list[str]:
    """Return each question's need's id; of a need of several partners the second question gets `-2`."""
    seen: Counter[str] = Counter()
    ids = []
    for question in questions:
        id_ = _token(question.query.evidence_id or "")
        seen[id_] += 1
        ids.append(id_ if seen[id_] == 1 else f"{id_}-{seen[id_]}")
    return ids


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)
    path.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))  # equal records, equal bytes
