"""How alike two names of organisations are: the share of their words that both have, 0 to 1."""

from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import OSA

from matcher.organisation_names import Name, heard_as, is_short_for, known_words

LIGHT = 0.25  # what a word counts that is freely left out, beside one that says more
LOOSE = 0.4  # and one that is often left out
SHORT = 4  # letters; a shorter word is the same or another
LONE = 0.85  # the most that a name of one word can be like one that is spelt otherwise
OTHER_FORM = 0.87  # S.A.C. and S.R.L. are two firms, or one that has changed
KIN = frozenset({"sa", "saa", "sac"})  # which are written one for the other
KIN_FORM = 0.93
OF_FIRM = 0.78  # the most for a firm's initials; its syllables say nothing, many names begin like that
OTHER_ACRONYM = 0.9
OTHER_NAME = 0.97  # a second name that is given beside the first
PART = 0.5  # a faculty is not its university
INITIALS = {3: 0.8, 4: 0.93}  # by letters; longer ones count as four
SYLLABLES = 0.92  # CONICET: beginnings of words


@dataclass(frozen=True, slots=True)
class Place:
    """Where a name is, as words that say no more than that: `light` where something else names it."""

    words: frozenset[str] = frozenset()


def likeness(a: Name, b: Name, place: Place = Place()) -> float:
    """Return how alike two names are, 0 to 1. `place`: words that only say where both are."""
    found = _of_words(a.tokens, b.tokens, place)
    part = known_words().part
    if a.head and b.head:  # two faculties of a university share most words
        found = min(found, _of_words(a.head, b.head, place))
    parts = any(word in part for word in (*a.tokens, *b.tokens))
    for one, other in ((a, b), (b, a)) if not parts else ():  # what stands beside a faculty may be its university's
        for tokens in one.others:
            found = max(found, OTHER_NAME * max(_of_words(tokens, t, place) for t in (other.tokens, *other.others)))
    full_a, full_b = len(a.tokens) > 1, len(b.tokens) > 1
    if full_a and full_b and a.acronyms and b.acronyms and not a.acronyms & b.acronyms:
        found *= OTHER_ACRONYM
    if full_a != full_b:
        found = max(found, by_acronym(a, b) if full_b else by_acronym(b, a))
    if a.legal and b.legal and a.legal != b.legal:
        found *= KIN_FORM if {a.legal, b.legal} <= KIN else OTHER_FORM
    return found


def by_acronym(short: Name, full: Name) -> float:
    """Return how surely a name of one word is the acronym of a full one."""
    if len(short.tokens) != 1 or len(full.tokens) < 2:
        return 0.0
    (acronym,) = short.tokens
    found = 0.0
    if acronym in full.acronyms:
        return max(INITIALS.values())
    if acronym in full.initials:
        found = INITIALS[min(len(acronym), max(INITIALS))]
    elif len(acronym) >= 5 and not (short.legal or full.legal) and is_short_for(acronym, full.tokens):
        found = SYLLABLES
    return min(found, OF_FIRM) if short.legal or full.legal else found


@lru_cache(100_000)
def _of_words(a: tuple[str, ...], b: tuple[str, ...], place: Place) -> float:
    """Return the weight of the words that both have over that of all: a soft Jaccard index."""
    pairs, left_a, left_b = _aligned(a, b)
    known = known_words()
    if any(word in known.part for word in (*left_a, *left_b)):
        return PART * len(pairs) / max(len(pairs) + len(left_a) + len(left_b), 1)
    here = place.words
    if here & set(left_a) and here & set(left_b):  # two places
        here = frozenset()
    freely = known.light | here
    # Only beside a word that says more: without `chile` no more than `universidad` is left.
    telling = any(word not in known.generic and word not in freely for word, _ in pairs)
    lost = 0.0
    for word in (*left_a, *left_b):
        lost += LIGHT if telling and word in freely else LOOSE if telling and word in known.loose else 1.0
    both = sum(quality for _, quality in pairs)
    lost += sum(1.0 - quality for _, quality in pairs)
    found = both / (both + lost) if both else 0.0
    inexact = any(quality < 1 for _, quality in pairs)
    return min(found, LONE) if inexact and len(pairs) == 1 else found


def _aligned(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[list[tuple[str, float]], list[str], list[str]]:
    """Return the words that two names share, each with how alike it is, and the words of either that are left."""
    pairs: list[tuple[str, float]] = []
    left_a, left_b = list(a), list(b)
    for word in a:
        if word in left_b:
            left_a.remove(word)
            left_b.remove(word)
            pairs.append((word, 1.0))
    for left, others in ((left_a, left_b), (left_b, left_a)):  # written apart in one, together in the other
        for word in list(left):
            for start in range(len(others) - 1):
                if word in (joined := others[start] + others[start + 1], joined.removesuffix("s")):
                    left.remove(word)
                    pairs += [(others[start], 1.0), (others[start + 1], 1.0)]
                    del others[start : start + 2]
                    break
    certain = sum(len(word) > 1 for word, _ in pairs)  # an initial stands for a word only beside others that are equal
    options = sorted(
        ((q, x, y) for x in left_a for y in left_b if (q := _alike(x, y, initials=certain > 1)) > 0),
        key=lambda option: (-option[0], option),
    )
    for quality, x, y in options:
        if x in left_a and y in left_b:
            left_a.remove(x)
            left_b.remove(y)
            pairs.append((x, quality))
    return pairs, left_a, left_b


def _alike(x: str, y: str, *, initials: bool) -> float:
    """Return how alike two words are: 1 the same, 0 two words. `initials`: a letter may stand for a word."""
    if len(x) == 1 or len(y) == 1:
        return 0.9 if initials and x[0] == y[0] and not (x.isdigit() or y.isdigit()) else 0.0
    if x.isdigit() or y.isdigit() or min(len(x), len(y)) < SHORT:
        return 0.0
    if heard_as(x) == heard_as(y):
        return 0.95
    if abs(len(x) - len(y)) > 2:
        return 0.0
    distance = OSA.distance(x, y, score_cutoff=2)
    longest = max(len(x), len(y))
    if distance > (1 if longest < 9 else 2):
        return 0.0
    return 1 - 2 * distance / longest
