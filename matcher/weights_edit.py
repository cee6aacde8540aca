"""The weights in force changed by hand: written whole or not at all, and the file before kept, to be put back."""

import datetime as dt
import hashlib
import json
import math
import os
import secrets
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from matcher.errors import BadInput, BadWeights, Stale
from matcher.language import N_
from matcher.settings import Settings
from matcher.weights import SHIPPED, Weights
from matcher.weights_file import rewritten

LIMIT = 100.0  # of a weight, either way: no log-odds that mean anything are larger
HEADER = """\
# Tinkuy's weights: score = bias + sum of weight x value, in log-odds. Written by the administration page, which keeps
# the file before it beside this one. A weight of 0 switches a signal off for all.
"""


def digest(path: Path | None) -> str:
    """Return what a weights file says, in short; None is the shipped one."""
    return hashlib.sha256((path or SHIPPED).read_bytes()).hexdigest()


def changed(weights: Weights, given: Mapping[str, float]) -> Weights:
    """Return weights with other numbers: signal -> weight, and `bias`.

    :raises BadInput: a number that is none, or too large.
    """
    for name, value in given.items():
        if not math.isfinite(value) or abs(value) > LIMIT:
            raise BadInput(N_("{name}: must be a number between -{limit} and {limit}"), name=name, limit=int(LIMIT))
    signals = {name: given.get(name, weight) for name, weight in weights.signals.items()}
    return replace(weights, bias=given.get("bias", weights.bias), signals=signals)


def save(settings: Settings, weights: Weights, base: str, day: dt.date) -> Path:
    """Write weights to the file in force, and keep the one before; return the file.

    Where the shipped file is in force it is `weights.toml` in the home folder, which then goes before it.

    :param base: digest of the file that the weights were changed from.
    :raises Stale: another file is in force by now.
    :raises BadWeights: the file cannot be written, or not in this form.
    """
    target = settings.weights_home
    with _alone(target):
        now = settings.weights_file()
        if digest(now) != base:
            raise Stale(N_("the weights were changed meanwhile: look at them again and decide anew"))
        tables = {"date": day.isoformat(), "starting_weights": f"sha256:{base}", "edited": "by hand"}
        origin = "".join(f"{name} = {json.dumps(value)}\n" for name, value in tables.items())
        text = f"{HEADER}\n{rewritten(now, weights)}\n\n[provenance]\n{origin}"
        try:
            if now is None:
                _previous(target).unlink(missing_ok=True)  # before came the shipped one
            else:
                _write(_previous(target), now.read_text(encoding="utf-8"))
            _write(target, text)
        except OSError as error:
            raise _unwritable(target, error) from error
    return target


def can_put_back(settings: Settings) -> bool:
    """Tell whether there is a file before the one in force: one that was kept, or the shipped one."""
    target = settings.weights_home
    return _previous(target).exists() or (settings.weights is None and target.exists())


def put_back(settings: Settings) -> None:
    """Let the weights before be in force again, and keep those that were; done twice it changes nothing.

    :raises BadInput: there are none.
    :raises BadWeights: the file cannot be written.
    """
    target = settings.weights_home
    with _alone(target):
        if not can_put_back(settings):
            raise BadInput(N_("there are no weights before these"))
        before = _previous(target)
        aside = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            if target.exists():
                target.replace(aside)
            if before.exists():
                before.replace(target)
            if aside.exists():
                aside.replace(before)
        except OSError as error:
            raise _unwritable(target, error) from error


def _previous(target: Path) -> Path:
    return target.with_name(f"{target.stem}.before.toml")


def _alone(target: Path) -> FileLock:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(target.with_name(f".{target.name}.lock"), timeout=10)
    except OSError as error:
        raise _unwritable(target, error) from error


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _unwritable(target: Path, error: OSError) -> BadWeights:
    return BadWeights(
        N_("weights file {path} cannot be written: {reason}. Set TINKUY_WEIGHTS to a file that can"),
        path=target,
        reason=error.strerror or type(error).__name__,
    )
