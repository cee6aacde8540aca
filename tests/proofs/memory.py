"""How much memory every streaming reader holds while it reads a million generated records.

    PYTHONPATH=tests python -m proofs.memory [--records 1000000] [--only cordis,ocds]

Each reads a source that lies on the disk, in a process of its own: once half of the records, once all of them. It is
flat where the largest size of the second process is that of the first, but for GROWN MiB, the noise of an allocator:
caches that fill up to a bound have reached it by then.
"""

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from proofs import parsing, parsing_json, parsing_tables

GROWN = 16  # MiB


def write_oai(folder: Path, records: int) -> Path:
    """Write a reply of OAI-PMH, packed: a million records are five GiB."""
    path = folder / "records.xml.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.writelines(parsing.records(records))
    return path


def write_openalex(folder: Path, works: int) -> Path:
    """Write a part of OpenAlex's snapshot."""
    parsing_json.write(path := folder / "works.jsonl.gz", works)
    return path


def write_cordis(folder: Path, participations: int) -> Path:
    """Write the tables of CORDIS; organisations grow with the participations, as they do in the real ones."""
    parsing_tables.write_cordis(folder, participations, organisations=participations // 5)
    return folder


def write_portfolio(folder: Path, projects: int) -> Path:
    """Write portfolios of ProInnóvate's shape, each below the size that one file may have."""
    for part in range(2):
        parsing_tables.write_portfolio(folder / f"proyectos_{part}.csv", projects // 2, f"{part}-")
    return folder


def write_ocds(folder: Path, releases: int) -> Path:
    """Write releases of tenders, one a line."""
    path = folder / "releases.jsonl.gz"
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as file:
        file.writelines(json.dumps(release(n)) + "\n" for n in range(releases))
    return path


def release(n: int) -> dict[str, Any]:
    """Return a release of a tender that asks for research, of one contracting process in the shape of Peru's."""
    buyer = {"id": f"PE-RUC-{20_000_000_000 + n % 3000}", "name": f"MUNICIPALIDAD ILUSTRATIVA {n % 3000}"}
    return {
        "ocid": f"ocds-ill-{n}", "id": f"{n}", "date": "2024-03-05T10:00:00-05:00", "tag": ["tender"], "language": "es",
        "parties": [{**buyer, "roles": ["buyer"], "identifier": {"scheme": "PE-RUC", "id": buyer["id"][7:]},
                     "address": {"locality": "Arriba", "region": "ARRIBA", "department": "CUSCO", "countryName": "PERU"}}],
        "buyer": buyer,
        "tender": {
            "id": f"t{n}", "title": f"SERVICIO DE DESARROLLO TECNOLÓGICO DE UN SENSOR DE TURBIDEZ, ENTREGA {n}",
            "description": "Contratación del servicio de investigación aplicada sobre la turbidez del agua de riego.",
            "mainProcurementCategory": "services", "status": "active",
            "tenderPeriod": {"startDate": "2024-03-01T00:00:00-05:00"},
            "items": [{"id": str(i), "description": f"Diseño electrónico, parte {i}",
                       "classification": {"scheme": "CUBSO", "id": "8111150000112233"}} for i in range(3)],
            "documents": [{"documentType": "tenderNotice", "url": f"https://tenders.example/{n}"}],
        },
    }  # fmt: skip


SOURCES: dict[str, tuple[str, Callable[[Path, int], Path]]] = {
    "oai-pmh": ("records", write_oai),
    "openalex": ("works", write_openalex),
    "cordis": ("participations", write_cordis),
    "proinnovate": ("projects", write_portfolio),
    "ocds": ("releases", write_ocds),
}


def largest(format_: str, path: Path) -> tuple[int, int, float]:
    """Read a source in a process of its own; return how many rows, the MiB that it held at most, and its seconds."""
    code = f"from proofs.memory import read_alone; read_alone({format_!r}, {str(path)!r})"
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    rows, mib = done.stdout.split()
    return int(rows), int(mib), time.perf_counter() - started


def read_alone(format_: str, path: str) -> None:
    """Read a source, and say how many rows it has and how large this process grew, in MiB."""
    paths = tuple(sorted(Path(path).glob("proyectos*"))) or (Path(path),)
    rows = sum(len(page.rows) for page in FORMATS[format_].read(Asked(paths)))
    # Linux' own count: that of `resource` begins with what the parent held.
    lines = Path("/proc/self/status").read_text().splitlines()
    mib = next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))
    sys.stdout.write(f"{rows} {mib}")


def main() -> None:
    """Measure, and fail where a reader's memory grows with its source."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--only", type=lambda text: text.split(","), default=list(SOURCES))
    asked = parser.parse_args()
    grows = False
    for format_ in asked.only:
        what, write = SOURCES[format_]
        peaks = []
        for records in (asked.records // 2, asked.records):
            with tempfile.TemporaryDirectory(prefix="tinkuy-memory-") as folder:
                rows, mib, seconds = largest(format_, write(Path(folder), records))
            peaks.append(mib)
            sys.stdout.write(f"{format_}: {records:,} {what}, {rows:,} rows, at most {mib} MiB, {seconds:.0f} s\n")
            sys.stdout.flush()
        grows |= peaks[1] - peaks[0] > GROWN
    raise SystemExit(grows)


if __name__ == "__main__":
    main()
