"""`python -m eval …`: figures on real outcomes."""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from eval import spreading, tables
from eval.abstention import abstain_command
from eval.bench_cli import bench_command, bench_parent_command
from eval.capacity_cli import capacity_command
from eval.coding_cli import fields_command, sectors_command
from eval.compare import others
from eval.encoders_cli import encoders_command
from eval.evaluation import as_json, differences, evaluate, primary
from eval.identity_cli import identity_command
from eval.judge_cli import judge_command
from eval.measures import MEASURES
from eval.peers_cli import bench_peers_command
from eval.report_cli import report_command
from eval.setup import FOLDER, FilePath, Setup, shared
from eval.sources_cli import bench_sources_command
from eval.spread_cli import spread_command
from eval.systems import FULL, System, ablations, baselines, spread, without
from eval.trec import write_run
from eval.whole_cli import languages_command, places_command
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.sources import benchmark


@click.group()
def commands() -> None:
    """Measure how good Tinkuy's lists are.

    A FOLDER holds questions and judgements (see matcher/sources/benchmark.py). A temporary snapshot is
    built of it; your own data is not touched. Vectors are cached between runs.
    """


@commands.command("run")
@click.argument("folder", type=FOLDER)
@click.option("--run", "run_file", type=FilePath, help="Write the TREC run here.")
@click.option("--without", "left_out", default="", help="Rules or signals to leave out, separated by commas.")
@shared
def run_command(
    folder: Path,
    run_file: Path | None,
    left_out: str,
    depth: int,
    weights: Path | None,
    model: str | None,
    json_file: Path | None,
) -> None:
    """Answer the questions of a benchmark FOLDER; print figures with 95 % intervals, baselines beside them."""
    setup = Setup.read(depth, weights, model)
    names = [name.strip() for name in left_out.split(",") if name.strip()]
    subject = f"{FULL} without {', '.join(names)}" if names else FULL
    numbers = without(setup.weights, names)
    systems = [*baselines(setup.weights), System(subject, numbers)]
    ways = [spread(numbers)]
    answered = setup.answers(folder, [*systems, *ways])
    found = evaluate(spreading.without_spreading(answered, ways), subject)
    turns = spreading.spreads(answered, ways, subject)
    click.echo(tables.whole(found, subject, setup.encoder.revision))
    click.echo("\n" + spreading.table(turns, primary(found.bench)))
    if run_file:
        write_run(run_file, answered.answers[subject], "tinkuy")
    setup.write_json(
        json_file,
        as_json(found, systems) | {"subject": subject, "without": names, "spread": [asdict(each) for each in turns]},
    )


@commands.command("compare")
@click.argument("folder", type=FOLDER)
@click.argument("systems", nargs=-1)
@click.option("--baseline", help="The system that the others are compared with; otherwise the first.")
@click.option("--measure", help="Measure of the tests; otherwise the folder's primary one.")
@shared
def compare_command(
    folder: Path,
    systems: tuple[str, ...],
    baseline: str | None,
    measure: str | None,
    depth: int,
    weights: Path | None,
    model: str | None,
    json_file: Path | None,
) -> None:
    """Compare the shipped weights with other SYSTEMS by paired tests with Holm's correction.

    SYSTEMS are weights files (.toml), TREC run files, names of baselines, or "full, spread" (introductions
    spread over the batch); without any, all baselines.
    """
    bench = benchmark.questions(folder)
    measure = measure or primary(bench)
    if measure not in MEASURES:
        known = ", ".join(MEASURES)
        raise BadInput(N_("unknown measure {name!r}; measures are {known}"), name=measure, known=known)
    setup = Setup.read(depth, weights, model)
    ranked, given = others(systems, setup.weights, baseline)
    ours = [System(FULL, setup.weights), *ranked]
    reference = baseline or FULL
    names = [system.name for system in ours] + list(given)
    if reference not in names:
        raise BadInput(N_("no system is named {name!r}; there are {known}"), name=reference, known=", ".join(names))
    answered = setup.answers(folder, ours)
    answered.answers.update(given)
    found = evaluate(answered, FULL)
    gaps = differences(found.systems, reference, measure)
    head = f"{bench.name}: {len(bench.qrels)} judged questions, compared with {reference} by {measure}"
    parts = [head, tables.systems_table(found.systems, None), tables.differences_table(gaps)]
    click.echo("\n\n".join(parts))
    setup.write_json(json_file, as_json(found, ours) | {"differences": [asdict(gap) for gap in gaps]})


@commands.command("ablate")
@click.argument("folder", type=FOLDER)
@shared
def ablate_command(folder: Path, depth: int, weights: Path | None, model: str | None, json_file: Path | None) -> None:
    """Measure what each rule and each signal is worth: the formula with it left out, against the whole."""
    setup = Setup.read(depth, weights, model)
    systems = ablations(setup.weights)
    found = evaluate(setup.answers(folder, systems), FULL)
    measure = primary(found.bench)
    gaps = differences(found.systems, FULL, measure)
    whole = tables.figure(found.systems[FULL].figures[measure])
    click.echo(f"{found.bench.name}: {len(found.bench.qrels)} judged questions, {FULL} {measure} {whole}\n")
    click.echo(tables.differences_table(gaps))
    setup.write_json(json_file, as_json(found, systems) | {"differences": [asdict(gap) for gap in gaps]})


commands.add_command(report_command)
commands.add_command(bench_command)
commands.add_command(bench_sources_command)
commands.add_command(encoders_command)
commands.add_command(bench_parent_command)
commands.add_command(bench_peers_command)
commands.add_command(capacity_command)
commands.add_command(judge_command)
commands.add_command(abstain_command)
commands.add_command(spread_command)
commands.add_command(identity_command)
commands.add_command(sectors_command)
commands.add_command(fields_command)
commands.add_command(places_command)
commands.add_command(languages_command)


def main() -> None:
    """Run the command line; an error that a person can mend is one line and exit code 2."""
    try:
        commands(prog_name="python -m eval")
    except TinkuyError as error:
        click.echo(f"eval: {error}", err=True)
        sys.exit(2)


main()
