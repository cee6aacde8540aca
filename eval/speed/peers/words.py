"""Texts as stems, for the engines that leave that to whoever uses them."""

from collections.abc import Sequence

import bm25s
import Stemmer
from bm25s.stopwords import STOPWORDS_EN, STOPWORDS_SPANISH

SNOWBALL = {"es": "spanish", "en": "english"}
STOP = {"es": STOPWORDS_SPANISH, "en": STOPWORDS_EN}


def stems(texts: Sequence[str], language: str) -> list[list[str]]:
    """Return the stems of each text by the tokenizer of bm25s, less the words that say nothing."""
    stemmer = Stemmer.Stemmer(SNOWBALL[language])
    found: list[list[str]] = bm25s.tokenize(
        list(texts), stopwords=list(STOP[language]), stemmer=stemmer, return_ids=False, show_progress=False
    )
    return found
