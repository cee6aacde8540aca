"""ProInnóvate's project portfolio, Peru's innovation fund (CSV, open data).

One row is one project of one applicant. Firms' projects show demand, those of universities,
institutes and CITEs supply. The files escape `,` and `"` with a backslash. DEPARTAMENTO is the
applicant's address; the ITP's rows say Lima whatever the CITE's region, so their texts carry none.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_region
from matcher.records import Evidence, Partner, Side
from matcher.sources.reading import Read, Refusal, Row, most_common, read_delimited, read_text, slug
from matcher.text import clean, fold

COUNTRY = "PE"
ID = "proinnovate"
COLUMNS = ("FONDO", "CONCURSO", "ANIO", "CONTRATO", "TITULO", "FECHA_INICIO", "NOMBRE_SOLICITANTE", "DEPARTAMENTO")
# The first that fits tells side and kind. A firm's name ends in its legal form; universities' may too.
KINDS = (
    (Side.SUPPLY, "university", r"\buniversi(dad|ty)\b"),
    (Side.DEMAND, "cooperative", r"\bcooperativa\b"),
    (Side.DEMAND, "firm", r"\b(s ?a ?c|s ?a|e ?i ?r ?l|s ?r ?l|ltda|sociedad anonima( cerrada)?)( s)?$"),
    (
        Side.SUPPLY,
        "technology_centre",
        r"\bcite\w*\b|\bcet\b|\bcentro de innovacion\b|\binstituto tecnologico de la produccion\b",
    ),
    (
        Side.SUPPLY,
        "institute",
        r"\binstituto\b|\bcentro internacional\b|\bcentro de investigacion|\bcentro de estudios\b",
    ),
    (
        Side.DEMAND,
        "association",
        r"\basociacion\b|\bcamara\b|\bgremio\b|\bcentral de organizaciones\b|\bjunta\b|\bcomunidad\b",
    ),
    (Side.DEMAND, "municipality", r"\bmunicipalidad\b|\bgobierno regional\b"),
)
ITP = "instituto tecnologico de la produccion"


def read(paths: Sequence[Path]) -> Iterator[Read]:
    """Yield a partner and an evidence a row; a partner's name is the commonest of its rows', its region that of most.

    :raises BadInput: a file lacks the portfolio's columns.
    """
    tables = [(path, _table(path)) for path in paths]
    by_partner: dict[str, list[dict[str, str]]] = {}
    for _, rows in tables:
        for _, row in rows:
            by_partner.setdefault(_partner_id(row), []).append(row)
    partners = {id_: _partner(id_, rows) for id_, rows in by_partner.items()}
    for path, rows in tables:
        for number, row in rows:
            reason = _unreadable(row)
            if reason:
                yield Refusal(path.name, number, reason)
            else:
                yield Row(path.name, number, (partners[_partner_id(row)], _evidence(row)))


def side_and_kind(name: str) -> tuple[Side, str]:
    """Tell from an organisation's name on which side it stands and what it is; firms by default."""
    plain = re.sub(r"[^a-z0-9]+", " ", fold(name)).strip()
    for side, kind, pattern in KINDS:
        if re.search(pattern, plain):
            return side, kind
    return Side.DEMAND, "firm"


def _table(path: Path) -> list[tuple[int, dict[str, str]]]:
    lines = read_delimited(path, read_text(path), escape="\\")
    header = [name.strip().upper() for name in next(lines, (1, []))[1]]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise BadInput(
            N_("{path} is no ProInnóvate portfolio: columns {columns} are missing"),
            path=path,
            columns=", ".join(missing),
        )
    rows = []
    for number, values in lines:
        if values:
            padded = values + [""] * (len(header) - len(values))
            row = {name: " ".join(value.split()) for name, value in zip(header, padded, strict=False)}
            row["extra"] = "" if len(values) == len(header) else str(len(values))
            rows.append((number, row))
    return rows


def _unreadable(row: dict[str, str]) -> BadInput | None:
    if row["extra"]:
        return BadInput(N_("the row has {count} columns, the header another number"), count=row["extra"])
    for column in ("CONTRATO", "TITULO", "NOMBRE_SOLICITANTE"):
        if not clean(row[column]):
            return BadInput(N_("{columns}: empty"), columns=column)
    if row["DEPARTAMENTO"] and _region(row) is None:
        return BadInput(N_("DEPARTAMENTO: {found!r} is no department of Peru"), found=row["DEPARTAMENTO"])
    return None


def _region(row: dict[str, str]) -> str | None:
    try:
        return find_region(row["DEPARTAMENTO"], COUNTRY) if row["DEPARTAMENTO"] else None
    except NotFound:
        return None


def _partner_id(row: dict[str, str]) -> str:
    return f"{ID}-{slug(row['NOMBRE_SOLICITANTE'])}"


def _partner(id_: str, rows: list[dict[str, str]]) -> Partner:
    name = most_common(row["NOMBRE_SOLICITANTE"] for row in rows) or ""
    side, kind = side_and_kind(name)
    # The seat is where most rows say; a rare department is a field station's, or a slip.
    regions = [_region(row) for row in rows]
    commonest = most_common(region for region in regions if region)
    seat = commonest if 2 * regions.count(commonest) > len(regions) else None
    return Partner(id_, side, clean(name), kind, COUNTRY, seat)


def _evidence(row: dict[str, str]) -> Evidence:
    return Evidence(
        id=f"{ID}-{slug(row['CONTRATO'])}",
        partners=(_partner_id(row),),
        kind="project",
        text=clean(row["TITULO"]),
        language="es",
        date=_date(row),
        region=None if ITP in fold(row["NOMBRE_SOLICITANTE"]) else _region(row),
        source=" · ".join(filter(None, ("ProInnóvate", row["FONDO"], row["CONCURSO"], row["ANIO"]))),
    )


def _date(row: dict[str, str]) -> date | None:
    """Return the start; where it is not given, the first day of the call's year."""
    try:
        return date.fromisoformat(row["FECHA_INICIO"])
    except ValueError:
        return date(int(row["ANIO"]), 1, 1) if row["ANIO"].isdigit() and 1990 <= int(row["ANIO"]) <= 2100 else None
