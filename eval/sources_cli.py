"""`python -m eval bench-sources`."""

import json
import os
import tempfile
from pathlib import Path

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
        found = sources.compare(home, Corpus(texts, min(base, texts)), questions, kinds.split(","))
    found["cores"] = os.cpu_count()
    text = json.dumps(found, indent=1)
    click.echo(text)
    if json_file:
        json_file.parent.mkdir(parents=True, exist_ok=True)
        json_file.write_text(text, encoding="utf-8")
