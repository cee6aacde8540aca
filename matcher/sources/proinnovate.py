"""ProInnóvate's project portfolio, Peru's innovation fund (CSV, open data).

One row is one project of one applicant. Firms' projects show demand, those of universities, institutes and CITEs
supply; what kind of text a project is, its call tells (`calls.py`). The files escape `,` and `"` with a backslash.
DEPARTAMENTO is the applicant's address. The ITP's says Lima whatever the CITE's region: of its texts, and of others
that name a CITE, the region is the CITE's seat, else the one that the title speaks of, else an address out of Lima.
An applicant goes by one id in all its spellings (`legal_forms.py`); its name is the commonest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import zip_longest
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_region
from matcher.records import Evidence, Partner, Side
from matcher.sources.calls import kind_of_call
from matcher.sources.cites import Cite, cites_in, region_in
from matcher.sources.legal_forms import key_of
from matcher.sources.org_kinds import firm_unless_told
from matcher.sources.reading import MAX_TEXT, Read, Refusal, Row, read_delimited, read_text, slug, too_long
from matcher.text import clean, fold

COUNTRY = "PE"
ID = "proinnovate"
COLUMNS = ("FONDO", "CONCURSO", "ANIO", "CONTRATO", "TITULO", "FECHA_INICIO", "NOMBRE_SOLICITANTE", "DEPARTAMENTO")
ITP = "instituto tecnologico de la produccion"
CAPITAL = "PE-LIM"  # where the ITP's own address is


class _Line(NamedTuple):
    """One row's cells, in the order of COLUMNS. `excess`: how many cells it has, where that is another number."""

    fund: str
    call: str
    year: str
    contract: str
    title: str
    start: str
    applicant: str
    department: str
    file: str
    number: int
    excess: int


def read(paths: Sequence[Path]) -> Iterator[Read]:
    """Yield a partner and an evidence a row; a partner's name is the commonest of its rows', its region that of most.

    :raises BadInput: a file lacks the portfolio's columns.
    """
    lines = [line for path in paths for line in _lines(path)]
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    seats: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for line in lines:
        id_ = _partner_id(line.applicant)
        names[id_][line.applicant] += 1
        seats[id_][_region(line.department)] += 1
    partners = {id_: _partner(id_, names[id_], seats[id_]) for id_ in names}
    for line in lines:
        reason = _unreadable(line)
        if reason:
            yield Refusal(line.file, line.number, reason)
        else:
            yield _row(line, partners[_partner_id(line.applicant)])


def _lines(path: Path) -> Iterator[_Line]:
    rows = read_delimited(path, read_text(path), escape="\\")
    header = [name.strip().upper() for name in next(rows, (1, []))[1]]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise BadInput(
            N_("{path} is no ProInnóvate portfolio: columns {columns} are missing"),
            path=path,
            columns=", ".join(missing),
        )
    width, wanted = len(header), itemgetter(*(header.index(column) for column in COLUMNS))
    for number, values in rows:
        if values:
            excess = len(values) if len(values) != width else 0
            if excess:
                values = [value for value, _ in zip_longest(values, header, fillvalue="")]
            fund, call, year, contract, title, start, applicant, department = wanted(values)
            yield _Line(
                _one_line(fund), _one_line(call), year.strip(), contract.strip(), clean(" ".join(title.split())),
                start.strip(), _one_line(applicant), _one_line(department), path.name, number, excess,
            )  # fmt: skip


@lru_cache(50_000)  # most cells say what another row's said
def _one_line(cell: str) -> str:
    return " ".join(cell.split())


def _unreadable(line: _Line) -> BadInput | None:
    if line.excess:
        return BadInput(N_("the row has {count} columns, the header another number"), count=line.excess)
    if not (line.contract and line.title and line.applicant):
        names = {"CONTRATO": line.contract, "TITULO": line.title, "NOMBRE_SOLICITANTE": line.applicant}
        return BadInput(N_("{columns}: empty"), columns=next(name for name, value in names.items() if not value))
    if len(line.title) > MAX_TEXT:
        return too_long(line.title)
    if line.department and _region(line.department) is None:
        return BadInput(N_("DEPARTAMENTO: {found!r} is no department of Peru"), found=line.department)
    return None


@lru_cache(1000)
def _region(department: str) -> str | None:
    try:
        return find_region(department, COUNTRY) if department else None
    except NotFound:
        return None


@lru_cache(100_000)
def _partner_id(name: str) -> str:
    return f"{ID}-{slug(key_of(name))}"


def _partner(id_: str, names: Counter[str], regions: Counter[str | None]) -> Partner:
    name = min(names, key=lambda each: (-names[each], each))
    side, kind = firm_unless_told(name)
    named = cites_in(name)
    # The seat is where most rows say; a rare department is a field station's, or a slip.
    commonest, count = max(((r, n) for r, n in regions.items() if r), key=lambda pair: pair[1], default=(None, 0))
    seat = commonest if 2 * count > sum(regions.values()) else None
    return Partner(id_, side, clean(name), kind, COUNTRY, named[0].region if len(named) == 1 else seat)


def _row(line: _Line, partner: Partner) -> Row:
    centres = cites_in(line.title) if _is_itp(line.applicant) else ()
    mentions = tuple([_centre(cite) for cite in centres])
    evidence = Evidence(
        id=f"{ID}-{slug(line.contract)}",
        partners=(partner.id, *(centre.id for centre in mentions)),
        kind=kind_of_call(line.call),
        text=line.title,
        language="es",
        date=_date(line.start, line.year),
        region=_where(line, centres),
        source=_source(line.fund, line.call, line.year),
    )
    return Row(line.file, line.number, (partner, evidence), mentions, line.contract)


def _where(line: _Line, centres: Sequence[Cite]) -> str | None:
    """Return the region of a row's text."""
    if not _is_itp(line.applicant):
        return _region(line.department)
    seats = {cite.region for cite in centres}
    if len(seats) == 1:
        return seats.pop()
    outside = _region(line.department)
    return None if seats else region_in(line.title) or (outside if outside != CAPITAL else None)


@lru_cache(1000)
def _is_itp(applicant: str) -> bool:
    return ITP in fold(applicant)


@lru_cache(100)
def _centre(cite: Cite) -> Partner:
    return Partner(f"{ID}-{slug(cite.name)}", Side.SUPPLY, cite.name, "technology_centre", COUNTRY, cite.region)


@lru_cache(10_000)
def _source(*words: str) -> str:
    return " · ".join(filter(None, ("ProInnóvate", *words)))


@lru_cache(20_000)
def _date(start: str, year: str) -> date | None:
    """Return the start; where it is not given, the first day of the call's year."""
    try:
        return date.fromisoformat(start)
    except ValueError:
        return date(int(year), 1, 1) if year.isdecimal() and 1990 <= int(year) <= 2100 else None
