"""Plots as SVG text that stands inside a page."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.layout_engine import ConstrainedLayoutEngine

from eval.calibration import Bin, RiskCoverage
from eval.evaluation import Difference, Measured
from eval.spreading import LIMITED, UNLIMITED, Spread
from eval.systems import SPREAD

OWN, BEST, REST, FAINT, WIN, LOSS = "#00736b", "#b4530a", "#8d99a6", "#d5dbe1", "#00736b", "#b3261e"
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: it can be searched and read aloud
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 10,
    "axes.edgecolor": REST,
    "axes.titlesize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "xtick.color": "#3c4650",
    "ytick.color": "#3c4650",
    "legend.frameon": False,
}
FIRST_DRAWN = 10  # questions: a share of fewer says nothing


@mpl.rc_context(STYLE)
def metric_bars(systems: Mapping[str, Measured], own: str, best: str | None, measures: Sequence[str]) -> str:
    """Return every system's mean with its 95 % interval, a panel a measure."""
    names = list(systems)
    columns = 3
    rows = -(-len(measures) // columns)
    canvas, panels = _canvas(10.6, (0.25 * len(names) + 0.8) * rows, rows, columns)
    for panel in panels[len(measures) :]:
        panel.set_visible(False)
    for i, measure in enumerate(measures):
        found = [systems[name].figures[measure] for name in names]
        means = [f.mean for f in found]
        errors = [[f.mean - f.low for f in found], [f.high - f.mean for f in found]]
        colours = [OWN if name == own else BEST if name == best else FAINT for name in names]
        panel = panels[i]
        panel.barh(names, means, color=colours, height=0.72)
        panel.errorbar(means, names, xerr=errors, fmt="none", ecolor="#3c4650", elinewidth=1, capsize=2)
        panel.invert_yaxis()
        panel.set_title(measure, loc="left", weight="bold")
        panel.set_xlim(0, max(f.high for f in found) * 1.04 or 1)
        panel.grid(axis="x")
        panel.tick_params(axis="y", length=0, labelleft=i % columns == 0)
    return _svg(canvas, "metrics")


@mpl.rc_context(STYLE)
def ablation(found: Sequence[Difference]) -> str:
    """Return what is lost by leaving each term out, with 95 % intervals; filled where Holm's p is below 0.05."""
    canvas, (panel,) = _canvas(5.2, 0.28 * len(found) + 1.0)
    panel.axvline(0, color=REST, linewidth=1)
    for row, gap in enumerate(found):
        sure = gap.p_holm < 0.05
        colour = (LOSS if gap.mean < 0 else WIN) if sure else "#5c6873"
        panel.plot([gap.low, gap.high], [row, row], color=colour, linewidth=2)
        panel.plot([gap.mean], [row], "o", color=colour, markerfacecolor=colour if sure else "white", markersize=6)
    panel.set_yticks(range(len(found)), [gap.name for gap in found])
    panel.invert_yaxis()
    panel.grid(axis="x")
    panel.tick_params(axis="y", length=0)
    if found:
        panel.set_xlabel(f"change in {found[0].measure} (left: the term helps)")
    return _svg(canvas, "ablation")


@mpl.rc_context(STYLE)
def reliability(bins: Sequence[Bin]) -> str:
    """Return the share of matches that is right against their probability, with 95 % intervals."""
    canvas, (panel,) = _canvas(5.2, 3.6)
    top = min(1.0, 1.05 * max([0.05, *(b.high for b in bins), *(b.predicted for b in bins)]))
    panel.plot([0, top], [0, top], color=REST, linestyle="--", linewidth=1, label="as promised")
    means, right = [b.predicted for b in bins], [b.right for b in bins]
    errors = [[b.right - b.low for b in bins], [b.high - b.right for b in bins]]
    panel.errorbar(means, right, yerr=errors, fmt="o-", color=OWN, ecolor=OWN, elinewidth=1, capsize=2, label="seen")
    panel.set(xlim=(0, top), ylim=(0, top), xlabel="probability that was shown", ylabel="share that is right")
    panel.grid()
    panel.legend(loc="upper left")
    return _svg(canvas, "reliability")


@mpl.rc_context(STYLE)
def risk_coverage(curves: Mapping[str, RiskCoverage], answered: float) -> str:
    """Return P@1 of the surest questions against the share of questions that is answered."""
    canvas, (panel,) = _canvas(5.2, 3.6)
    for (name, curve), colour in zip(curves.items(), (OWN, BEST), strict=False):
        start = min(FIRST_DRAWN, len(curve.coverage)) - 1
        panel.plot(curve.coverage[start:], curve.precision[start:], color=colour, linewidth=2, label=name)
        chance = curve.chance
    panel.axhline(chance, color=REST, linestyle="--", linewidth=1, label="were it no guide")
    panel.axvline(answered, color=REST, linestyle=":", linewidth=1.5, label=f"shipped threshold: {answered:.0%}")
    panel.set(xlim=(0, 1.02), xlabel="share of questions answered, the surest first", ylabel="P@1 of those answered")
    panel.set_ylim(0, min(1.02, 1.1 * max(max(c.precision[FIRST_DRAWN - 1 :], default=1) for c in curves.values())))
    panel.grid()
    panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=9)  # above: curves lie anywhere
    return _svg(canvas, "risk")


