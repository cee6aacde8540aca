"""A corpus of any size: sentences of the demonstration recombined, from a seed, in two languages.

Every text is a title and two to four sentences, most of them of one sector, so that texts have subjects. The words are
those of our own texts, and new ones (names of products, places, brands) keep coming as in any language: of n words some
7 n^0.6 are different (Heaps), few of them often, most once (Zipf). The first `base` texts differ in their sentences; a
later one has the sentences of one of those with other names in it, so that its vector may be taken for that one's with
a little noise. Partners have texts as unevenly as in life.
"""

import datetime as dt
from bisect import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from random import Random

from matcher.places import region_codes
from matcher.records import Evidence, Outcome, Partner, Query, Record, Side, Stage
from matcher.sources import table
from matcher.sources.reading import Row
from matcher.text import sentences

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
TEXTS_A_PARTNER = 10
SPANISH = 0.8  # of the texts
OWN_SECTOR = 0.75  # of the sentences of a text
NAMES = (0, 0, 1, 1, 2, 3)  # new words of a text
HEAPS = 7, 0.6
WORDS = 30  # of a text
SUPPLY = 0.6  # of texts and partners
UNEVEN = 0.8  # a partner's share of the texts falls as its rank to this power
OUTCOMES_A_TEXT = 0.02
ONSETS, VOWELS = "b c d f g h j l m n p r s t v y z ch ll ñ tr".split(), "a e i o u ai ua".split()  # noqa: SIM905
SYLLABLES = tuple(onset + vowel for onset in ONSETS for vowel in VOWELS)
COUNTRIES = ("PE", "PE", "PE", "CO", "CL", "EC", "BO", "MX")
SIZES = (None, "micro", "micro", "small", "medium", "large")
KINDS = {Side.SUPPLY: ("faculty", "institute", "laboratory", "centre"), Side.DEMAND: ("firm", "cooperative")}
FIRST_DAY, DAYS = dt.date(2016, 1, 1), 3800
Shelf = tuple[Side, str, str]  # side, language, first sector


