"""How foreign tables would be read: shown before anything is written, and kept as a mapping."""

from collections.abc import Sequence
from pathlib import Path

import click

from matcher.commands.context import Context
from matcher.errors import BadInput, NotFound
from matcher.language import N_, Translate
from matcher.sources import mappings
from matcher.sources.columns import SHEETS
from matcher.sources.proposing import Proposal
from matcher.sources.table_sheets import proposals

WIDE = 40  # characters of a cell that are shown
ROWS = 3
TABLES = {"texts": N_("organisations and their texts"), "partners": N_("organisations")}
BY = {"name": N_("by its name"), "contents": N_("by its contents, {share} %"), "": ""}


def with_mapping(
    context: Context, format_: str, files: Sequence[Path], preview: bool, name: str | None
) -> tuple[Path, ...]:
    """Return the files with the mapping of that name; of a preview, show it, and keep it where it has a name.

    :raises BadInput: another format, or a file that cannot be read. :raises NotFound: there is no such mapping.
    """
    if format_ != "table":
        raise BadInput(N_("--preview and --mapping are for the format table alone"))
    path = mappings.path_of(context.settings.home, name) if name else None
    if preview:
        found = [proposal for file in files for proposal in proposals(file)]
        for proposal in found:
            show(proposal, context.say, spanish=context.settings.language == "es")
        if path:
            mappings.save(path, found)
            click.echo(
                context.say(N_("Kept as {path}: mend it there, then import with --mapping {name}.")).format(
                    path=path, name=name
                )
            )
        return tuple(files)
    if path is None or not path.exists():
        raise NotFound(N_("there is no mapping {name}; --preview --mapping {name} makes one"), name=name)
    return (*files, path)


def show(proposal: Proposal, say: Translate, *, spanish: bool) -> None:
    """Print how a sheet would be read, and its first rows; columns by the template's headings."""
    headings = {c.name: (c.spanish if spanish else c.english)[0] for sheet in SHEETS for c in sheet.columns}
    what = say(TABLES.get(proposal.table, N_("passed over")))
    click.echo(f"{proposal.file} [{proposal.sheet}]: {what}")
    if proposal.reason:
        click.echo(f"  {proposal.reason.text(say)}")
    for place, column in enumerate(proposal.columns):
        told = say(BY[column.by]).format(share=round(100 * column.share)) if column.by else say(N_("left out"))
        examples = " | ".join(_cut(row[place]) for row in proposal.first[:ROWS] if place < len(row) and row[place])
        click.echo(
            f"  {column.heading or '—'} → {headings.get(column.column, column.column) or '—'} ({told}): {examples}"
        )
    for name, value in proposal.defaults.items():
        click.echo(f"  → {headings.get(name, name)} = {value}")


def _cut(cell: str) -> str:
    line = " ".join(cell.split())
    return line if len(line) <= WIDE else line[: WIDE - 1] + "…"
