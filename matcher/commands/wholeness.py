"""Commands of records made whole: complete; same list, join, split, apart, texts, two; found list, wrong, again."""

from collections.abc import Iterable
from contextlib import AbstractContextManager, closing

import click
from sqlalchemy.orm import Session

from matcher import parts, render
from matcher.access import EVERYTHING
from matcher.commands.context import Context, in_context, with_language
from matcher.errors import NotFound
from matcher.language import N_
from matcher.records import Partner
from matcher.store import audit, derived, same_texts, sameness
from matcher.store.desk_views import label, public_texts
from matcher.store.run_lock import alone
from matcher.store.store import Store
from matcher.store.writer import stored_records
from matcher.whole_store import GUESSED, SAME, TEXTS, VALUES, Progress, Whole, make_whole, texts_wait
from matcher.whole_words import FIELDS, HOW, METHODS, value_words
from matcher.wholeness import Kind

FOUND = {
    ("partner", "country"): N_("Countries of partners"), ("partner", "region"): N_("Regions of partners"),
    ("evidence", "title"): N_("Titles mended"), ("evidence", "text"): N_("Texts mended"),
    ("evidence", "language"): N_("Languages of texts"), ("evidence", "sectors"): N_("Sectors of texts"),
    ("evidence", "fields"): N_("Fields of science of texts"),
}  # fmt: skip
STEPS = {
    VALUES: N_("Places, languages, spelling"), GUESSED: N_("Sectors and fields of science"),
    SAME: N_("Who is the same"), TEXTS: N_("Texts that say the same"),
}  # fmt: skip
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
@click.option("--again", is_flag=True, help=N_("Look at all records, not only at those written since the last time."))
@with_language
@in_context
def complete_command(context: Context, dry: bool, no_codes: bool, again: bool) -> None:
    """Make the records of the database whole."""
    with closing(parts.open_store(context.settings)) as store:
        complete(context, store, codes=not no_codes, dry=dry, again=again)


def complete(
    context: Context, store: Store, *, codes: bool, dry: bool = False, again: bool = False, brief: bool = False
) -> None:
    """Make records whole, show how far it came, and tell what was found out; `brief`: nothing where nothing was.

    :raises Busy: somebody does so already.
    """
    encoder = parts.open_encoder(context.settings) if codes and texts_wait(store, again=again) else None

    def bars(step: str) -> AbstractContextManager[Progress]:
        return render.progress_bar(context.say(STEPS[step]), context.say(N_("{count}/s")))

    with alone(store, "complete"):
        done = make_whole(store, encoder, dry=dry, again=again, bars=bars)
    if brief and not (done.found or done.back or done.joins or done.asked or done.texts):
        return
    _tell(context, done, _names(store, {id_ for row in done.joins for id_ in (row.partner, row.as_)}), dry=dry)


def _tell(context: Context, done: Whole, names: dict[str, str], *, dry: bool) -> None:
    say = context.say
    for key, count in done.found.items():
        click.echo(f"{say(FOUND[key])}: {count}")
    if done.back:
        click.echo(say(N_("Values taken back, which are found no longer: {count}")).format(count=done.back))
    click.echo(say(N_("Partners shown as another: {count}")).format(count=len(done.joins)))
    for row in done.joins[:SHOWN]:
        click.echo(f"    {_named(names, row.partner)} → {_named(names, row.as_)}, {format(row.confidence, '.0%')}")
    click.echo(say(N_("Pairs about which a person is asked: {count}")).format(count=len(done.asked)))
    click.echo(say(N_("Texts shown by another that says the same: {count}")).format(count=len(done.texts)))
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
        with store.reading() as session:
            rows, asked = sameness.rows_of(session)[:MOST], sameness.questions(session, MOST)
        two = [(row.partner, row.as_) for row in rows] + [(each.a, each.b) for each in asked]
        names = _names(store, {id_ for each in two for id_ in each})
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


