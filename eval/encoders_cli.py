"""`python -m eval encoders`: what the encoder in use costs in quality, beside sentence-transformers itself."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from eval import tables
from eval.answers import Answered, run
from eval.evaluation import Difference, Evaluation, differences, evaluate
from eval.measures import MEASURES
from eval.setup import FOLDER, Setup, shared
from eval.speed.encoding import PLAIN
from eval.systems import FULL, System, baselines
from matcher.encode import Encoder, SentenceTransformerEncoder
from matcher.records import Verdict
from matcher.render import progress_bar
from matcher.vector_cache import CachedEncoder

IN_USE = "in use"
ALONE = "dense"  # the vectors without anything else


@click.command("encoders")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@shared
def encoders_command(
    folders: tuple[Path, ...], depth: int, weights: Path | None, model: str | None, json_file: Path | None
) -> None:
    """Answer the questions of FOLDERS with sentence-transformers itself and with the encoder in use; compare figures.

    Both read the same model in one run, with the same weights; the first in 32 bits throughout.
    """
    setup = Setup.read(depth, weights, model)
    plain = SentenceTransformerEncoder.load(setup.settings.model, setup.settings.cache)
    ways: dict[str, Encoder] = {PLAIN: CachedEncoder(plain, setup.settings.vectors), IN_USE: setup.encoder}
    systems = [System(FULL, setup.weights), *(each for each in baselines(setup.weights) if each.name == ALONE)]
    click.echo("\n".join(f"{name}: {encoder.revision}" for name, encoder in ways.items()))
    written = []
    for folder in folders:
        answered = {name: _answered(folder, encoder, systems, setup) for name, encoder in ways.items()}
        bench = answered[PLAIN].bench
        click.echo(f"\n{bench.name}: {len(bench.questions)} questions, {len(bench.qrels)} of them judged\n")
        found: dict[str, Any] = {"benchmark": bench.name, "declined": {n: _declined(a) for n, a in answered.items()}}
        if bench.qrels:
            for system in systems:
                measured, gaps = _gaps(answered, system.name)
                click.echo(_table(system.name, measured, gaps) + "\n")
                found[system.name] = [asdict(gap) | _means(measured, gap.measure) for gap in gaps]
        for name, (real, hopeless) in found["declined"].items():
            click.echo(f"declined, {name}: {real} that have an answer, {hopeless} that have none")
        written.append(found)
    setup.write_json(json_file, {"folders": written})


def _answered(folder: Path, encoder: Encoder, systems: list[System], setup: Setup) -> Answered:
    with progress_bar(folder.name) as progress:
        groups = setup.macro_regions
        return run(folder, encoder, systems, depth=setup.depth, progress=progress, macro_regions=groups)


def _declined(answered: Answered) -> tuple[int, int]:
    """Return how many questions were told that nothing fits: of those that have an answer, and of the others."""
    hopeless = {question.id for question in answered.bench.questions if question.expects_nothing}
    said = [each.question for each in answered.answers[FULL] if each.verdict is Verdict.NO_GOOD_MATCH]
    return sum(each not in hopeless for each in said), sum(each in hopeless for each in said)


def _gaps(answered: Mapping[str, Answered], system: str) -> tuple[Evaluation, list[Difference]]:
    """Return both encoders' figures under one system, and by measure the difference to sentence-transformers."""
    first = answered[PLAIN]
    both = {name: each.answers[system] for name, each in answered.items()}
    measured = evaluate(Answered(first.bench, both, first.partners, first.texts, first.evidence), IN_USE)
    gaps = [gap for measure in MEASURES for gap in differences(measured.systems, PLAIN, measure)]
    return measured, gaps


def _means(measured: Evaluation, measure: str) -> dict[str, float]:
    return {name: each.figures[measure].mean for name, each in measured.systems.items()}


def _table(system: str, measured: Evaluation, gaps: list[Difference]) -> str:
    rows = [
        [
            gap.measure,
            *(f"{mean:.4f}" for mean in _means(measured, gap.measure).values()),
            f"{gap.mean:+.4f} [{gap.low:+.4f}, {gap.high:+.4f}]",
        ]
        for gap in gaps
    ]
    return tables.markdown([system, PLAIN, IN_USE, "difference"], rows)
