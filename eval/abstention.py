"""Who is told "no good match": real questions and hopeless ones, folder by folder."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from eval.answers import opened
from matcher.encode import Encoder
from matcher.parts import open_encoder
from matcher.records import Verdict
from matcher.settings import Settings
from matcher.sources import benchmark
from matcher.trial import within_limit
from matcher.weights import Weights


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's familiarity and verdict. `hopeless`: it has no answer. `half`: development, test or neither."""

    folder: str
    half: str
    hopeless: bool
    text: str
    familiar: float
    declined: bool


def ask(folder: Path, encoder: Encoder, weights: Weights) -> list[Asked]:
    """Ask all questions of a benchmark folder."""
    bench, asked = benchmark.questions(folder), []
    with opened(folder, encoder, weights) as engine:
        for question in bench.questions:
            query = within_limit(question.query, question.id)
            (ranking,) = engine.rank(query, [weights])
            declined = ranking.verdict is Verdict.NO_GOOD_MATCH
            hopeless = question.expects_nothing
            asked.append(Asked(bench.name, question.half, hopeless, query.full_text, ranking.familiar, declined))
    return asked


def counts(asked: Sequence[Asked]) -> list[tuple[str, str, str, int, int]]:
    """Return (folder, half, kind, questions, declined) in the order of appearance."""
    found: dict[tuple[str, str, str], list[bool]] = {}
    for each in asked:
        kind = "hopeless" if each.hopeless else "real"
        found.setdefault((each.folder, each.half, kind), []).append(each.declined)
    return [(*key, len(declined), sum(declined)) for key, declined in found.items()]


def threshold(asked: Sequence[Asked], target: float) -> float:
    """Return the highest threshold at which no folder has more than `target` of its real questions declined.

    Only development halves count: what a threshold is chosen on says nothing about it.
    """
    values: dict[str, list[float]] = {}
    for each in asked:
        if not each.hopeless and each.half in ("", "development"):
            values.setdefault(each.folder, []).append(each.familiar)
    return min((sorted(v)[int(target * len(v))] for v in values.values()), default=float("nan"))


@click.command("abstain")
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--weights", type=click.Path(path_type=Path), help="Weights file instead of the shipped one.")
@click.option("--target", default=0.02, show_default=True, help="Share of real questions that may be declined.")
@click.option("--texts", is_flag=True, help="List the questions that got the wrong verdict.")
def abstain_command(folders: tuple[Path, ...], weights: Path | None, target: float, texts: bool) -> None:
    """Count the real and the hopeless questions of benchmark FOLDERS that are declined, as a Markdown table."""
    settings = Settings.read(os.environ)
    settings = replace(settings, weights=weights or settings.weights)
    encoder, numbers = open_encoder(settings), Weights.load(settings.weights_file())
    asked = [each for folder in folders for each in ask(folder, encoder, numbers)]
    click.echo("| folder | half | questions | | declined |\n|---|---|---|---|---|")
    for folder, half, kind, questions, declined in counts(asked):
        click.echo(f"| {folder} | {half or 'all'} | {kind} | {questions} | {declined} |")
    chosen = threshold(asked, target)
    click.echo(f"\nhighest threshold for {target:.0%} (on development halves): {chosen:.2f}")
    click.echo(f"threshold in use: {numbers.abstain.familiarity:.2f}")
    if texts:
        for each in sorted((a for a in asked if a.declined != a.hopeless), key=lambda a: (a.folder, a.familiar)):
            click.echo(f"{each.familiar:6.2f}  {each.folder}  {each.text[:100]!r}")
