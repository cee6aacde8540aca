"""Systems named on the command line: weights files, runs of other systems, built-in baselines."""

from collections.abc import Sequence
from pathlib import Path

from eval.answers import Answer
from eval.systems import FULL, System, baselines, spread
from eval.trec import read_run
from matcher.errors import BadInput
from matcher.language import N_
from matcher.weights import Weights


def others(
    names: Sequence[str], shipped: Weights, baseline: str | None = None
) -> tuple[list[System], dict[str, list[Answer]]]:
    """Return the systems that the engine can answer for, and the answers that others gave.

    :param names: baselines, weights files (.toml), TREC run files, "full, spread"; none means all baselines.
    :param baseline: one more, where it is a built-in one that `names` lacks.
    :raises BadInput: a name is no baseline and no file, or two systems go by one name.
    """
    simple = baselines(shipped)
    built_in = {system.name: system for system in [*simple, spread(shipped)]}
    wanted = list(names) or [system.name for system in simple]
    if baseline in built_in and baseline not in wanted:
        wanted.insert(0, baseline)
    ranked: list[System] = []
    given: dict[str, list[Answer]] = {}
    taken = {FULL}
    for name in wanted:
        path = Path(name)
        label = name if name in built_in else path.stem
        if label in taken:
            raise BadInput(N_("two systems are named {name!r}; rename a file"), name=label)
        taken.add(label)
        if name in built_in:
            ranked.append(built_in[name])
        elif not path.is_file():
            known = ", ".join(built_in)
            raise BadInput(N_("{name!r} is no file and no baseline; baselines are {known}"), name=name, known=known)
        elif path.suffix == ".toml":
            ranked.append(System(label, Weights.load(path)))
        else:
            given[label] = read_run(path)
    return ranked, given
