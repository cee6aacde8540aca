"""Texts a second: the encoder in use beside plain sentence-transformers, the same model and texts, in turns."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from eval.speed.corpus import Corpus
from matcher import parts
from matcher.encode import Encoder, Role, SentenceTransformerEncoder, Vectors
from matcher.index.sentence_vectors import spans_of
from matcher.index.word_vectors import words_of
from matcher.settings import Settings

# As on processors that know no instructions for whole numbers of 8 bits: the libraries ask these variables.
AVX2 = {
    "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2", "ATEN_CPU_CAPABILITY": "avx2",
    "CT2_FORCE_CPU_ISA": "AVX2",
}  # fmt: skip
PLAIN = "sentence-transformers"


def compare(texts: int, rounds: int, *, avx2: bool) -> dict[str, Any]:
    """Return of each way: texts a second, how many times as many as the plain one, cosine to its vectors.

    It is measured in a process of its own, so that the variables of `avx2` are read.

    :raises subprocess.CalledProcessError: it failed; what it said stands on standard error.
    """
    command = [sys.executable, "-m", "eval.speed.encoding", json.dumps([texts, rounds])]
    environment = os.environ | (AVX2 if avx2 else {})
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)  # noqa: S603
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"instructions": "AVX2" if avx2 else "all"} | found


def _measure(texts: int, rounds: int) -> dict[str, Any]:
    import torch

    settings, threads = Settings.read(os.environ), torch.get_num_threads()
    plain = SentenceTransformerEncoder.load(settings.model, settings.cache).model
    corpus = [Corpus(texts).text(number) for number in range(texts)]
    read = [text.full_text for text in corpus]
    said = [text.text[a:b] for text in corpus for a, b in spans_of(text)]
    words = sorted({word for text in corpus for word in words_of(text)})

    def plainly() -> Vectors:
        # CTranslate2 leaves one OpenMP thread to the whole process: as many again as torch had by itself.
        torch.set_num_threads(threads)
        return np.asarray(plain.encode_document(read, normalize_embeddings=True, show_progress_bar=False))

    ways: dict[str, Callable[[], Vectors]] = {PLAIN: plainly}
    pieces: dict[str, dict[str, float]] = {}
    for numbers in ("float32", "int8"):
        encoder = parts.open_model(replace(settings, passages=numbers))
        encoder.encode(read[:1], Role.PASSAGE)  # and it is loaded
        pieces[f"Tinkuy, {numbers}"] = {"sentences/s": _rate(encoder, said), "words/s": _rate(encoder, words)}
        ways[f"Tinkuy, {numbers}"] = lambda encoder=encoder: encoder.encode(read, Role.PASSAGE)  # type: ignore[misc]
    vectors = {name: way() for name, way in ways.items()}  # and everything is loaded
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            wall, cpu = time.perf_counter(), time.process_time()
            way()
            seconds[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    told = _told(seconds, vectors, texts)
    for name, rates in pieces.items():
        told[name] |= rates
    return {"texts": texts, "sentences a text": len(said) / texts, "cores": os.cpu_count(), **told}


def _rate(encoder: Encoder, texts: Sequence[str]) -> float:
    started = time.perf_counter()
    encoder.encode(texts, Role.PASSAGE)
    return len(texts) / (time.perf_counter() - started)


def _told(
    seconds: Mapping[str, Sequence[tuple[float, float]]], vectors: Mapping[str, Vectors], texts: int
) -> dict[str, Any]:
    middle = {name: [statistics.median(column) for column in zip(*each, strict=True)] for name, each in seconds.items()}
    found = {}
    for name, (wall, cpu) in middle.items():
        cosines = (vectors[name] * vectors[PLAIN]).sum(axis=1)
        found[name] = {
            "texts/s": texts / wall,
            "times as fast": middle[PLAIN][0] / wall,
            "times as fast by processor": middle[PLAIN][1] / cpu,
            "cosine": float(cosines.mean()),
            "lowest cosine": float(cosines.min()),
        }
    return found


if __name__ == "__main__":
    print(json.dumps(_measure(*json.loads(sys.argv[1]))))  # noqa: T201
