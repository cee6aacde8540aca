"""Commands that keep single records: record list, show, put, delete. Who has the machine may see and do all."""

import json
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from matcher import bulk, parts
from matcher.access import EVERYBODY, EVERYTHING, Caller
from matcher.answer_json import record_json
from matcher.checking import TYPES, wanted
from matcher.commands.context import Context, in_context, with_language
from matcher.editing import Change, Done, Editor
from matcher.errors import BadInput, NotFound, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.sources.columns import SHEETS, SIDES
from matcher.store import audit
from matcher.store.listing import page
from matcher.store.store import Stored
from matcher.store.view import hidden_partners, private_fields, read_by_role, seen_by

TYPE = click.argument("type_", metavar="TYPE", type=click.Choice(list(TYPES)))
PRIVATE = click.option(
    "--private", is_flag=True, help=N_("Show contacts, confidential texts, owners and who withdrew, too.")
)
DAY = click.DateTime(["%Y-%m-%d", "%d/%m/%Y"])
LABELS = {
    "consent": N_("consent"),
    "owner": N_("owner"),
    "confidential": N_("confidential"),
    "summary": N_("summary"),
    "version": N_("version"),
    "partner": N_("partner"),
}


@click.group(
    "record", help=N_("Keep single records: list, show, put, delete. TYPE is partner, evidence (needs too) or outcome.")
)
@with_language
def record_command() -> None:
    """Hold the commands."""


@record_command.command("list", help=N_("List records of a TYPE by id, those that pass all filters."))
@TYPE
@click.option("--text", help=N_("Part of a partner's name."))
@click.option(
    "--side", type=click.Choice(sorted(SIDES)), help=N_("supply (oferta) or demand (demanda), whose texts are needs.")
)
@click.option("--kind", help=N_("university, firm…; of texts capability, project, need…"))
@click.option("--country", help=N_("Country, by name or code."))
@click.option("--region", help=N_("Region, by name or ISO 3166-2 code (Cusco, PE-CUS)."))
@click.option("--sector", help=N_("Sector, by name or ISIC (CIIU) code (textiles, C13)."))
@click.option("--partner", help=N_("Id of the partner whose texts or outcomes they are."))
@click.option("--counterpart", help=N_("Id of an outcome's counterpart."))
@click.option("--language", help=N_("Language of texts (es, en…)."))
@click.option("--stage", type=click.Choice([s.value for s in Stage]), help=N_("Stage of outcomes."))
@click.option("--since", type=DAY, help=N_("Texts and outcomes from this day on."))
@click.option("--until", type=DAY, help=N_("Texts and outcomes up to this day."))
@click.option("--owner", help=N_("Id of the organisation whose records they are."))
@click.option("--after", help=N_("Begin after this id."))
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help=N_("How many to show."))
@PRIVATE
@click.option(
    "--json", "as_json", is_flag=True, help=N_("Print one JSON object a line; with --private as `record put` takes it.")
)  # fmt: skip
@with_language
@in_context
def list_command(
    context: Context, /, type_: str, private: bool, as_json: bool, after: str | None, limit: int, **given: Any
) -> None:
    """List records."""
    kind, caller = TYPES[type_], EVERYTHING if private else EVERYBODY
    given = {name: value.date() if isinstance(value, datetime) else value for name, value in given.items()}
    given["side"] = Side(SIDES[given["side"]]) if given["side"] else None
    given["stage"] = Stage(given["stage"]) if given["stage"] else None
    asked = wanted(kind, given)
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        found = page(session, kind, caller, asked, after=after, limit=limit)
    _note(context, caller, found.items, type_)
    if as_json:
        for each in found.items:
            click.echo(_json(each, private))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=True)
    for name, ratio in ((N_("Id"), 2), (N_("Kind"), 1), (N_("What"), 5)):
        table.add_column(context.say(name), ratio=ratio, overflow="fold")
    for each in found.items:
        table.add_row(*map(Text, _row(each.record)))
    context.print(table)
    if found.last is not None:
        click.echo(context.say(N_("There are more: add --after {id!r} or a greater --limit.")).format(id=found.last))


@record_command.command("show", help=N_("Show the record of a TYPE that has this ID."))
@TYPE
@click.argument("id_", metavar="ID")
@PRIVATE
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON; with --private as `record put` takes it."))
@with_language
@in_context
def show_record(context: Context, type_: str, id_: str, private: bool, as_json: bool) -> None:
    """Show one record."""
    caller = EVERYTHING if private else EVERYBODY
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        stored = store.get(TYPES[type_], id_)
        seen = seen_by(stored.record, caller, hidden_partners(session, caller)) if stored else None
    if stored is None or seen is None:
        raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_, id=id_)
    _note(context, caller, [Stored(seen, stored.version)], type_, id_)
    if as_json:
        click.echo(_json(Stored(seen, stored.version), private))
        return
    spanish = context.settings.language == "es"
    columns = {c.name: (c.spanish if spanish else c.english)[0] for sheet in SHEETS for c in sheet.columns}
    for name, value in record_json(seen, stored.version, private_fields(seen, caller)).items():
        if value not in (None, []):
            label = columns.get(name) or context.say(LABELS.get(name, name))
            click.echo(f"{label}: {', '.join(value) if isinstance(value, list) else value}")


