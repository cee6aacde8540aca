"""What tests share: a small world, and an encoder that can be read."""

import datetime as dt
import os
import zlib
from collections.abc import Iterator, Sequence
from functools import partialmethod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fastapi.testclient import TestClient
from postgres import Postgres, server
from script_source import Script, put_format
from sqlalchemy.engine import URL

from matcher.encode import Progress, Role, Vectors
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store.store import Store
from matcher.text import stems
from matcher.weights import Weights

if TYPE_CHECKING:
    from browser import Site
    from playwright.sync_api import Browser

pytest.register_assert_rewrite("browser")  # its findings are told in full
DIMENSIONS = 64


class FakeEncoder:
    """A vector counts a text's stems in 64 buckets; texts that share words are near, others at 90 degrees."""

    revision = "fake-1"
    dimensions = DIMENSIONS

    def __init__(self) -> None:
        self.encoded: list[str] = []  # every text that was really encoded, in order

    def windows(self, text: str) -> list[str]:
        return [text]

    def encode(self, texts: Sequence[str], role: Role, progress: Progress | None = None) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            self.encoded.append(text)
            for stem in stems(text, "es") or [text]:
                vectors[row, zlib.crc32(stem.encode()) % DIMENSIONS] += 1
            vectors[row] /= np.linalg.norm(vectors[row])
        if progress:
            progress(len(texts), len(texts))
        return vectors


PARTNERS = [
    Partner("unsaac", Side.SUPPLY, "Facultad textil, Cusco", "faculty", "PE", "PE-CUS", "Cusco", ("C13",)),
    Partner("unjbg", Side.SUPPLY, "Facultad agraria, Tacna", "faculty", "PE", "PE-TAC", "Tacna", ("A01", "C10")),
    Partner(
        "pucp", Side.SUPPLY, "Laboratorio de materiales, Lima", "laboratory", "PE", "PE-LIM", "Lima", ("C25", "C28")
    ),
    Partner("lejos", Side.SUPPLY, "Instituto sin lugar", "institute"),
    Partner("taller", Side.DEMAND, "Taller de chompas, Chinchero", "firm", "PE", "PE-CUS", None, ("C14",), "micro"),
    Partner("oregano", Side.DEMAND, "Cooperativa de orégano, Candarave", "cooperative", "PE", "PE-TAC", None, ("A01",)),
]
EVIDENCE = [
    Evidence("unsaac-1", ("unsaac",), "capability", "Teñido de fibra de alpaca. Medimos la solidez del color al lavado.", "Tintes", "es", dt.date(2022, 5, 1), ("C13",)),
    Evidence("unsaac-2", ("unsaac",), "service", "Ensayos de hilado y torsión del hilo de alpaca.", None, "es", dt.date(2020, 1, 1), ("C13",)),
    Evidence("unjbg-1", ("unjbg",), "project", "Secado de orégano en bandejas; el color y el aceite se conservan.", "Secador", "es", dt.date(2021, 3, 1), ("A01",)),
    Evidence("pucp-1", ("pucp",), "technology", "Fatigue and wear tests of steel shafts and gears.", "Wear", "en", dt.date(2019, 7, 1), ("C25",)),
    Evidence("lejos-1", ("lejos",), "publication", "Modelos de clima para la costa.", None, "es", dt.date(2018, 1, 1)),
    Evidence("taller-1", ("taller",), "need", "Se corren los colores de mis chompas de alpaca al lavado.", None, "es", dt.date(2024, 2, 1), ("C14",)),
    Evidence("oregano-1", ("oregano",), "problem", "El orégano pierde color en el secado.", None, "es", dt.date(2024, 3, 1), ("A01",)),
]  # fmt: skip
OUTCOMES = [
    Outcome("o1", "unsaac", Stage.PROJECT, "taller", dt.date(2023, 5, 1), "PE", "PE-CUS", ("C14",)),
    Outcome("o2", "unsaac", Stage.MET, "taller", dt.date(2025, 5, 1), "PE", "PE-CUS", ("C14",)),
    Outcome("o3", "pucp", Stage.DECLINED, "oregano", dt.date(2023, 6, 1), "PE", "PE-TAC", ("A01",)),
]


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path) -> Iterator[None]:
    """Whatever reads the environment finds an empty home, never the checkout's; what a command set there goes again."""
    before = dict(os.environ)
    os.environ["TINKUY_HOME"] = str(tmp_path / "own-home")
    os.environ.pop("TINKUY_DATABASE_URL", None)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session", autouse=True)
def _ask_from_here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Test clients ask from this machine, to which a fresh installation is open; `client=` says otherwise.

    What outlives a test finds an empty home too.
    """
    here = partialmethod(TestClient.__init__, client=("127.0.0.1", 50_000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TestClient, "__init__", here)
        patch.setenv("TINKUY_HOME", str(tmp_path_factory.mktemp("shared-home")))
        yield


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> URL:
    """The address of an empty database of today's shape, on each engine in turn."""
    if request.param == "sqlite":
        return URL.create("sqlite", database=str(tmp_path / "database" / "tinkuy.db"))
    return request.getfixturevalue("postgresql").new_database()


@pytest.fixture
def store(database: URL) -> Iterator[Store]:
    store = Store.open(database)
    yield store
    store.close()


@pytest.fixture
def filled(store: Store) -> Store:
    """A database that holds the small world."""
    with store.writing() as writer:
        writer.upsert([*PARTNERS, *EVIDENCE, *OUTCOMES])
    return store


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgres]:
    """A PostgreSQL server; tests that need one are skipped where there is none."""
    with server() as found:
        if isinstance(found, str):
            pytest.skip(found)
        yield found


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def home(tmp_path: Path, encoder: FakeEncoder) -> Path:
    """A folder in which a snapshot of the small world serves."""
    Snapshot.build(tmp_path / "home", PARTNERS, EVIDENCE, OUTCOMES, encoder)
    return tmp_path / "home"


@pytest.fixture
def engine(home: Path, encoder: FakeEncoder) -> Engine:
    return Engine(Snapshot.open_current(home, encoder), encoder, Weights.load())


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; it ends with its module, for while it runs no other event loop may."""
    from browser import chromium  # only tests of the pages need a browser's driver

    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Site"]:
    """The network of two offices, served to a browser."""
    from browser import served

    with served(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """A source whose pages a test writes, as the format `script`."""
    found = Script()
    put_format(monkeypatch, found)
    return found
