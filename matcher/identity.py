"""Which partners are one organisation: by identifiers of public registers, else by name and place."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.process import cpdist

from matcher.alike_keys import Positions, sharing
from matcher.name_likeness import Place, likeness
from matcher.organisation_names import Name, heard_as, known_words, parse, tokens_of
from matcher.places import country_name, region_name
from matcher.records import Partner
from matcher.text import fold

# Measured on data/identity by `python -m eval identity`: the half that was held out has a precision of 1.00 here.
SAME = 0.9
NEAR = 0.7  # below SAME, from here on: a person is asked
OTHER_REGION = 0.92
NO_COUNTRY = 0.95
FEW = 60  # partners that share a key; more say little, and would be compared in vain
ALIKE = 60  # of 100: names whose letters are less alike need a reason to be compared
WORDS = 8  # of a name that make keys
AT_ONCE = 20_000  # pairs that are looked at together
Progress = Callable[[int, int | None], None]
# A register gives an organisation one value: two values are two organisations.
UNIQUE = ("ror", "ruc", "grid", "wikidata", "openalex")
# What a university's faculties have from it.
OF_LEGAL_PERSONS = ("ruc:", "pic:", "fundref:")
How = Literal["identifier", "name"]
Verdict = Literal["same", "near", "different"]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two partners' ids, in their order, how likely they are one (0 to 1), and by what."""

    a: str
    b: str
    likeness: float
    how: How

    @property
    def verdict(self) -> Verdict:
        """Whether they are one, or a person is to be asked."""
        return "same" if self.likeness >= SAME else "near" if self.likeness >= NEAR else "different"


def compare(a: Partner, b: Partner) -> Pair:
    """Compare two partners."""
    first, second = sorted((a, b), key=lambda p: p.id)
    shared = set(a.identifiers) & set(b.identifiers)
    if differing(a, b):
        # One identifier says yes, another no: a mistake in one of them, which a person finds.
        return Pair(first.id, second.id, NEAR if shared else 0.0, "identifier")
    name_a, name_b = parse(a.name), parse(b.name)
    if shared:
        taxed = all(identifier.startswith(OF_LEGAL_PERSONS) for identifier in shared)
        part = taxed and _one_is_a_part(name_a, name_b)
        return Pair(first.id, second.id, NEAR if part else 1.0, "identifier")
    if a.country and b.country and a.country != b.country:
        return Pair(first.id, second.id, 0.0, "name")
    found = likeness(name_a, name_b, _place(a.country or b.country, a.region, a.city, b.region, b.city))
    if a.region and b.region and a.region != b.region:
        found *= OTHER_REGION
    if not (a.country and b.country):
        found *= NO_COUNTRY
    return Pair(first.id, second.id, round(found, 4), "name")


def differing(a: Partner, b: Partner) -> bool:
    """Tell whether a register that gives one value only has two for these."""
    if not (a.identifiers and b.identifiers):
        return False
    for scheme in UNIQUE:
        ours = {i for i in a.identifiers if i.startswith(scheme + ":")}
        theirs = {i for i in b.identifiers if i.startswith(scheme + ":")}
        if ours and theirs and not ours & theirs:
            return True
    return False


def pairs(
    partners: Sequence[Partner],
    least: float = NEAR,
    fresh: Container[str] | None = None,
    progress: Progress | None = None,
) -> list[Pair]:
    """Return the pairs that are at least so likely one, the likeliest first; those of equal likeness by id.

    :param fresh: ids; one of each pair is among them. None: all are.
    :param progress: told how many of how many pairs were compared.
    """
    found = []
    done, total = 0, None
    for some in _candidates(partners, fresh):
        total = done + len(some)
        for start in range(0, len(some), AT_ONCE):
            part = some[start : start + AT_ONCE]
            for a, b in part[_worth_it(partners, part)].tolist():
                pair = compare(partners[a], partners[b])
                if pair.likeness >= least:
                    found.append(pair)
            done += len(part)
            if progress:
                progress(done, total)
    return sorted(found, key=lambda p: (-p.likeness, p.a, p.b))


def _worth_it(partners: Sequence[Partner], some: Positions) -> NDArray[np.bool_]:
    """Tell quickly of (n, 2) pairs which could be one: most that share a word could not."""
    both = [(partners[a], partners[b]) for a, b in some.tolist()]
    names = [(parse(a.name), parse(b.name)) for a, b in both]
    together = cpdist(["".join(a.tokens) for a, _ in names], ["".join(b.tokens) for _, b in names], score_cutoff=ALIKE)
    sorted_ = cpdist(
        [" ".join(sorted(a.tokens)) for a, _ in names],
        [" ".join(sorted(b.tokens)) for _, b in names],
        score_cutoff=ALIKE,
    )
    alike = (together > 0) | (sorted_ > 0)
    return np.array([_could(*each, *name, like) for each, name, like in zip(both, names, alike, strict=True)], bool)


