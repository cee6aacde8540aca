"""Commands that take records out: export benchmark, export list."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from matcher import parts
from matcher.access import EVERYTHING
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.desk import open_desk, with_office
from matcher.commands.files import format_of, write_file
from matcher.errors import BadInput
from matcher.export_benchmark import write
from matcher.language import N_
from matcher.list_columns import CONTACT, EVIDENCE, INBOX, INTRODUCTIONS, OUTCOMES, PARTNERS, SHORTLIST
from matcher.store import audit, inbox, introductions, shortlists
from matcher.table_export import EXCEL_ROWS, Column, to_bytes
from matcher.time_split import default_since, split


@click.group("export", help=N_("Take records out of the database."))
@with_language
def export_command() -> None:
    """Hold the commands that export."""


@export_command.command(
    "benchmark",
    help=N_(
        "Make a benchmark of your own history in the new FOLDER: needs that introductions came of from a day on are questions, what came of them the right answers, and what is older is all that is known. Then `python -m eval run FOLDER` tells how good the lists would have been. Contacts and firms' names do not go out with it; their region, sectors and size, the ids, and word for word needs and notes of older outcomes do: read them before you pass the folder on."
    ),
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help=N_("The day that splits before and after (default: a quarter of the outcomes lies after it)."),
)
@with_language
@in_context
def benchmark_command(context: Context, folder: Path, since: datetime | None) -> None:
    """Export outcomes as a benchmark folder."""
    now = parts.open_store(context.settings).given()  # as offices gave it: what was found out stays here
    partners, evidence, outcomes = now.partners, now.evidence, now.outcomes
    day = since.date() if since else default_since(outcomes)
    found = split(partners, evidence, outcomes, day)
    write(folder, found)
    told = {
        "folder": folder,
        "since": day,
        "questions": len(found.questions),
        "judgements": sum(len(q.grades) for q in found.questions),
        "partners": len(found.partners),
        "texts": len(found.evidence),
        "outcomes": len(found.outcomes),
        "later": found.later_evidence,
        "undated": found.undated_evidence,
        "undated_outcomes": found.undated_outcomes,
    }
    lines = [
        N_("Split at {since}: {questions} questions with {judgements} judgements from that day on."),
        N_("Known to them: {partners} partners, {texts} texts and {outcomes} outcomes from before."),
        N_("Left out: {later} texts from that day on, {undated_outcomes} outcomes without a date."),
    ]
    if found.undated_evidence:
        lines.append(N_("{undated} texts without a date were kept: some may tell what came later."))
    lines.append(N_("Now run: python -m eval run {folder}"))
    for line in lines:
        click.echo(context.say(line).format(**told))


MOST = EXCEL_ROWS  # rows of a file
LISTS = ("partners", "evidence", "outcomes", "introductions", "shortlist", "inbox")


@export_command.command(
    "list",
    help=N_(
        "Write a list to FILE.csv, FILE.xlsx or FILE.json: partners, evidence and outcomes as everybody may see them, or introductions, shortlist and inbox of an office."
    ),
)
@click.argument("what", metavar="LIST", type=click.Choice(LISTS))
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--private", is_flag=True, help=N_("Contacts of partners, too; it is noted in the audit log."))
@with_office
@with_language
@in_context
def list_command(context: Context, what: str, file: Path, private: bool, organisation: str | None) -> None:
    """Export a list."""
    format_ = format_of(file)
    if private and what != "partners":
        raise BadInput(N_("--private is for partners: nothing else has contacts"))
    columns, items = _list(context, what, organisation, private=private)
    write_file(file, to_bytes(columns, items, format_, context.say))
    click.echo(context.say(N_("{count} rows written to {path}")).format(count=len(items), path=file))


def _list(
    context: Context, what: str, organisation: str | None, *, private: bool
) -> tuple[Sequence[Column[Any]], Sequence[Any]]:
    """Return the columns and rows of a list."""
    if what in ("introductions", "shortlist", "inbox"):
        store, caller = open_desk(context, organisation)
        office = caller.organisation or ""
        with store.reading() as session:
            if what == "introductions":
                return INTRODUCTIONS, introductions.introductions(session, office, limit=MOST).items
            if what == "shortlist":
                return SHORTLIST, shortlists.entries(session, office, limit=MOST).items
            return INBOX, inbox.items(session, office, limit=MOST).items
    store = parts.open_store(context.settings)
    if what == "partners" and private:
        with store.writing() as writer:
            audit.record(writer.session, EVERYTHING, "export", "partner")
        return (*PARTNERS, CONTACT), [p for p in store.partners() if p.consent is not False]
    now = store.given()
    if what == "partners":
        return PARTNERS, now.partners
    return (EVIDENCE, now.evidence) if what == "evidence" else (OUTCOMES, now.outcomes)
