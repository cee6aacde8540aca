"""What an installation can tell about itself: its kept evaluation report, and where its texts come from.

`python -m eval report … --publish` writes the report: a page, and its figures as JSON. Both are of no single question
and name nobody, so that there is nothing in them for an erasure to reach.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Evidence

SHIPPED = Path(__file__).with_name("shipped_figures.json")
PAGE, FIGURES = "report.html", "report.json"  # in the folder of reports
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over questions with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Folder:
    """What was measured on one folder of judged questions.

    `primary`: the measure that decides; `baseline`: the best simple system, its figure and Tinkuy's lift over it.
    `declined`, `hopeless`: how many judged questions, and ones without an answer, were declined, and of how many.
    """

    name: str
    questions: int
    partners: int
    texts: int
    primary: str
    figures: Mapping[str, Interval]
    baseline: str
    baseline_figure: Interval
    lift: Interval
    p: float
    declined: tuple[int, int]
    hopeless: tuple[int, int]
    calibration_error: float


@dataclass(frozen=True, slots=True)
class Report:
    """A kept evaluation. `weights`: signal -> weight that it was made with."""

    date: dt.date
    version: str
    model: str
    command: str
    weights: Mapping[str, float]
    folders: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """Texts of one source. `name`: None where they tell none; `oldest`, `newest`: of those with a date."""

    name: str | None
    texts: int
    undated: int
    oldest: dt.date | None
    newest: dt.date | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a report tells of what can go wrong, its folders together.

    `declined`: how many questions with an answer were declined, and of how many; `listed`: how many without one got a
    list all the same, and of how many; `chance`: the folders whose gain over the best simple system may be none.
    """

    declined: tuple[int, int]
    listed: tuple[int, int]
    chance: tuple[str, ...]


def limits(report: Report) -> Limits:
    """Return the limits that a report has measured."""
    folders = report.folders
    declined, judged = (sum(f.declined[i] for f in folders) for i in (0, 1))
    rightly, hopeless = (sum(f.hopeless[i] for f in folders) for i in (0, 1))
    chance = tuple(f.name for f in folders if f.lift.low <= 0)
    return Limits((declined, judged), (hopeless - rightly, hopeless), chance)


def keep(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into the folder of reports, each whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        aside = folder / f".{name}"
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / name)


def read_report(path: Path) -> Report | None:
    """Return a kept evaluation; None where there is none.

    :raises BadInput: it is not one that this version can read.
    """
    try:
        return _report(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = N_("the evaluation report {name} cannot be read: make it again with `python -m eval report`")
        raise BadInput(message, name=path.name) from error


def sources(evidence: Iterable[Evidence]) -> list[Source]:
    """Return where texts come from, by what they say of it, the largest first."""
    days: dict[str | None, list[dt.date | None]] = {}
    for text in evidence:
        days.setdefault(text.source or None, []).append(text.date)
    found = [_source(name, given) for name, given in days.items()]
    return sorted(found, key=lambda s: (-s.texts, s.name is None, s.name or ""))


def together(parts: Iterable[Source]) -> Source:
    """Return several sources as one without a name."""
    all_ = list(parts)
    days = [day for s in all_ for day in (s.oldest, s.newest) if day]
    return Source(
        None,
        sum(s.texts for s in all_),
        sum(s.undated for s in all_),
        min(days, default=None),
        max(days, default=None),
    )


def _source(name: str | None, given: list[dt.date | None]) -> Source:
    days = [day for day in given if day]
    return Source(name, len(given), len(given) - len(days), min(days, default=None), max(days, default=None))


def _report(data: Any) -> Report:
    if data["format"] != FORMAT:
        raise ValueError(data["format"])
    return Report(
        dt.date.fromisoformat(data["date"]),
        str(data["version"]),
        str(data["model"]),
        str(data["command"]),
        {str(name): float(weight) for name, weight in data["weights"].items()},
        tuple(_folder(each) for each in data["folders"]),
    )


def _folder(data: Any) -> Folder:
    said = data["declined"]
    return Folder(
        str(data["name"]),
        int(data["questions"]),
        int(data["partners"]),
        int(data["texts"]),
        str(data["primary"]),
        {str(name): _interval(figure) for name, figure in data["figures"].items()},
        str(data["baseline"]["name"]),
        _interval(data["baseline"]),
        _interval(data["lift"]),
        float(data["lift"]["p"]),
        (int(said["judged"]), int(said["of_judged"])),
        (int(said["hopeless"]), int(said["of_hopeless"])),
        float(data["calibration_error"]),
    )


def _interval(data: Any) -> Interval:
    return Interval(float(data["mean"]), float(data["low"]), float(data["high"]))
