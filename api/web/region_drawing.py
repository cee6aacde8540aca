"""The map of the regional picture, ready to be written down as SVG."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from matcher import region_map
from matcher.places import Point, country_of, locate, region_codes
from matcher.region_map import XY, Frame, Label
from matcher.regional import Flow, Tally

FONT, PHONE_FONT = 13.0, 22.0  # the phone's shrinks with the drawing to about half
WIDEST = 7.0  # arc
MOST_ARCS = 18  # more than that nobody can follow; the table has all
LEAST_SPAN = 2.0  # degrees


@dataclass(frozen=True, slots=True)
class Bubble:
    """A group's bubble. `parts`: paths of the ring: near, elsewhere, unmet; `count`: what its size shows.

    `spokes`: a path from it to each of its regions, "" where it is one region alone.
    """

    code: str
    name: str
    spokes: str
    x: float
    y: float
    radius: float
    hole: float
    parts: tuple[str, ...]
    count: int
    tally: Tally
    label: Label | None
    phone: Label | None
    faded: bool


@dataclass(frozen=True, slots=True)
class Arc:
    """A flow's curve."""

    path: str
    width: float
    flow: Flow


@dataclass(frozen=True, slots=True)
class Drawing:
    """All of a map. `land`: see `region_map.ground`; `hidden`: flows that are not drawn, being the smallest of many."""

    frame: Frame
    land: str
    land_width: float
    bubbles: tuple[Bubble, ...]
    arcs: tuple[Arc, ...]
    hidden: int


def draw(
    tallies: Mapping[str, Tally],
    flows: Sequence[Flow],
    name_of: Callable[[str], str],
    regions_of: Callable[[str], Sequence[str]],
    *,
    supply: bool = False,
    only: str | None = None,
) -> Drawing | None:
    """Return the map of groups of regions, each in the middle of its regions; None where none of them has a place.

    :param regions_of: group -> codes of its regions.
    :param supply: bubbles show capabilities, in the place of needs.
    :param only: the group that the map is about: the others are faded, and only its flows are drawn.
    """
    parts = {code: [point for region in regions_of(code) if (point := _point(region))] for code in tallies}
    parts = {code: points for code, points in parts.items() if points}
    if not parts:
        return None
    count = {code: tallies[code].capabilities if supply else tallies[code].needs for code in parts}
    shown = sorted((code for code in parts if count[code] or code == only), key=lambda c: (c != only, -count[c], c))
    frame = Frame.around([point for points in parts.values() for point in points], LEAST_SPAN)
    most = max(count.values(), default=0)
    radii = [region_map.radius(count[code], most) for code in shown]
    at = {code: [frame.place(point) for point in points] for code, points in parts.items()}
    places = region_map.apart([_middle(at[code]) for code in shown], radii)
    names = [name_of(code) for code in shown]
    labels = region_map.labels(names, places, radii, frame, FONT, all_of_them=True)
    phone = region_map.labels(names, places, radii, frame, PHONE_FONT, all_of_them=False)
    bubbles = tuple(
        Bubble(
            code, name, _spokes((x, y), at[code]), round(x, 1), round(y, 1), round(r, 1), round(r * 0.62, 1),
            tuple(region_map.slices(_standing(tallies[code]), r * 0.62, r)) if not supply else (),
            count[code], tallies[code], label, small, only is not None and code != only,
        )
        for code, name, (x, y), r, label, small in zip(shown, names, places, radii, labels, phone, strict=True)
    )  # fmt: skip
    codes = [region for code in parts for region in regions_of(code)]
    land, width = region_map.ground(_about(codes, frame), frame)
    arcs, hidden = _arcs(flows, {bubble.code: bubble for bubble in bubbles}, only)
    return Drawing(frame, land, width, bubbles, arcs, hidden)


def _standing(tally: Tally) -> tuple[int, int, int]:
    return tally.near, tally.elsewhere, tally.unmet


def _arcs(flows: Sequence[Flow], at: Mapping[str, Bubble], only: str | None) -> tuple[tuple[Arc, ...], int]:
    """Return the curves of the greatest flows, and how many are left out."""
    fit = [f for f in flows if f.origin in at and f.target in at and f.origin != f.target]
    fit = [f for f in fit if only is None or only in (f.origin, f.target)]
    drawn = fit[:MOST_ARCS]
    most = max((f.needs for f in drawn), default=1)
    arcs = []
    for flow in drawn:
        a, b = at[flow.origin or ""], at[flow.target]
        width = 1.2 + (WIDEST - 1.2) * (flow.needs - 1) / max(most - 1, 1)
        arcs.append(Arc(region_map.arc((a.x, a.y), (b.x, b.y), a.radius + 1, b.radius + 5), round(width, 1), flow))
    return tuple(arcs), len(fit) - len(drawn)


def _about(regions: Sequence[str], frame: Frame) -> list[Point]:
    """Return the points of all regions of the countries shown that lie on the map or just beyond its edge."""
    countries = dict.fromkeys(country_of(code) for code in regions)
    about = dict.fromkeys([*(code for country in countries for code in region_codes(country)), *regions])
    points = [point for code in about if (point := _point(code))]
    return [point for point in points if frame.has(frame.place(point), frame.scale)]


def _point(region: str) -> Point | None:
    return locate(None, region, None)


def _middle(places: Sequence[XY]) -> XY:
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def _spokes(middle: XY, places: Sequence[XY]) -> str:
    if len(places) == 1:
        return ""
    return "".join(f"M{middle[0]:.1f} {middle[1]:.1f}L{x:.1f} {y:.1f}" for x, y in places)
