"""`python -m eval …`: figures on real outcomes."""

import json
import os
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import click

from eval.abstention import abstain_command
from eval.answers import Answer, run
from eval.measures import Figure, figures
from eval.trec import write_run
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.parts import open_encoder
from matcher.records import Verdict
from matcher.render import progress_bar
from matcher.settings import Settings
from matcher.sources.benchmark import Benchmark
from matcher.weights import RULE_OF, RULES, Weights


@click.group()
def commands() -> None:
    """Measure how good Tinkuy's lists are."""


@commands.command("run")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--run", "run_file", type=click.Path(path_type=Path), help="Write the TREC run here.")
@click.option("--depth", default=1000, show_default=True, help="Partners ranked a question.")
@click.option("--without", default="", help="Rules or signals to leave out, separated by commas.")
@click.option("--weights", type=click.Path(path_type=Path), help="Weights file instead of the shipped one.")
@click.option("--model", help="A sentence-transformers folder or name instead of the bundled model.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write a report as JSON here.")
def run_command(
    folder: Path,
    run_file: Path | None,
    depth: int,
    without: str,
    weights: Path | None,
    model: str | None,
    json_file: Path | None,
) -> None:
    """Answer the questions of a benchmark FOLDER with the Engine and print figures with 95 % intervals.

    A temporary snapshot is built; your own data is not touched. Vectors are cached between runs.
    """
    settings = Settings.read(os.environ)
    settings = replace(settings, model=model or settings.model, weights=weights or settings.weights)
    left_out = [name.strip() for name in without.split(",") if name.strip()]
    numbers = Weights.load(settings.weights)
    rules = [name for name in left_out if name in RULES]  # `sector` is a rule and a signal: the rule is meant
    unknown = [name for name in left_out if name not in RULES and name not in RULE_OF]
    if unknown:
        known = ", ".join(dict.fromkeys((*RULES, *RULE_OF)))
        raise BadInput(N_("unknown rule {name!r}; rules are {known}"), name=unknown[0], known=known)
    signals = {
        name: 0.0 if name in left_out and name not in RULES else weight for name, weight in numbers.signals.items()
    }
    encoder = open_encoder(settings)
    started = time.perf_counter()
    with progress_bar(folder.name) as progress:
        bench, answers = run(
            folder, encoder, replace(numbers, signals=signals), depth=depth, without=rules, progress=progress
        )
    found = figures(answers, bench.qrels)
    declined = sum(a.verdict is Verdict.NO_GOOD_MATCH for a in answers if a.question in bench.qrels)
    hopeless = [q.id for q in bench.questions if q.expects_nothing]
    rightly = sum(a.verdict is Verdict.NO_GOOD_MATCH for a in answers if a.question in hopeless)
    click.echo(f"{bench.name}: {len(bench.qrels)} judged questions, primary {bench.primary}, model {encoder.revision}")
    click.echo(table(found))
    click.echo(f"declined: {declined} of {len(bench.qrels)} judged questions")
    if hopeless:
        click.echo(f"declined: {rightly} of {len(hopeless)} questions that have no answer")
    if run_file:
        write_run(run_file, answers, "tinkuy")
    if json_file:
        report = _report(bench, answers, found, numbers)
        report |= {"model": encoder.revision, "without": left_out, "depth": depth}
        report["seconds"] = round(time.perf_counter() - started, 1)  # index and answers; vectors as far as not cached
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(report, indent=1, ensure_ascii=False), encoding="utf-8")


commands.add_command(abstain_command)


def table(found: list[Figure]) -> str:
    """Return figures as a Markdown table."""
    head = "| " + " | ".join(f.name for f in found) + " |\n|" + "---|" * len(found)
    return head + "\n| " + " | ".join(f"{f.mean:.3f} [{f.low:.3f}, {f.high:.3f}]" for f in found) + " |"


def _report(bench: Benchmark, answers: list[Answer], found: list[Figure], weights: Weights) -> dict[str, object]:
    return {
        "benchmark": bench.name,
        "primary": bench.primary,
        "weights": asdict(weights),
        "questions": len(bench.qrels),
        "declined": [a.question for a in answers if a.verdict is Verdict.NO_GOOD_MATCH],
        "measures": {
            f.name: {"mean": f.mean, "low": f.low, "high": f.high, "per_question": f.per_question} for f in found
        },
    }


def main() -> None:
    """Run the command line; an error that a person can mend is one line and exit code 2."""
    try:
        commands(prog_name="python -m eval")
    except TinkuyError as error:
        click.echo(f"eval: {error}", err=True)
        sys.exit(2)


main()
