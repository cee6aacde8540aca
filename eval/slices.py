"""A measure by kind of question: its place, sector and language, and how much is on file of the right partners."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from eval.answers import Answered
from eval.measures import interval
from matcher.places import country_name, region_name
from matcher.records import Query
from matcher.sectors import sector_name
from matcher.signals import asked_countries

LEAST = 5  # questions; smaller slices are pooled
OTHER, UNKNOWN = "other", "unknown"
FILE_SIZES = {0: "no text", 1: "1 text", 5: "2 to 5 texts", 20: "6 to 20 texts", 100: "21 to 100 texts"}
LARGEST = "more than 100 texts"


@dataclass(frozen=True, slots=True)
class Slice:
    """The mean of a measure over the questions that share a trait, with its 95 % interval."""

    trait: str
    value: str
    questions: int
    mean: float
    low: float
    high: float


def slices(answered: Answered, per_question: Mapping[str, float]) -> list[Slice]:
    """Return the slices of a measure, by trait, the largest first (files by their size).

    A question with several countries or sectors stands in each of them.

    :param per_question: judged question -> value of the measure.
    """
    queries = {q.id: q.query for q in answered.bench.questions}
    traits: dict[str, Callable[[str], set[str]]] = {
        "place": lambda q: _places(queries[q]),
        "sector": lambda q: {f"{code[0]} {sector_name(code[0], 'en')}" for code in queries[q].sectors},
        "language": lambda q: {queries[q].language or UNKNOWN},
        "right partners' file": lambda q: _file_size(answered, q),
    }
    found = [_by(trait, of, per_question, set(queries)) for trait, of in traits.items()]
    return [each for group in found if len(group) > 1 for each in group]  # one slice alone is the whole


def _by(trait: str, of: Callable[[str], set[str]], values: Mapping[str, float], known: set[str]) -> list[Slice]:
    groups: dict[str, set[str]] = {}
    for question in known.intersection(values):
        for label in of(question) or {UNKNOWN}:
            groups.setdefault(label, set()).add(question)
    small = [label for label, group in groups.items() if len(group) < LEAST]
    pooled = set().union(*(groups.pop(label) for label in small))
    found = [_slice(trait, label, group, values) for label, group in groups.items()]
    sizes = [*FILE_SIZES.values(), LARGEST]
    found.sort(key=lambda s: (sizes.index(s.value) if s.value in sizes else -s.questions, s.value))
    return [*found, _slice(trait, OTHER, pooled, values)] if pooled else found


def _slice(trait: str, label: str, questions: set[str], values: Mapping[str, float]) -> Slice:
    sample = [values[question] for question in sorted(questions)]
    return Slice(trait, label, len(sample), statistics.fmean(sample), *interval(sample))


def _places(query: Query) -> set[str]:
    if query.region:
        return {f"{query.region} {region_name(query.region)}"}
    return {f"{code} {country_name(code, 'en')}" for code in asked_countries(query)}


def _file_size(answered: Answered, question: str) -> set[str]:
    """Return the class of how many texts the question's right partners have; the middle one's, of several."""
    counts = [answered.texts.get(p, 0) for p, grade in answered.bench.qrels[question].items() if grade > 0]
    if not counts:
        return set()
    middle = statistics.median_low(counts)
    return {next((name for most, name in FILE_SIZES.items() if middle <= most), LARGEST)}