@record_command.command(
    "put",
    help=N_(
        "Write records from FILE (- for standard input): JSON objects with type and id, one a line, or a JSON list. Of a record that exists, fields left out stay as they are and null empties one; with a version, only that version is changed; delete: true deletes. Ends with code 1 where rows were refused."
    ),
)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), default="-")
@click.option("--atomic", is_flag=True, help=N_("Write all rows, or none where one is refused."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print what became of each row, one JSON object a line."))
@with_language
@in_context
def put_command(context: Context, file: Path, atomic: bool, as_json: bool) -> int:
    """Write records and account for every row."""
    say = context.say
    try:
        with click.open_file(str(file), "rb") as opened:
            body = opened.read()
    except OSError as error:
        raise BadInput(N_("{path} cannot be read: {reason}"), path=file, reason=error.strerror or error) from error
    lines = bulk.read_document(body)
    results: list[bulk.Result] = []
    try:
        with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
            results = bulk.write(Editor(writer, EVERYTHING), lines)
            if atomic and any(isinstance(r.done, TinkuyError) for r in results):
                raise bulk.Undone
    except bulk.Undone:
        results = bulk.all_refused(results)
    if as_json:
        click.echo("".join(bulk.told(results, say)), nl=False)
    else:
        _account(context, results)
    return 1 if any(isinstance(r.done, TinkuyError) for r in results) else 0


@record_command.command(
    "delete",
    help=N_(
        "Delete the record of a TYPE that has this ID; with a partner go the texts that speak of no other, and its outcomes."
    ),
)
@TYPE
@click.argument("id_", metavar="ID")
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@with_language
@in_context
def delete_command(context: Context, type_: str, id_: str, yes: bool) -> None:
    """Delete one record."""
    with closing(parts.open_store(context.settings)) as store:
        stored = store.get(TYPES[type_], id_)
        if stored is None:
            raise NotFound(N_("no {kind} has the id {id!r}"), kind=type_, id=id_)
        if not yes:
            with store.reading() as session:
                seen = seen_by(stored.record, EVERYBODY, hidden_partners(session, EVERYBODY))
            what = " · ".join(part for part in _row(seen) if part) if seen else id_
            click.confirm(context.say(N_("Delete {what}?")).format(what=what), abort=True)
        shown = frozenset({stored.version})
        with store.writing() as writer:
            Editor(writer, EVERYTHING).apply(Change(TYPES[type_], id_, delete=True, expected=shown))
    click.echo(context.say(N_("{id!r} is deleted.")).format(id=id_))


def _note(context: Context, caller: Caller, shown: Sequence[Stored], type_: str, id_: str | None = None) -> None:
    """Write to the audit log that what is private was read, where it was."""
    if any(read_by_role(each.record, caller) for each in shown):
        with closing(parts.open_store(context.settings)) as store, store.noting() as session:
            audit.record(session, caller, "read_private", type_, id_)


def _account(context: Context, results: list[bulk.Result]) -> None:
    """Print how many rows had which effect, and the reasons of those refused."""
    counts = dict.fromkeys(("added", "changed", "unchanged", "deleted", "refused"), 0)
    for result in results:
        if isinstance(result.done, Done):
            counts[result.done.effect] += 1
            continue
        counts["refused"] += 1
        reason = result.done.text(context.say)
        click.echo(context.say(N_("row {row}: {reason}")).format(row=result.line.number, reason=reason), err=True)
    told = N_(
        "{added} records added, {changed} changed, {unchanged} unchanged, {deleted} deleted; {refused} rows refused"
    )
    click.echo(context.say(told).format(**counts))


def _json(stored: Stored, private: bool) -> str:
    """Return a record as `put` takes it; what everybody may see is not meant to be put back."""
    record = stored.record
    shown = record_json(record, stored.version, private_fields(record, EVERYTHING if private else EVERYBODY))
    if private:
        shown = {"type": type(record).__name__.lower()} | shown
    return json.dumps(shown, ensure_ascii=False)


def _row(record: Record) -> tuple[str, str, str]:
    """Return id, kind and what is said of a record in one line."""
    if isinstance(record, Partner):
        return record.id, record.kind, record.name
    if isinstance(record, Evidence):
        return record.id, record.kind, " ".join((record.title or record.text).split())[:200]
    assert isinstance(record, Outcome)  # noqa: S101 - there are three kinds
    parties = " – ".join(p for p in (record.partner, record.counterpart) if p)
    return record.id, record.stage, f"{parties} {record.date or ''}".strip()
