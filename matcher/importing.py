"""Import: files of some format into the database, page by page, every row accounted for."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from matcher.errors import BadInput, TinkuyError
from matcher.language import N_, Translate
from matcher.page_plan import Giver
from matcher.page_writing import write_page
from matcher.run_start import Names
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Refusal
from matcher.store import runs
from matcher.store.runs import State, Tally
from matcher.store.store import Store
from matcher.syncing import Progress, at_least, not_read

SHOWN = 200  # refusals that a summary holds


@dataclass(slots=True)
class Summary(Tally):
    """What became of the rows of an import. `refusals`: the first of the refused rows."""

    refusals: list[Refusal] = field(default_factory=list)


def import_files(
    store: Store,
    format_: str,
    paths: Sequence[Path],
    progress: Progress | None = None,
    on_refusal: Callable[[Refusal], None] | None = None,
) -> Summary:
    """Read `paths` and write their records, each page of some hundred rows in a transaction of its own.

    What is written before an error, or before it is killed, stays; the same import again changes nothing of it.
    What the files say counts, also where somebody has edited a record; only what was erased is left out.

    :param format_: one of FORMATS; the records are noted as given by it.
    :raises BadInput: unknown format, or a file that cannot be read.
    """
    if format_ not in FORMATS:
        raise BadInput(N_("unknown format {format!r}; known are {known}"), format=format_, known=", ".join(FORMATS))
    for path in paths:
        if not path.exists():
            raise BadInput(N_("{path} does not exist"), path=path)
    with store.writing() as writer:
        run = runs.begin(writer.session, format_, [path.name for path in paths], writer.version, 0, None)
        giver = Giver(format_, writer.version, insists=True)
    summary = Summary()
    try:
        for page in FORMATS[format_].read(Asked(tuple(paths), stored=Names(store))):
            done = write_page(store, page, giver, run, summary.read, None)
            summary.add(done.tally)
            summary.refusals += done.refusals[: SHOWN - len(summary.refusals)]
            if on_refusal:
                for refusal in done.refusals:
                    on_refusal(refusal)
            if progress:
                progress(summary.read, at_least(page, None, summary.read))
    except (TinkuyError, OSError) as error:
        told = error if isinstance(error, TinkuyError) else not_read(error)
        with store.noting() as session:
            runs.fail(session, run, told)
        raise told from error
    with store.noting() as session:
        runs.end(session, run, State.DONE)
    if progress:
        progress(summary.read, summary.read)
    return summary


@contextmanager
def refusals_file(path: Path, say: Translate = str) -> Iterator[Callable[[Refusal], None]]:
    """Give what writes refusals, one after the other, as CSV that a spreadsheet opens; no file where there is none."""
    file = None
    try:

        def write(refusal: Refusal) -> None:
            nonlocal file
            if file is None:
                path.parent.mkdir(parents=True, exist_ok=True)
                file = path.open("w", encoding="utf-8-sig", newline="")
                csv.writer(file).writerow(["file", "row", "reason"])
            csv.writer(file).writerow([refusal.file, refusal.number, refusal.error.text(say)])

        yield write
    finally:
        if file is not None:
            file.close()
