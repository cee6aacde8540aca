"""Commands that feed the database, the snapshot and the model: import, template, index, demo, model."""

from pathlib import Path

import click

from matcher import parts, render
from matcher.commands import table_preview
from matcher.commands.context import Context, in_context, with_language
from matcher.commands.counting import more_counts
from matcher.errors import NotFound, SnapshotError
from matcher.importing import import_files, refusals_file
from matcher.index.snapshot import current_id, read_manifest
from matcher.language import N_
from matcher.settings import CHECKOUT
from matcher.sources.formats import FORMATS
from matcher.sources.table_template import write_template


@click.command(
    "import",
    help=N_(
        "Read FILES of a FORMAT (see `tinkuy sources`) into the database, page by page. What is there already under the same id is updated; running it twice changes nothing, and what was cut off is made whole by running it again. Refused rows are listed with their reasons in a file."
    ),
)
@click.argument("format_", metavar="FORMAT", type=click.Choice(list(FORMATS)))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--refusals",
    type=click.Path(path_type=Path),
    help=N_("Where to write the refused rows (default: refusals.csv in Tinkuy's folder)."),
)
@click.option(
    "--preview",
    is_flag=True,
    help=N_("Of tables: show how each sheet would be read, with its first rows; write nothing."),
)
@click.option(
    "--mapping",
    metavar="NAME",
    help=N_("Of tables: read foreign sheets as the mapping NAME says; with --preview, keep what is shown as NAME."),
)
@with_language
@in_context
def import_command(
    context: Context, format_: str, files: tuple[Path, ...], refusals: Path | None, preview: bool, mapping: str | None
) -> None:
    """Import files and account for every row."""
    say = context.say
    if preview or mapping:
        files = table_preview.with_mapping(context, format_, files, preview, mapping)
    if preview:
        return
    path = refusals or context.settings.home / "refusals.csv"
    with (
        render.progress_bar(say(N_("Importing")), say(N_("{count} rows/s"))) as progress,
        refusals_file(path, say) as note,
    ):
        summary = import_files(parts.open_store(context.settings), format_, files, progress, note)
    click.echo(
        say(
            N_(
                "{read} rows read: {added} records added, {changed} changed, {unchanged} unchanged; {refused} rows refused"
            )
        ).format(
            read=summary.read,
            added=summary.added,
            changed=summary.changed,
            unchanged=summary.unchanged,
            refused=summary.refused,
        )
    )
    for line in more_counts(summary, say):
        click.echo(line)
    if summary.refusals:
        for refusal in summary.refusals[:5]:
            click.echo(
                say(N_("  {file}, row {row}: {reason}")).format(
                    file=refusal.file, row=refusal.number, reason=refusal.error.text(say)
                )
            )
        click.echo(say(N_("All refused rows with their reasons: {path}")).format(path=path))
    if summary.added or summary.changed:
        click.echo(say(N_("Run `tinkuy index` so that questions find the new records.")))


@click.command(
    "template",
    help=N_("Write the empty table template to FILE.xlsx (one workbook with explanations) or to a folder (CSV files)."),
)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@with_language
@in_context
def template_command(context: Context, path: Path) -> None:
    """Write the template of the format `table`."""
    for file in write_template(path, context.say, spanish=context.settings.language == "es"):
        click.echo(str(file))


@click.command(
    "index",
    help=N_(
        "Build a new snapshot from the database. The old one serves until the new one is whole; a running server takes it up at its next question."
    ),
)
@click.option(
    "--to",
    metavar="ADDRESS",
    help=N_(
        "Instead of building one, bring the snapshot that serves into the Qdrant at qdrant://host:port/prefix. Stopped at any moment, the same command goes on where it was."
    ),
)
@click.option("--shards", type=click.IntRange(1, 1024), help=N_("Shards of a new collection (with --to)."))
@click.option("--replicas", type=click.IntRange(1, 16), help=N_("Copies of each shard (with --to)."))
@with_language
@in_context
def index_command(context: Context, to: str | None, shards: int | None, replicas: int | None) -> None:
    """Build a snapshot, or bring the one that serves into an engine."""
    if to:
        chosen = {"shards": shards, "replicas": replicas}
        options = {name: value for name, value in chosen.items() if value is not None}
        with render.progress_bar(context.say(N_("Sending the snapshot"))) as progress:
            names = parts.send_snapshot(context.settings, to, progress, options)
        click.echo(context.say(N_("Qdrant serves {names}.")).format(names=", ".join(names)))
        return
    with render.progress_bar(context.say(N_("Building the snapshot"))) as progress:
        id_ = parts.build_snapshot(context.settings, progress)
    click.echo(context.say(N_("Snapshot {id} serves.")).format(id=id_))


@click.command(
    "demo",
    help=N_("Load the demonstration data where the database is empty, and build a snapshot where there is none."),
)
@with_language
@in_context
def demo_command(context: Context) -> None:
    """Make a first question possible."""
    settings, say = context.settings, context.say
    store = parts.open_store(settings)
    if not any(store.counts().values()):
        files = sorted((CHECKOUT / "data" / "demo").glob("*.csv"))
        if not files:
            raise NotFound(N_("the demonstration data is not here: run this in a checkout of Tinkuy"))
        with render.progress_bar(say(N_("Loading the demonstration data"))) as progress:
            import_files(store, "table", files, progress)
    try:
        id_ = current_id(settings.home)
        read_manifest(settings.home / "snapshots" / id_)
    except SnapshotError:
        with render.progress_bar(say(N_("Building the snapshot (a minute, once)"))) as progress:
            id_ = parts.build_snapshot(settings, progress)
    click.echo(say(N_("Snapshot {id} serves.")).format(id=id_))
    click.echo(say(N_('Now ask, for instance: tinkuy match "se me corren los colores de las chompas" --region Cusco')))


@click.command("model", help=N_("Prepare the language model (the bundled one is converted once) and show which it is."))
@with_language
@in_context
def model_command(context: Context) -> None:
    """Load the model."""
    with render.progress_bar(context.say(N_("Preparing the model"))):
        encoder = parts.open_encoder(context.settings)
    click.echo(f"{encoder.revision} ({encoder.dimensions})")
