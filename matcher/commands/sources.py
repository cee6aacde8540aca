"""Commands of sources: what can be read, what is configured, and runs of it: sources, source, sync."""

from contextlib import closing
from typing import Any

import click

from matcher import parts, render
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.counting import more_counts
from matcher.commands.wholeness import complete
from matcher.dry_run import Difference, difference, missing
from matcher.errors import BadInput, Busy, TinkuyError
from matcher.importing import refusals_file
from matcher.language import N_
from matcher.page_writing import remove_given
from matcher.sources.formats import FORMATS
from matcher.sources.pages import SECRET
from matcher.store import runs, source_records, sources
from matcher.store.import_runs import Run
from matcher.store.run_lock import alone
from matcher.store.sources import SHRINK, Source
from matcher.store.store import Store
from matcher.syncing import go_through, keep, sync

NAME = click.argument("name", metavar="NAME")
ASKS, FAILED, BUSY = 1, 2, 75  # exit codes of `sync`; 75 is sysexits' "try again later"
STATES = {
    "reading": N_("not ended: the next `tinkuy sync` goes on"), "ending": N_("not ended: the next `tinkuy sync` goes on"),
    "failed": N_("stopped by an error: the next `tinkuy sync` goes on"), "done": N_("done"),
    "asks": N_("asks: too many records are missing"), "kept": N_("asked; the records were kept"),
    "left": N_("given up for a newer run"),
}  # fmt: skip
NEVER_READ = N_("never read")
EFFECTS = {"added": N_("New: {names}"), "changed": N_("Changed: {names}"), "gone": N_("No longer there: {names}")}


@click.command(
    "sources", help=N_("List the formats that Tinkuy reads, and the configured sources with their last run.")
)
@with_language
@in_context
def sources_command(context: Context) -> None:
    """List formats and sources."""
    say = context.say
    for format_ in FORMATS.values():
        live = say(N_("files or address")) if format_.live else say(N_("files"))
        click.echo(f"{format_.name} ({live}): {say(format_.expects)}")
        click.echo(f"    {format_.example}")
        for name, meaning in format_.options.items():
            click.echo(f"    --option {name}=…: {say(meaning)}")
    with closing(parts.open_store(context.settings)) as store, store.reading() as session:
        found = [(source, runs.of_source(session, source.name, 1)) for source in sources.everyone(session)]
    click.echo("")
    if not found:
        click.echo(say(N_("No source is configured: `tinkuy source add NAME FORMAT (ADDRESS | FILES…)`.")))
    for source, last in found:
        click.echo(f"{source.name}: {source.format}, {source.url or ', '.join(source.files)}")
        click.echo(f"    {_line(context, last[0]) if last else say(NEVER_READ)}")


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
        click.echo(f"- {_line(context, run)}")
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


@click.command(
    "sync",
    help=N_(
        "Read configured sources (all, or those of the NAMES): what is new or changed is written, what they no longer give is deleted, unless that is more than their share: then a run stops and asks. A run that was cut off goes on. Ends with code 0: all is done; 1: a source asks; 2: one could not be read; 75: another run is at it."
    ),
)
@click.argument("names", metavar="[NAME]…", nargs=-1)
@click.option("--dry-run", is_flag=True, help=N_("Show what would change, and write nothing."))
@click.option(
    "--whole", is_flag=True, help=N_("Ask for everything from the start, not only for what has changed since.")
)
@click.option(
    "--yes", is_flag=True, help=N_("Delete what is missing: what the last run asks about, or without a question.")
)
@click.option("--keep", "keeps", is_flag=True, help=N_("Keep what the last run asks about, and ask no more."))
@click.option(
    "--complete/--no-complete", "completes", default=None,
    help=N_("Make whole what was read, or leave it as it is (else as the setting complete_after_sync says)."),
)  # fmt: skip
@with_language
@in_context
def sync_command(
    context: Context, names: tuple[str, ...], dry_run: bool, whole: bool, yes: bool, keeps: bool, completes: bool | None
) -> int:
    """Run sources, one after the other; one that fails keeps none from being read."""
    if (yes or keeps) and (yes == keeps or not names):
        raise BadInput(N_("--yes and --keep go with the names of sources, and one of them only"))
    with closing(parts.open_store(context.settings)) as store:
        with store.reading() as session:
            wanted = [sources.get(session, name) for name in names] or sources.everyone(session)
        if not wanted:
            click.echo(context.say(N_("No source is configured: `tinkuy source add NAME FORMAT (ADDRESS | FILES…)`.")))
        codes = {_one(context, store, source, dry_run, whole, yes, keeps) for source in wanted}
        setting = context.settings.complete_after_sync
        if wanted and not dry_run and (setting != "no" if completes is None else completes):
            try:
                complete(context, store, codes=setting == "codes", brief=True)
            except Busy as error:  # what this run wrote is made whole by the next one
                click.echo(error.text(context.say), err=True)
    return next((code for code in (FAILED, ASKS, BUSY) if code in codes), 0)


