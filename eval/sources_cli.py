"""`python -m eval bench-sources`."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import click

from eval.setup import FilePath
from eval.speed import sources
from eval.speed.corpus import Corpus
from matcher.setting_kinds import IN_PROCESS


@click.command("bench-sources")
@click.option("--texts", default=10_000, show_default=True, help="Texts of the corpus.")
@click.option("--base", default=5000, show_default=True, help="Texts of it that the model reads; see eval/speed.")
@click.option("--questions", default=100, show_default=True, help="Questions asked.")
@click.option("--kinds", default=",".join((*IN_PROCESS, "qdrant")), show_default=True, help="Sources to compare.")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), help="Keep the index here, or take it.")
@click.option("--json", "json_file", type=FilePath, help="Write everything as JSON here.")
def bench_sources_command(
    texts: int, base: int, questions: int, kinds: str, folder: Path | None, json_file: Path | None
) -> None:
    """Measure what each source of candidates finds, and how fast, on a made-up corpus."""
    with tempfile.TemporaryDirectory(prefix="tinkuy-bench-") as aside:
        home = folder or Path(aside) / "home"
        found = sources.compare(home, Corpus(texts, min(base, texts)), questions, kinds.split(","), _show)
    found["cores"] = os.cpu_count()
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _show(kind: str, line: dict[str, Any]) -> None:
    figures = ", ".join(f"{name} {value:.4g}" for name, value in line.items() if value is not None)
    click.echo(f"{kind}: {figures}")
