"""What a chart needs besides its drawing: an axis of round numbers, and where things stand on it. See `charts.html`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360.0, 200.0  # of the drawing, in its own units: as wide as a phone, so that text stays legible there
LEFT, RIGHT, TOP, BOTTOM = 34.0, 4.0, 10.0, 22.0  # margins
LINES = 12  # slots from which lines are easier to read than bars
LABELS = 6  # along the bottom, at most


@dataclass(frozen=True, slots=True)
class Line:
    """One row of values with its name. `values`: a number a slot, not below 0."""

    name: str
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Values over slots of time (or any other slots), as bars where these are few and as lines where they are many.

    `id`: of the page's element; `labels`: slot -> what it is called.
    """

    id: str
    title: str
    labels: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def as_lines(self) -> bool:
        """Whether lines are drawn."""
        return len(self.labels) > LINES

    @property
    def ticks(self) -> tuple[int, ...]:
        """The axis' numbers, from 0 up to the first that no value exceeds."""
        return ticks(max((v for line in self.lines for v in line.values), default=0))

    def y(self, value: float) -> float:
        """Return how far down a value lies."""
        return round(HEIGHT - BOTTOM - value / self.ticks[-1] * (HEIGHT - TOP - BOTTOM), 2)

    def x(self, slot: float) -> float:
        """Return how far right a slot's middle lies; slots count from 0."""
        return round(LEFT + (slot + 0.5) * self.step, 2)

    @property
    def step(self) -> float:
        """How wide a slot is."""
        return (WIDTH - LEFT - RIGHT) / max(len(self.labels), 1)

    @property
    def bar(self) -> float:
        """How wide a bar is: four fifths of a slot, shared."""
        return min(0.8 * self.step / max(len(self.lines), 1), 28.0)

    def bar_x(self, slot: int, line: int) -> float:
        """Return where the bar of a line in a slot begins."""
        return round(self.x(slot) + (line - len(self.lines) / 2) * self.bar, 2)

    def path(self, line: Line) -> str:
        """Return the points of a line."""
        return " ".join(f"{self.x(slot)},{self.y(value)}" for slot, value in enumerate(line.values))

    def labelled(self, slot: int) -> bool:
        """Tell whether a slot has its name below: as many have as there is room for, the last among them."""
        every = math.ceil(len(self.labels) / LABELS)
        return (len(self.labels) - 1 - slot) % every == 0


def ticks(most: float) -> tuple[int, ...]:
    """Return round numbers, three to six of them, from 0 to at least `most`; whole, since things are counted."""
    step = next(base * 10**power for power in range(12) for base in (1, 2, 5) if 5 * base * 10**power >= most)
    count = max(2, math.ceil(most / step))
    return tuple(step * i for i in range(count + 1))


def chart(id_: str, title: str, labels: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]]) -> Chart:
    """Return a chart of rows of values, each with its name."""
    return Chart(id_, title, tuple(labels), tuple(Line(name, tuple(values)) for name, values in rows))