def _one(context: Context, store: Store, source: Source, dry_run: bool, whole: bool, yes: bool, keeps: bool) -> int:
    """Do with one source what is asked, tell how it went, and return the exit code."""
    say = context.say
    try:
        if dry_run:
            with _bar(context, source) as progress:
                found = difference(store, source, whole=whole, progress=progress)
            _tell_difference(context, source, found)
            return ASKS if found.asks else 0
        if keeps:
            run = keep(store, source)
        elif yes and _asks(store, source):
            run = go_through(store, source)
        else:
            path = context.settings.home / f"refusals-{source.name}.csv"
            with _bar(context, source) as progress, refusals_file(path, say) as note:
                run = sync(store, source, whole=whole, yes=yes, progress=progress, on_refusal=note)
    except TinkuyError as error:
        click.echo(f"{source.name}: {error.text(say)}", err=True)
        return BUSY if isinstance(error, Busy) else FAILED
    click.echo(f"{source.name}: {_line(context, run)}")
    for line in more_counts(run, say):
        click.echo(f"    {line}")
    if run.state != runs.State.ASKS:
        return 0
    asks = N_(
        "    {missing} of {before} records are missing; they are kept. `tinkuy sync {name} --yes` deletes them, `--keep` keeps them for good; a run that finds them again settles it."
    )
    click.echo(say(asks).format(missing=run.missing, before=run.before, name=source.name), err=True)
    return ASKS


def _tell_difference(context: Context, source: Source, found: Difference) -> None:
    say, tally = context.say, found.tally
    told = N_(
        "would read {read} rows: {added} records added, {changed} changed, {unchanged} unchanged, {gone} deleted; {refused} rows refused"
    )
    counts = {name: getattr(tally, name) for name in ("read", "added", "changed", "unchanged", "gone", "refused")}
    click.echo(f"{source.name}: {say(told).format(**counts)}")
    for effect, names in found.examples.items():
        click.echo("    " + say(EFFECTS[effect]).format(names="; ".join(names)))
    if found.asks:
        click.echo("    " + say(N_("It would stop and ask before it deletes.")))


def _asks(store: Store, source: Source) -> bool:
    with store.reading() as session:
        return runs.newest(session, source.name, (runs.State.ASKS,)) is not None


def _bar(context: Context, source: Source) -> Any:
    return render.progress_bar(source.name, context.say(N_("{count} rows/s")))


def _line(context: Context, run: Run) -> str:
    """Return a run in one line."""
    say = context.say
    told = N_(
        "{day}: {state}; {read} rows read: {added} records added, {changed} changed, {unchanged} unchanged; {refused} rows refused"
    )
    state = say(STATES[run.state])
    if run.error:
        state = f"{state} ({run.error.text(say)})"
    counts = {name: getattr(run, name) for name in ("read", "added", "changed", "unchanged", "refused")}
    return say(told).format(day=run.at.strftime("%Y-%m-%d %H:%M"), state=state, **counts)


def _option(given: str) -> tuple[str, str]:
    name, equals, value = given.partition("=")
    if not equals:
        raise BadInput(N_("an option is written NAME=VALUE: {given!r}"), given=given)
    return name, value
