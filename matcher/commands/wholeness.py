"""Commands of records made whole: complete; same list, join, split, apart."""

from contextlib import closing

import click

from matcher import parts
from matcher.access import EVERYTHING
from matcher.commands.context import Context, in_context, with_language
from matcher.language import N_
from matcher.store import audit, sameness
from matcher.store.store import Store
from matcher.whole_store import Whole, make_whole

FIELDS = {
    ("partner", "country"): N_("Countries of partners"), ("partner", "region"): N_("Regions of partners"),
    ("evidence", "title"): N_("Titles mended"), ("evidence", "text"): N_("Texts mended"),
    ("evidence", "language"): N_("Languages of texts"), ("evidence", "sectors"): N_("Sectors of texts"),
    ("evidence", "fields"): N_("Fields of science of texts"),
}  # fmt: skip
HOW = {"identifier": N_("by an identifier"), "name": N_("by name and place"), "person": N_("said by a person")}
SHOWN = 20  # joins that are told one by one
MOST = 500  # rows of a list


@click.command(
    "complete",
    help=N_(
        "Find out what is not given: which partners are one, places, languages, sectors and fields of texts; mend texts. What was given stays as it is: what is found out stands beside it and can be taken back. Where it is not sure, a person is asked: see `tinkuy same list`."
    ),
)
@click.option("--dry-run", "dry", is_flag=True, help=N_("Only tell what would be found out."))
@click.option("--no-codes", is_flag=True, help=N_("Leave sectors and fields of science, which take longest."))
@with_language
@in_context
def complete_command(context: Context, dry: bool, no_codes: bool) -> None:
    """Make the records of the database whole."""
    encoder = None if no_codes else parts.open_encoder(context.settings)
    with closing(parts.open_store(context.settings)) as store:
        done = make_whole(store, encoder, dry=dry)
        names = _names(store)
    _tell(context, done, names, dry=dry)


def _tell(context: Context, done: Whole, names: dict[str, str], *, dry: bool) -> None:
    say = context.say
    for key, count in done.found.items():
        click.echo(f"{say(FIELDS[key])}: {count}")
    if done.back:
        click.echo(say(N_("Values taken back, which are found no longer: {count}")).format(count=done.back))
    click.echo(say(N_("Partners shown as another: {count}")).format(count=len(done.joins)))
    for row in done.joins[:SHOWN]:
        click.echo(f"    {_named(names, row.partner)} → {_named(names, row.as_)}, {format(row.confidence, '.0%')}")
    click.echo(say(N_("Pairs about which a person is asked: {count}")).format(count=len(done.asked)))
    if dry:
        click.echo(say(N_("Nothing was written.")))


@click.group("same", help=N_("See and settle which partners are the same organisation."))
@with_language
def same_group() -> None:
    """Hold the commands of partners that are one."""


@same_group.command("list", help=N_("List partners that are shown as another, and pairs about which you are asked."))
@with_language
@in_context
def list_command(context: Context) -> None:
    """List joins and open questions."""
    say = context.say
    with closing(parts.open_store(context.settings)) as store:
        names = _names(store)
        with store.reading() as session:
            rows, asked = sameness.rows_of(session)[:MOST], sameness.questions(session, MOST)
    for row in rows:
        how = f"{say(HOW[row.how])}, {format(row.confidence, '.0%')}"
        click.echo(f"{_named(names, row.partner)} → {_named(names, row.as_)} ({how})")
    if not rows:
        click.echo(say(N_("No partner is shown as another.")))
    click.echo("")
    for question in asked:
        how = f"{say(HOW[question.how])}, {format(question.likeness, '.0%')}"
        click.echo(f"{_named(names, question.a)} = {_named(names, question.b)}? ({how})")
    if not asked:
        click.echo(say(N_("You are asked about no pair.")))


@same_group.command("join", help=N_("Show PARTNER, and those joined to it, under the id AS from now on."))
@click.argument("partner")
@click.argument("as_", metavar="AS")
@with_language
@in_context
def join_command(context: Context, partner: str, as_: str) -> None:
    """Join two partners."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        if writer.join(partner, as_):
            audit.record(writer.session, EVERYTHING, "join", "partner", partner)
    click.echo(context.say(N_("{partner} is shown as {other}.")).format(partner=partner, other=as_))


@same_group.command("split", help=N_("Show PARTNER as itself again; nobody proposes to join the two any more."))
@click.argument("partner")
@with_language
@in_context
def split_command(context: Context, partner: str) -> None:
    """Split a partner from whom it is shown as."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        other = writer.split(partner)
        audit.record(writer.session, EVERYTHING, "split", "partner", partner)
    click.echo(context.say(N_("{partner} is no longer shown as {other}.")).format(partner=partner, other=other))


@same_group.command("apart", help=N_("Say that A and B, about which you are asked, are two organisations."))
@click.argument("a")
@click.argument("b")
@with_language
@in_context
def apart_command(context: Context, a: str, b: str) -> None:
    """Answer an open question with no."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        sameness.refuse(writer.session, a, b, None)
        audit.record(writer.session, EVERYTHING, "split", "partner", a)
    click.echo(context.say(N_("{a} and {b} stay two.")).format(a=a, b=b))


def _names(store: Store) -> dict[str, str]:
    """Return id -> name of those who have not withdrawn."""
    return {p.id: p.name for p in store.partners() if p.consent is not False}


def _named(names: dict[str, str], id_: str) -> str:
    return f"{names.get(id_, '?')} [{id_}]"
