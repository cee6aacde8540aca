"""Spanish as it is typed: a word that no text has is read as the one of these texts that sounds the same."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cache

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


def heard(word: str) -> bool:
    """Tell whether a word may stand for one that sounds like it."""
    return len(word) >= SHORTEST and word.isalpha()


class Sounds:
    """The words of Spanish texts, and how often each is there, by their sound.

    Of several that sound alike the commonest is meant. Stop words are known without any text.
    """

    def __init__(
        self, counts: Mapping[str, int] | None = None, words_of: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        """Take over counts.

        :param words_of: sound -> the words of `counts` that have it, where that is known.
        """
        self.counts = dict(counts or {})
        self.words_of = dict(words_of) if words_of is not None else _by_sound(self.counts)

    def updated(self, change: Mapping[str, int]) -> "Sounds":
        """Return the same with the counts of some words changed by so much."""
        counts, words_of = dict(self.counts), dict(self.words_of)
        for word, by in change.items():
            before, after = counts.get(word, 0), counts.get(word, 0) + by
            if after:
                counts[word] = after
            else:
                counts.pop(word, None)
            if bool(before) != bool(after):
                said = sound(word)
                others = tuple(w for w in words_of.get(said, ()) if w != word)
                words_of[said] = (*others, word) if after else others
                if not words_of[said]:
                    del words_of[said]
        return Sounds(counts, words_of)

    def get(self, said: str, default: str) -> str:
        """Return the word that has a sound."""
        alike = self.words_of.get(said, ())
        if alike:
            return min(alike, key=lambda word: (-self.counts[word], word))
        return _stop_words_by_sound().get(said, default)


def counted(texts: Iterable[str]) -> Counter[str]:
    """Count the words of texts that may stand for others."""
    return Counter(word for text in texts for a, b in words(text) if heard(word := text[a:b].lower()))


def by_sound(texts: Iterable[str]) -> Sounds:
    """Return the words of Spanish texts by their sound."""
    return Sounds(counted(texts))


def _by_sound(counted_words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in counted_words:
        said = sound(word)
        found[said] = (*found.get(said, ()), word)
    return found


@cache
def _stop_words_by_sound() -> dict[str, str]:
    found: dict[str, str] = {}
    for word in filter(heard, sorted(stop_words())):
        found.setdefault(sound(word), word)
    return found


def mended(text: str, known: Callable[[str], bool], sounds: Sounds) -> str:
    """Return `text` with short forms written out, and unknown words replaced by known ones that sound the same.

    :param known: whether some text has the word, or it is a stop word.
    :param sounds: of the texts.
    """
    parts, last = [], 0
    for a, b in words(text):
        word = text[a:b]
        unknown = heard(word) and not known(word)
        meant = sounds.get(sound(word), word) if unknown else SHORT_FOR.get(word.lower(), word)
        parts += [text[last:a], meant]
        last = b
    return "".join(parts) + text[last:]
