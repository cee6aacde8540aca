"""Commands that take records out: export benchmark."""

from datetime import datetime
from pathlib import Path

import click

from matcher import parts
from matcher.commands.context import Context, in_context, with_language
from matcher.export_benchmark import write
from matcher.language import N_
from matcher.time_split import default_since, split


@click.group("export", help=N_("Take records out of the database."))
@with_language
def export_command() -> None:
    """Hold the commands that export."""


@export_command.command(
    "benchmark",
    help=N_(
        "Make a benchmark of your own history in the new FOLDER: needs that introductions came of from a day on are questions, what came of them the right answers, and what is older is all that is known. Then `python -m eval run FOLDER` tells how good the lists would have been. Contacts and firms' names do not go out with it; their region, sectors and size, the ids, and word for word needs and notes of older outcomes do: read them before you pass the folder on."
    ),
)
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option(
    "--since",
    type=click.DateTime(["%Y-%m-%d", "%d/%m/%Y"]),
    help=N_("The day that splits before and after (default: a quarter of the outcomes lies after it)."),
)
@with_language
@in_context
def benchmark_command(context: Context, folder: Path, since: datetime | None) -> None:
    """Export outcomes as a benchmark folder."""
    now = parts.open_store(context.settings).everything()
    partners, evidence, outcomes = now.partners, now.evidence, now.outcomes
    day = since.date() if since else default_since(outcomes)
    found = split(partners, evidence, outcomes, day)
    write(folder, found)
    told = {
        "folder": folder,
        "since": day,
        "questions": len(found.questions),
        "judgements": sum(len(q.grades) for q in found.questions),
        "partners": len(found.partners),
        "texts": len(found.evidence),
        "outcomes": len(found.outcomes),
        "later": found.later_evidence,
        "undated": found.undated_evidence,
        "undated_outcomes": found.undated_outcomes,
    }
    lines = [
        N_("Split at {since}: {questions} questions with {judgements} judgements from that day on."),
        N_("Known to them: {partners} partners, {texts} texts and {outcomes} outcomes from before."),
        N_("Left out: {later} texts from that day on, {undated_outcomes} outcomes without a date."),
    ]
    if found.undated_evidence:
        lines.append(N_("{undated} texts without a date were kept: some may tell what came later."))
    lines.append(N_("Now run: python -m eval run {folder}"))
    for line in lines:
        click.echo(context.say(line).format(**told))