@mpl.rc_context(STYLE)
def lorenz(systems: Mapping[str, Measured], own: str, best: str | None) -> str:
    """Return the share of places in first tens that goes to the least shown share of partners (Lorenz 1905)."""
    canvas, (panel,) = _canvas(5.2, 3.6)
    panel.plot([0, 1], [0, 1], color=REST, linestyle="--", linewidth=1, label="all alike")
    others = [name for name in ("random", "popularity") if name in systems and name not in (own, best)]
    colours = dict(zip(others, ("#5b8def", "#7d5ba6"), strict=False)) | {best or "": BEST, own: OWN}
    for name in (*others, *([best] if best else []), own):
        rising = np.array(systems[name].exposure.times[::-1], float)
        share = np.concatenate([[0.0], np.cumsum(rising) / max(rising.sum(), 1)])
        at = np.unique(np.linspace(0, len(rising), min(len(rising), 400) + 1).astype(int))
        label = f"{name} (Gini {systems[name].exposure.gini:.2f})"
        panel.plot(at / len(rising), share[at], color=colours[name], linewidth=2.4 if name == own else 1.4, label=label)
    panel.set(xlim=(0, 1), ylim=(0, 1), xlabel="partners, the least shown first", ylabel="share of places in top tens")
    panel.grid()
    panel.legend(loc="upper left", fontsize=9)
    return _svg(canvas, "lorenz")


@mpl.rc_context(STYLE)
def spreading(found: Sequence[Spread], measure: str) -> str:
    """Return the measure against the exposure's Gini for several strengths of spreading, with and without limit."""
    canvas, (panel,) = _canvas(5.2, 3.6)
    start = found[0]
    for label, colour in ((LIMITED, OWN), (UNLIMITED, BEST)):
        line = [start, *sorted((each for each in found if each.label == label), key=lambda each: each.strength)]
        panel.plot([e.gini for e in line], [e.mean for e in line], "o-", color=colour, markersize=4, label=label)
    shipped = next((each for each in found if each.name == SPREAD), start)
    panel.plot([start.gini], [start.mean], "s", color="#3c4650", markersize=7, label="not spread")
    panel.plot([shipped.gini], [shipped.mean], "D", color=OWN, markersize=8, label="shipped")
    panel.axhline(0.98 * start.mean, color=REST, linestyle="--", linewidth=1, label=f"{measure} less 2 %")
    panel.invert_xaxis()  # the fairer, the further to the right
    panel.set(xlabel="Gini of places in top tens (right: more even)", ylabel=measure)
    means = [each.mean for each in found]
    panel.set_ylim(min(*means, 0.95 * start.mean) * 0.99, max(means) * 1.01 or 1)  # a change of 2 % is small
    panel.grid()
    panel.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, fontsize=9)  # above: curves lie anywhere
    return _svg(canvas, "spread")


@mpl.rc_context(STYLE)
def gaps(values: Sequence[float], own: str, other: str, measure: str) -> str:
    """Return each question's difference as a bar, the greatest win first."""
    canvas, (panel,) = _canvas(5.2, 3.6)
    colours = [WIN if value > 0 else LOSS if value < 0 else FAINT for value in values]
    panel.bar(range(len(values)), values, color=colours, width=1.0)
    panel.axhline(0, color=REST, linewidth=1)
    won, lost = sum(v > 0 for v in values), sum(v < 0 for v in values)
    panel.text(0.98, 0.94, f"{won} better", color=WIN, ha="right", transform=panel.transAxes, weight="bold")
    panel.text(0.98, 0.86, f"{lost} worse", color=LOSS, ha="right", transform=panel.transAxes, weight="bold")
    panel.text(0.98, 0.78, f"{len(values) - won - lost} alike", color="#5c6873", ha="right", transform=panel.transAxes)
    panel.set(xlabel="questions", ylabel=f"{measure}: {own} less {other}", xlim=(-0.5, len(values) - 0.5))
    panel.grid(axis="y")
    return _svg(canvas, "gaps")


def _canvas(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Canvas, list[Axes]]:
    """Return a figure of `width` x `height` inches with its panels."""
    canvas = Canvas(figsize=(width, height), layout=ConstrainedLayoutEngine(h_pad=0.08))
    return canvas, list(np.atleast_1d(canvas.subplots(rows, columns)).ravel())


def _svg(canvas: Canvas, salt: str) -> str:
    """Return a figure as an <svg> element that grows and shrinks with its place."""
    out = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))  # equal figures make equal files
    with mpl.rc_context({"svg.hashsalt": salt}):
        canvas.savefig(out, format="svg", transparent=True, metadata=nothing)
    text = out.getvalue()
    return text[text.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)
