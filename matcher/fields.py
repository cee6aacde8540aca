"""Fields of science: the OECD's FORD classification (Frascati Manual 2015, table 2.2)."""

import csv
from functools import cache
from pathlib import Path

from matcher.errors import NotFound
from matcher.language import N_
from matcher.text import fold


@cache
def names() -> dict[str, tuple[str, str]]:
    """Return code -> (Spanish title, English title)."""
    with Path(__file__).with_name("ford.csv").open(encoding="utf-8", newline="") as file:
        return {row["code"]: (row["es"], row["en"]) for row in csv.DictReader(file)}


def find_field(text: str) -> str:
    """Return the FORD code of a field given by code or title.

    :raises NotFound: nothing goes by that name.
    """
    given = text.strip()
    if given in names():
        return given
    for code, titles in names().items():
        if fold(given) in {fold(title) for title in titles}:
            return code
    raise NotFound(N_("field of science {name!r} is not known; give a FORD code such as 2.11, or its title"), name=text)
