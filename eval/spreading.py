"""What it costs to spread introductions, and what it brings: measure lost against exposure evened out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from eval.answers import Answered
from eval.evaluation import primary
from eval.exposure import exposure
from eval.measures import per_question
from eval.systems import FULL, SPREAD, System
from eval.tables import markdown
from matcher.weights import Weights

SHARES = (0.25, 0.5, 1.0, 2.0, 4.0)  # of the shipped strength
LIMITED, UNLIMITED = "as shipped", "without limit"


@dataclass(frozen=True, slots=True)
class Spread:
    """A way of spreading, or the system without (its label empty).

    `limit`: share of a list's worth that it may give up, by its own probabilities. `mean`: the measure's;
    `lost`: of it, relative to no spreading. `gini`, `fall`: of the exposure, and by how much of it.
    """

    name: str
    label: str
    strength: float
    limit: float
    mean: float
    lost: float
    gini: float
    fall: float
    coverage: float


def systems(weights: Weights) -> list[System]:
    """Return the whole formula with spreading of several strengths, with the shipped limit and with none."""
    found = []
    for label, limit in ((LIMITED, weights.exposure.price), (UNLIMITED, 1.0)):
        for share in SHARES:
            numbers = replace(weights.exposure, strength=share * weights.exposure.strength, price=limit)
            shipped = share == 1 and label == LIMITED
            name = SPREAD if shipped else f"{SPREAD} x{share:g} {label}"
            found.append(System(name, replace(weights, exposure=numbers), spread=True))
    return found


def without_spreading(answered: Answered, ways: Sequence[System]) -> Answered:
    """Return the answers of the other systems: what spreads is no baseline."""
    names = {way.name for way in ways}
    return replace(answered, answers={name: each for name, each in answered.answers.items() if name not in names})


def spreads(answered: Answered, ways: Sequence[System], subject: str = FULL) -> list[Spread]:
    """Return what ways of spreading cost and bring.

    :param subject: the system without spreading, that the others are compared with; it comes first.
    """
    bench = answered.bench
    measure = primary(bench)
    queries = {q.id: q.query for q in bench.questions if q.id in bench.qrels}
    found: list[Spread] = []
    for way in [System(subject, None), *ways]:
        answers = answered.answers[way.name]
        values = per_question(answers, bench.qrels)[measure]
        mean, seen = sum(values.values()) / len(values), exposure(answers, answered.partners, queries)
        numbers = way.weights.exposure if way.weights else None
        base = found[0] if found else None
        found.append(
            Spread(
                way.name,
                "" if base is None else UNLIMITED if way.name.endswith(UNLIMITED) else LIMITED,
                numbers.strength if numbers else 0.0,
                numbers.price if numbers else 0.0,
                mean,
                1 - mean / base.mean if base and base.mean else 0.0,
                seen.gini,
                1 - seen.gini / base.gini if base and base.gini else 0.0,
                seen.coverage,
            )
        )
    return found


def table(found: Sequence[Spread], measure: str) -> str:
    """Return spreads as a Markdown table."""
    head = ["top 10", "strength", "limit", measure, "change", "Gini", "change", "coverage"]
    rows = []
    for each in found:
        figures = (f"{each.strength:g}", f"{each.limit:.0%}", f"{-each.lost:+.1%}", f"{-each.fall:+.1%}")
        strength, limit, change, fall = figures if each.label else ("-", "-", "-", "-")
        row = [each.name, strength, limit, f"{each.mean:.3f}", change, f"{each.gini:.3f}", fall, f"{each.coverage:.3f}"]
        rows.append(row)
    return markdown(head, rows)
