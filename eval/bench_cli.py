"""`python -m eval bench`."""

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import click

from eval.setup import FilePath
from eval.speed import against_parent, encoding, processes, stages, throughput
from eval.speed.corpus import Corpus


@click.command("bench")
@click.option(
    "--sizes", default="10000,100000", show_default=True, help="Texts of each corpus, separated by commas; '' for none."
)
@click.option("--base", default=5000, show_default=True, help="Texts of it that the model reads; see eval/speed.")
@click.option("--questions", default=200, show_default=True, help="Questions asked of each.")
@click.option("--texts", default=400, show_default=True, help="Texts of the comparison of encoders; 0 leaves it out.")
@click.option("--rounds", default=3, show_default=True, help="Turns of that comparison.")
@click.option("--avx2", is_flag=True, help="Encode without newer instructions than AVX2.")
@click.option("--exact", default=0, show_default=True, help="Questions asked of all texts too, to see what is lost.")
@click.option("--kinds", default=0, show_default=True, help="Questions asked of each kind of FAISS index.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the indexes here.")
@click.option("--json", "json_file", type=FilePath, help="Write everything as JSON here.")
def bench_command(
    sizes: str,
    base: int,
    questions: int,
    texts: int,
    rounds: int,
    avx2: bool,
    exact: int,
    kinds: int,
    folder: Path | None,
    json_file: Path | None,
) -> None:
    """Measure speed, memory and disk by stage on made-up corpora; your own data is not touched.

    Seconds tell of this machine alone: compare ratios of one run.
    """
    found: dict[str, Any] = {"cores": os.cpu_count(), "base": base, "questions": questions}
    if texts:
        found["encoders"] = encoding.compare(texts, rounds, avx2=avx2)
        _show("encoders", found["encoders"])
    with tempfile.TemporaryDirectory(prefix="tinkuy-bench-") as aside:
        for size in [int(size) for size in sizes.split(",") if size.strip()]:
            corpus = Corpus(size, min(base, size))
            home = stages.fresh((folder or Path(aside)) / str(size))
            found[str(size)] = stages.apart("build", home, corpus) | stages.apart(
                "ask", home, corpus, questions=questions
            )
            for stage, asked in (("exactness", exact), ("kinds", kinds)):
                if asked:
                    found[str(size)][stage] = stages.apart(stage, home, corpus, questions=asked)
            found[str(size)] |= {"cold": processes.cold(home, corpus), "memory": processes.memory(home, corpus)}
            found[str(size)]["throughput"] = throughput.apart(home, corpus, questions)
            _show(f"{size:,} texts", found[str(size)])
            _write(json_file, found)
    _write(json_file, found)


@click.command("bench-parent")
@click.option("--against", default="HEAD^", show_default=True, help="The commit to compare with.")
def bench_parent_command(against: str) -> None:
    """Compare this checkout's speed with its parent commit's, and fail where a stage takes 1.2 times as long or more.

    A line `Slower: reason` in the message of a commit since then lets that pass.
    """
    verdict = against_parent.compare(Path(__file__).resolve().parents[1], against)
    click.echo("\n".join(verdict.lines()))
    sys.exit(verdict.failed)


def _write(file: Path | None, found: dict[str, Any]) -> None:
    """Write what is known so far: a run takes long."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _show(what: str, found: dict[str, Any], indent: str = "  ") -> None:
    click.echo(f"{indent[2:]}{what}")
    for name, value in found.items():
        if isinstance(value, dict):
            _show(name, value, indent + "  ")
        else:
            click.echo(f"{indent}{name}: {value:,.4g}" if isinstance(value, float) else f"{indent}{name}: {value}")