@dataclass(frozen=True)
class Corpus:
    """`texts` texts over a tenth as many partners, always the same from one seed."""

    texts: int
    base: int = 20_000
    seed: int = 1

    @property
    def partners_count(self) -> int:
        """How many partners there are."""
        return max(self.texts // TEXTS_A_PARTNER, 10)

    def base_of(self, number: int) -> int:
        """Return the number of the text whose sentences text `number` has; its own among the first ones."""
        return number % self.base

    def partners(self) -> Iterator[Partner]:
        """Yield the partners, by number."""
        for number in range(self.partners_count):
            draw = self._draw("partner", number)
            side = _side(number)
            country = draw.choice(COUNTRIES)
            region = draw.choice(region_codes(country))
            size = draw.choice(SIZES) if side is Side.DEMAND else None
            sectors = (_sector(draw, side, "es"),)
            name = f"{draw.choice(KINDS[side]).title()} {_name(draw.randrange(10**6))} {number}"
            yield Partner(f"p{number:07}", side, name, draw.choice(KINDS[side]), country, region, None, sectors, size)

    def evidence(self) -> Iterator[Evidence]:
        """Yield the texts, by number."""
        for number in range(self.texts):
            yield self.text(number)

    def text(self, number: int) -> Evidence:
        """Return text `number`."""
        side, language, sector, title, base = _sentences(self.seed, self.base_of(number))
        draw, lines = self._draw("text", number), list(base)
        for _ in range(max(draw.choice(NAMES), number >= self.base)):
            at = draw.randrange(len(lines))
            lines[at] = f"{lines[at].rstrip('.')} {self._new_word(draw).title()}."
        return Evidence(
            f"t{number:08}",
            (self._owner(draw, side),),
            "project" if side is Side.SUPPLY else "need",
            " ".join(lines),
            title,
            language,
            FIRST_DAY + dt.timedelta(days=draw.randrange(DAYS)),
            (sector,),
        )

    def outcomes(self) -> Iterator[Outcome]:
        """Yield outcomes between partners of both sides."""
        for number in range(int(self.texts * OUTCOMES_A_TEXT)):
            draw = self._draw("outcome", number)
            who, whom = self._owner(draw, Side.SUPPLY), self._owner(draw, Side.DEMAND)
            day = FIRST_DAY + dt.timedelta(days=draw.randrange(DAYS))
            yield Outcome(f"o{number:07}", who, draw.choice(tuple(Stage)), whom, day)

    def queries(self, count: int) -> list[Query]:
        """Return questions of firms, with a region each: needs of our own, every second cut to its first sentence."""
        found = []
        needs = [e for e in _demo_texts() if e.kind not in ("project", "capability", "service") and e.language]
        for number in range(count):
            draw = self._draw("query", number)
            need = draw.choice(needs)
            text = need.text if number % 2 else need.text[slice(*next(iter(sentences(need.text))))]
            region = draw.choice(region_codes("PE"))
            found.append(Query(f"{text} {self._new_word(draw)}", Side.SUPPLY, language=need.language, region=region))
        return found

    def _draw(self, what: str, number: int) -> Random:
        return _drawn(self.seed, what, number)

    def _new_word(self, draw: Random) -> str:
        """Return a word whose rank is drawn by Zipf's law from the vocabulary of so large a corpus."""
        size = HEAPS[0] * (self.texts * WORDS) ** HEAPS[1]
        return _name(int(2.7 * ((1 + size / 2.7) ** draw.random() - 1)))

    def _owner(self, draw: Random, side: Side) -> str:
        numbers, shares = self._ranks[side]
        return f"p{numbers[bisect(shares, draw.random() * shares[-1])]:07}"

    @cached_property
    def _ranks(self) -> dict[Side, tuple[list[int], list[float]]]:
        """Each side's partners and the sums of the shares of those up to each."""
        found = {}
        for side in Side:
            numbers = [number for number in range(self.partners_count) if _side(number) is side]
            found[side] = numbers, list(accumulate((rank + 1) ** -UNEVEN for rank in range(len(numbers))))
        return found


@lru_cache(maxsize=100_000)
def _sentences(seed: int, number: int) -> tuple[Side, str, str, str | None, tuple[str, ...]]:
    """Return side, language, sector, title and sentences of a base text."""
    draw = _drawn(seed, "base", number)
    side = Side.SUPPLY if draw.random() < SUPPLY else Side.DEMAND
    language = "es" if draw.random() < SPANISH else "en"
    sector = _sector(draw, side, language)
    titles, own = _shelves()[side, language, sector]
    every = _all_lines(side, language)
    count = draw.choice((2, 3, 3, 4))
    lines = [draw.choice(own if draw.random() < OWN_SECTOR else every) for _ in range(count)]
    return side, language, sector, draw.choice(titles) if titles else None, tuple(dict.fromkeys(lines))


def _drawn(seed: int, what: str, number: int) -> Random:
    return Random(f"{seed}/{what}/{number}")  # noqa: S311 - no secret


def _sector(draw: Random, side: Side, language: str) -> str:
    sectors, shares = _sectors(side, language)
    return sectors[bisect(shares, draw.random() * shares[-1])]


def _side(partner: int) -> Side:
    return Side.SUPPLY if partner % 10 < 10 * SUPPLY else Side.DEMAND


def _name(rank: int) -> str:
    """Return the made-up word of a rank: two syllables at least, another one for every other rank."""
    word, rest = "", rank + len(SYLLABLES)
    while rest:
        rest, digit = divmod(rest, len(SYLLABLES))
        word += SYLLABLES[digit]
    return word


@cache
def _demo_records() -> tuple[Record, ...]:
    rows = table.read(sorted(DEMO.glob("*.csv")))
    return tuple(record for row in rows if isinstance(row, Row) for record in row.records)


@cache
def _demo_texts() -> tuple[Evidence, ...]:
    return tuple(record for record in _demo_records() if isinstance(record, Evidence))


@cache
def _shelves() -> dict[Shelf, tuple[list[str], list[str]]]:
    """Return the titles and the sentences of our own texts, by side, language and sector."""
    sides = {record.id: record.side for record in _demo_records() if isinstance(record, Partner)}
    found: dict[Shelf, tuple[list[str], list[str]]] = {}
    for text in _demo_texts():
        shelf = (sides[text.partners[0]], text.language or "es", text.sectors[0] if text.sectors else "A01")
        titles, lines = found.setdefault(shelf, ([], []))
        titles += [text.title] if text.title else []
        lines += [text.text[a:b].strip() for a, b in sentences(text.text)]
    return found


@cache
def _sectors(side: Side, language: str) -> tuple[list[str], list[int]]:
    """Return the sectors of a side's texts, and the sums of their sentences up to each."""
    counts = {shelf[2]: len(lines) for shelf, (_, lines) in _shelves().items() if shelf[:2] == (side, language)}
    return list(counts), list(accumulate(counts.values()))


@cache
def _all_lines(side: Side, language: str) -> Sequence[str]:
    return [line for shelf, (_, lines) in _shelves().items() if shelf[:2] == (side, language) for line in lines]
