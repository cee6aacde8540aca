"""Spanish as it is typed: a word that no text has is read as the one of these texts that sounds the same."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from matcher.text import fold, stop_words, words

SHORTEST = 4  # letters; of shorter words too many sound alike
SHORT_FOR = {"q": "que", "pa": "para", "xq": "porque", "pq": "porque", "porq": "porque"}  # as typed on telephones
# What Spanish spells in several ways and says in one, or nearly so (seseo, yeismo; `w` as in quinwa).
_SOUNDS = tuple(
    (re.compile(spelling), sound)
    for spelling, sound in (
        ("ch", "#"), ("h", ""), ("qu(?=[ei])", "k"), ("c(?=[ei])", "s"), ("[cq]", "k"), ("gu(?=[ei])", "G"),
        ("g(?=[ei])", "j"), ("G", "g"), ("z", "s"), ("v", "b"), ("ll", "y"), ("w", "u"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


def sound(word: str) -> str:
    """Return how a Spanish word sounds: `kezo` and `queso` are both `keso`."""
    word = fold(word)
    for spelling, said in _SOUNDS:
        word = spelling.sub(said, word)
    return word


def by_sound(texts: Iterable[str]) -> dict[str, str]:
    """Return sound -> the word of `texts` that has it, the commonest if several do; stop words are known too."""
    counts = Counter(text[a:b].lower() for text in texts for a, b in words(text))
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    known = (word for word in (*ranked, *sorted(stop_words())) if len(word) >= SHORTEST and word.isalpha())
    found: dict[str, str] = {}
    for word in known:
        found.setdefault(sound(word), word)
    return found


def mended(text: str, known: Callable[[str], bool], sounds: Mapping[str, str]) -> str:
    """Return `text` with short forms written out, and unknown words replaced by known ones that sound the same.

    :param known: whether some text has the word, or it is a stop word.
    :param sounds: see `by_sound`.
    """
    parts, last = [], 0
    for a, b in words(text):
        word = text[a:b]
        if len(word) >= SHORTEST and word.isalpha() and not known(word):
            meant = sounds.get(sound(word), word)
        else:
            meant = SHORT_FOR.get(word.lower(), word)
        parts += [text[last:a], meant]
        last = b
    return "".join(parts) + text[last:]
