"""Stages of a corpus's life, each timed in a process of its own, so that its memory is its own too."""

import json
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eval.speed.corpus import Corpus
from eval.speed.exactness import against_all
from eval.speed.kinds import side_by_side
from eval.speed.vectors import ReusingEncoder
from matcher import garbage, parts, stopwatch
from matcher.answer_json import to_json
from matcher.encode import Role
from matcher.engine import Engine
from matcher.index import pieces
from matcher.index.snapshot import Snapshot, building
from matcher.index.word_vectors import words_of
from matcher.settings import Settings
from matcher.weights import Weights

WARM = 20  # questions before those that count
STAGES = (*stopwatch.STAGES, "serialise")
PARTS = {  # of a snapshot on the disk, and how the names of the files begin that hold them
    "records": ("partners.", "evidence.", "outcomes.", "texts."),
    "vectors": ("vectors.npy",),
    "copies of a quarter of a byte a number": ("near.faiss",),
    "sentences": ("sentences.",),
    "words": ("words.npy", "word_vectors.json", "usual_words.npz"),
    "postings": ("lexical.", "stems.json"),
    "counts of words": ("words.json", "typical.npz"),
    "partners": ("side.",),
}


def build(folder: Path, corpus: Corpus) -> dict[str, float]:
    """Index a corpus into `folder`: seconds, texts a second, peak memory. What the model reads, it reads before."""
    encoder = ReusingEncoder(parts.open_encoder(Settings.read({})), corpus)
    _read_before(encoder, corpus)
    partners, evidence, outcomes = list(corpus.partners()), list(corpus.evidence()), list(corpus.outcomes())
    before = _megabytes(peak=True)
    started = time.perf_counter()
    with building(folder):
        Snapshot.build_alone(folder, partners, evidence, outcomes, encoder, None)
    seconds = time.perf_counter() - started
    return {
        "index s": seconds,
        "index texts/s": len(evidence) / seconds,
        "records MB": before,
        "index peak MB": _megabytes(peak=True),
    }


def _read_before(encoder: ReusingEncoder, corpus: Corpus) -> None:
    """Have what the model really reads of a corpus kept: the base texts, all words, what every snapshot reads."""
    base = [corpus.text(number) for number in range(min(corpus.base, corpus.texts))]
    read = {(piece.text, piece.role) for _, piece in pieces.of_texts(base, encoder)}
    read.update((word, Role.PASSAGE) for text in corpus.evidence() for word in words_of(text))
    partners, texts = tuple(corpus.partners()), tuple(corpus.evidence())
    read.update((piece.text, piece.role) for piece in pieces.common(partners, texts, encoder.dimensions))
    for role in Role:
        encoder.encode(sorted(text for text, its in read if its is role), role)


def ask(folder: Path, corpus: Corpus, questions: int) -> dict[str, Any]:
    """Open the index of `folder` and ask: seconds to the first answer, milliseconds by stage, memory, disk."""
    started = time.perf_counter()
    parts.one_thread_a_sum()
    encoder = parts.open_encoder(Settings.read({}), questions=False)
    loaded = time.perf_counter()
    with garbage.set_aside():  # as a server does
        engine = Engine(Snapshot.open_current(folder, encoder), encoder, Weights.load())
    opened = time.perf_counter()
    asked = corpus.queries(WARM + questions)
    engine.match(asked[0])
    first = time.perf_counter()
    laps: dict[str, list[float]] = {stage: [] for stage in STAGES}
    meanwhile: dict[str, list[float]] = {}
    rest = []
    for number, query in enumerate(asked):
        with stopwatch.timed() as watch:
            answer = engine.match(query)
            json.dumps(to_json(answer))
            watch.lap("serialise")
        if number >= WARM:
            for stage in STAGES:
                laps[stage].append(1000 * watch.seconds.get(stage, 0.0))
            for stage, seconds in watch.beside.items():
                meanwhile.setdefault(stage, []).append(1000 * seconds)
            rest.append(1000 * sum(seconds for stage, seconds in watch.seconds.items() if stage != "encode"))
    sizes = {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    return {
        "model s": loaded - started,
        "open s": opened - loaded,
        "first answer s": first - opened,
        "stages ms": {stage: statistics.median(times) for stage, times in laps.items()},
        "on the other core while the question is read ms": {s: statistics.median(t) for s, t in meanwhile.items()},
        "but encode ms": statistics.median(rest),
        "but encode p99 ms": statistics.quantiles(rest, n=100)[98],
        "steady MB": _megabytes(peak=False),
        "disk MB": sum(sizes.values()) / 2**20,
        "parts MB": _by_part(sizes),
        "counts": _counts(engine.snapshot),
    }


def _by_part(sizes: Mapping[str, int]) -> dict[str, float]:
    """Return the room that the files of a snapshot take on the disk, by what is in them."""
    found = dict.fromkeys((*PARTS, "other"), 0.0)
    for path, size in sizes.items():
        name = path.rsplit("/", 1)[-1]
        part = next((part for part, beginnings in PARTS.items() if name.startswith(beginnings)), "other")
        found[part] += size / 2**20
    return found


def _counts(snapshot: Snapshot) -> dict[str, int]:
    """Return how many of what there is, over both sides."""
    sides = snapshot.sides.values()
    return {
        "dimensions": next(iter(sides)).dense.base.shape[1],
        "texts": len(snapshot.evidence),
        "partners": len(snapshot.partners),
        "windows": sum(len(side.window_evidence) for side in sides),
        "sentences": sum(len(side.read.sentences.vectors) for side in sides),
        "words": sum(len(side.read.words.vectors) for side in sides),
        "postings": sum(len(side.lexical.base.slots) for side in sides),
    }


def apart(stage: str, folder: Path, corpus: Corpus, **options: Any) -> dict[str, Any]:
    """Run a stage of BY_NAME in a process of its own and return what it found.

    :raises subprocess.CalledProcessError: it failed; what it said stands on standard error.
    """
    told = json.dumps(
        {
            "stage": stage,
            "folder": str(folder),
            "texts": corpus.texts,
            "base": corpus.base,
            "seed": corpus.seed,
            **options,
        }
    )
    command = [sys.executable, "-m", "eval.speed.stages", told]
    done = subprocess.run(command, check=True, capture_output=False, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return dict(json.loads(done.stdout.splitlines()[-1]))


def fresh(folder: Path) -> Path:
    """Return an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _megabytes(*, peak: bool) -> float:
    """Return this process's memory, now or at its highest; of Linux."""
    if peak:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20


BY_NAME: dict[str, Callable[..., dict[str, Any]]] = {
    "build": build,
    "ask": ask,
    "exactness": against_all,
    "kinds": side_by_side,
}


def _main() -> None:
    told = json.loads(sys.argv[1])
    stage, folder = told.pop("stage"), Path(told.pop("folder"))
    corpus = Corpus(told.pop("texts"), told.pop("base"), told.pop("seed"))
    print(json.dumps(BY_NAME[stage](folder, corpus, **told)))  # noqa: T201


if __name__ == "__main__":
    _main()
