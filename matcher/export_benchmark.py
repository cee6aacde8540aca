"""A database's own history as a benchmark folder (see `sources/benchmark.py`).

Firms' names and everybody's contacts stay in the database. The firms' region, sectors and size go out, and the ids;
needs, and notes of earlier outcomes, in their own words.
"""

import gzip
import json
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from matcher.errors import BadInput
from matcher.history import GRADES, PastQuestion
from matcher.language import N_
from matcher.records import Side
from matcher.time_split import Split

PARTNER_KEYS = ("id", "name", "kind", "country", "region", "city", "sectors", "size")
EVIDENCE_KEYS = ("id", "partners", "kind", "title", "text", "language", "date", "sectors", "region")
OUTCOME_KEYS = ("id", "partner", "date", "country", "region", "sectors", "text", "stage")
QUERY_KEYS = ("title", "text", "language", "countries", "region", "sectors", "size", "date")


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