def _could(a: Partner, b: Partner, name_a: Name, name_b: Name, alike: bool) -> bool:
    registered = bool(a.identifiers and b.identifiers)
    if a.country and b.country and a.country != b.country and not registered:
        return False
    if alike or (registered and set(a.identifiers) & set(b.identifiers)):
        return True
    return len(name_a.tokens) == 1 or len(name_b.tokens) == 1 or bool(name_a.others or name_b.others)


def candidates(partners: Sequence[Partner]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of ids that are worth comparing, each once: they share an identifier or a rare key."""
    for some in _candidates(partners, None):
        for a, b in some.tolist():
            yield (min(partners[a].id, partners[b].id), max(partners[a].id, partners[b].id))


def _candidates(partners: Sequence[Partner], fresh: Container[str] | None) -> Iterator[Positions]:
    """Yield arrays (n, 2) of positions; the same whole name may stand a thousand times: see `chain`."""
    count = len(partners)
    new = np.array([fresh is None or p.id in fresh for p in partners], bool)
    if not new.any():
        return
    found = [
        part
        for chain in (True, False)
        for part in sharing(
            ((i, [key for key in keys(p) if (key[0] in "=@") is chain]) for i, p in enumerate(partners)),
            count,
            FEW,
            chain=chain,
            fresh=new,
        )
    ]
    if found:
        codes = np.unique(np.concatenate([part[:, 0] * count + part[:, 1] for part in found]))
        yield np.stack([codes // count, codes % count], axis=1)


def keys(partner: Partner) -> set[str]:
    """Return what a partner shares with those that could be the same: identifiers, names, words, acronyms."""
    name = parse(partner.name)
    found = {f"@{identifier}" for identifier in partner.identifiers}
    for tokens in (name.tokens, *name.others):
        heard = sorted({heard_as(word) for word in tokens})[:WORDS]
        found |= {f"={' '.join(heard)}", f"={''.join(tokens)}"}
        found |= {f"w{word}" for word in heard}
        found |= {f"p{a} {b}" for a, b in combinations(heard, 2)}
        found |= {f"t{word[:4]}{len(tokens)}" for word in tokens if word not in known_words().generic and len(word) > 4}
    found |= {f"a{acronym}" for acronym in name.acronyms | (name.initials if len(name.tokens) > 2 else frozenset())}
    if name.legal is None:  # firms' names begin alike too often
        found |= {f"s{begin} {partner.country}" for begin in _beginnings(name.tokens)}
    return found


def _beginnings(tokens: tuple[str, ...]) -> set[str]:
    """Return the first three letters of an acronym, or those that one of these words can have."""
    if len(tokens) == 1:
        return {tokens[0][:3]} if len(tokens[0]) > 4 else set()
    if len(tokens) < 3:
        return set()
    one, two, three = tokens[:3]
    return {one[:3], one[:2] + two[:1], one[:1] + two[:2], one[:1] + two[:1] + three[:1]}


def groups(
    partners: Sequence[Partner], found: Iterable[Pair], apart: Container[tuple[str, str]] = frozenset()
) -> list[tuple[str, ...]]:
    """Return the ids of partners that are one, by chains of pairs that are "same", the surest first.

    Two that registers tell apart never come into one group, whatever links them, nor do two of different sides: what
    an organisation offers and what it needs are asked apart. Groups and ids in order.

    :param apart: pairs of ids, in order, that a person has told apart: they never come into one group either.
    """
    by_id = {p.id: p for p in partners}
    group = {p.id: [p.id] for p in partners}
    for pair in sorted(found, key=lambda p: (-p.likeness, p.a, p.b)):
        one, other = group[pair.a], group[pair.b]
        if pair.verdict != "same" or one is other:
            continue
        if any(
            by_id[x].side is not by_id[y].side or differing(by_id[x], by_id[y]) or (min(x, y), max(x, y)) in apart
            for x in one
            for y in other
        ):
            continue
        one += other
        for id_ in other:
            group[id_] = one
    return sorted({tuple(sorted(ids)) for ids in group.values() if len(ids) > 1})


def leader(group: Sequence[Partner], texts: Mapping[str, int]) -> Partner:
    """Return the partner of a group under which all are shown: who is known best and named in full.

    That is the one with most identifiers, a name that is no acronym and not all in capitals, most texts, the longest
    name; the smallest id where all that is equal.

    :param texts: id -> how many texts a partner has.
    """

    def rank(p: Partner) -> tuple[int, bool, bool, int, int, str]:
        acronym = len(parse(p.name).tokens) < 2
        return -len(p.identifiers), acronym, p.name.isupper(), -texts.get(p.id, 0), -len(p.name), p.id

    return min(group, key=rank)


def _one_is_a_part(a: Name, b: Name) -> bool:
    part = known_words().part
    return bool((set(a.tokens) ^ set(b.tokens)) & part) and bool(
        set(a.tokens) & set(b.tokens) or a.acronyms or b.acronyms
    )


@lru_cache(10_000)
def _place(country: str | None, *places: str | None) -> Place:
    """Return the words that say where an organisation is."""
    names = [country_name(country, "es"), country_name(country, "en")] if country else []
    names += [region_name(place) if "-" in place[:3] else place for place in places if place]
    return Place(frozenset(word for name in names for word in tokens_of(fold(name))))
