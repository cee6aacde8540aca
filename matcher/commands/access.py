"""Commands about who may do what, and what was done: key, organisation, audit, erase."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import click
from rich import box
from rich.table import Table

from matcher import erasure, parts, render
from matcher.access import EVERYTHING, Role
from matcher.commands.context import Context, in_context, with_language
from matcher.language import N_
from matcher.records import Partner
from matcher.store import audit, keys, organisations


@click.group("key", help=N_("Make, list and revoke the keys that let programs and people in."))
@with_language
def key_command() -> None:
    """Hold the commands about keys."""


@key_command.command(
    "create",
    help=N_(
        "Make a key and show it, this once. Roles: reader asks and reads; contributor writes the records of its organisation; officer keeps its office's desk and sees contacts; admin does everything."
    ),
)
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help=N_("What the key may do."))
@click.option("--organisation", help=N_("Id of the organisation that the key acts for; an admin's needs none."))
@click.option("--label", help=N_("Whose it is or what for, to know it again in the list."))
@with_language
@in_context
def create_command(context: Context, role: str, organisation: str | None, label: str | None) -> None:
    """Make a key."""
    store = parts.open_store(context.settings)
    with store.noting() as session:
        token = keys.make(session, Role(role), organisation, label)
        audit.record(session, EVERYTHING, "make_key", "api_key", token.split("_")[1])
    click.echo(token)
    click.echo(context.say(N_("Keep it now: it is stored nowhere and never shown again.")), err=True)


@key_command.command("list", help=N_("List the keys; what lets one in is not stored."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@with_language
@in_context
def list_command(context: Context, as_json: bool) -> None:
    """List all keys."""
    with parts.open_store(context.settings).reading() as session:
        found = keys.everyone(session)
    if as_json:
        click.echo(json.dumps([asdict(key) for key in found], ensure_ascii=False, indent=2, default=str))
        return
    heads = (N_("Key"), N_("Role"), N_("Organisation"), N_("Label"), N_("Made"), N_("Revoked"))
    rows = [
        (k.id, str(k.role), k.organisation or "-", k.label or "-", f"{k.created:%Y-%m-%d}", _moment(k.revoked))
        for k in found
    ]
    context.print(_table(context, heads, rows))


@key_command.command("revoke", help=N_("Let the key ID open nothing any more, at once and for good."))
@click.argument("id_", metavar="ID")
@with_language
@in_context
def revoke_command(context: Context, id_: str) -> None:
    """Revoke a key."""
    with parts.open_store(context.settings).noting() as session:
        key = keys.revoke(session, id_)
        audit.record(session, EVERYTHING, "revoke_key", "api_key", id_)
    click.echo(context.say(N_("Key {id} is revoked.")).format(id=key.id))


@click.group("organisation", help=N_("Add, list and change the organisations that own records and hold keys."))
@with_language
def organisation_command() -> None:
    """Hold the commands about organisations."""


@organisation_command.command("add", help=N_("Add the organisation ID with its NAME."))
@click.argument("id_", metavar="ID")
@click.argument("name")
@click.option("--office", help=N_("Id of the organisation that serves it as its technology transfer office."))
@with_language
@in_context
def add_command(context: Context, id_: str, name: str, office: str | None) -> None:
    """Add an organisation."""
    with parts.open_store(context.settings).noting() as session:
        organisations.add(session, id_, name, office)
        audit.record(session, EVERYTHING, "create", "organisation", id_)
    click.echo(context.say(N_("Organisation {id} is added.")).format(id=id_))


@organisation_command.command("change", help=N_("Give the organisation ID another name or office."))
@click.argument("id_", metavar="ID")
@click.option("--name", help=N_("Its new name."))
@click.option("--office", help=N_("Id of the office that serves it now; empty: none."))
@with_language
@in_context
def change_command(context: Context, id_: str, name: str | None, office: str | None) -> None:
    """Rename an organisation, or set its office."""
    with parts.open_store(context.settings).noting() as session:
        organisations.must_exist(session, id_)
        if name is not None:
            organisations.rename(session, id_, name)
        if office is not None:
            organisations.set_office(session, id_, office or None)
        audit.record(session, EVERYTHING, "change", "organisation", id_)
    click.echo(context.say(N_("Organisation {id} is changed.")).format(id=id_))


@organisation_command.command("list", help=N_("List the organisations and who serves them."))
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@with_language
@in_context
def organisations_command(context: Context, as_json: bool) -> None:
    """List all organisations."""
    with parts.open_store(context.settings).reading() as session:
        found = organisations.everyone(session)
    if as_json:
        click.echo(json.dumps([asdict(each) for each in found], ensure_ascii=False, indent=2))
        return
    heads = (N_("Organisation"), N_("Name"), N_("Office"))
    context.print(_table(context, heads, [(o.id, o.name, o.office or "-") for o in found]))


@click.command("audit", help=N_("Show who did what to which record, and when (UTC); never what the records say."))
@click.option(
    "--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]), help=N_("Only from this moment on, in UTC.")
)
@click.option(
    "--limit", type=click.IntRange(1), default=1000, show_default=True, help=N_("At most this many, the newest.")
)
@click.option("--json", "as_json", is_flag=True, help=N_("Print it as JSON."))
@with_language
@in_context
def audit_command(context: Context, since: datetime | None, limit: int, as_json: bool) -> None:
    """Show the audit log."""
    with parts.open_store(context.settings).reading() as session:
        found = audit.entries(session, since, limit)
    if as_json:
        click.echo(json.dumps([asdict(entry) for entry in found], ensure_ascii=False, indent=2, default=str))
        return
    heads = (N_("When"), N_("Key"), N_("Organisation"), N_("What was done"), N_("To"), N_("Request"))
    rows = [
        (_moment(e.at), e.key or "-", e.organisation or "-", e.action, f"{e.kind or '-'} {e.record or ''}", e.request or "-")
        for e in found
    ]  # fmt: skip
    context.print(_table(context, heads, rows))


@click.command(
    "erase",
    help=N_(
        "Remove PARTNER for good: its texts, vectors, contact and history, in the database, in what offices keep about it, in the cache and in the snapshots. Asks first."
    ),
)
@click.argument("partner")
@click.option("--yes", is_flag=True, help=N_("Do not ask."))
@with_language
@in_context
def erase_command(context: Context, partner: str, yes: bool) -> None:
    """Erase a partner and tell what was removed, and what could not be."""
    say, settings = context.say, context.settings
    store = parts.open_store(settings)
    if not yes:
        stored = store.get(Partner, partner)  # as it was given: who is the same as it stays
        known = stored.record if stored else None
        name = known.name if isinstance(known, Partner) and known.consent is not False else partner
        click.confirm(say(N_("Remove {name} ({id}) for good?")).format(name=name, id=partner), abort=True)
    with render.progress_bar(say(N_("Building the snapshot"))) as progress:
        encoder = parts.open_encoder(settings)
        done = erasure.erase(store, partner, settings.home, encoder, EVERYTHING, progress=progress)
    for place, count in done.removed.items():
        if count:
            click.echo(f"{say(erasure.PLACES[place])}: {count}")
    for note in done.told(say):
        click.echo(note)


def _moment(moment: datetime | None) -> str:
    return f"{moment.replace(tzinfo=UTC):%Y-%m-%d %H:%M:%S}" if moment else "-"


def _table(context: Context, heads: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(context.say(head))
    for row in rows:
        table.add_row(*row)
    return table
