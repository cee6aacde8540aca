"""The systems that are measured: sets of weights of the one formula.

A baseline is the formula with few terms, an ablation the formula with one left out. `random` alone
needs no formula: it shuffles the candidates.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from matcher.errors import BadInput
from matcher.language import N_
from matcher.weights import RULE_OF, RULES, TextWeights, Weights

FULL = "full"
SPREAD = "full, spread"
RANDOM = "random"
# The asker's region before anything else, then its country; where no region is known, the country.
# Both are far above what any other term can reach.
PLACE_FIRST = {"same_region": 10_000.0, "same_country": 100.0}
TIES = {"experience": 1e-3}  # most partners of a region have no track record: the more published comes first


@dataclass(frozen=True, slots=True)
class System:
    """Something that ranks: a name and its weights, None for a shuffle.

    `any_language`: whether words in common count even where no text has the question's language.
    `spread`: whether partners that it has shown often let others have a turn (see `matcher.exposure`).
    """

    name: str
    weights: Weights | None
    any_language: bool = False
    spread: bool = False


def baselines(shipped: Weights) -> list[System]:
    """Return what every system must beat, from the simplest to the text part of `shipped`."""

    def terms(signals: Mapping[str, float], text: TextWeights = shipped.text) -> Weights:
        every = {name: signals.get(name, 0.0) for name in RULE_OF}
        return replace(shipped, bias=0.0, text=text, signals=every, caps={})

    own_text = {name: shipped.signals[name] for name, rule in RULE_OF.items() if rule is None}
    hybrid = replace(terms(own_text), caps={n: cap for n, cap in shipped.caps.items() if n in own_text})
    words = replace(shipped.text, lexical_share=1.0, lexical_cap=float("inf"))
    meaning = replace(shipped.text, lexical_share=0.0, background=0.0)
    return [
        System(RANDOM, None),
        System("popularity", terms({"experience": 1.0})),
        System("same region, popularity", terms(PLACE_FIRST | {"experience": 1.0})),
        System("same region, track record", terms(PLACE_FIRST | {"track_record": 1.0} | TIES)),
        System("BM25", terms({"text": 1.0}, words), any_language=True),
        System("dense", terms({"text": 1.0}, meaning)),
        System("hybrid", hybrid),
    ]


def standard(shipped: Weights) -> list[System]:
    """Return the baselines and, last, the whole formula."""
    return [*baselines(shipped), System(FULL, shipped)]


def spread(shipped: Weights) -> System:
    """Return the whole formula with introductions spread over the batch."""
    return System(SPREAD, shipped, spread=True)


def without(weights: Weights, names: Iterable[str]) -> Weights:
    """Return weights with rules or signals left out; `sector` is a rule and a signal: the rule is meant.

    :raises BadInput: a name is neither.
    """
    signals = dict(weights.signals)
    for name in names:
        if name not in RULES and name not in RULE_OF:
            known = ", ".join(dict.fromkeys((*RULES, *RULE_OF)))
            raise BadInput(N_("unknown rule {name!r}; rules are {known}"), name=name, known=known)
        signals.update({each: 0.0 for each, rule in RULE_OF.items() if name == (rule if name in RULES else each)})
    return replace(weights, signals=signals)


def ablations(weights: Weights) -> list[System]:
    """Return the formula whole, then without each rule, then without each single signal of any weight."""
    systems = [System(FULL, weights)]
    used = dict.fromkeys(rule for name, rule in RULE_OF.items() if rule and weights.signals[name])
    systems += [System(f"without rule {rule}", without(weights, [rule])) for rule in used]
    for name, rule in RULE_OF.items():
        others = [each for each, of in RULE_OF.items() if each != name and of == rule and weights.signals[each]]
        if weights.signals[name] and (rule is None or others):  # the only signal of a rule is that rule
            signals = weights.signals | {name: 0.0}
            systems.append(System(f"without {name}", replace(weights, signals=signals)))
    return systems
