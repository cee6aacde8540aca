"""Import: files of some format into the database, every row accounted for."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from matcher.encode import Progress
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_, Translate
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Read, Refusal, Row
from matcher.store import import_runs
from matcher.store.store import Store
from matcher.store.writer import BATCH, Writer


@dataclass(slots=True)
class Summary:
    """What became of the rows of an import; `added`, `changed`, `unchanged` count records."""

    read: int = 0
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refusals: list[Refusal] = field(default_factory=list)


def import_files(store: Store, format_: str, paths: Sequence[Path], progress: Progress | None = None) -> Summary:
    """Read `paths` and upsert their records in one transaction: all that can be read, or nothing.

    :param format_: one of FORMATS.
    :raises BadInput: unknown format, or a file that cannot be read at all; nothing is written then.
    """
    if format_ not in FORMATS:
        raise BadInput(N_("unknown format {format!r}; known are {known}"), format=format_, known=", ".join(FORMATS))
    for path in paths:
        if not path.exists():
            raise BadInput(N_("{path} does not exist"), path=path)
    asked = Asked(tuple(paths), stored=store.partner_names())
    rows = _settle(
        [row for page in FORMATS[format_].read(asked) for row in page.rows if isinstance(row, Row | Refusal)]
    )
    summary = Summary(read=len(rows))
    with store.writing() as writer:
        for start in range(0, len(rows), BATCH):
            part = rows[start : start + BATCH]
            _write(writer, part, summary)
            if progress:
                progress(start + len(part), len(rows))
        counts = {name: getattr(summary, name) for name in ("read", "added", "changed", "unchanged")}
        refused = [import_runs.Refused.of(refusal) for refusal in summary.refusals]
        import_runs.record(writer.session, format_, [path.name for path in paths], counts, refused, writer.version)
    return summary


def _settle(rows: Sequence[Read]) -> list[Read]:
    """Let the last record of an id stand for all of them, so that a second import changes nothing."""
    last = {(type(r), r.id): r for row in rows if isinstance(row, Row) for r in row.records}
    return [
        replace(row, records=tuple(last[type(r), r.id] for r in row.records)) if isinstance(row, Row) else row
        for row in rows
    ]


def _write(writer: Writer, rows: Sequence[Read], summary: Summary) -> None:
    effects = iter(writer.upsert([record for row in rows if isinstance(row, Row) for record in row.records]))
    for row in rows:
        if isinstance(row, Refusal):
            summary.refusals.append(row)
            continue
        errors = []
        for effect in (next(effects) for _ in row.records):
            if isinstance(effect, TinkuyError):
                errors.append(effect)
            else:
                setattr(summary, effect, getattr(summary, effect) + 1)
        if errors:
            summary.refusals.append(Refusal(row.file, row.number, errors[0]))


def write_refusals(refusals: Sequence[Refusal], path: Path, say: Translate = str) -> None:
    """Write file, row and reason of each refusal as CSV that a spreadsheet opens."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["file", "row", "reason"])
        writer.writerows([r.file, r.number, r.error.text(say)] for r in refusals)
