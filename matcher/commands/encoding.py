"""The command that has texts read before they are indexed: encode."""

import click

from matcher import parts, render
from matcher.commands.context import Context, in_context, with_language
from matcher.encode_ahead import why
from matcher.language import N_

SHOWN = 60  # characters of a text that could not be read


@click.command(
    "encode",
    help=N_(
        "Have the model read, by several processes or machines, all that `tinkuy index` will need; what is read is kept at once, and a run that was cut off goes on where it stopped. Needs pip install 'tinkuy[bulk]'."
    ),
)
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=2,
    show_default=True,
    help=N_("Processes of this machine, which share its cores."),
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help=N_("A Dask cluster that does it instead, by its scheduler, as tcp://10.0.0.5:8786."),
)
@with_language
@in_context
def encode_command(context: Context, workers: int, scheduler: str | None) -> int:
    """Encode what the next snapshot needs; 1 if a text could not be read."""
    say = context.say
    with render.progress_bar(say(N_("Reading texts")), say(N_("{count} texts/s"))) as progress:
        found = parts.encode_ahead(context.settings, workers, scheduler, progress)
    click.echo(
        say(N_("{texts} texts: {read} pieces of them read now, the others were known. Next: `tinkuy index`.")).format(
            texts=found.texts, read=found.read
        )
    )
    for piece, failure in found.refused:
        start = piece.text if len(piece.text) <= SHOWN else piece.text[:SHOWN] + "…"
        told = say(N_("  {id} could not be read ({reason}): «{start}»"))
        click.echo(told.format(id=piece.of or "-", reason=why(failure), start=start), err=True)
    return 1 if found.refused else 0
