"""`python -m eval spread`."""

from dataclasses import asdict
from pathlib import Path

import click

from eval import spreading
from eval.evaluation import primary
from eval.setup import FOLDER, Setup, shared
from eval.systems import FULL, System


@click.command("spread")
@click.argument("folders", nargs=-1, required=True, type=FOLDER)
@click.option("--shuffle", type=int, help="Ask in another order, that of this seed, instead of the folder's.")
@shared
def spread_command(
    folders: tuple[Path, ...],
    shuffle: int | None,
    depth: int,
    weights: Path | None,
    model: str | None,
    json_file: Path | None,
) -> None:
    """Measure what it costs to spread introductions over a batch, and what it brings, on FOLDERS."""
    setup = Setup.read(depth, weights, model)
    ways = spreading.systems(setup.weights)
    written = []
    for folder in folders:
        answered = setup.answers(folder, [System(FULL, setup.weights), *ways], shuffle)
        bench, found = answered.bench, spreading.spreads(answered, ways)
        click.echo(f"{bench.name}: {len(bench.qrels)} judged questions\n\n{spreading.table(found, primary(bench))}\n")
        written.append({"benchmark": bench.name, "primary": primary(bench), "spread": [asdict(f) for f in found]})
    setup.write_json(json_file, {"folders": written, "shuffle": shuffle})
