"""How fast OpenAlex's snapshot is read, beside bare parsers, and how much memory a million works take.

    PYTHONPATH=tests python -m proofs.parsing_json [--works 20000] [--memory 1000000]

Writes files of generated works of the usual size, reads each by `json.loads` line by line (and ijson), and by our
reader to rows; and a long one by our reader alone, while the memory of the process is looked at. RDF likewise, beside
rdflib's own parser without anything behind it.
"""

import argparse
import gzip
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ijson

from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Row

WORDS = [
    "secado", "solar", "orégano", "aguaymanto", "fibra", "alpaca", "color", "lavado", "suelo", "andino", "agua", "riego",
    "presión", "temperatura", "ensayo", "muestra", "análisis", "resultado", "modelo", "método", "comparación", "altura",
    "valle", "producción", "calidad", "proteína", "extracto", "celulosa", "medición", "planta",
]  # fmt: skip


def work(n: int, draw: random.Random) -> dict[str, Any]:
    """Return a work as OpenAlex describes one: some 8 kB of JSON, of which we read a third."""
    words = draw.choices(WORDS, k=180)
    index: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        index.setdefault(word + draw.choice(("", "", ",", ".")), []).append(place)
    ids = [draw.randrange(1, 5000) for _ in range(3)]
    topic = {
        "id": f"https://openalex.org/T{10000 + n % 4500}", "display_name": " ".join(draw.choices(WORDS, k=4)), "score": 0.9,
        "subfield": {"id": "https://openalex.org/subfields/1106", "display_name": "Food Science"},
        "field": {"id": "https://openalex.org/fields/11", "display_name": "Agricultural and Biological Sciences"},
        "domain": {"id": "https://openalex.org/domains/1", "display_name": "Life Sciences"},
    }  # fmt: skip
    place = {
        "is_oa": True, "landing_page_url": f"https://revista.example/{n}", "pdf_url": None, "license": "cc-by",
        "source": {"id": "https://openalex.org/S1", "display_name": "Revista", "issn_l": "0000-0000", "issn": ["0000-0000"],
                   "is_oa": True, "is_in_doaj": True, "host_organization": None, "type": "journal"},
        "version": "publishedVersion", "is_accepted": True, "is_published": True,
    }  # fmt: skip
    return {
        "id": f"https://openalex.org/W{9 * 10**9 + n}", "doi": f"https://doi.org/10.99999/{n}",
        "title": " ".join(words[:12]), "display_name": " ".join(words[:12]), "publication_year": 2020,
        "publication_date": "2020-05-17", "ids": {"openalex": f"https://openalex.org/W{9 * 10**9 + n}", "mag": str(n)},
        "language": "es", "primary_location": place, "type": "article", "type_crossref": "journal-article",
        "indexed_in": ["crossref"], "open_access": {"is_oa": True, "oa_status": "gold", "oa_url": None},
        "authorships": [
            {"author_position": "middle", "author": {"id": f"https://openalex.org/A{i}", "display_name": "Persona", "orcid": None},
             "institutions": [{"id": f"https://openalex.org/I{i}", "display_name": f"Universidad {i}", "ror": None,
                               "country_code": "PE", "type": "education", "lineage": [f"https://openalex.org/I{i}"]}],
             "countries": ["PE"], "is_corresponding": False, "raw_author_name": "Persona",
             "raw_affiliation_strings": [f"Facultad, Universidad {i}, Perú"], "affiliations": []}
            for i in ids
        ],
        "cited_by_count": 3, "is_retracted": False, "is_paratext": False, "primary_topic": topic, "topics": [topic] * 3,
        "keywords": [{"id": f"https://openalex.org/keywords/{w}", "display_name": w, "score": 0.5} for w in WORDS[:5]],
        "concepts": [{"id": f"https://openalex.org/C{i}", "wikidata": None, "display_name": WORDS[i], "level": 1, "score": 0.3}
                     for i in range(12)],
        "mesh": [], "locations_count": 2, "locations": [place, place], "best_oa_location": place,
        "referenced_works": [f"https://openalex.org/W{draw.randrange(10**9, 4 * 10**9)}" for _ in range(30)],
        "related_works": [f"https://openalex.org/W{draw.randrange(10**9, 4 * 10**9)}" for _ in range(10)],
        "abstract_inverted_index": index, "counts_by_year": [{"year": y, "cited_by_count": 1} for y in range(2020, 2026)],
        "updated_date": "2025-01-01T00:00:00", "created_date": "2020-06-01",
    }  # fmt: skip


def write(path: Path, count: int) -> None:
    """Write works as the snapshot has them; a long file repeats a thousand of them under other numbers."""
    draw = random.Random(1)
    lines = [json.dumps(work(n, draw), ensure_ascii=False).replace(f"W{9 * 10**9 + n}", "W@") for n in range(1000)]
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") if path.suffix == ".gz" else path.open("w") as file:
        for n in range(count):
            file.write(lines[n % 1000].replace("W@", f"W{9 * 10**9 + n}") + "\n")


