"""Where things stand on a map: points of regions laid flat, bubbles, arcs and labels that keep out of each other's way.

Equirectangular projection with its standard parallel at the middle of what is shown (Snyder 1987, 12): true enough
for a country or a continent, and north is up. All lengths are in the drawing's own units.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from matcher.places import Point, kilometres

WIDTH, MOST_HEIGHT, LEAST_HEIGHT = 640.0, 800.0, 380.0
MARGIN = 68.0
SMALLEST, GREATEST = 13.0, 27.0  # radii of bubbles
LETTER = 0.6  # a letter's width, in font sizes
TURN = math.tau
KM_A_DEGREE = 111.2
FAR = 2.6  # steps between neighbours

XY = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Frame:
    """A flat map of `width` x `height`. `scale`: units a degree of latitude."""

    width: float
    height: float
    scale: float
    shrink: float
    middle: float
    west: float
    north: float

    @classmethod
    def around(cls, points: Iterable[Point], least_degrees: float = 3.0) -> "Frame":
        """Return the frame that shows points as large as there is room; one alone is shown with its surroundings."""
        latitudes, longitudes = (list(each) for each in zip(*points, strict=True))
        middle = _middle(longitudes)
        east = [_from(longitude, middle) for longitude in longitudes]
        shrink = max(math.cos(math.radians((max(latitudes) + min(latitudes)) / 2)), 0.1)
        wide, high = max(max(east) - min(east), 0.0) * shrink, max(latitudes) - min(latitudes)
        room = WIDTH - 2 * MARGIN, MOST_HEIGHT - 2 * MARGIN
        scale = min(room[0] / max(wide, least_degrees), room[1] / max(high, least_degrees))
        height = max(high * scale + 2 * MARGIN, LEAST_HEIGHT)
        west = (max(east) + min(east)) / 2 * shrink - WIDTH / 2 / scale
        north = (max(latitudes) + min(latitudes)) / 2 + height / 2 / scale
        return cls(WIDTH, round(height), scale, shrink, middle, west, north)

    def place(self, point: Point) -> XY:
        """Return where a point lies."""
        latitude, longitude = point
        x = (_from(longitude, self.middle) * self.shrink - self.west) * self.scale
        return x, (self.north - latitude) * self.scale

    def has(self, xy: XY, beyond: float = 0.0) -> bool:
        """Tell whether a place is on the map, or not far beyond its edge."""
        return -beyond <= xy[0] <= self.width + beyond and -beyond <= xy[1] <= self.height + beyond


def _middle(longitudes: Sequence[float]) -> float:
    """Return the meridian opposite the widest empty stretch, so that nothing is cut at 180 degrees."""
    ordered = sorted(longitude % 360 for longitude in longitudes)
    gaps = [(after - before) % 360 or 360 for before, after in zip(ordered, ordered[1:] + ordered[:1], strict=True)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    return (ordered[widest] + gaps[widest] / 2 + 180) % 360


def _from(longitude: float, middle: float) -> float:
    return (longitude - middle + 180) % 360 - 180


def radius(count: int, most: int) -> float:
    """Return a bubble's radius: its area grows with the count."""
    share = count / most if most else 0.0
    return math.sqrt(SMALLEST**2 + (GREATEST**2 - SMALLEST**2) * share)


def apart(places: Sequence[XY], radii: Sequence[float], gap: float = 2.0, rounds: int = 60) -> list[XY]:
    """Return places moved just so far that no bubble covers another."""
    at = np.array(places, float).reshape(-1, 2)
    sizes = np.array(radii, float)
    for _ in range(rounds):
        moved = False
        for i in range(len(at)):
            for j in range(i + 1, len(at)):
                between = at[j] - at[i]
                far, need = float(np.hypot(*between)), sizes[i] + sizes[j] + gap
                if far < need - 1e-6:
                    way = between / far if far > 1e-9 else np.array([1.0, 0.0])
                    at[i] -= way * (need - far) / 2
                    at[j] += way * (need - far) / 2
                    moved = True
        if not moved:
            break
    return [(float(x), float(y)) for x, y in at]


def slices(counts: Sequence[int], inner: float, outer: float) -> list[str]:
    """Return the paths of a ring's parts, clockwise from the top, "" for a part of nothing."""
    whole = sum(counts)
    paths, start = [], 0.0
    for count in counts:
        share = count / whole if whole else 0.0
        paths.append(_slice(start, start + share, inner, outer) if count else "")
        start += share
    return paths


def _slice(start: float, end: float, inner: float, outer: float) -> str:
    if end - start > 0.9999:  # an arc that ends where it begins is none: two halves
        return _slice(start, start + 0.5, inner, outer) + _slice(start + 0.5, start + 0.9999, inner, outer)
    large = int(end - start > 0.5)
    a, b = (_at(share, outer) for share in (start, end))
    c, d = (_at(share, inner) for share in (end, start))
    return f"M{a}A{outer:.1f} {outer:.1f} 0 {large} 1 {b}L{c}A{inner:.1f} {inner:.1f} 0 {large} 0 {d}Z"


