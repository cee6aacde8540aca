"""Commands of sources: what can be read, and runs of what is configured: sources, sync."""

from contextlib import closing
from typing import Any

import click

from matcher import parts, render
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.counting import more_counts
from matcher.commands.run_lines import EFFECTS, run_line
from matcher.commands.wholeness import complete
from matcher.dry_run import Difference, difference
from matcher.errors import BadInput, Busy, TinkuyError
from matcher.importing import refusals_file
from matcher.language import N_
from matcher.sources.formats import FORMATS
from matcher.store import runs, sources
from matcher.store.sources import Source
from matcher.store.store import Store
from matcher.syncing import go_through, keep, sync

ASKS, FAILED, BUSY = 1, 2, 75  # exit codes of `sync`; 75 is sysexits' "try again later"
NEVER_READ = N_("never read")


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
        click.echo(f"    {run_line(context, last[0]) if last else say(NEVER_READ)}")


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
    click.echo(f"{source.name}: {run_line(context, run)}")
    for line in more_counts(run, say):
        click.echo(f"    {line}")
    if run.refused:
        click.echo("    " + say(N_("The refused rows are asked for again in the next run.")))
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
