"""Tuned weights as a file: the one that they started from, its comments kept, with new numbers and their provenance."""

import datetime as dt
import hashlib
import json
import re
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matcher.errors import BadWeights
from matcher.language import N_
from matcher.tuning import DECIMALS, FOLDS, Tuned
from matcher.weights import OPTIONAL, SHIPPED, Weights

_TABLE = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]")
_NUMBER = re.compile(r"(?P<left>\s*(?P<name>\w+)\s*=\s*)(?P<old>[-+0-9.eE_]+)(?P<gap>\s*)(?P<comment>(#.*)?)$")
HEADER = """\
# Tinkuy's weights: score = bias + sum of weight x value, in log-odds. Edit, or give this file with
# TINKUY_WEIGHTS. A rule can be switched off per query; a weight of 0 switches it off for all.
# Bias and weights were fitted by `tinkuy tune`: see [provenance] at the end.
"""
ABOUT = """\
[provenance]
# Figures are of questions that the weights had not seen, with 95 % intervals over questions. `ece` is the
# expected calibration error of the ten partners shown; those without a judgement count as not good, so
# that probabilities are rather too low. `pull`: how strongly the fit was held to the starting weights.
"""


def text_of(tuned: Tuned, start: Path | None, model: str, day: dt.date) -> str:
    """Return a weights file's text.

    :param start: the file that tuning started from; None is the shipped one.
    :raises BadWeights: see `rewritten`.
    """
    sha256 = hashlib.sha256((start or SHIPPED).read_bytes()).hexdigest()
    return f"{HEADER}\n{rewritten(start, tuned.weights)}\n\n{ABOUT}{_provenance(tuned, sha256, model, day)}"


def rewritten(start: Path | None, weights: Weights) -> str:
    """Return the lines of a weights file with other numbers, without header and provenance.

    Bias, weights of signals and the strength of spreading are new, all in log-odds.

    :raises BadWeights: it is not written one number a line, as the shipped one is.
    """
    path = start or SHIPPED
    lines, table = [], ""
    for line in _without_header(path.read_text(encoding="utf-8").splitlines()):
        if found := _TABLE.match(line):
            table = found[1]
        if table.split(".")[0] == "provenance":
            continue
        number = _NUMBER.match(line)
        new = None
        if number and table == "weights":
            new = weights.signals.get(number["name"])
        elif number and not table and number["name"] == "bias":
            new = weights.bias
        elif number and table == "exposure" and number["name"] == "strength":  # in log-odds too
            new = weights.exposure.strength
        if number and new is not None:  # the comment stays in its column
            gap = max(len(number["old"]) + len(number["gap"]), len(_plain(new)) + 1) if number["comment"] else 0
            line = f"{number['left']}{_plain(new):<{gap}}{number['comment']}"
        lines.append(line)
        if found and table == "weights":  # what a file from before a signal came does not name
            given = tomllib.loads(path.read_text(encoding="utf-8"))["weights"]
            new_ones = sorted(n for n in OPTIONAL - set(given) if round(weights.signals[n], DECIMALS))
            lines += [f"{name} = {_plain(weights.signals[name])}" for name in new_ones]
    body = "\n".join(lines).strip("\n")
    data = tomllib.loads(body)
    if (data["bias"], dict.fromkeys(OPTIONAL, 0.0) | data["weights"]) != (
        round(weights.bias, DECIMALS),
        _rounded(weights.signals),
    ):
        raise BadWeights(
            N_("weights file {path}: write one number a line under [weights], as the shipped file does"), path=path
        )
    return body


def provenance(path: Path) -> dict[str, Any]:
    """Return what a weights file tells of where its numbers come from; nothing, where it does not."""
    return dict(tomllib.loads(path.read_text(encoding="utf-8")).get("provenance", {}))


def _without_header(lines: list[str]) -> list[str]:
    """Leave out the comments at the top: they tell how the old numbers came about."""
    first = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return lines[first:]


def _provenance(tuned: Tuned, start: str, model: str, day: dt.date) -> str:
    lines = [
        f"date = {day.isoformat()}",
        f"starting_weights = {json.dumps('sha256:' + start)}",
        f"model = {json.dumps(model)}",
        f"folds = {FOLDS}",
        f"seed = {tuned.seed}",
        f"pull = {tuned.strength}",
        f"gain = {_interval(asdict(tuned.gain))}  # mean over the data below, each counting equally",
    ]
    for result in tuned.results:
        lines += ["", "[[provenance.data]]"]
        for name, value in asdict(result).items():
            lines.append(f"{name} = {_value(value)}")
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return _interval(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else _plain(value)


def _interval(interval: dict[str, float]) -> str:
    return "{ " + ", ".join(f"{name} = {_plain(value)}" for name, value in interval.items()) + " }"


def _plain(value: float) -> str:
    """Return a number of few decimals, never -0.0; TOML writes infinity as `inf`."""
    return str(value) if isinstance(value, int) else str(round(value, DECIMALS) + 0.0)


def _rounded(numbers: dict[str, float]) -> dict[str, float]:
    return {name: round(value, DECIMALS) for name, value in numbers.items()}