def _at(share: float, size: float) -> str:
    return f"{size * math.sin(TURN * share):.2f} {-size * math.cos(TURN * share):.2f}"


def arc(start: XY, end: XY, gap_start: float, gap_end: float, bend: float = 0.18) -> str:
    """Return a curve from one bubble's edge to another's; the way back bends to the other side."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = x2 - x1, y2 - y1
    cx, cy = (x1 + x2) / 2 - dy * bend, (y1 + y2) / 2 + dx * bend
    sx, sy = _towards(start, (cx, cy), gap_start)
    ex, ey = _towards(end, (cx, cy), gap_end)
    return f"M{sx:.1f} {sy:.1f}Q{cx:.1f} {cy:.1f} {ex:.1f} {ey:.1f}"


def _towards(here: XY, there: XY, length: float) -> XY:
    dx, dy = there[0] - here[0], there[1] - here[1]
    far = math.hypot(dx, dy) or 1.0
    return here[0] + dx / far * length, here[1] + dy / far * length


@dataclass(frozen=True, slots=True)
class Label:
    """Where a name is written. `anchor`: as SVG's text-anchor."""

    x: float
    y: float
    anchor: str


def labels(
    names: Sequence[str], places: Sequence[XY], radii: Sequence[float], frame: Frame, font: float, *, all_of_them: bool
) -> list[Label | None]:
    """Return where each name stands clear of bubbles and of other names; those given first choose first.

    :param all_of_them: a name without a clear place takes the least bad one; else it is left out (None).
    """
    taken: list[Box] = [(x - r, y - r, x + r, y + r) for (x, y), r in zip(places, radii, strict=True)]
    found: list[Label | None] = []
    for i, (name, (x, y), r) in enumerate(zip(names, places, radii, strict=True)):
        wide = len(name) * font * LETTER
        below, above, side = y + r + font * 0.95, y - r - font * 0.3, y + font * 0.35
        ways = [
            Label(x, below, "middle"), Label(x, above, "middle"), Label(x + r + 4, side, "start"),
            Label(x - r - 4, side, "end"), Label(x + r * 0.6, below - 1, "start"), Label(x - r * 0.6, below - 1, "end"),
            Label(x + r * 0.6, above + 1, "start"), Label(x - r * 0.6, above + 1, "end"),
        ]  # fmt: skip
        boxes = [_box(label, wide, font) for label in ways]
        costs = [_outside(box, frame) + sum(_shared(box, t) for j, t in enumerate(taken) if j != i) for box in boxes]
        best = min(range(len(ways)), key=costs.__getitem__)
        if costs[best] > 1.0 and not all_of_them:
            found.append(None)
            continue
        taken.append(boxes[best])
        found.append(ways[best])
    return found


def _box(label: Label, wide: float, font: float) -> Box:
    left = label.x - {"start": 0.0, "middle": wide / 2, "end": wide}[label.anchor]
    return left, label.y - font * 0.85, left + wide, label.y + font * 0.25


def _shared(a: Box, b: Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return wide * high if wide > 0 and high > 0 else 0.0


def _outside(box: Box, frame: Frame) -> float:
    area = (box[2] - box[0]) * (box[3] - box[1])
    return 1000 * (area - _shared(box, (5, 2, frame.width - 5, frame.height - 2)))


def ground(points: Sequence[Point], frame: Frame) -> tuple[str, float]:
    """Return a path that, drawn with round strokes of the width returned, is the land about some regions' points.

    Neighbours (of Delaunay's triangulation) that are not far from each other hang together: no borders are known
    here, and none are claimed.
    """
    places = [frame.place(point) for point in points]
    step = _usual_step(points) / KM_A_DEGREE * frame.scale
    path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in places)
    for corners in _triangles(np.array(places)):
        if all(math.dist(a, b) <= FAR * step for a, b in zip(corners, corners[1:] + corners[:1], strict=True)):
            path += "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"
    return path, round(1.1 * step, 1)


def _usual_step(points: Sequence[Point]) -> float:
    """Return the usual distance to the next region, in km."""
    nearest = [min((k for k in kilometres(list(points), p).tolist() if k > 1), default=KM_A_DEGREE) for p in points]
    return float(np.clip(np.percentile(nearest, 75), 20, 700))


def _triangles(places: NDArray[np.float64]) -> list[list[XY]]:
    from scipy.spatial import Delaunay, QhullError

    try:
        rows = Delaunay(places).simplices.tolist() if len(places) >= 3 else []
    except QhullError:  # all on one line
        return []
    return [[(float(places[i][0]), float(places[i][1])) for i in row] for row in rows]
