"""Read generated CORDIS tables and a ProInnóvate portfolio with our readers and with the csv module alone, in turns.

    PYTHONPATH=tests python -m proofs.parsing_tables [--rows 200000] [--rounds 3]

All read the same files from the disk in one run; the bare module only counts its rows. Ours is told in two stages: the
rows, within limits and with the lines that they begin on; and all that a reader does but for writing to the database:
joins, cleans, makes the records. Of CORDIS, `rows` are participations of 30,000 organisations, five to a project as in
Horizon 2020: half of the projects have one participant, the others nine; a project's text has 2,000 characters. Of the
portfolio, `rows` are projects. How much memory they take, `proofs.memory` measures.
"""

import argparse
import csv
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from matcher.sources import cordis, proinnovate
from matcher.sources.delimited import read_rows, tables_in
from matcher.sources.reading import open_text, read_delimited

WANTED = 0.5  # of the bare module's speed
WORDS = "fibre water soil sensor drying wool dye pump valley yield model cost field plant mill yarn heat salt".split()  # noqa: SIM905
ORGANISATIONS = 30_000
HEADERS = {
    "project": "id acronym status title startDate endDate totalCost ecMaxContribution legalBasis topics ecSignatureDate "
    "frameworkProgramme masterCall subCall fundingScheme nature objective contentUpdateDate rcn grantDoi keywords",
    "organization": "projectID projectAcronym organisationID vatNumber name shortName SME activityType street postCode "
    "city country nutsCode geolocation organizationURL contactForm contentUpdateDate rcn order role ecContribution "
    "netEcContribution totalCost endOfParticipation active",
    "euroSciVoc": "projectID euroSciVocCode euroSciVocPath euroSciVocTitle euroSciVocDescription",
}
KINDS = ("HES", "HES", "REC", "REC", "PRC", "PRC", "PRC", "PRC", "PUB", "OTH")


def write_cordis(folder: Path, participations: int, organisations: int = ORGANISATIONS) -> None:
    """Write the tables of CORDIS."""
    draw = random.Random(1)
    rows: dict[str, Callable[[], Iterator[list[object]]]] = {
        "project": lambda: (_project(n, draw) for n in range(participations // 5)),
        "organization": lambda: (_participation(n, draw.randrange(organisations)) for n in range(participations)),
        "euroSciVoc": lambda: (
            [900_000_000 + n // 2, "/25/67/1", "/engineering and technology/materials engineering/fibers", "fibers", ""]
            for n in range(2 * participations // 5)
        ),
    }
    for name, make in rows.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerow(HEADERS[name].split())
            writer.writerows(make())


def _text(draw: random.Random, length: int) -> str:
    return " ".join(draw.choices(WORDS, k=length // 5))[:length]


def _project(n: int, draw: random.Random) -> list[object]:
    return [
        900_000_000 + n, f"ILL{n}", "SIGNED", _text(draw, 90), "2023-01-01", "2026-12-31", "3499076,25", "3000000",
        "HORIZON.2.6", "HORIZON-ILL-01", "2022-11-02", "HORIZON", "HORIZON-ILL", "HORIZON-ILL", "HORIZON-RIA", "",
        _text(draw, 2000), "2024-01-02 10:00:00", n, f"10.3030/{900_000_000 + n}", "wool, water",
    ]  # fmt: skip


def _participation(n: int, who: int) -> list[object]:
    project, place = 2 * (n // 10) + (n % 10 > 0), n % 10 - 1
    return [
        900_000_000 + project, f"ILL{project}", 999_000_000 - who, "", f"ILLUSTRATIVE ORGANISATION {who}", f"IO{who}",
        "true", KINDS[who % 10], f"STREET {who % 100}", "10000", "MUNCHEN", "DE", "DE212", "48.1,11.6",
        f"https://org{who}.example", f"https://contact.example/{who}", "2023-01-01 00:00:00", who, max(place, 0) + 1,
        "participant" if place > 0 else "coordinator", "100000", "100000", "100000", "false", "true",
    ]  # fmt: skip


def write_portfolio(path: Path, projects: int, numbered: str = "") -> None:
    """Write a portfolio of ProInnóvate's shape. `numbered`: before each contract's number."""
    draw = random.Random(1)
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(
            '"FONDO","CONCURSO","ANIO","CONTRATO","TITULO","FECHA_INICIO","FECHA_FIN","NOMBRE_SOLICITANTE","DISTRITO",'
            '"PROVINCIA","DEPARTAMENTO","UBIGEO","MONTO_RNR","MONTO_FINANCIERO","MONTO_NO_FINANCIERO","MONEDA",'
            '"FECHA_CORTE"\n'
        )
        for n in range(projects):
            file.write(
                f'"FIDECOM","PIPEI",2014,"{numbered}{n}-FIDECOM-PIPEI-2014","{_text(draw, 140).upper()}",20141111,20171110,'
                f'"EMPRESA ILUSTRATIVA {n % 5000} S.A.C.","LIMA","LIMA","LIMA",150101,269715.2700,34684.7300,39000.0000,'
                '"SOLES",20230706\n'
            )


def bare(paths: Iterable[Path], **how: str) -> int:
    """Count the rows of tables with the csv module alone."""
    rows = 0
    for path in paths:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows += sum(1 for _ in csv.reader(file, **how))
    return rows


def seconds(work: Callable[[], object]) -> float:
    """Return the processor's time for something: other work on the machine tells nothing of ours."""
    started = time.process_time()
    work()
    return time.process_time() - started


def compare(name: str, ways: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Run all ways in turns, the csv module's first, say how fast each was, and return its share of csv's speed."""
    times: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, work in ways.items():
            times[way].append(seconds(work))
    median = {way: statistics.median(each) for way, each in times.items()}
    alone = next(iter(median.values()))
    for way, each in median.items():
        sys.stdout.write(f"{name}, {way}: {each:.2f} s, {alone / each:.2f} of csv's speed\n")
    return {way: alone / each for way, each in median.items()}


def main() -> None:
    """Measure, and fail where rows are read at less than WANTED of the bare module's speed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tinkuy-tables-") as name:
        folder = Path(name)
        write_cordis(folder, asked.rows)
        tables = sorted(folder.glob("*.csv"))
        portfolio = folder / "proyectos.txt"
        write_portfolio(portfolio, asked.rows)
        found = compare(
            "cordis",
            {
                "csv alone": lambda: bare(tables, delimiter=";"),
                "rows": lambda: sum(1 for table in tables_in([folder]) for _ in read_rows(table, ";")),
                "rows and records": lambda: sum(1 for _ in cordis.read([folder])),
            },
            asked.rounds,
        )
        more = compare(
            "proinnovate",
            {
                "csv alone": lambda: bare([portfolio], escapechar="\\"),
                "rows": lambda: rows_of(portfolio),
                "rows and records": lambda: sum(1 for _ in proinnovate.read([portfolio])),
            },
            asked.rounds,
        )
    raise SystemExit(min(found["rows"], more["rows"]) < WANTED)


def rows_of(path: Path) -> int:
    """Count a portfolio's rows as its reader reads them."""
    with open_text(path) as file:
        return sum(1 for _ in read_delimited(path, file, escape="\\"))


if __name__ == "__main__":
    main()
