"""Records by the million: what is quick to make is otherwise the frozen dataclass that it was."""

import copy
import inspect
import pickle
from dataclasses import FrozenInstanceError, asdict, dataclass, field, fields, replace

import pytest

from matcher.frozen import quick_to_make
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.sources.reading import Row

MADE = (
    Partner("p", Side.SUPPLY, "Laboratorio ilustrativo", "laboratory", city="Puno", identifiers=("ruc:20999999990",)),
    Evidence("e", ("p",), "project", "Se mide la humedad.", fields=("2.11",)),
    Outcome("o", "p", "met", text="Se vieron."),
    Row("a.csv", 2, (), key="k"),
)


@quick_to_make
@dataclass(frozen=True, slots=True)
class Quick:
    """One."""

    name: str
    many: tuple[int, ...] = (1,)
    more: str | None = None


@dataclass(frozen=True, slots=True)
class Usual:
    """The same without haste."""

    name: str
    many: tuple[int, ...] = (1,)
    more: str | None = None


@pytest.mark.parametrize("made", MADE)
def test_every_field_is_set_and_none_can_be_changed(made):
    assert type(made) in (Partner, Evidence, Outcome, Row)
    assert replace(made) == made == copy.deepcopy(made) == pickle.loads(pickle.dumps(made))
    assert {type(made)(**{f.name: getattr(made, f.name) for f in fields(made)})} == {made}
    for name in (fields(made)[0].name, "unknown"):
        with pytest.raises((FrozenInstanceError, TypeError)):
            setattr(made, name, "x")
    with pytest.raises(FrozenInstanceError):
        delattr(made, fields(made)[0].name)


def test_it_is_called_shown_and_compared_like_the_usual_one():
    def told(cls):
        return [repr(cls("a", more="b")).partition("(")[2], asdict(cls("a", (2,))), str(inspect.signature(cls))]

    assert told(Quick) == told(Usual)
    assert Quick("a") == Quick("a", (1,), None) != Quick("b")
    assert [getattr(Quick("a", more="b"), f.name) for f in fields(Quick)] == ["a", (1,), "b"]
    for call in (Quick, lambda: Quick("a", other=1), lambda: Quick("a", (), None, 1)):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            call()


def test_what_it_cannot_fill_is_refused_when_the_class_is_made():
    with pytest.raises(TypeError, match="plain defaults"):

        @quick_to_make
        @dataclass(frozen=True, slots=True)
        class Factory:
            many: list[int] = field(default_factory=list)
