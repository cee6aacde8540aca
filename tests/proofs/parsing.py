"""Read one generated file through our reader and through the bare parser, in turns, and compare records a second.

    PYTHONPATH=tests python -m proofs.parsing [--records 20000] [--rounds 5]
    PYTHONPATH=tests python -m proofs.parsing --memory [--records 1000000]

The bare parser is lxml's `iterparse` over the same file in the same process, each record emptied once it is whole: as it
is called without options (it hands over every element), and once more with `tag=` (it hands over records alone). Ours
makes the rows that an import writes. Seconds are the process's own, so that other work on the machine counts less.

With `--memory` the file is never written: it is made as it is read, and the process's memory is told every tenth.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from lxml import etree

from matcher.sources import oai
from matcher.sources.oai_reply import OAI, Item, read_reply
from matcher.sources.oai_rows import Rows
from matcher.sources.pages import Asked
from matcher.sources.reading import Row
from matcher.sources.repository import Repository

RECORD = OAI + "record"
LEAST = 0.5  # of the bare parser's speed
MOST_MIB = 40  # that memory may grow from the first tenth to the last
HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-01-01T00:00:00Z</responseDate>
<request verb="ListRecords">https://cris.example.edu/oai</request><ListRecords>
"""
TAIL = b"</ListRecords></OAI-PMH>"
TEXT = (
    "Se ensayó un túnel de secado con tres espesores de capa y se midió la humedad del orégano cada hora. El color "
    "se conservó mejor a menos de cuarenta grados, y el consumo de energía bajó a la mitad frente al secado con gas. "
) * 5
# In the shape of PerúCRIS's publications: indented, with authors, affiliations and a journal. Made up.
ONE = """    <record>
      <header>
        <identifier>oai:cris.example.edu:Publications/{n}</identifier>
        <datestamp>2026-01-05T14:29:24Z</datestamp>
        <setSpec>perucris_publications</setSpec>
      </header>
      <metadata>
        <Publication xmlns="https://purl.org/pe-repo/cerif-profile/1.0/" id="Publications/{n}">
          <Type xmlns="https://www.openaire.eu/cerif-profile/vocab/COAR_Publication_Types">http://purl.org/coar/resource_type/c_6501</Type>
          <Language>es</Language>
          <Title xml:lang="es">Secado solar de orégano en túneles de bajo costo, ensayo {n}</Title>
          <PublishedIn>
            <Publication id="Publications/9{k}">
              <Type xmlns="https://www.openaire.eu/cerif-profile/vocab/COAR_Publication_Types">http://purl.org/coar/resource_type/c_0640</Type>
              <Title xml:lang="es">Revista ilustrativa {k}</Title>
              <ISSN>0000-0000</ISSN>
            </Publication>
          </PublishedIn>
          <PublicationDate>2021-03-{d:02d}</PublicationDate>
          <Volume>26</Volume>
          <Issue>1</Issue>
          <StartPage>147</StartPage>
          <EndPage>184</EndPage>
          <DOI>10.9999/ilustrativo.{n}</DOI>
          <Authors>
            <Author>
              <Person id="Persons/{k}1">
                <PersonName>
                  <FamilyNames>ilustrativa</FamilyNames>
                  <FirstNames>Autora</FirstNames>
                </PersonName>
              </Person>
              <Affiliation>
                <OrgUnit id="OrgUnits/{u}">
                  <Acronym>UI{u}</Acronym>
                  <Name xml:lang="es">Universidad ilustrativa {u}</Name>
                  <Identifier type="https://purl.org/pe-repo/concytec/terminos#ruc">20100070970</Identifier>
                </OrgUnit>
              </Affiliation>
            </Author>
            <Author>
              <Person id="Persons/{k}2">
                <PersonName>
                  <FamilyNames>ilustrativo</FamilyNames>
                  <FirstNames>Autor</FirstNames>
                </PersonName>
              </Person>
              <Affiliation>
                <OrgUnit id="OrgUnits/{v}">
                  <Name xml:lang="es">Instituto ilustrativo {v}</Name>
                </OrgUnit>
              </Affiliation>
            </Author>
          </Authors>
          <Publishers>
            <Publisher>
              <OrgUnit id="OrgUnits/{u}">
                <Acronym>UI{u}</Acronym>
                <Name xml:lang="es">Universidad ilustrativa {u}</Name>
                <Identifier type="https://purl.org/pe-repo/concytec/terminos#ruc">20100070970</Identifier>
              </OrgUnit>
            </Publisher>
          </Publishers>
          <Subject scheme="https://purl.org/pe-repo/ocde/ford">https://purl.org/pe-repo/ocde/ford#2.11.04</Subject>
          <Keyword xml:lang="es">secado solar</Keyword>
          <Keyword xml:lang="es">orégano</Keyword>
          <Keyword xml:lang="en">solar drying</Keyword>
          <Abstract xml:lang="es">{text}</Abstract>
          <Access xmlns="http://purl.org/coar/access_right">http://purl.org/coar/access_right/c_abf2</Access>
        </Publication>
      </metadata>
    </record>
"""


