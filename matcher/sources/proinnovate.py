"""ProInnóvate's project portfolio, Peru's innovation fund (CSV, open data).

One row is one project of one applicant. Firms' projects show demand, those of universities, institutes and CITEs
supply; what kind of text a project is, its call tells (`calls.py`). The files escape `,` and `"` with a backslash.
DEPARTAMENTO is the applicant's address. The ITP's says Lima whatever the CITE's region: of its texts, and of others
that name a CITE, the region is the CITE's seat, else the one that the title speaks of, else an address out of Lima.
An applicant goes by one id in all its spellings (`legal_forms.py`); its name is the commonest.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import date
from functools import lru_cache
from itertools import islice, zip_longest
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_region
from matcher.records import Evidence, Partner, Side
from matcher.sources.aside import BATCH, Lines
from matcher.sources.calls import kind_of_call
from matcher.sources.cites import Cite, cites_in, region_in
from matcher.sources.legal_forms import key_of
from matcher.sources.org_kinds import firm_unless_told
from matcher.sources.reading import MAX_TEXT, Read, Refusal, Row, open_text, read_delimited, slug, too_long
from matcher.text import clean, fold, is_clean

COUNTRY = "PE"
ID = "proinnovate"
COLUMNS = ("FONDO", "CONCURSO", "ANIO", "CONTRATO", "TITULO", "FECHA_INICIO", "NOMBRE_SOLICITANTE", "DEPARTAMENTO")
ITP = "instituto tecnologico de la produccion"
CAPITAL = "PE-LIM"  # where the ITP's own address is


class _Applicant(NamedTuple):
    """What a cell says of an applicant: its name, the partner's id, whether it is the ITP."""

    name: str
    id: str
    is_itp: bool


# A row's file, line and, where its cells are more or fewer than the header's, their number; its cells as in COLUMNS.
_Line = tuple[str, int, int, str, str, str, str, str, str, str, str]


def read(paths: Sequence[Path]) -> Iterator[Read]:
    """Yield a partner and an evidence a row; a partner's name is the commonest of its rows', its region that of most.

    :raises BadInput: a file lacks the portfolio's columns.
    """
    with closing(Lines()) as lines:
        said: Counter[tuple[str, str]] = Counter()  # applicant and department
        for path in paths:
            read_in = _lines(path)
            while some := list(islice(read_in, BATCH)):
                lines.put(some)
                said.update(map(itemgetter(-2, -1), some))
        partners = _partners(said)
        for line in lines:
            try:
                yield _row(line, partners)
            except BadInput as error:
                yield Refusal(line[0], line[1], error)


def _lines(path: Path) -> Iterator[_Line]:
    with open_text(path) as file:
        rows = read_delimited(path, file, escape="\\")
        header = [name.strip().upper() for name in next(rows, (1, []))[1]]
        missing = [column for column in COLUMNS if column not in header]
        if missing:
            raise BadInput(
                N_("{path} is no ProInnóvate portfolio: columns {columns} are missing"),
                path=path,
                columns=", ".join(missing),
            )
        name, width, wanted = path.name, len(header), itemgetter(*(header.index(column) for column in COLUMNS))
        for number, values in rows:
            if len(values) == width:
                yield name, number, 0, *wanted(values)
            elif values:
                yield name, number, len(values), *wanted([v for v, _ in zip_longest(values, header, fillvalue="")])


@lru_cache(50_000)  # most cells say what another row's said
def _one_line(cell: str) -> str:
    return " ".join(cell.split())


@lru_cache(1000)
def _region(department: str) -> str | None:
    try:
        return find_region(department, COUNTRY) if department else None
    except NotFound:
        return None


@lru_cache(50_000)
def _applicant(cell: str) -> _Applicant:
    name = _one_line(cell)
    return _Applicant(name, f"{ID}-{slug(key_of(name))}", ITP in fold(name))


