"""`python -m eval sectors`, `python -m eval fields`."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from eval.coding import CUTS, TARGET, Guessed, by_others, by_titles, cut_for, from_one_to_other
from eval.setup import FOLDER, Setup
from matcher.encode import Role
from matcher.errors import BadInput
from matcher.index.text_guess import Titles
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.sources import benchmark, table
from matcher.sources.reading import Row


@click.command("sectors")
@click.argument("folder", type=FOLDER)
@click.option("--model", help="A sentence-transformers folder or name instead of the bundled model.")
def sectors_command(folder: Path, model: str | None) -> None:
    """Measure how well the sectors (ISIC divisions) of a FOLDER's texts are guessed from their words."""
    _measure(folder, model, "sectors")


@click.command("fields")
@click.argument("folder", type=FOLDER)
@click.option("--model", help="A sentence-transformers folder or name instead of the bundled model.")
def fields_command(folder: Path, model: str | None) -> None:
    """Measure how well the fields of science (FORD) of a FOLDER's texts are guessed from their words."""
    _measure(folder, model, "fields")


def _measure(folder: Path, model: str | None, what: str) -> None:
    texts, demand = texts_of(folder)
    kept = [i for i, e in enumerate(texts) if getattr(e, what)]
    if not kept:
        raise BadInput(N_("{path}: no text has a code"), path=folder)
    texts, demand = [texts[i] for i in kept], [demand[i] for i in kept]
    encoder = Setup.read(1, None, model).encoder
    titles = Titles.of_sectors(encoder) if what == "sectors" else Titles.of_fields(encoder)
    vectors = encoder.encode([e.full_text for e in texts], Role.PASSAGE)
    coded = [getattr(e, what) for e in texts]
    ways = {
        "titles alone": by_titles(titles, vectors, coded),
        "other partners' texts": by_others(titles, texts, vectors, coded),
    }
    if any(demand) and not all(demand):
        ways["needs from capabilities"] = from_one_to_other(titles, vectors, coded, [not d for d in demand])
        ways["capabilities from needs"] = from_one_to_other(titles, vectors, coded, demand)
    click.echo(f"{folder.name}: {len(texts)} texts with {what}\n\n{report(ways)}")


def texts_of(folder: Path) -> tuple[list[Evidence], list[bool]]:
    """Return the texts of a folder of tables or of a benchmark, and which of them are needs."""
    tables = sorted(folder.glob("*.csv"))
    rows = table.read(tables) if tables else benchmark.read([folder])
    texts: list[Evidence] = []
    sides: dict[str, Side] = {}
    for row in rows:
        for record in row.records if isinstance(row, Row) else ():
            if isinstance(record, Partner):
                sides[record.id] = record.side
            elif isinstance(record, Evidence):
                texts.append(record)
    return texts, [sides.get(e.partners[0]) is Side.DEMAND for e in texts]


def report(ways: Mapping[str, Sequence[Guessed]]) -> str:
    """Return accuracy, and precision and share by cut, as Markdown tables."""
    lines = [
        "| learned from | texts | code right | section right | cut for .8 | of all texts |",
        "|---|---|---|---|---|---|",
    ]
    for way, guessed in ways.items():
        cut = cut_for(guessed)
        passed = sum(g.confidence >= cut for g in guessed) / len(guessed) if cut is not None else 0.0
        lines.append(
            f"| {way} | {len(guessed)} | {_share([g.code for g in guessed])} | {_share([g.section for g in guessed])}"
            f" | {f'{cut:.2f}' if cut is not None else f'none gives {TARGET}'} | {passed:.2f} |"
        )
    lines += [
        "",
        "| learned from | confidence from | of all texts | code right | section right |",
        "|---|---|---|---|---|",
    ]
    for way, guessed in ways.items():
        for cut in CUTS:
            some = [g for g in guessed if g.confidence >= cut]
            right = f"{_share([g.code for g in some])} | {_share([g.section for g in some])}"
            lines.append(f"| {way} | {cut} | {len(some) / len(guessed):.2f} | {right} |")
    return "\n".join(lines)


def _share(said: Sequence[bool]) -> str:
    return f"{sum(said) / len(said):.3f}" if said else "-"
