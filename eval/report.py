"""One page about how good Tinkuy is on some folders: what goes into it, and the page itself."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval import calibration, plots, spreading, tables
from eval.answers import Answered
from eval.calibration import Bin, RiskCoverage
from eval.evaluation import Difference, Evaluation, as_json, best_baseline, differences, evaluate, primary
from eval.measures import MEASURES, Figure
from eval.spreading import Spread
from eval.systems import FULL, SPREAD, System, ablations, standard
from eval.wins import Duel, duels
from matcher.quality import FORMAT
from matcher.weights import RULE_OF, Weights

SHOWN = ("P@1", "Hit@5", "nDCG@10", "RR", "P@5", "R@100")
DECIMALS = 4
TOLD = 6  # questions told in full among wins, and among losses


@dataclass(frozen=True, slots=True)
class Chapter:
    """What is told of one folder. `lift`: the whole formula's to the best baseline; `lost`: by ablation.

    `spreads`: price and gain of spreading introductions, by strength.
    """

    evaluation: Evaluation
    measure: str
    best: str
    lift: Difference
    lost: list[Difference]
    bins: list[Bin]
    curves: dict[str, RiskCoverage]
    answered: float
    duels: list[Duel]
    spreads: list[Spread]
    partners: int
    texts: int

    @property
    def calibration_error(self) -> float:
        """Expected calibration error of the matches shown."""
        return calibration.expected_calibration_error(self.bins)


def systems_of(weights: Weights) -> list[System]:
    """Return all that a report asks: baselines, the whole formula, that with each term left out, and spreading."""
    return [*standard(weights), *ablations(weights)[1:], *spreading.systems(weights)]


def chapter(answered: Answered, weights: Weights) -> Chapter:
    """Measure the answers of `systems_of(weights)`."""
    bench, own = answered.bench, answered.answers[FULL]
    beside = [system.name for system in standard(weights)]
    ways = spreading.systems(weights)
    spreads, answered = spreading.spreads(answered, ways), spreading.without_spreading(answered, ways)
    whole = evaluate(answered, FULL)
    measure = primary(bench)
    side_by_side = {name: whole.systems[name] for name in beside}
    without = {name: each for name, each in whole.systems.items() if name == FULL or name not in beside}
    best = best_baseline(side_by_side, FULL, measure) or FULL
    pair = {name: side_by_side[name] for name in (best, FULL)}
    curves, share = calibration.by_confidence(own, side_by_side[FULL].figures["P@1"].per_question)
    return Chapter(
        Evaluation(bench, side_by_side, whole.declined, whole.slices),
        measure,
        best,
        differences(pair, best, measure)[0],
        differences(without, FULL, measure),
        calibration.reliability(*calibration.shown(own, bench.qrels)),
        curves,
        share,
        duels(answered, side_by_side, FULL, best, measure),
        spreads,
        len(answered.partners),
        answered.evidence,
    )


def page(chapters: Sequence[Chapter], weights: Weights, model: str, command: str, *, anonymous: bool = False) -> str:
    """Return the report as one HTML page that needs nothing else.

    :param anonymous: without questions' texts and partners' names, so that nobody who leaves stays in it.
    """
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"p": lambda p: tables.p_value(p).strip("*"), "name": _slug}
    return environment.get_template("report.html.jinja").render(
        chapters=chapters,
        drawn=[_drawn(each) for each in chapters],
        measures=list(MEASURES),
        own=FULL,
        spread=SPREAD,
        told=0 if anonymous else TOLD,
        weights=weights,
        rules=RULE_OF,
        text=asdict(weights.text),
        model=model,
        command=command,
        version=version("tinkuy"),
        date=datetime.now(UTC).date().isoformat(),
    )


def summary(chapters: Sequence[Chapter], weights: Weights, model: str, command: str) -> dict[str, Any]:
    """Return what the page on quality shows, see `matcher.quality`: figures alone, of no question by itself."""
    return {
        "format": FORMAT,
        "date": datetime.now(UTC).date().isoformat(),
        "version": version("tinkuy"),
        "model": model,
        "command": command,
        "weights": dict(weights.signals),
        "folders": [_summary(each) for each in chapters],
    }


def _summary(found: Chapter) -> dict[str, Any]:
    said, own = found.evaluation.declined, found.evaluation.systems[FULL]
    return {
        "name": found.evaluation.bench.name,
        "questions": len(found.evaluation.bench.qrels),
        "partners": found.partners,
        "texts": found.texts,
        "primary": found.measure,
        "figures": {m: _rounded(own.figures[m]) for m in MEASURES},
        "baseline": {"name": found.best} | _rounded(found.evaluation.systems[found.best].figures[found.measure]),
        "lift": _rounded(found.lift) | {"p": round(found.lift.p, DECIMALS)},
        "declined": {name: getattr(said, name) for name in ("judged", "of_judged", "hopeless", "of_hopeless")},
        "calibration_error": round(found.calibration_error, DECIMALS),
    }


def _rounded(figure: Figure | Difference) -> dict[str, float]:
    return {name: round(getattr(figure, name), DECIMALS) + 0.0 for name in ("mean", "low", "high")}


def markdown(chapters: Sequence[Chapter], model: str) -> str:
    """Return the report's tables: all folders in one, then each folder's."""
    head = ["folder", "questions", *MEASURES, "best baseline", "lift", "p", "declined"]
    rows = [
        [
            c.evaluation.bench.name,
            str(len(c.evaluation.bench.qrels)),
            *(tables.figure(c.evaluation.systems[FULL].figures[m]) for m in MEASURES),
            f"{c.best}: {c.evaluation.systems[c.best].figures[c.measure].mean:.3f} {c.measure}",
            f"**{c.lift.mean:+.3f}** [{c.lift.low:+.3f}, {c.lift.high:+.3f}]",
            tables.p_value(c.lift.p),
            str(c.evaluation.declined.judged),
        ]
        for c in chapters
    ]
    parts = [tables.markdown(head, rows)]
    for each in chapters:
        parts += [f"## {each.evaluation.bench.name}", tables.whole(each.evaluation, FULL, model)]
        parts += [tables.differences_table(each.lost), spreading.table(each.spreads, each.measure)]
    return "\n\n".join(parts) + "\n"


def report_json(found: Chapter, weights: Weights) -> dict[str, Any]:
    """Return a chapter as JSON holds it."""
    return as_json(found.evaluation, standard(weights)) | {
        "lift": asdict(found.lift),
        "ablation": [asdict(each) for each in found.lost],
        "calibration": {"error": found.calibration_error, "bins": [asdict(b) for b in found.bins]},
        "risk_coverage": {name: asdict(curve) for name, curve in found.curves.items()},
        "answered": found.answered,
        "spread": [asdict(each) for each in found.spreads],
    }


def _drawn(found: Chapter) -> dict[str, Markup]:
    """Return the plots of a chapter; matplotlib has escaped what is written in them."""
    systems, best = found.evaluation.systems, found.best
    drawn = {
        "metrics": plots.metric_bars(systems, FULL, best, SHOWN),
        "ablation": plots.ablation(found.lost),
        "reliability": plots.reliability(found.bins),
        "risk": plots.risk_coverage(found.curves, found.answered),
        "lorenz": plots.lorenz(systems, FULL, best),
        "spread": plots.spreading(found.spreads, found.measure),
        "gaps": plots.gaps([duel.gap for duel in found.duels], FULL, best, found.measure),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())
