"""Commands that keep an installation well: db upgrade, status, backup, restore; settings."""

from pathlib import Path

import click

from matcher import parts, render, settings_page
from matcher.commands.context import Context, in_context, with_language
from matcher.language import N_
from matcher.store import database
from matcher.store.backup import backup
from matcher.store.restore import restore
from matcher.store.store import Store

FILE = click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))


@click.group("db", help=N_("Look after the database: its shape, backups."))
@with_language
def db_group() -> None:
    """Hold the commands of the database."""


@db_group.command(
    "upgrade",
    help=N_("Bring the database to the shape that this version needs; the embedded one is upgraded at every start."),
)
@with_language
@in_context
def upgrade_command(context: Context) -> None:
    """Upgrade the database."""
    before, after = database.upgrade(parts.database_url(context.settings))
    if before == after:
        click.echo(context.say(N_("The database is at step {step} already.")).format(step=after))
    else:
        click.echo(context.say(N_("The database is at step {step} now.")).format(step=after))


@db_group.command(
    "status", help=N_("Show which database it is, its step, its version and how much it holds. Changes nothing.")
)
@with_language
@in_context
def db_status_command(context: Context) -> None:
    """Tell about the database."""
    url = parts.database_url(context.settings)
    told = {N_("Database"): url.render_as_string(hide_password=True)}
    engine = database.connect(url)
    try:
        found, wanted = database.revision(engine), database.head()
        told[N_("Step")] = found or "-"
        told[N_("Step that this version needs")] = wanted
        if found == wanted:
            store = Store(engine)
            told[N_("Version")] = str(store.version())
            told |= {name: str(count) for name, count in store.counts().items()}
    finally:
        engine.dispose()
    labels = {
        "supply_partners": N_("Supply partners"),
        "demand_partners": N_("Demand partners"),
        "supply_evidence": N_("Evidence of supply"),
        "demand_evidence": N_("Needs"),
        "outcomes": N_("Outcomes"),
    }
    for name, value in told.items():
        click.echo(f"{context.say(labels.get(name, name))}: {value}")


@db_group.command(
    "backup",
    help=N_(
        "Write the whole database into FILE while the service goes on. It holds contacts and hashes of keys: only its owner may read it."
    ),
)
@FILE
@with_language
@in_context
def backup_command(context: Context, file: Path) -> None:
    """Make a backup."""
    store = parts.open_store(context.settings)
    try:
        with render.progress_bar(context.say(N_("Writing the backup"))) as progress:
            rows = backup(store, file, progress)
    finally:
        store.close()
    click.echo(
        context.say(N_("{rows} rows of {tables} tables in {file}")).format(
            rows=sum(rows.values()), tables=len(rows), file=file
        )
    )


@db_group.command(
    "restore", help=N_("Put the backup FILE into the database, all of it or nothing, whichever engine it was made on.")
)
@FILE
@click.option("--replace", is_flag=True, help=N_("Delete what the database holds."))
@with_language
@in_context
def restore_command(context: Context, file: Path, replace: bool) -> None:
    """Restore a backup."""
    store = parts.open_store(context.settings)
    try:
        with render.progress_bar(context.say(N_("Restoring the backup"))) as progress:
            rows = restore(store, file, replace=replace, progress=progress)
    finally:
        store.close()
    click.echo(
        context.say(N_("{rows} rows of {tables} tables restored.")).format(rows=sum(rows.values()), tables=len(rows))
    )
    click.echo(context.say(N_("Run `tinkuy index` so that questions find the restored records.")))


@click.command(
    "settings", help=N_("Show all settings with their values and where each comes from; passwords are not shown.")
)
@click.option("--markdown", is_flag=True, help=N_("Print the table of all settings for the documentation instead."))
@with_language
@in_context
def settings_command(context: Context, markdown: bool) -> None:
    """Show the settings."""
    if markdown:
        click.echo(settings_page.markdown(), nl=False)
        return
    for variable, value, origin, about in settings_page.lines(context.settings, context.say):
        where = origin or context.say(N_("default"))
        click.echo(f"{variable} = {value}   [{where}]\n    {about}")
