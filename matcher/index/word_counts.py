"""Which words the texts of a side have: what is usual among them, and how they spell what a question misspells.

Counts, from which texts can be taken away again.
"""

import json
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from heapq import nsmallest
from pathlib import Path

from matcher.records import Evidence
from matcher.spelling import Sounds, counted
from matcher.text import telling_words

SAMPLE = 150  # words of a language that stand for all


class WordCounts:
    """Counts of words. `telling`: language (empty where unknown) -> telling word -> texts that have it.

    `sounds`: the words of the Spanish texts.
    """

    def __init__(self, telling: Mapping[str, Mapping[str, int]] | None = None, sounds: Sounds | None = None) -> None:
        self.telling = dict(telling or {})
        self.sounds = sounds or Sounds()
        self._samples: dict[str, tuple[str, ...]] = {}

    def updated(self, removed: Sequence[Evidence], added: Sequence[Evidence]) -> "WordCounts":
        """Return the counts with some texts taken away and others added."""
        change: dict[str, Counter[str]] = {}
        for texts, sign in ((removed, -1), (added, 1)):
            for text in texts:
                counts = change.setdefault(text.language or "", Counter())
                for word in telling_words(text.full_text):
                    counts[word] += sign
        spanish = counted(e.full_text for e in added if e.language == "es")
        spanish.subtract(counted(e.full_text for e in removed if e.language == "es"))
        change = {language: kept for language, counts in change.items() if (kept := _without_zeros(counts))}
        spoken = _without_zeros(spanish)
        if not change and not spoken:
            return self
        telling = self.telling | {
            language: _plus(self.telling.get(language, {}), counts) for language, counts in change.items()
        }
        found = WordCounts(telling, self.sounds.updated(spoken) if spoken else self.sounds)
        for language, sample in list(self._samples.items()):
            if language not in change or _stays(
                sample, change[language], self.telling.get(language, {}), telling[language]
            ):
                found._samples[language] = sample
        return found

    def sample(self, language: str | None) -> tuple[str, ...]:
        """Return up to SAMPLE telling words of a language; a change of few texts changes few of them, if any."""
        key = language or ""
        if key not in self._samples:
            self._samples[key] = tuple(nsmallest(SAMPLE, self.telling.get(key, ()), key=_chance))
        return self._samples[key]

    def save(self, folder: Path) -> None:
        """Write the counts into `folder`."""
        values = {"telling": self.telling, "spanish": self.sounds.counts, "sounds": self.sounds.words_of}
        (folder / "words.json").write_text(json.dumps(values, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "WordCounts":
        """Load what `save` wrote."""
        values = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        words_of = {said: tuple(words) for said, words in values["sounds"].items()}
        return cls(values["telling"], Sounds(values["spanish"], words_of))


def _chance(word: str) -> tuple[int, str]:
    return zlib.crc32(word.encode()), word


def _without_zeros(counts: Mapping[str, int]) -> Counter[str]:
    return Counter({word: count for word, count in counts.items() if count})


def _plus(counts: Mapping[str, int], change: Mapping[str, int]) -> dict[str, int]:
    found = dict(counts)
    for word, by in change.items():
        found[word] = found.get(word, 0) + by
        if not found[word]:
            del found[word]
    return found


def _stays(
    sample: Sequence[str], change: Mapping[str, int], before: Mapping[str, int], after: Mapping[str, int]
) -> bool:
    """Tell whether a sample is still the one to be drawn: no word of it left, and no new one comes before its last."""
    if any(word not in after for word in sample if word in change):
        return False
    new = [word for word in change if word not in before]
    return not new or (len(sample) == SAMPLE and min(map(_chance, new)) > _chance(sample[-1]))
