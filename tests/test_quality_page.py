"""The page on quality: reports as eval writes them, what it says without one, sources, contact, and the report's policy."""

import datetime as dt
import json
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, FakeEncoder
from fastapi.testclient import TestClient
from network import CONTACT, GONE, SECRET, Network, network
from tiny import make_bench

from api.app import create_app
from api.web.words import ABOUT_SIGNALS
from eval import answers, report
from eval.wins import Duel, Place
from matcher.errors import BadInput
from matcher.language import translator
from matcher.live import LiveEngine
from matcher.quality import FIGURES, PAGE, SHIPPED, Interval, Source, keep, read_report, sources, together
from matcher.records import Evidence
from matcher.setting_kinds import CONTACT as KIND
from matcher.settings import CHECKOUT, Settings
from matcher.weights import RULE_OF, Weights

HTML = {"Accept": "text/html"}
FIGURE = {"mean": 0.5, "low": 0.25, "high": 0.75}
GOOD = {
    "format": 1,
    "date": "2026-11-20",
    "version": "0.9.9",
    "model": "fake-1",
    "command": "python -m eval report mine",
    "weights": Weights.load().signals,
    "folders": [
        {
            "name": "<script>alert(1)</script>",
            "questions": 40,
            "partners": 7,
            "texts": 9,
            "primary": "RR",
            "figures": {"P@1": FIGURE, "Hit@5": FIGURE, "RR": {"mean": 0.578, "low": 0.487, "high": 0.67}},
            "baseline": {"name": "BM25"} | FIGURE,
            "lift": {"mean": 0.078, "low": -0.01, "high": 0.1, "p": 0.2},
            "declined": {"judged": 3, "of_judged": 40, "hopeless": 5, "of_hopeless": 8},
            "calibration_error": 0.019,
        }
    ],
}


def written(folder: Path, data: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FIGURES
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


# what eval writes is what the page reads


@pytest.fixture(scope="module")
def chapters(tmp_path_factory) -> list[report.Chapter]:
    weights = Weights.load()
    answered = answers.run(
        make_bench(tmp_path_factory.mktemp("bench") / "tiny"), FakeEncoder(), report.systems_of(weights), depth=4
    )
    return [report.chapter(answered, weights)]


def test_the_summary_holds_the_chapters_figures(chapters, tmp_path):
    weights = Weights.load()
    found = read_report(written(tmp_path, report.summary(chapters, weights, "fake-1", "python -m eval report tiny")))
    (folder,), (chapter,) = found.folders, chapters
    own = chapter.evaluation.systems["full"].figures
    told = (folder.name, folder.questions, folder.partners, folder.texts, folder.primary)
    assert told == ("tiny", 2, 4, 4, "nDCG@10")
    assert folder.figures["P@1"] == Interval(0.5, 0, 1)  # of two questions one, and one that the region decides
    assert folder.figures["P@5"] == Interval(*(round(getattr(own["P@5"], n), 4) for n in ("mean", "low", "high")))
    assert folder.lift.mean == pytest.approx(own["nDCG@10"].mean - folder.baseline_figure.mean, abs=1e-3)
    assert folder.declined == (chapter.evaluation.declined.judged, 2)
    assert found.weights == weights.signals
    assert (found.model, found.date) == ("fake-1", dt.datetime.now(dt.UTC).date())


def test_nothing_of_a_single_question_or_partner_is_kept(chapters):
    weights = Weights.load()
    duel = Duel("pregunta-1", "Problema con lana", "Cusco", 1.0, 0.5, (Place("Taller", 1, 2),), "Grupo", "Instituto")
    said = replace(chapters[0].evaluation.declined, questions=("pregunta-9",))
    evaluation = replace(chapters[0].evaluation, declined=said)
    found = [replace(chapters[0], duels=[duel, replace(duel, own=0.0)], evaluation=evaluation)]
    named = report.page(found, weights, "fake-1", "command")
    kept = report.page(found, weights, "fake-1", "command", anonymous=True)
    kept += json.dumps(report.summary(found, weights, "fake-1", "command"))
    for word in ("Problema con", "pregunta-1", "pregunta-9", "Taller", "Grupo", "Instituto"):
        assert word in named
        assert word not in kept


def test_a_report_is_kept_whole(tmp_path):
    keep(tmp_path / "reports", {PAGE: "one", FIGURES: "{}"})
    keep(tmp_path / "reports", {PAGE: "two"})
    assert {path.name: path.read_text() for path in (tmp_path / "reports").iterdir()} == {PAGE: "two", FIGURES: "{}"}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "nonsense", json.dumps(GOOD | {"format": 2}), json.dumps(GOOD | {"date": "yesterday"}),
     json.dumps(GOOD | {"folders": [{"name": "x"}]}), json.dumps(GOOD | {"weights": None})],
)  # fmt: skip
def test_what_is_no_report_is_refused(tmp_path, text):
    with pytest.raises(BadInput, match=r"report\.json cannot be read: make it again"):
        read_report(written(tmp_path, text))


