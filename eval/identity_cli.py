"""`python -m eval identity`."""

from collections.abc import Sequence
from pathlib import Path

import click

from eval.identity import THRESHOLDS, Judged, figures, read, wrong
from matcher.identity import NEAR, SAME

SHEETS = Path(__file__).resolve().parents[1] / "data" / "identity"


@click.command("identity")
@click.argument("sheets", nargs=-1, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--pairs", "listed", is_flag=True, help="List the pairs that are told wrongly.")
def identity_command(sheets: tuple[Path, ...], listed: bool) -> None:
    """Measure how well organisations are told apart, on SHEETS of judged pairs (otherwise those in data/identity)."""
    judged = [each for path in sheets or sorted(SHEETS.glob("*.csv")) for each in read(path)]
    click.echo(table(judged))
    click.echo(f"\nIn use: from {SAME} on one organisation, from {NEAR} on a person is asked.")
    if listed:
        for half in dict.fromkeys(each.half for each in judged):
            for each in wrong([j for j in judged if j.half == half], SAME):
                said = "one" if each.same else "two"
                click.echo(f"{half}: {said}, likeness {each.likeness:.2f}: {each.a.name} | {each.b.name}")


def table(judged: Sequence[Judged]) -> str:
    """Return precision and recall by half and threshold, as a Markdown table."""
    lines = ["| pairs | threshold | said to be one | right | precision | recall |", "|---|---|---|---|---|---|"]
    for half in dict.fromkeys(each.half for each in judged):
        some = [each for each in judged if each.half == half]
        for threshold in THRESHOLDS:
            found = figures(some, threshold)
            name = f"{half} ({found.same} of {len(some)} one)"
            lines.append(
                f"| {name} | {threshold} | {found.said} | {found.right} | {found.precision:.3f} | {found.recall:.3f} |"
            )
    return "\n".join(lines)
