"""How long it takes to make a large database whole, how much memory that needs, and what a small change costs after it.

    PYTHONPATH=tests python -m proofs.whole [--partners 100000] [--texts 300000] [--changed 1000] [--url URL]

The database is generated, of made-up names: each twentieth partner is a neighbour's name in other letters, with a city
in place of a region; each thirtieth text says what the one before says, in capitals; no text tells its language.
Without codes: how long the encoder takes is its own matter. Memory is the most that the process held.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from matcher.records import Evidence, Partner, Side
from matcher.store import database
from matcher.store.store import Store
from matcher.whole_store import Progress, Whole, make_whole

HEADS = [
    "Agroindustrias",
    "Servicios",
    "Inversiones",
    "Corporación",
    "Consultora",
    "Textiles",
    "Minera",
    "Pesquera",
    "Constructora",
    "Laboratorios",
    "Comercial",
    "Transportes",
    "Alimentos",
    "Maderera",
    "Lácteos",
    "Universidad",
    "Instituto",
    "Asociación",
    "Cooperativa",
]
TAILS = """del Norte;del Sur;Andina;Amazónica;San José;San Martín;Santa Rosa;El Sol;Los Andes;Pacífico;Inca;Sierra;Costa;
Nevado;Horizonte;Alfa;Beta;Gamma""".replace("\n", "").split(";")
SYLLABLES = ["ba", "be", "bi", "bo", "ca", "ce", "co", "cu", "da", "de", "di", "do", "la", "le", "li", "lo", "ma", "me", "mi", "mo", "na", "ne", "no", "pa", "pe", "po", "ra", "re", "ri", "ro", "sa", "se", "so", "ta", "ti", "va"]  # fmt: skip
FORMS = ["S.A.C.", "S.A.", "S.R.L.", "E.I.R.L.", ""]
REGIONS, CITIES = ["PE-LIM", "PE-CUS", "PE-ARE", "PE-PIU", "PE-TAC"], ["Juliaca", "Cusco", "Piura", "Chimbote"]
WORDS = [
    "secado",
    "solar",
    "orégano",
    "curtido",
    "cuero",
    "cromo",
    "tinte",
    "fibra",
    "alpaca",
    "lavado",
    "queso",
    "cuajo",
    "vaca",
    "trucha",
    "jaula",
    "lago",
    "papa",
    "almidón",
    "lámina",
    "madera",
    "horno",
    "carbón",
    "cacao",
    "fermento",
    "grano",
    "café",
    "tostado",
    "pisco",
    "uva",
    "mosto",
    "agua",
    "filtro",
    "arena",
]
ALIAS, COPY = 20, 30
BATCH = 2000


def partners(count: int, draw: random.Random) -> Iterator[Partner]:
    """Yield made-up firms; each twentieth has the name of one of the last ten, in capitals."""
    last: list[Partner] = []
    for i in range(count):
        if i % ALIAS == ALIAS - 1:
            name, region, city = draw.choice(last[-10:]).name.upper(), None, draw.choice(CITIES)
        else:
            own = "".join(draw.choice(SYLLABLES) for _ in range(draw.randint(2, 4))).title()
            parts = draw.choice(HEADS), own, draw.choice(TAILS), draw.choice(FORMS)
            name, region, city = " ".join(filter(None, parts)), draw.choice([*REGIONS, None]), None
        last = [*last[-10:], Partner(f"p{i:07}", Side.DEMAND, name, "firm", "PE", region, city)]
        yield last[-1]


def texts(count: int, of: int, draw: random.Random) -> Iterator[Evidence]:
    """Yield made-up titles; each thirtieth is the one before, in capitals."""
    title = ""
    for i in range(count):
        copy = i % COPY == COPY - 1
        title = title.upper() if copy else " ".join(draw.choices(WORDS, k=9)).capitalize()
        yield Evidence(f"e{i:08}", (f"p{(i - copy) % of:07}",), "project", title)


def fill(store: Store, records: Iterator[Partner] | Iterator[Evidence]) -> None:
    """Write records."""
    batch: list[Partner | Evidence] = []
    for record in records:
        batch.append(record)
        if len(batch) == BATCH:
            with store.writing() as writer:
                writer.write(batch)
            batch = []
    with store.writing() as writer:
        writer.write(batch)


def timed(what: str, store: Store) -> Whole:
    """Make a database whole, and tell how long each step took."""

    @contextmanager
    def bar(step: str) -> Iterator[Progress]:
        began, last = time.perf_counter(), (0, 0)

        def progress(done: int, total: int | None) -> None:
            nonlocal last
            last = done, total or 0

        yield progress
        took = time.perf_counter() - began
        tell(f"    {step}: {last[0]} of {last[1]} in {took:.1f} s, {last[0] / max(took, 0.001):.0f}/s; {most()} MiB")

    def bars(step: str) -> AbstractContextManager[Progress]:
        return bar(step)

    tell(what)
    began, processor = time.perf_counter(), time.process_time()
    done = make_whole(store, None, bars=bars)
    took = f"{time.perf_counter() - began:.1f} s, of the processor {time.process_time() - processor:.1f} s"
    tell(
        f"    {sum(done.found.values())} values, {len(done.joins)} joins, {len(done.asked)} questions, "
        f"{len(done.texts)} texts shown by others; {took}; {most()} MiB at most"
    )
    return done


def most() -> int:
    """Return the most that this process held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def tell(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Fill a database, make it whole, change a little, make it whole again."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partners", type=int, default=100_000)
    parser.add_argument("--texts", type=int, default=300_000)
    parser.add_argument("--changed", type=int, default=1000)
    parser.add_argument("--url", help="an empty database of its own")
    options = parser.parse_args()
    draw = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="tinkuy-whole-") as folder:
        store = Store.open(database.url_of(options.url or f"sqlite:///{Path(folder)}/tinkuy.db"))
        fill(store, partners(options.partners, draw))
        fill(store, texts(options.texts, options.partners, draw))
        first = timed(f"{options.partners} partners, {options.texts} texts; before {most()} MiB", store)
        copies = options.texts // COPY
        assert len(first.texts) >= copies * 0.99, (len(first.texts), copies)
        assert len(first.joins) >= options.partners // ALIAS * 0.9, len(first.joins)
        again = timed("again, nothing changed", store)
        assert again == Whole(), again
        fill(store, (Partner(f"new{i}", Side.DEMAND, f"Nueva {i} {draw.choice(HEADS)}", "firm", "PE") for i in range(options.changed)))  # fmt: skip
        fill(store, (Evidence(f"new{i}", (f"new{i}",), "project", " ".join(draw.choices(WORDS, k=9))) for i in range(options.changed)))  # fmt: skip
        timed(f"{options.changed} partners and texts more", store)
        store.close()


if __name__ == "__main__":
    main()
