"""Rows that an upload leaves out: why, in words that can be typed into the table, on the page and as a file."""

from collections.abc import Sequence

from api.web import words
from matcher.language import N_, Translate
from matcher.store.import_runs import Refused
from matcher.table_export import Column, Format, to_bytes

FIELDS = {
    "side": N_("Side"), "name": N_("Name"), "kind": N_("Kind"), "country": N_("Country"), "region": N_("Region"),
    "city": N_("City"), "sectors": N_("Sectors"), "size": N_("Size"), "url": N_("Web page"), "contact": N_("Contact"),
    "partners": N_("Partners"), "title": N_("Title"), "text": N_("Text"), "language": N_("Language"),
    "date": N_("Date"), "fields": N_("Fields"), "source": N_("Source"), "partner": N_("Partner"),
    "counterpart": N_("Counterpart"), "stage": N_("Stage"), "id": N_("Id"), "note": N_("Note"),
    "summary": N_("Summary"), "identifiers": N_("Identifiers"),
}  # fmt: skip
# What may be typed where only some words are allowed: the table's reader knows each of them in every language.
TYPED = {
    "supply": N_("supply"), "demand": N_("demand"), "micro": N_("micro"), "small": N_("small"),
    "medium": N_("medium"), "large": N_("large"),
    **{stage: said for stage, said in words.STAGES.items() if stage not in ("proposed", "sent")},
}  # fmt: skip


def heading(name: str, say: Translate) -> str:
    """Return how a column is called: several names with commas between, those of the file as they stand there."""
    return ", ".join(say(FIELDS.get(each, each)) for each in name.split(", "))


def why(refused: Refused, say: Translate) -> str:
    """Return the reason in the reader's language, without our own names of columns and of what they may hold."""
    values = dict(refused.values)
    for name in ("column", "columns"):
        if name in values:
            values[name] = heading(refused.column or str(values[name]), say)
    if "known" in values:
        values["known"] = ", ".join(say(TYPED.get(each, each)) for each in str(values["known"]).split(", "))
    return say(refused.message).format(**values)


def file_of(refused: Sequence[Refused], say: Translate) -> bytes:
    """Return the rows with their reasons as CSV."""
    columns: tuple[Column[Refused], ...] = (
        Column("file", N_("File"), lambda each: each.file),
        Column("row", N_("Row"), lambda each: each.row),
        Column("column", N_("Column"), lambda each: heading(each.column, say)),
        Column("reason", N_("Reason"), lambda each: why(each, say)),
    )
    return to_bytes(columns, refused, Format.CSV, say)
