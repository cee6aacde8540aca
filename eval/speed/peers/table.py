"""The comparison as one table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from eval.speed.peers.peer import BM25, FAISS
from eval.speed.peers.quality import MEASURE
from eval.tables import markdown

COLUMNS = {
    "build s": ".1f",
    "disk MB": ".0f",
    "build peak MB": ".0f",
    "peak MB": ".0f",
    "steady MB": ".0f",
    "open s": ".2f",
    "median ms": ".1f",
    "p99 ms": ".1f",
    "processor ms": ".1f",
    "recall@100": ".3f",
}
SUMMED = (
    "build s",
    "disk MB",
    "open s",
    "median ms",
    "processor ms",
)  # of the floor: both are asked, one after the other
FLOOR = f"{FAISS} + {BM25}"


def with_floor(speed: Mapping[str, Any]) -> dict[str, Any]:
    """Return engine -> what was measured, the floor's sum added, and of each how many times the floor's median."""
    engines = {name: dict(each) for name, each in speed.items() if isinstance(each, dict)}
    parts = [engines.get(name, {}) for name in (FAISS, BM25)]
    if all("median ms" in part for part in parts):
        engines[FLOOR] = {name: sum(part[name] for part in parts) for name in SUMMED}
        for each in engines.values():
            if "median ms" in each:
                each["times the floor"] = each["median ms"] / engines[FLOOR]["median ms"]
    return engines


def table(speed: Mapping[str, Any], folders: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the Markdown table of a corpus's figures, with nDCG@10 on each of the `folders` beside them."""
    head = ["engine", *COLUMNS, "× floor", *(f"{MEASURE} {Path(name).name}" for name in folders), "asked"]
    rows = []
    for name, each in with_floor(speed).items():
        if "left out" in each:
            rows.append([name, *[""] * (len(head) - 2), each["left out"]])
            continue
        cells = [_cell(each.get(column), form) for column, form in COLUMNS.items()]
        judged = [_cell(found.get(name, {}).get(MEASURE, {}).get("mean"), ".3f") for found in folders.values()]
        asked = str(each["asked"]) if "asked" in each else ""
        rows.append([name, *cells, _cell(each.get("times the floor"), ".2f"), *judged, asked])
    return markdown(head, rows)


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else f"{value:,{form}}"