def test_without_a_report_there_is_none(tmp_path):
    assert read_report(tmp_path / FIGURES) is None


def test_the_shipped_figures_are_of_the_shipped_weights():
    found = read_report(SHIPPED)
    assert found.weights == Weights.load().signals
    assert "demo-questions" in {folder.name for folder in found.folders}
    package = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]
    assert "*.json" in package["package-data"]["matcher"]


# sources


def test_sources_have_their_counts_and_dates_by_hand():
    texts = [
        Evidence("a", ("p",), "project", "x", date=dt.date(2020, 1, 2), source="portal"),
        Evidence("b", ("p",), "project", "x", date=dt.date(2019, 5, 6), source="portal"),
        Evidence("c", ("p",), "project", "x", source="portal"),
        Evidence("d", ("p",), "project", "x", source=""),
        Evidence("e", ("p",), "project", "x", date=dt.date(2024, 7, 8), source="table"),
    ]
    assert sources(texts) == [
        Source("portal", 3, 1, dt.date(2019, 5, 6), dt.date(2020, 1, 2)),
        Source("table", 1, 0, dt.date(2024, 7, 8), dt.date(2024, 7, 8)),
        Source(None, 1, 1, None, None),
    ]
    assert together(sources(texts)) == Source(None, 5, 2, dt.date(2019, 5, 6), dt.date(2024, 7, 8))
    assert sources([]) == []


# the page


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("site"), contact="oficina@universidad.example") as found:
        yield found


@pytest.fixture
def client(site: Network) -> TestClient:
    client = site.client()
    client.headers.update(HTML)
    return client


@pytest.fixture
def reports(site: Network) -> Iterator[Path]:
    folder = site.home / "reports"
    keep(folder, {PAGE: "<!doctype html><title>R</title><style>p{}</style>", FIGURES: json.dumps(GOOD)})
    yield folder
    for path in folder.iterdir():
        path.unlink()


def test_without_a_report_the_page_says_how_to_make_one(client):
    page = client.get("/quality")
    assert page.status_code == 200
    assert "python -m eval report data/questions --publish" in page.text
    assert "/quality/report" not in page.text
    assert client.get("/quality/report").status_code == 404


def test_the_reports_figures_stand_on_the_page_escaped(client, reports):
    page = client.get("/quality").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    for part in (
        "0.578",
        "[0.487; 0.67]",
        "solo por palabras:<br>0.5",
        "puede ser azar",
        "3 de 40",
        "5 de 8",
        "0.019",
        "0.9.9",
    ):
        assert part in page
    assert "Los pesos en uso son otros" not in page
    assert "0.578" in client.get("/quality?lang=en").text


