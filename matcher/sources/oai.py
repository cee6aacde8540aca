"""OAI-PMH: a live harvest by address, or files of its replies and of bare records, CERIF-XML and Dublin Core."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO, cast

from matcher.errors import BadInput
from matcher.language import N_
from matcher.sources.fetching import READ_S, Fetcher
from matcher.sources.oai_harvest import Harvest
from matcher.sources.oai_reply import Failure, Item, Other, read_reply
from matcher.sources.oai_rows import Rows
from matcher.sources.oai_verbs import failed
from matcher.sources.pages import Asked, Page, paged
from matcher.sources.reading import Refusal, Skipped, Told
from matcher.sources.repository import Repository
from matcher.sources.xml_schema import checker

OPTIONS = {
    "prefix": N_("metadata format to ask for; the one that says most if left out: CERIF-XML before oai_dc"),
    "set": N_("only the records of a set, by its setSpec"),
    "from": N_("only what changed since a day or time (UTC)"),
    "until": N_("only what changed until a day or time (UTC)"),
    "pause": N_("seconds between two requests; 1 if left out"),
    "timeout": N_("seconds to wait for an answer; 60 if left out"),
    "pages": N_("replies at most; 20000 if left out"),
    "partner": N_("organisation of records that name none: its name, or `set` for the name of each record's set"),
    "people": N_("`partners`: a person is a partner, too, not only the contact of a unit"),
    "repository": N_(
        "what makes the ids of these records its own, such as cris.example.org; told by the records if left out"
    ),
    "schema": N_("XSD file that every record must be valid by"),
}
SUFFIXES = (".xml", ".xml.gz")


def read(asked: Asked, wait: Callable[[float], object] | None = None) -> Iterator[Page]:
    """Yield pages of a harvest, or of files and folders of files.

    :param wait: waits so many seconds, between requests.
    :raises BadInput: an option, an address or a file that cannot be read; a repository that fails.
    """
    rows = _rows(asked)
    if asked.url:
        pause, timeout = _seconds(asked, "pause", 1), _seconds(asked, "timeout", READ_S)
        with Fetcher(pause=pause, timeout=timeout, tells="xml", wait=wait) as fetcher:
            yield from Harvest(asked, fetcher, rows).pages()
        return
    yield from _file_pages(asked, rows)


def _rows(asked: Asked) -> Rows:
    options = asked.options
    if unknown := sorted(set(options) - set(OPTIONS)):
        message = N_("unknown option {option!r}; known are {known}")
        raise BadInput(message, option=unknown[0], known=", ".join(OPTIONS))
    if options.get("people") not in (None, "partners"):
        raise BadInput(N_("option {option}: must be {known}"), option="people", known="partners")
    if not options.get("pages", "1").isdecimal():
        raise BadInput(N_("option {option}: must be a number"), option="pages")
    partner = options.get("partner")
    chosen = Repository(
        id=options.get("repository", ""),
        partner=None if partner == "set" else partner,
        by_set=partner == "set",
        people="people" in options,
    )
    return Rows(chosen, checker(Path(options["schema"])) if "schema" in options else None)


def _seconds(asked: Asked, option: str, otherwise: float) -> float:
    text = asked.options.get(option)
    try:
        found = float(text) if text else otherwise
    except ValueError:
        found = -1.0
    if not 0 <= found <= 3600:
        raise BadInput(N_("option {option}: must be a number"), option=option)
    return found


def _file_pages(asked: Asked, rows: Rows) -> Iterator[Page]:
    files = _files(asked.paths)
    if not files:
        raise BadInput(N_("no file to read; name XML files or a folder of them, or an address"))
    lost: list[str] = []  # files that broke off: what is missing from them is not gone
    for page in paged(_told(files, rows, lost), asked):
        yield replace(page, partial=True) if lost else page


def _files(paths: Sequence[Path]) -> list[Path]:
    """Return the files, and those of folders in the order of their names."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.name.lower().endswith(SUFFIXES) and p.is_file())
        else:
            found.append(path)
    return found


def _told(files: Sequence[Path], rows: Rows, lost: list[str]) -> Iterator[Told]:
    for path in files:
        number = 0
        try:
            for told in _of_file(path, rows):
                number += 1
                yield told
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            failure = BadInput(N_("{path} cannot be read: {reason}"), path=path, reason=reason)
        except BadInput as error:
            failure = error
        else:
            if not number:
                raise BadInput(
                    N_("{path} holds no record that is known: CERIF-XML, oai_dc or a reply of OAI-PMH"), path=path
                )
            continue
        if not number and len(files) == 1:
            raise failure
        lost.append(path.name)
        yield Refusal(path.name, number + 1, failure)


def _of_file(path: Path, rows: Rows) -> Iterator[Told]:
    number = 0
    with closing(_open(path)) as stream:
        for part in read_reply(stream, str(path)):
            number += 1
            if isinstance(part, Item):
                yield rows.tell(part, path.name, number)
            elif isinstance(part, Other):
                yield Skipped(path.name, number, part.what)
            elif isinstance(part, Failure):
                if part.code == "noRecordsMatch":
                    yield Skipped(path.name, number, N_("empty reply"))
                    continue
                yield Refusal(path.name, number, failed(path.name, part))
            else:
                number -= 1  # a token is no row; the next reply is another file


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")