def records(count: int) -> Iterator[bytes]:
    """Yield a reply of so many records, in parts."""
    yield HEAD
    for n in range(count):
        yield ONE.format(n=n, k=n % 97, d=1 + n % 28, u=n % 40, v=50 + n % 300, text=TEXT.strip()).encode()
    yield TAIL


class Made:
    """A file that is made as it is read."""

    def __init__(self, count: int) -> None:
        self._parts, self._rest = records(count), b""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""
        parts = [self._rest]
        length = len(self._rest)
        while length < size and (part := next(self._parts, b"")):
            parts.append(part)
            length += len(part)
        whole = b"".join(parts)
        self._rest = whole[size:]
        return whole[:size]


def bare(path: Path, *, alone: bool) -> int:
    """Count records with lxml alone."""
    count = 0
    for _, element in etree.iterparse(str(path), **({"tag": RECORD} if alone else {})):
        if element.tag == RECORD:
            count += 1
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    return count


def ours(path: Path) -> int:
    """Count rows as an import gets them."""
    return sum(isinstance(row, Row) for page in oai.read(Asked((path,))) for row in page.rows)


def speed(count: int, rounds: int) -> bool:
    """Print records a second of each way and their ratios; tell whether ours is fast enough."""
    ways = {
        "iterparse": lambda p: bare(p, alone=False),
        "iterparse tag=record": lambda p: bare(p, alone=True),
        "ours": ours,
    }
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "records.xml")
        with path.open("wb") as file:
            file.writelines(records(count))
        mib = path.stat().st_size / 2**20
        for _ in range(rounds):
            for way, run in ways.items():
                started = time.process_time()
                found = run(path)
                seconds[way].append(time.process_time() - started)
                if found != count:
                    raise SystemExit(f"{way}: {found} of {count} records")
    best = {way: statistics.median(each) for way, each in seconds.items()}
    for way, each in best.items():
        share = f", ours is {each / best['ours']:.2f} of it" if way != "ours" else ""
        sys.stdout.write(f"{way}: {count / each:,.0f} records/s, {mib / each:,.0f} MiB/s{share}\n")
    return best["iterparse"] / best["ours"] >= LEAST


def memory(count: int) -> bool:
    """Read so many records as a stream and tell the process's memory on the way; tell whether it stays flat."""
    process, rows, told = psutil.Process(), Rows(Repository()), []
    done = 0
    for part in read_reply(Made(count), "records.xml"):
        if isinstance(part, Item):
            done += isinstance(rows.tell(part, "records.xml", done + 1), Row)
            if done % (count // 10) == 0:
                told.append(process.memory_info().rss / 2**20)
                sys.stdout.write(f"{done:,} records: {told[-1]:,.0f} MiB\n")
                sys.stdout.flush()
    return done == count and told[-1] - told[0] < MOST_MIB


def main() -> None:
    """Measure, and fail where it is too slow or grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--memory", action="store_true")
    asked = parser.parse_args()
    fine = memory(asked.records or 1_000_000) if asked.memory else speed(asked.records or 20_000, asked.rounds)
    raise SystemExit(not fine)


if __name__ == "__main__":
    main()