def test_limits_are_those_that_were_measured(client, reports):
    folder = GOOD["folders"][0] | {"name": "mio"}
    sure = folder | {"name": "suyo", "lift": {"mean": 0.2, "low": 0.1, "high": 0.3, "p": 0.001}}
    sure["declined"] = {"judged": 1, "of_judged": 10, "hopeless": 0, "of_hopeless": 0}
    written(reports, GOOD | {"folders": [folder, sure]})
    page = client.get("/quality?lang=en").text
    limits = page[page.index('id="limits"') : page.index('id="data"')]
    assert "on mio the gain may be chance" in limits
    assert "Of 50 measured questions that have an answer, 4 were told" in limits
    assert "Of 8 that nobody here can answer, 3 got a list all the same." in limits


def test_without_a_report_of_ones_own_the_limits_are_the_shipped_ones(client, reports):
    shipped = read_report(SHIPPED)
    (reports / FIGURES).unlink(missing_ok=True)
    page = client.get("/quality?lang=en").text
    judged = sum(f.questions for f in shipped.folders)
    assert f"Of {judged:,} measured questions that have an answer" in page


def test_a_report_of_other_weights_says_so(client, reports):
    written(reports, GOOD | {"weights": {"text": 1.0}})
    assert "Los pesos en uso son otros" in client.get("/quality").text


def test_a_damaged_report_is_told_and_the_page_stands(client, reports):
    written(reports, "{")
    page = client.get("/quality")
    assert page.status_code == 200
    assert "no se puede leer el informe" in page.text


def test_the_report_may_show_styles_and_run_nothing(client, reports):
    answer = client.get("/quality/report")
    policy = dict(part.split(" ", 1) if " " in part else (part, "")
                  for part in answer.headers["content-security-policy"].split("; "))  # fmt: skip
    assert policy == {
        "sandbox": "", "default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:",
        "base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
    }  # fmt: skip
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "unsafe-inline" not in client.get("/quality").headers["content-security-policy"]


def test_every_signal_is_told_with_its_weight(client):
    assert set(ABOUT_SIGNALS) == set(RULE_OF)
    page, say = client.get("/quality").text, translator("es")
    for name, weight in Weights.load().signals.items():
        row = page.split(say(ABOUT_SIGNALS[name]) + "</td>")[1].split("</tr>")[0]
        assert ("no cuenta" if not weight else f"{weight:.3f}".rstrip("0")) in row


def test_sources_are_those_that_everybody_may_see(client):
    page = client.get("/quality").text
    for word in (SECRET, CONTACT, GONE):
        assert word not in page
    assert "sin fuente indicada" in page
    assert len(EVIDENCE) == 7  # and two confidential needs, whose summaries count
    assert "9 textos" in page


def test_the_contact_stands_where_the_footer_leads(client):
    page = client.get("/quality").text
    assert 'href="/quality#your-record"' in page
    part = page.split('id="your-record"')[1].split("</section>")[0]
    assert '<a href="mailto:oficina@universidad.example">' in part


def test_without_contact_and_without_index_the_page_still_tells_how_to_leave(tmp_path):
    live = LiveEngine(tmp_path / "empty", FakeEncoder(), Weights.load())
    app = create_app(live=live)
    with TestClient(app) as client:
        page = client.get("/quality", headers=HTML)
    assert page.status_code == 200
    assert "Todavía no hay índice" in page.text
    assert "oficina de transferencia que le atiende" in page.text


@pytest.mark.parametrize("good", ["oficina@universidad.example", "https://universidad.example/contacto?a=b"])
def test_a_contact_is_an_address(good):
    assert Settings.read({"TINKUY_CONTACT": good}).contact == good


@pytest.mark.parametrize(
    "bad", ["oficina", "javascript:alert(1)", "mailto:a@b.example", "a@b", "a@b.example?bcc=c@d.example", "https://",
            "a b@c.example", "https://a.example/ b", "<a@b.example>"],
)  # fmt: skip
def test_what_is_no_address_is_refused(bad):
    with pytest.raises(BadInput, match="TINKUY_CONTACT"):
        Settings.read({"TINKUY_CONTACT": bad})
    assert "@" in KIND.allowed
