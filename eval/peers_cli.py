"""`python -m eval bench-peers`."""

import json
import os
import platform
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from eval.setup import FOLDER, FilePath
from eval.speed.peers.material import Source
from eval.speed.peers.peer import PEERS
from eval.speed.peers.runner import WARM, compare
from eval.speed.peers.table import table
from matcher.errors import BadInput
from matcher.language import N_

PACKAGES = ("txtai", "qdrant-client", "lancedb", "milvus-lite", "pymilvus", "faiss-cpu", "bm25s", "numpy")


@click.command("bench-peers")
@click.option("--texts", default=10_000, show_default=True, help="Texts of the corpus; 0 leaves speed out.")
@click.option("--base", default=5000, show_default=True, help="Texts of it that the model reads; see eval/speed.")
@click.option("--questions", default=200, show_default=True, help="Questions that are timed.")
@click.option("--peers", help=f"Engines, separated by semicolons; otherwise all: {'; '.join(PEERS)}.")
@click.option("--folder", "folders", type=FOLDER, multiple=True, help="Benchmark folders for nDCG@10; may be repeated.")
@click.option("--limit", default=300, show_default=True, help="Seconds after which a build, or asking, is cut.")
@click.option("--cores", default=2, show_default=True, help="Cores and threads of every engine.")
@click.option("--aside", type=click.Path(path_type=Path, file_okay=False), help="Where indexes are written meanwhile.")
@click.option("--json", "json_file", type=FilePath, help="Write everything as JSON here.")
def bench_peers_command(
    texts: int,
    base: int,
    questions: int,
    peers: str | None,
    folders: tuple[Path, ...],
    limit: int,
    cores: int,
    aside: Path | None,
    json_file: Path | None,
) -> None:
    """Compare Tinkuy with engines that people would use instead: same texts, same vectors, same run.

    Engines that are not installed are left out (`pip install -c constraints.txt -e '.[peers]'`).
    """
    names = [name.strip() for name in peers.split(";")] if peers else list(PEERS)
    if unknown := [name for name in names if name not in PEERS]:
        raise BadInput(N_("no engine is named {name!r}; there are {known}"), name=unknown[0], known="; ".join(PEERS))
    found: dict[str, Any] = {"machine": _machine(cores)}

    def told(line: str) -> None:
        click.echo(line, err=True)

    with tempfile.TemporaryDirectory(prefix="tinkuy-peers-", dir=aside) as temporary:
        home = Path(temporary)
        speed: dict[str, Any] = {}
        if texts:
            speed = compare(Source(texts, base, WARM + questions), names, home, limit, cores, told)
            _write(json_file, found | {"speed": speed, "folders": {}})
        judged: dict[str, Any] = {}
        for folder in folders:
            judged[folder.name] = compare(Source(folder=str(folder)), names, home, limit, cores, told)
            _write(json_file, found | {"speed": speed, "folders": judged})
    click.echo(table(speed or {name: {} for name in names}, judged))


def _write(path: Path | None, found: dict[str, Any]) -> None:
    """Write what is known so far: a run takes long."""
    found["machine"]["load after"] = os.getloadavg()[0]
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(found, indent=1), encoding="utf-8")


def _machine(cores: int) -> dict[str, Any]:
    versions = {}
    for package in PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "cores": os.cpu_count(),
        "cores used": cores,
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
        "versions": versions,
    }
