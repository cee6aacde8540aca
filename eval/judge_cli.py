"""`python -m eval judge …`: a pool is made, graded by people, and becomes judgements."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import click

from eval.answers import opened
from eval.judge import judge
from eval.pool import pool, rankings_of
from eval.pool_file import PoolFile, write_pool
from eval.trec import write_qrels
from matcher import parts, render
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_, languages, translator
from matcher.settings import Settings
from matcher.sources.benchmark import only_questions
from matcher.weights import Weights

FILE = click.Path(path_type=Path, dir_okay=False)
in_language = click.option(
    "--lang", type=click.Choice(languages()), default="es", show_default=True, help="Language that the judges read."
)


@click.group("judge")
def judge_command() -> None:
    """Have people judge what no outcome tells: pool, grade, qrels."""


@judge_command.command("pool")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--out", required=True, type=FILE, help="The CSV file to write; it must not exist.")
@click.option("--questions", type=FILE, help="Other questions than the folder's: lines like its queries.jsonl.")
@click.option("--run", "runs", multiple=True, type=FILE, help="TREC run of another system; may be repeated.")
@click.option("--depth", default=10, show_default=True, type=click.IntRange(1), help="Partners taken of each system.")
@click.option("--random", "chance", default=5, show_default=True, type=click.IntRange(0), help="Partners by chance.")
@click.option("--seed", default=1, show_default=True, help="Of the partners by chance and of the order.")
@click.option("--weights", type=FILE, help="Weights file instead of the shipped one.")
@click.option("--model", help="A sentence-transformers folder or name instead of the bundled model.")
@in_language
def pool_command(
    folder: Path,
    out: Path,
    questions: Path | None,
    runs: tuple[Path, ...],
    depth: int,
    chance: int,
    seed: int,
    weights: Path | None,
    model: str | None,
    lang: str,
) -> None:
    """Write the pairs that people should grade for the questions of a benchmark FOLDER.

    For each question: the best of Tinkuy, of its words alone, of its meaning alone, of "same region, then
    most texts" and of the runs given, and some partners by chance, in an order that tells nothing. Grade them
    with `judge grade`, or fill the column of grades (0, 1, 2, 3) in a spreadsheet.
    """
    if out.exists():  # before minutes of work
        raise BadInput(N_("{path} exists, and may hold judgements; give another name"), path=out)
    settings = Settings.read(os.environ)
    settings = replace(settings, model=model or settings.model, weights=weights or settings.weights)
    asked = only_questions(folder, questions)
    others = rankings_of(runs, asked)
    numbers, encoder = Weights.load(settings.weights_file()), parts.open_encoder(settings)
    with render.progress_bar(folder.name) as progress, opened(folder, encoder, numbers, progress) as engine:
        pairs = pool(engine, asked, others, depth=depth, chance=chance, seed=seed, language=lang, progress=progress)
    write_pool(out, pairs, spanish=lang == "es")
    click.echo(f"{len(pairs)} pairs of {len(asked)} questions in {out}; next: python -m eval judge grade {out}")


@judge_command.command("grade")
@click.argument("file", type=FILE)
@in_language
def grade_command(file: Path, lang: str) -> None:
    """Grade the pairs of a pool FILE here, one after the other; start again to go on."""
    say = translator(lang)
    console = render.console(shutil.get_terminal_size((100, 40)).columns)
    try:
        found = PoolFile.read(file)
        try:
            done, total = judge(found, say, _ask, console.print)
        except click.Abort:  # the end of the input, or Ctrl+C: as good as quitting
            done, total = sum(bool(found.grade(i)) for i in range(len(found.rows))), len(found.rows)
    except TinkuyError as error:
        click.echo(f"eval: {error.text(say)}", err=True)
        sys.exit(2)
    click.echo(say(N_("{done} of {total} graded: {path}")).format(done=done, total=total, path=file))


def _ask(prompt: str) -> str:
    return str(click.prompt(prompt, default="", show_default=False))


@judge_command.command("qrels")
@click.argument("file", type=FILE)
@click.option("--out", required=True, type=FILE, help="The qrels file to write; it must not exist.")
def qrels_command(file: Path, out: Path) -> None:
    """Turn the grades of a pool FILE into TREC judgements; pairs without a grade are left out."""
    if out.exists():
        raise BadInput(N_("{path} exists, and may hold judgements; give another name"), path=out)
    found = PoolFile.read(file)
    qrels = found.qrels()
    if not qrels:
        raise BadInput(N_("{path}: no pair has a grade yet"), path=file)
    write_qrels(out, qrels)
    count = sum(map(len, qrels.values()))
    click.echo(f"{count} of {len(found.rows)} pairs are graded, over {len(qrels)} questions: {out}")
