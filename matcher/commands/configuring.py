"""Commands that configure what is read again and again: source add, show, remove."""

from contextlib import closing

import click

from matcher import parts
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.counting import more_counts
from matcher.commands.run_lines import EFFECTS, run_line
from matcher.dry_run import missing
from matcher.errors import BadInput
from matcher.language import N_
from matcher.page_writing import remove_given
from matcher.sources.pages import SECRET
from matcher.store import runs, source_records, sources
from matcher.store.run_lock import alone
from matcher.store.sources import SHRINK

NAME = click.argument("name", metavar="NAME")


@click.group("source", help=N_("Configure what is read again and again by `tinkuy sync`."))
@with_language
def source_group() -> None:
    """Hold the commands of sources."""


@source_group.command(
    "add",
    help=N_(
        "Configure a source NAME of a FORMAT (see `tinkuy sources`): an address, or files. Its records belong to an organisation where one is named. A run that finds more than the share missing asks before it deletes."
    ),
)
@NAME
@click.argument("format_", metavar="FORMAT")
@click.argument("where", metavar="(ADDRESS | FILES…)", nargs=-1, required=True)
@click.option("--option", "given", multiple=True, metavar="NAME=VALUE", help=N_("What the format lets one choose."))
@click.option("--organisation", metavar="ID", help=N_("Whose the records are."))
@click.option(
    "--shrink", type=float, default=SHRINK, show_default=True, help=N_("Share of its records that may vanish at once.")
)
@with_language
@in_context
def add_command(
    context: Context,
    name: str,
    format_: str,
    where: tuple[str, ...],
    given: tuple[str, ...],
    organisation: str | None,
    shrink: float,
) -> None:
    """Configure a source."""
    source = sources.described(name, format_, where, dict(map(_option, given)), organisation, shrink)
    with closing(parts.open_store(context.settings)) as store, store.noting() as session:
        sources.add(session, source)
    click.echo(context.say(N_("{name} is configured; read it with `tinkuy sync {name}`.")).format(name=name))


@source_group.command("show", help=N_("Show a source: what is read, its latest runs, what the last one refused."))
@NAME
@with_language
@in_context
def show_command(context: Context, name: str) -> None:
    """Show a source."""
    say = context.say
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        source = sources.get(session, name)
        found = runs.of_source(session, name)
        count = source_records.count(session, name)
        asking = runs.newest(session, name, (runs.State.ASKS,))
        examples = missing(session, name, asking) if asking else []
    facts = {
        N_("Format"): source.format,
        N_("Read from"): source.url or ", ".join(source.files),
        N_("Options"): ", ".join(f"{key}={'…' if key in SECRET else value}" for key, value in source.options.items()),
        N_("Organisation"): source.owner or "",
        N_("May vanish at once"): f"{source.shrink:.0%}",
        N_("Records that it gives"): str(count),
    }
    for label, value in facts.items():
        if value:
            click.echo(f"{say(label)}: {value}")
    for run in found:
        click.echo(f"- {run_line(context, run)}")
        for line in more_counts(run, say):
            click.echo(f"    {line}")
    if examples:
        click.echo(say(EFFECTS["gone"]).format(names="; ".join(examples)))
    for refusal in found[0].refusals if found else ():
        where = say(N_("  {file}, row {row}: {reason}"))
        click.echo(where.format(file=refusal.file, row=refusal.row, reason=refusal.reason(say)))


@source_group.command(
    "remove",
    help=N_(
        "Read a source no more. Its records stay unless you say otherwise; of those that go, what another source gives, what people wrote by hand and what something names stays all the same."
    ),
)
@NAME
@click.option("--with-records/--keep-records", default=None, help=N_("Delete its records, or keep them; else it asks."))
@with_language
@in_context
def remove_command(context: Context, name: str, with_records: bool | None) -> None:
    """Remove a source."""
    say = context.say
    with closing(parts.open_store(context.settings)) as store:
        with store.reading() as session:
            source, count = sources.get(session, name), source_records.count(session, name)
        if with_records is None:
            asked = say(N_("{name!r} gives {count} records. Delete them too?")).format(name=name, count=count)
            with_records = count > 0 and click.confirm(asked, default=False)
        with alone(store, name):
            removed = remove_given(store, name) if with_records else None
            with store.noting() as session:
                source_records.drop_all(session, name)
                runs.settle_older(session, name, "", (*runs.UNFINISHED, runs.State.ASKS))
                sources.remove(session, source.name)
    click.echo(say(N_("{name!r} is read no more.")).format(name=name))
    if removed:
        told = say(N_("{gone} records deleted, {kept} kept."))
        click.echo(told.format(gone=removed.gone, kept=count - removed.gone))


def _option(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise BadInput(N_("an option is written NAME=VALUE: {given!r}"), given=given)
    return name, value