@same_group.command("texts", help=N_("List texts that are shown by another one because they say the same."))
@with_language
@in_context
def texts_command(context: Context) -> None:
    """List texts that say the same."""
    say = context.say
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        listed = same_texts.listed(session, MOST)
        known = public_texts(session, {id_ for row in listed.rows for id_ in (row.text, row.as_)})
    for row in listed.rows:
        one, other = (f"{label(known[id_])} [{id_}]" if id_ in known else f"? [{id_}]" for id_ in (row.text, row.as_))
        click.echo(f"{one} → {other} ({format(row.likeness, '.0%')})")
    if not listed.rows:
        click.echo(say(N_("No text is shown by another.")))
    elif listed.all > len(listed.rows):
        click.echo(say(N_("And {count} more.")).format(count=listed.all - len(listed.rows)))


@same_group.command("two", help=N_("Say that TEXT does not say what the text says by which it is shown."))
@click.argument("text")
@with_language
@in_context
def two_command(context: Context, text: str) -> None:
    """Show a text by itself again."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        other = writer.tell_apart(text)
        audit.record(writer.session, EVERYTHING, "split", "evidence", text)
    click.echo(context.say(N_("{partner} is no longer shown as {other}.")).format(partner=text, other=other))


@click.group("found", help=N_("See what was found out and not given, and take back what is wrong."))
@with_language
def found_group() -> None:
    """Hold the commands of values that were found out."""


@found_group.command("list", help=N_("List what was found out about the records IDS; without any, the newest of all."))
@click.argument("ids", nargs=-1)
@with_language
@in_context
def found_list_command(context: Context, ids: tuple[str, ...]) -> None:
    """List values that were found out."""
    say, language = context.say, context.settings.language
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        rows = derived.rows_of(session, None, ids) if ids else derived.newest(session, MOST)
    for row in rows:
        value = value_words(row.field, row.value, language)
        how = say(METHODS[row.method]) if row.method in METHODS else row.method
        taken = f", {say(N_('taken back by a person'))}" if row.refused else ""
        name = say(FIELDS[row.field])
        value = say(value) if row.field == "language" else value
        click.echo(f"{row.record}: {name} ({row.field}) = {value} ({format(row.confidence, '.0%')}, {how}{taken})")
    if not rows:
        click.echo(say(N_("Nothing was found out.")))


@found_group.command("wrong", help=N_("Say that the value found out for FIELD of the record ID is wrong."))
@click.argument("id_", metavar="ID")
@click.argument("field", metavar="FIELD")
@with_language
@in_context
def wrong_command(context: Context, id_: str, field: str) -> None:
    """Take a value back for good."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        kind = _kind_of(writer.session, id_, field)
        writer.refuse(kind, id_, field)
        audit.record(writer.session, EVERYTHING, "take_back", kind, id_)
    click.echo(context.say(N_("{field} of {id} is taken back, and not found out again.")).format(field=field, id=id_))


@found_group.command("again", help=N_("Let `tinkuy complete --again` find out FIELD of the record ID once more."))
@click.argument("id_", metavar="ID")
@click.argument("field", metavar="FIELD")
@with_language
@in_context
def again_command(context: Context, id_: str, field: str) -> None:
    """Forget that a value was taken back."""
    with closing(parts.open_store(context.settings)) as store, store.writing() as writer:
        kind = _kind_of(writer.session, id_, field)
        writer.forget(kind, id_, field)
        audit.record(writer.session, EVERYTHING, "find_again", kind, id_)
    click.echo(context.say(N_("{field} of {id} may be found out again.")).format(field=field, id=id_))


def _kind_of(session: Session, id_: str, field: str) -> Kind:
    """Return of which kind of record a value was found out.

    :raises NotFound: of none.
    """
    for row in derived.rows_of(session, None, [id_]):
        if row.field == field:
            return row.kind
    raise NotFound(N_("nothing was found out about {field} of {id!r}"), field=field, id=id_)


def _names(store: Store, ids: Iterable[str]) -> dict[str, str]:
    """Return id -> name of those of some partners who have not withdrawn."""
    with store.reading() as session:
        found = stored_records(session, Partner, sorted(ids))
    return {p.id: p.name for p in found if isinstance(p, Partner) and p.consent is not False}


def _named(names: dict[str, str], id_: str) -> str:
    return f"{names.get(id_, '?')} [{id_}]"
