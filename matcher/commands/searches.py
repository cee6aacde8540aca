"""Commands of saved searches: search, inbox."""

import click

from matcher import parts, render, saved_searches
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.desk import MOST, list_table, open_desk, with_office
from matcher.errors import BadInput
from matcher.language import N_
from matcher.list_columns import INBOX, SEARCHES
from matcher.records import Query, Side
from matcher.sources.columns import SIDES
from matcher.store import inbox, searches
from matcher.store.desk_views import the_text


@click.group("search", help=N_("Questions that are asked again when there is something new."))
@with_language
def search_command() -> None:
    """Hold the commands about saved searches."""


@search_command.command("add", help=N_("Save the question TEXT, or the one that a stored text stands for, under NAME."))
@click.argument("name", metavar="NAME")
@click.argument("text", metavar="[TEXT]", required=False)
@click.option("--evidence", help=N_("Id of a stored evidence or need that stands in for TEXT."))
@click.option("--seeks", type=click.Choice(sorted(SIDES)), help=N_("Side that is looked for (default: supply)."))
@click.option("--region", help=N_("Region where you are, by name or ISO 3166-2 code (Cusco, PE-CUS)."))
@click.option(
    "--sector",
    "sectors",
    multiple=True,
    help=N_("Your sector, by name or ISIC (CIIU) code (textiles, C13); may be repeated."),
)
@click.option("-k", "k", type=int, default=10, show_default=True, help=N_("How many of the first partners count."))
@click.option(
    "--threshold", type=click.FloatRange(0, 1), default=saved_searches.THRESHOLD, show_default=True,
    help=N_("The least probability that is told."),
)  # fmt: skip
@with_office
@with_language
@in_context
def search_add(
    context: Context,
    name: str,
    text: str | None,
    evidence: str | None,
    seeks: str | None,
    region: str | None,
    sectors: tuple[str, ...],
    k: int,
    threshold: float,
    organisation: str | None,
) -> None:
    """Save a search."""
    if (text is None) == (evidence is None):
        raise BadInput(N_("give either TEXT or --evidence ID, see `tinkuy search add --help`"))
    if evidence is not None and (seeks or region or sectors):
        raise BadInput(N_("--evidence brings its own side, region and sectors"))
    side = Side(SIDES[seeks]) if seeks else Side.SUPPLY
    query = Query(text or "", side, region=region, sectors=sectors, k=k, evidence_id=evidence)
    question = saved_searches.to_question(query)
    store, caller = open_desk(context, organisation)
    with store.writing() as writer:
        if evidence is not None:
            the_text(writer.session, evidence)
        found = searches.create(writer, caller, name, question, threshold)
    click.echo(
        context.say(N_("Saved as {id}. Feeds: /v1/feeds/{feed}.json and .atom")).format(id=found.id, feed=found.feed)
    )


@search_command.command("list", help=N_("List the saved searches with the addresses of their feeds."))
@with_office
@with_language
@in_context
def search_list(context: Context, organisation: str | None) -> None:
    """List saved searches."""
    store, caller = open_desk(context, organisation)
    with store.reading() as session:
        found = searches.searches(session, caller.organisation or "")
    list_table(context, SEARCHES, tuple(found))


@search_command.command("remove", help=N_("Remove saved search ID with its news and feeds."))
@click.argument("id_", metavar="ID")
@with_office
@with_language
@in_context
def search_remove(context: Context, id_: str, organisation: str | None) -> None:
    """Remove a saved search."""
    store, caller = open_desk(context, organisation)
    with store.writing() as writer:
        searches.remove(writer, caller, id_)
    click.echo(context.say(N_("Removed.")))


@search_command.command(
    "check",
    help=N_("Ask all saved searches, of all offices, of the snapshot that serves; a running server does so by itself."),
)
@with_language
@in_context
def search_check(context: Context) -> None:
    """Ask the saved searches."""
    store = parts.open_store(context.settings)
    with render.waiting(context.say(N_("Looking for partners"))):
        engine = parts.open_live_engine(context.settings).current()
        count = saved_searches.check(store, engine, engine.snapshot.state.version)
    click.echo(context.say(N_("{count} news.")).format(count=count))


@click.command("inbox", help=N_("Show what is new to the saved searches."))
@click.option("--all", "all_", is_flag=True, help=N_("What was read before, too."))
@click.option("--read", is_flag=True, help=N_("Mark what is shown as read."))
@with_office
@with_language
@in_context
def inbox_command(context: Context, all_: bool, read: bool, organisation: str | None) -> None:
    """Show the inbox."""
    store, caller = open_desk(context, organisation)
    with store.reading() as session:
        found = inbox.items(session, caller.organisation or "", unread=not all_, limit=MOST).items
    shown = tuple(c for c in INBOX if c.key in ("search_name", "at", "partner_name", "evidence", "text", "probability"))
    list_table(context, shown, found)
    if read and found:
        with store.writing() as writer:
            inbox.mark(writer, caller, [item.id for item in found], read=True)
