"""The formula's weights, from one readable TOML file."""

import math
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.errors import BadWeights
from matcher.language import N_

SHIPPED = Path(__file__).with_name("weights.toml")
# Every signal and the rule that it belongs to; what the texts say is no rule and cannot be switched off.
RULE_OF = {
    "text": None,
    "profile": None,
    "distance": "place",
    "same_region": "place",
    "macro_region": "place",
    "same_country": "place",
    "sector": "sector",
    "sector_texts": "sector",
    "track_record": "track_record",
    "track_record_near": "track_record",
    "track_record_sector": "track_record",
    "experience": "experience",
    "collaboration": "experience",
}
# What a weights file may leave out, since files from before it came do: it weighs 0 then, and at 0 it is not told.
OPTIONAL = frozenset({"macro_region"})
RULES = tuple(dict.fromkeys(rule for rule in RULE_OF.values() if rule))


@dataclass(frozen=True, slots=True)
class TextWeights:
    """How texts become one number a partner: see `candidates`."""

    lexical_share: float
    lexical_cap: float
    temperature: float
    texts: int
    background: float


@dataclass(frozen=True, slots=True)
class AbstainWeights:
    """How at home a question must be for its list to be called matches: see `familiarity`."""

    words: float
    contrast: float
    familiarity: float


@dataclass(frozen=True, slots=True)
class ExposureWeights:
    """How introductions are spread, for questions that ask for it: see `exposure`."""

    strength: float
    price: float


@dataclass(frozen=True, slots=True)
class Weights:
    """All numbers of the formula.

    `signals`: signal -> weight; `caps`: signal -> greatest value; `abstain`: see `familiarity`;
    `exposure`: see `exposure`.
    """

    bias: float
    text: TextWeights
    signals: dict[str, float]
    caps: dict[str, float]
    abstain: AbstainWeights
    exposure: ExposureWeights

    @classmethod
    def load(cls, path: Path | None = None) -> "Weights":
        """Read a weights file; None means the shipped one.

        :raises BadWeights: it cannot be read, a number is missing, or a signal is unknown.
        """
        path = path or SHIPPED
        try:
            data = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadWeights(N_("weights file {path} cannot be read: {reason}"), path=path, reason=error) from error
        for part in ("weights", "caps"):
            if not isinstance(data.get(part, {}), dict):
                raise BadWeights(
                    N_("weights file {path} cannot be read: {reason}"), path=path, reason=f"{part} is no table"
                )
        unknown = [name for part in ("weights", "caps") for name in data.get(part, {}) if name not in RULE_OF]
        if unknown:
            raise BadWeights(
                N_("weights file {path}: unknown signal {name!r}; known are {known}"),
                path=path,
                name=unknown[0],
                known=", ".join(RULE_OF),
            )
        number = _numbers(data, path)
        weights = cls(
            bias=number("bias"),
            text=TextWeights(
                number("text.lexical_share"),
                number("text.lexical_cap"),
                number("text.temperature"),
                int(number("text.texts")),
                number("text.background"),
            ),
            signals={
                name: 0.0 if name in OPTIONAL and name not in data.get("weights", {}) else number(f"weights.{name}")
                for name in RULE_OF
            },
            caps={name: number(f"caps.{name}") for name in data.get("caps", {})},
            abstain=AbstainWeights(number("abstain.words"), number("abstain.contrast"), number("abstain.familiarity")),
            exposure=ExposureWeights(number("exposure.strength"), number("exposure.price")),
        )
        if weights.text.temperature <= 0 or not 0 <= weights.text.lexical_share <= 1:
            raise BadWeights(
                N_("weights file {path}: temperature must be above 0 and lexical_share between 0 and 1"), path=path
            )
        if not 0 <= weights.text.background <= 1:
            raise BadWeights(N_("weights file {path}: background must be between 0 and 1"), path=path)
        if weights.text.texts < 1:
            raise BadWeights(N_("weights file {path}: texts must be 1 or more"), path=path)
        if weights.exposure.strength < 0 or not 0 <= weights.exposure.price <= 1:
            raise BadWeights(
                N_("weights file {path}: exposure.strength must be 0 or more and exposure.price between 0 and 1"),
                path=path,
            )
        return weights


def _numbers(data: dict[str, Any], path: Path) -> Callable[[str], float]:
    def number(name: str) -> float:
        value: Any = data
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadWeights(N_("weights file {path}: {name} must be a number"), path=path, name=name)
        return float(value)

    return number
