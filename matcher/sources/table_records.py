"""Rows of a table as records: partners, texts, needs, outcomes; of foreign sheets an organisation with its text."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace

from matcher.errors import BadInput, NotFound
from matcher.fields import find_field
from matcher.identifiers import find_identifier
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.sectors import find_sector
from matcher.sources.columns import NEEDS, OUTCOMES, PARTNERS, SHEETS, SIDES, SIZES, STAGES, Sheet
from matcher.sources.org_kinds import firm_unless_told
from matcher.sources.reading import MAX_TEXT, digest, too_long
from matcher.sources.table_cells import (
    Ids,
    Values,
    choice,
    codes,
    day,
    id_of,
    inside,
    kind_of,
    named,
    need,
    one,
    place_of,
    row_of,
)
from matcher.sources.table_sheets import TEXTS, Table
from matcher.text import detect_language

# What systems write into a cell that is empty. (NA is a country too, Namibia.)
NOTHING = frozenset({"NA", "N/A", "#N/A", "N.A.", "NULL", "NONE", "NAN", "ND", "S/D", "S/I", "-", "--"})


def records_of(table: Table, ids: Ids) -> Iterator[tuple[int, list[str], tuple[Record, ...] | BadInput | NotFound]]:
    """Yield each row's number, cells and records; what refuses it in their place."""
    made = [(number, values, _records(table, values, ids)) for number, values in table.cells.rows]
    if table.sheet is not TEXTS:
        yield from made
        return
    whole: dict[str, Partner] = {}  # of several rows of one organisation, what any of them says first
    for _, _, records in made:
        if not isinstance(records, Exception) and isinstance(partner := records[0], Partner):
            first = whole.setdefault(partner.id, partner)
            missing = {
                each.name: value
                for each in fields_of(Partner)
                if getattr(first, each.name) in (None, ()) and (value := getattr(partner, each.name)) not in (None, ())
            }
            whole[partner.id] = replace(first, **missing)
    for number, values, records in made:
        if not isinstance(records, Exception) and isinstance(partner := records[0], Partner):
            records = (whole[partner.id], *records[1:])
        yield number, values, records


def _records(table: Table, values: list[str], ids: Ids) -> tuple[Record, ...] | BadInput | NotFound:
    try:
        row = row_of(table.cells.header, table.columns, values)
        if table.foreign:
            row = _foreign(row, table.defaults)
        if table.sheet is TEXTS:
            return _text_and_partner(row, ids)
        return (_MAKE[table.sheet](row, ids),)
    except (BadInput, NotFound) as error:
        return error


def _foreign(row: Values, defaults: Mapping[str, str]) -> Values:
    """Return a row of a foreign sheet with what it leaves out: defaults, the side of an organisation by its name."""
    row = {name: "" if value.upper() in NOTHING and name != "country" else value for name, value in row.items()}
    row = {**row, **{column: value for column, value in defaults.items() if not row.get(column)}}
    if number := row.pop("ruc", ""):
        row["identifiers"] = ";".join(filter(None, (row.get("identifiers"), f"ruc:{number}")))
    if row.get("name") and not row.get("side"):
        row["side"] = firm_unless_told(row["name"])[0]
    return row


def _text_and_partner(row: Values, ids: Ids) -> tuple[Record, ...]:
    """Return the organisation and the text of one row. Its `id`, `kind`, `url`, `sectors` and so on are the text's."""
    need(row, "name", "text")
    side, kind = firm_unless_told(row["name"])
    given = Side(choice(row, "side", SIDES))
    about = {column: row[column] for column in _OF_PARTNERS if row.get(column)}
    partner = _partner({**about, "kind": kind if side is given else "other"}, ids)
    evidence = _evidence({**row, "partners": partner.id}, ids, "need" if given is Side.DEMAND else "capability")
    return (partner, evidence)


def _partner(row: Values, ids: Ids) -> Partner:
    need(row, "side", "name")
    country, region = place_of(row)
    partner = Partner(
        id=row.get("id") or id_of(row["name"]),
        side=Side(choice(row, "side", SIDES)),
        name=row["name"],
        kind=kind_of(row, "other"),
        country=country,
        region=region,
        city=row.get("city") or None,
        sectors=codes(row, "sectors", find_sector),
        size=choice(row, "size", SIZES) if row.get("size") else None,
        url=row.get("url") or None,
        identifiers=codes(row, "identifiers", find_identifier),
        contact=row.get("contact") or None,
    )
    ids.add(partner)
    return partner


def _evidence(row: Values, ids: Ids, default_kind: str) -> Evidence:
    need(row, "partners", "text")
    with inside("text"):
        if len(row["text"]) > MAX_TEXT:
            raise too_long(row["text"])
    partners = named(row, "partners", ids)
    title = row.get("title") or None
    return Evidence(
        id=row.get("id") or f"{partners[0]}-{digest(title, row['text'])}",
        partners=partners,
        kind=kind_of(row, default_kind),
        text=row["text"],
        title=title,
        language=row.get("language", "").lower() or detect_language(row["text"]),
        date=day(row),
        sectors=codes(row, "sectors", find_sector),
        fields=codes(row, "fields", find_field),
        region=place_of(row)[1],
        source=row.get("source") or None,
        url=row.get("url") or None,
    )


def _outcome(row: Values, ids: Ids) -> Outcome:
    need(row, "partner", "stage")
    country, region = place_of(row)
    partner = one(row, "partner", ids)
    counterpart = one(row, "counterpart", ids) if row.get("counterpart") else None
    when, stage = day(row), Stage(choice(row, "stage", STAGES))
    return Outcome(
        id=row.get("id") or f"{partner}-{digest(counterpart, str(when), stage, row.get('note'))}",
        partner=partner,
        stage=stage,
        counterpart=counterpart,
        date=when,
        country=country,
        region=region,
        sectors=codes(row, "sectors", find_sector),
        text=row.get("note") or None,
    )


_OF_PARTNERS = ("side", "name", "country", "region", "city", "size", "contact", "identifiers")
_MAKE: dict[Sheet, Callable[[Values, Ids], Record]] = {
    PARTNERS: _partner,
    SHEETS[1]: lambda row, ids: _evidence(row, ids, "capability"),
    NEEDS: lambda row, ids: _evidence(row, ids, "need"),
    OUTCOMES: _outcome,
}
