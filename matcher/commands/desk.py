"""Commands of an office's desk: introduction, shortlist."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
from rich import box
from rich.table import Table
from rich.text import Text

from matcher import parts
from matcher.access import EVERYTHING, Caller
from matcher.commands.context import Context, in_context, with_language
from matcher.introductions import Standing, next_stages
from matcher.language import N_
from matcher.list_columns import INTRODUCTIONS, SHORTLIST
from matcher.store import introductions, shortlists
from matcher.store.introductions import Introduction
from matcher.store.offices import at_desk, only_one
from matcher.store.store import Store
from matcher.table_export import Column, clean

MOST = 10_000  # rows shown in a terminal


def with_office(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--organisation`."""
    return click.option(
        "--organisation", metavar="ID", help=N_("Whose desk (default: the only organisation, else `local`).")
    )(function)


def open_desk(context: Context, organisation: str | None) -> tuple[Store, Caller]:
    """Open the database at an office's desk.

    :raises BadQuery: there are several organisations, and none is named.
    """
    store = parts.open_store(context.settings)
    return store, at_desk(store, EVERYTHING, organisation or only_one(store))


def list_table(context: Context, columns: tuple[Column[Any], ...], items: tuple[Any, ...]) -> None:
    """Print a list."""
    if not items:
        click.echo(context.say(N_("There is nothing here yet.")))
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(context.say(column.heading), overflow="fold", no_wrap=column.key in ("id", "feed"))
    for item in items:
        table.add_row(*(_cell(column.value(item)) for column in columns))
    context.print(table)


def _cell(value: Any) -> Text:
    """Return a value as plain text: neither markup nor what a terminal obeys."""
    if value is None:
        return Text("")
    return Text(f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else clean(str(value)))


@click.group("introduction", help=N_("Requests that two partners meet, and what came of them."))
@with_language
def introduction_command() -> None:
    """Hold the commands about introductions."""


@introduction_command.command("list", help=N_("List introductions, or show one with its history."))
@click.argument("id_", metavar="[ID]", required=False)
@click.option("--stage", type=click.Choice([s.value for s in Standing]), help=N_("Only those at this stage."))
@with_office
@with_language
@in_context
def introductions_list(context: Context, id_: str | None, stage: str | None, organisation: str | None) -> None:
    """List introductions."""
    store, caller = open_desk(context, organisation)
    with store.reading() as session:
        if id_:
            _show(context, introductions.introduction(session, caller.organisation or "", id_))
            return
        found = introductions.introductions(
            session, caller.organisation or "", stage=Standing(stage) if stage else None, limit=MOST
        )
    shown = ("id", "stage", "supply_name", "demand_name", "about", "note", "created")
    list_table(context, tuple(c for c in INTRODUCTIONS if c.key in shown), found.items)


@introduction_command.command("propose", help=N_("Propose that the partners SUPPLY and DEMAND meet."))
@click.argument("supply", metavar="SUPPLY")
@click.argument("demand", metavar="DEMAND")
@click.option("--evidence", help=N_("Id of the need or the capability that it is about."))
@click.option("--note", help=N_("A note for the office."))
@with_office
@with_language
@in_context
def introductions_propose(
    context: Context, supply: str, demand: str, evidence: str | None, note: str | None, organisation: str | None
) -> None:
    """Propose an introduction."""
    store, caller = open_desk(context, organisation)
    with store.writing() as writer:
        found = introductions.propose(writer, caller, supply, demand, evidence=evidence, note=note)
    _show(context, found)


@introduction_command.command("step", help=N_("Take introduction ID to the stage TO; its outcome follows."))
@click.argument("id_", metavar="ID")
@click.argument("to", metavar="TO", type=click.Choice([s.value for s in Standing]))
@click.option("--reason", help=N_("Why it was declined, or why the last step is taken back."))
@click.option("--note", help=N_("A note for the office."))
@click.option(
    "--date", type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]), help=N_("The day that it happened (default: today).")
)
@with_office
@with_language
@in_context
def introductions_step(
    context: Context,
    id_: str,
    to: str,
    reason: str | None,
    note: str | None,
    date: datetime | None,
    organisation: str | None,
) -> None:
    """Take a step."""
    store, caller = open_desk(context, organisation)
    day = date.date() if date else None
    with store.writing() as writer:
        found = introductions.step(writer, caller, id_, Standing(to), reason=reason, note=note, date=day)
    _show(context, found)


@click.group("shortlist", help=N_("Partners kept in mind for a need or a capability."))
@with_language
def shortlist_command() -> None:
    """Hold the commands about shortlists."""


@shortlist_command.command("list", help=N_("List the shortlists, or that of the text EVIDENCE."))
@click.argument("evidence", metavar="[EVIDENCE]", required=False)
@with_office
@with_language
@in_context
def shortlist_list(context: Context, evidence: str | None, organisation: str | None) -> None:
    """List entries."""
    store, caller = open_desk(context, organisation)
    with store.reading() as session:
        found = shortlists.entries(session, caller.organisation or "", evidence=evidence, limit=MOST)
    list_table(context, SHORTLIST, found.items)


@shortlist_command.command("add", help=N_("Put PARTNER on the shortlist of the text EVIDENCE."))
@click.argument("evidence", metavar="EVIDENCE")
@click.argument("partner", metavar="PARTNER")
@click.option("--note", help=N_("A note for the office."))
@with_office
@with_language
@in_context
def shortlist_add(context: Context, evidence: str, partner: str, note: str | None, organisation: str | None) -> None:
    """Add an entry."""
    store, caller = open_desk(context, organisation)
    with store.writing() as writer:
        found, _ = shortlists.put(writer, caller, evidence, partner, note)
    list_table(context, SHORTLIST, (found,))


@shortlist_command.command("remove", help=N_("Take PARTNER off the shortlist of the text EVIDENCE."))
@click.argument("evidence", metavar="EVIDENCE")
@click.argument("partner", metavar="PARTNER")
@with_office
@with_language
@in_context
def shortlist_remove(context: Context, evidence: str, partner: str, organisation: str | None) -> None:
    """Remove an entry."""
    store, caller = open_desk(context, organisation)
    with store.writing() as writer:
        shortlists.remove(writer, caller, evidence, partner)
    click.echo(context.say(N_("Removed.")))


def _show(context: Context, found: Introduction) -> None:
    say = context.say
    click.echo(clean(f"{found.id}: {found.supply_name or found.supply} – {found.demand_name or found.demand}"))
    if found.about:
        click.echo(clean(f"{say(N_('About'))}: {found.about}"))
    for step in found.history:
        told = "; ".join(text for text in (step.reason, step.note) if text)
        click.echo(clean(f"  {step.date} {step.after.value}{': ' + told if told else ''}"))
    allowed = ", ".join(next_stages(found.stage, found.history[-1].before)) or "-"
    click.echo(say(N_("Stage: {stage}. Next it can be: {allowed}")).format(stage=found.stage.value, allowed=allowed))