def _partners(said: Mapping[tuple[str, str], int]) -> dict[str, Partner]:
    """Return partners by id. `said`: how many rows have an applicant and a department."""
    names: defaultdict[str, Counter[str]] = defaultdict(Counter)
    seats: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    for (cell, department), count in said.items():
        applicant = _applicant(cell)
        names[applicant.id][applicant.name] += count
        seats[applicant.id][_region(_one_line(department))] += count
    return {id_: _partner(id_, names[id_], seats[id_]) for id_ in names}


def _partner(id_: str, names: Counter[str], regions: Counter[str | None]) -> Partner:
    name = min(names, key=lambda each: (-names[each], each))
    side, kind = firm_unless_told(name)
    named = cites_in(name)
    # The seat is where most rows say; a rare department is a field station's, or a slip.
    commonest, count = max(((r, n) for r, n in regions.items() if r), key=lambda pair: pair[1], default=(None, 0))
    seat = commonest if 2 * count > sum(regions.values()) else None
    return Partner(id_, side, clean(name), kind, COUNTRY, named[0].region if len(named) == 1 else seat)


def _row(line: _Line, partners: Mapping[str, Partner]) -> Row:
    """Return a line as a row.

    :raises BadInput: it cannot be read.
    """
    file, number, excess, fund, call, year, contract, title, start, cell, department = line
    applicant, contract = _applicant(cell), contract.strip()
    if not is_clean(title):
        title = clean(" ".join(title.split()))
    if excess:
        raise BadInput(N_("the row has {count} columns, the header another number"), count=excess)
    if not (contract and title and applicant.name):
        names = {"CONTRATO": contract, "TITULO": title, "NOMBRE_SOLICITANTE": applicant.name}
        raise BadInput(N_("{columns}: empty"), columns=next(name for name, value in names.items() if not value))
    if len(title) > MAX_TEXT:
        raise too_long(title)
    address = _address(department)
    centres = cites_in(title) if applicant.is_itp else ()
    mentions = tuple([_centre(cite) for cite in centres]) if centres else ()
    kind, source, began = _about(fund, call, year, start)
    partner = partners[applicant.id]
    evidence = Evidence(
        id=f"{ID}-{slug(contract)}",
        partners=(partner.id, *[centre.id for centre in mentions]),
        kind=kind,
        text=title,
        language="es",
        date=began,
        region=_where(title, address, centres) if applicant.is_itp else address,
        source=source,
    )
    return Row(file, number, (partner, evidence), mentions, contract)


@lru_cache(1000)
def _address(cell: str) -> str | None:
    """Return the region that a cell names.

    :raises BadInput: it names none.
    """
    department = _one_line(cell)
    region = _region(department)
    if department and region is None:
        raise BadInput(N_("DEPARTAMENTO: {found!r} is no department of Peru"), found=department)
    return region


def _where(title: str, address: str | None, centres: Sequence[Cite]) -> str | None:
    """Return the region of a text of the ITP's."""
    seats = {cite.region for cite in centres}
    if len(seats) == 1:
        return seats.pop()
    return None if seats else region_in(title) or (address if address != CAPITAL else None)


@lru_cache(100)
def _centre(cite: Cite) -> Partner:
    return Partner(f"{ID}-{slug(cite.name)}", Side.SUPPLY, cite.name, "technology_centre", COUNTRY, cite.region)


@lru_cache(50_000)
def _about(fund: str, call: str, year: str, start: str) -> tuple[str, str, date | None]:
    """Return what kind of text a call's projects are, where they are from in words, and when one began.

    Where the start is not given, it is the first day of the call's year.
    """
    fund, call, year = _one_line(fund), _one_line(call), year.strip()
    began: date | None
    try:
        began = date.fromisoformat(start.strip())
    except ValueError:
        began = date(int(year), 1, 1) if year.isdecimal() and 1990 <= int(year) <= 2100 else None
    return kind_of_call(call), " · ".join(filter(None, ("ProInnóvate", fund, call, year))), began
