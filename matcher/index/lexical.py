"""Neighbours by words: BM25 over folded stems."""

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import bm25s
import numpy as np
from numpy.typing import NDArray

from matcher.text import query_stems, stems

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to DEBUG
K1, B = 1.5, 0.75  # bm25s' defaults (Robertson & Zaragoza 2009 give 1.2 to 2 and .5 to .8)


class LexicalIndex:
    """BM25 (Lucene's variant, by bm25s) of texts by row."""

    def __init__(self, bm25: bm25s.BM25 | None, rows: int) -> None:
        self.bm25 = bm25
        self.rows = rows

    @classmethod
    def build(cls, texts: Sequence[str], languages: Sequence[str | None]) -> "LexicalIndex":
        """Index `texts`, each stemmed by its own language."""
        tokens = [stems(text, language) for text, language in zip(texts, languages, strict=True)]
        if not any(tokens):
            return cls(None, len(texts))
        bm25 = bm25s.BM25(k1=K1, b=B)
        bm25.index(tokens, show_progress=False)
        return cls(bm25, len(texts))

    def scores(self, text: str) -> NDArray[np.float64]:
        """Return the BM25 score of every row for a question: (rows,), 0 where no word is shared."""
        known = self.known_stems(text)
        if self.bm25 is None or not known:
            return np.zeros(self.rows)
        return np.asarray(self.bm25.get_scores(known), np.float64)

    def known_stems(self, text: str) -> list[str]:
        """Return those stems of a question that some row has."""
        return [] if self.bm25 is None else [stem for stem in query_stems(text) if stem in self.bm25.vocab_dict]

    def rarity(self, stem: str) -> float:
        """Return how telling a stem is: ln(1 + rows / rows that have it), BM25's idea; 0 where no row has it."""
        row = self.bm25.vocab_dict.get(stem) if self.bm25 is not None else None
        starts = self.bm25.scores["indptr"] if self.bm25 is not None else ()
        if row is None or row + 1 >= len(starts):
            return 0.0
        found = int(starts[row + 1] - starts[row])
        return math.log1p(self.rows / found) if found else 0.0

    def save(self, folder: Path) -> None:
        """Write the index into `folder`; one without any word writes nothing."""
        if self.bm25 is not None:
            self.bm25.save(folder / "lexical", show_progress=False)

    @classmethod
    def load(cls, folder: Path, rows: int) -> "LexicalIndex":
        """Load what `save` wrote of `rows` texts."""
        saved = folder / "lexical"
        return cls(bm25s.BM25.load(saved, load_corpus=False, mmap=True) if saved.is_dir() else None, rows)