def bare(path: Path) -> int:
    """Count works by the standard parser alone."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for line in file if json.loads(line))


def streamed(path: Path) -> int:
    """Count works by ijson alone."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        return sum(1 for _ in ijson.items(file, "", multiple_values=True, use_float=True))


def ours(path: Path) -> int:
    """Count works by our reader, to rows."""
    return sum(isinstance(row, Row) for row in read("openalex", path))


def read(name: str, path: Path) -> Iterator[object]:
    """Yield what a format's reader makes of a file."""
    for page in FORMATS[name].read(Asked((path,))):
        yield from page.rows


def bare_rdf(path: Path) -> int:
    """Count triples by rdflib's parser alone, into nothing."""
    from rdflib.plugins.parsers.ntriples import W3CNTriplesParser

    class Counting:
        count = 0

        def triple(self, *_: object) -> None:
            self.count += 1

    sink = Counting()
    with path.open("rb") as file:
        W3CNTriplesParser(sink=sink).parse(file)
    return sink.count


def ours_rdf(path: Path) -> int:
    """Count what our reader makes of things."""
    return sum(1 for _ in read("vivo", path))


def write_rdf(path: Path, triples: int) -> None:
    """Write articles with authors in departments, ten triples each."""
    home, vivo, label = "https://vivo.example/individual/", "http://vivoweb.org/ontology/core#", "http://www.w3.org/2000/01/rdf-schema#label"  # fmt: skip
    kind = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    with path.open("w", encoding="utf-8") as file:
        for n in range(500):
            file.write(
                f'<{home}d{n}> {kind} <{vivo}AcademicDepartment> .\n<{home}d{n}> <{label}> "Departamento {n}"@es .\n'
            )
            file.write(
                f"<{home}p{n}> {kind} <{vivo}FacultyMember> .\n<{home}pos{n}> {kind} <{vivo}FacultyPosition> .\n"
            )
            file.write(
                f"<{home}pos{n}> <{vivo}relates> <{home}p{n}> .\n<{home}pos{n}> <{vivo}relates> <{home}d{n}> .\n"
            )
        for n in range((triples - 3000) // 10):
            a, au, d = f"<{home}a{n}>", f"<{home}au{n}>", f"<{home}dt{n}>"
            file.write(
                f'{a} {kind} <http://purl.org/ontology/bibo/AcademicArticle> .\n{a} <{label}> "Secado de {n}"@es .\n'
                f'{a} <http://purl.org/ontology/bibo/abstract> "Se seca y se mide el color, {n} veces."@es .\n'
                f"{a} <{vivo}dateTimeValue> {d} .\n{d} {kind} <{vivo}DateTimeValue> .\n"
                f'{d} <{vivo}dateTime> "2018-06-01T00:00:00" .\n{a} <{vivo}relatedBy> {au} .\n{au} {kind} <{vivo}Authorship> .\n'
                f'{au} <{vivo}relates> <{home}p{n % 500}> .\n{a} <{vivo}pageCount> "7" .\n'
            )


def race(readers: Sequence[Callable[[Path], int]], path: Path, times: int = 5) -> tuple[list[int], list[float]]:
    """Return what each reader counted, and the least seconds of the processor that it took; they take turns."""
    seconds = [float("inf")] * len(readers)
    counts = [0] * len(readers)
    for _ in range(times):
        for i, read_all in enumerate(readers):
            start = time.process_time()
            counts[i] = read_all(path)
            seconds[i] = min(seconds[i], time.process_time() - start)
    return counts, seconds


def peak() -> float:
    """Return the most memory that this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--works", type=int, default=20_000)
    parser.add_argument("--memory", type=int, default=1_000_000)
    parser.add_argument("--triples", type=int, default=1_000_000)
    options = parser.parse_args()
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as folder:
        for name in ("works.jsonl", "part_000.gz"):
            path = Path(folder) / name
            write(path, options.works)
            (count, _, found), (loads, items, own) = race((bare, streamed, ours), path)
            assert found == count == options.works
            say(f"{name}: {count} works, {path.stat().st_size / 2**20:.0f} MiB; json.loads {count / loads:,.0f}/s, ")
            say(f"ijson {count / items:,.0f}/s, ours {count / own:,.0f}/s: {loads / own:.2f} of json.loads, ")
            say(f"{items / own:.2f} of ijson\n")
        path = Path(folder) / "long.jsonl.gz"
        write(path, options.memory)
        levels = []
        start = time.perf_counter()
        for n, row in enumerate(read("openalex", path), start=1):
            assert isinstance(row, Row)
            if n % max(1, options.memory // 10) == 0:
                levels.append(peak())
        seconds = time.perf_counter() - start
        say(f"{n} works in {seconds:.0f} s; memory after each tenth, MiB: {', '.join(f'{m:.0f}' for m in levels)}\n")
        path = Path(folder) / "export.nt"
        write_rdf(path, options.triples)
        (triples, things), (alone, own) = race((bare_rdf, ours_rdf), path, 2)
        say(f"{triples} triples, {things} things: rdflib alone {triples / alone:,.0f}/s, ours {triples / own:,.0f}/s: ")
        say(f"{alone / own:.2f}; memory {peak():.0f} MiB\n")


if __name__ == "__main__":
    main()
