"""`python -m eval places`, `python -m eval languages`."""

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module, util
from pathlib import Path

import click

from matcher.errors import BadInput, NotFound
from matcher.language import N_
from matcher.places import find_region
from matcher.placing import SURE, Placed, from_address, from_ubigeo
from matcher.text import detect_language

TITLES = Path(__file__).resolve().parents[1] / "data" / "languages" / "titles.csv"
FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("places")
@click.argument("file", type=FILE)
@click.option("--region", required=True, help="Column of the region that is right.")
@click.option("--address", default="", help="Columns that make an address, separated by commas, from small to large.")
@click.option("--ubigeo", help="Column of Peru's ubigeo codes.")
@click.option("--country", default="PE", show_default=True, help="ISO 3166-1 of all rows.")
def places_command(file: Path, region: str, address: str, ubigeo: str | None, country: str) -> None:
    """Measure how often the region is found from addresses or ubigeo codes, on a CSV FILE that gives it."""
    columns = [name.strip() for name in address.split(",") if name.strip()]
    rows = list(_rows(file, [region, *columns, *([ubigeo] if ubigeo else [])]))
    right = [(row, _region(row[region], country)) for row in rows]
    right = [(row, known) for row, known in right if known]
    click.echo(f"{file.name}: {len(right)} of {len(rows)} rows give a region of {country}\n")
    click.echo("| from | rows | found | right | sure | right of the sure |\n|---|---|---|---|---|---|")
    if columns:
        named = [(", ".join(v for c in columns if (v := _given(row[c]))), known) for row, known in right]
        click.echo(_line("address", [(from_address(text, country), known) for text, known in named if text]))
    if ubigeo:
        coded = [(row[ubigeo], known) for row, known in right if _given(row[ubigeo])]
        click.echo(_line("ubigeo", [(from_ubigeo(code), known) for code, known in coded]))


def _line(name: str, found: list[tuple[Placed | None, str | None]]) -> str:
    """Return a line of the table: of so many rows, how many were found, and rightly; `sure` are those that are used."""
    some = [(placed, right) for placed, right in found if placed]
    sure = [(placed, right) for placed, right in some if placed.confidence >= SURE]
    counts = [
        len(found),
        len(some),
        sum(p.region == r for p, r in some),
        len(sure),
        sum(p.region == r for p, r in sure),
    ]
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"


def _given(value: str | None) -> str:
    return "" if value is None or value.strip() in ("", "NA") else value.strip()


def _region(name: str, country: str) -> str | None:
    try:
        return find_region(name, country) if _given(name) else None
    except NotFound:
        return None


def _rows(path: Path, columns: Iterable[str]) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, escapechar="\\")
        missing = [column for column in columns if column not in (reader.fieldnames or ())]
        if missing:
            raise BadInput(N_("{path}: columns {columns} are missing"), path=path, columns=", ".join(missing))
        yield from reader


@click.command("languages")
@click.argument("file", type=FILE, default=TITLES)
@click.option("--capitals", is_flag=True, help="Write all texts in capitals first.")
def languages_command(file: Path, capitals: bool) -> None:
    """Measure how often the language of short texts is told rightly, on a CSV FILE with columns language, text.

    Where lingua-language-detector is installed (it is no part of Tinkuy), it is measured beside the detector in use.
    """
    rows = [
        (row["language"], row["text"].upper() if capitals else row["text"]) for row in _rows(file, ["language", "text"])
    ]
    click.echo(f"{file.name}: {len(rows)} texts\n\n| detector | language | texts | right |\n|---|---|---|---|")
    detectors: dict[str, Callable[[str], str | None]] = {"py3langid": detect_language}
    if util.find_spec("lingua"):
        detectors["lingua"] = _lingua()
    for name, detect in detectors.items():
        right, texts = Counter[str](), Counter[str]()
        for language, text in rows:
            texts[language] += 1
            right[language] += detect(text) == language
        for language in sorted(texts):
            click.echo(f"| {name} | {language} | {texts[language]} | {right[language] / texts[language]:.3f} |")


def _lingua() -> Callable[[str], str | None]:
    """Return lingua's detector of the three languages; it reads small letters better too."""
    lingua = import_module("lingua")
    codes = {lingua.Language.SPANISH: "es", lingua.Language.ENGLISH: "en", lingua.Language.PORTUGUESE: "pt"}
    detector = lingua.LanguageDetectorBuilder.from_languages(*codes).build()
    return lambda text: codes.get(detector.detect_language_of(text.lower()))
