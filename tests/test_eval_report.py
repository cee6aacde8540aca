"""The report's page: everything is there, what people wrote is escaped, and it needs nothing from outside."""

import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import FakeEncoder
from tiny import make_bench

from eval import plots
from eval.answers import Answer, Answered, run
from eval.calibration import Bin
from eval.evaluation import Measured
from eval.exposure import Exposure
from eval.measures import MEASURES, Figure
from eval.report import chapter, markdown, page, report_json, systems_of
from eval.wins import Duel, Place, duels
from matcher.records import Partner, Query, Side, Verdict
from matcher.sources.benchmark import Benchmark, Question
from matcher.weights import Weights

SHIPPED = Weights.load()
NASTY = '<script>alert("x")</script> & tintes'


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory):
    folder = make_bench(tmp_path_factory.mktemp("report") / "tiny")
    return chapter(run(folder, FakeEncoder(), systems_of(SHIPPED), depth=4), SHIPPED)


class Page(HTMLParser):
    """Collects the elements of a page, and complains about what is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.loads: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [v for k, v in attrs if k in {"src", "href", "xlink:href"} and v and not v.startswith("#")]
        if tag not in {"meta", "br", "path", "use", "rect", "img"}:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if tag in {"path", "use", "rect"}:
            return
        assert self.open.pop() == tag


def test_page_holds_seven_plots_a_folder_and_loads_nothing(told) -> None:
    text = page([told, told], SHIPPED, "fake-1", "python -m eval report tiny tiny")
    found = Page(text)
    assert found.open == []
    assert found.tags.count("svg") == 14
    assert "script" not in found.tags
    assert found.loads == []
    assert not re.search(r"url\((?!#)", text)


def test_what_people_wrote_is_escaped(told) -> None:
    bold = "Grupo <b>de</b> secado"
    won = Duel("<q1>", NASTY, "<here>", 1.0, 0.5, (Place(bold, 1, 2),), bold, bold)
    lost = replace(won, own=0.0)
    declined = replace(told.evaluation.declined, questions=("<q9>",))
    nasty = replace(told, duels=[won, lost], evaluation=replace(told.evaluation, declined=declined))
    text = page([nasty], SHIPPED, "<model>", "<command>")
    for raw in (NASTY, "<script", bold, "<q1>", "<here>", "<q9>", "<model>", "<command>"):
        assert raw not in text
    assert text.count("&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt; &amp; tintes") == 2
    assert "Grupo &lt;b&gt;de&lt;/b&gt; secado" in text


def test_page_shows_the_figures_it_was_given(told) -> None:
    text = page([told], SHIPPED, "fake-1", "python -m eval report tiny")
    best = told.evaluation.systems[told.best].figures["nDCG@10"]
    own = told.evaluation.systems["full"].figures["nDCG@10"]
    assert f"{own.mean:.3f} <small>[{own.low:.3f}, {own.high:.3f}]" in text
    assert told.lift.mean == pytest.approx(own.mean - best.mean)
    for name, weight in SHIPPED.signals.items():
        assert re.search(rf"<td>{name}</td><td class=\"left\">[\w–]+</td><td>{weight}</td>", text)
    assert "python -m eval report tiny" in text


def test_markdown_and_json_hold_the_same(told) -> None:
    table = markdown([told], "fake-1").splitlines()
    row = dict(zip(table[0].strip("| ").split(" | "), table[2].strip("| ").split(" | "), strict=True))
    written = json.loads(json.dumps(report_json(told, SHIPPED)))
    mean = written["systems"]["full"]["measures"]["nDCG@10"]["mean"]
    assert row["folder"] == "tiny"
    assert row["nDCG@10"].startswith(f"{mean:.3f} [")
    assert row["lift"].startswith(f"**{written['lift']['mean']:+.3f}**")
    assert list(written["systems"]) == [
        "random", "popularity", "same region, popularity", "same region, track record", "BM25", "dense", "hybrid", "full",
    ]  # fmt: skip
    assert written["ablation"][0]["name"] == "without rule place"
    assert sum(each["matches"] for each in written["calibration"]["bins"]) == 2 * 4


def test_duels_tell_where_the_right_partner_stood() -> None:
    partners = tuple(Partner(id_, Side.SUPPLY, id_.upper(), "institute") for id_ in "abc")
    questions = tuple(Question(q, Query(f"text {q}", Side.SUPPLY, region="PE-CUS"), False) for q in ("q1", "q2", "q3"))
    qrels = {"q1": {"a": 2, "b": 0}, "q2": {"a": 1, "c": 1}}
    ranked = {
        "full": [_ranked("q1", "b", "a"), _ranked("q2", "a", "b", "c"), _ranked("q3", "a")],
        "other": [_ranked("q1", "a", "b"), _ranked("q2", "b")],
    }
    answered = Answered(Benchmark("b", Side.SUPPLY, "RR", questions, qrels), ranked, partners, {})
    systems = {name: _measured(name, values) for name, values in (("full", (0.5, 1.0)), ("other", (1.0, 0.0)))}
    won, lost = duels(answered, systems, "full", "other", "RR")
    assert (won.question, won.gap, won.first, won.other_first) == ("q2", 1.0, "A", "B")
    assert [(p.name, p.own, p.other) for p in won.right] == [("A", 1, None), ("C", 3, None)]
    assert (lost.question, lost.gap, lost.text, lost.where) == ("q1", -0.5, "text q1", "PE-CUS")
    assert [(p.name, p.own, p.other) for p in lost.right] == [("A", 2, 1)]


def _ranked(question: str, *partners: str) -> Answer:
    return Answer(question, tuple((p, -float(i)) for i, p in enumerate(partners)), Verdict.MATCHES)


def _measured(name: str, values: tuple[float, float]) -> Measured:
    per_question = dict(zip(("q1", "q2"), values, strict=True))
    figures = {m: Figure(m, sum(values) / 2, min(values), max(values), per_question) for m in MEASURES}
    return Measured(name, figures, Exposure(1.0, 0.5, 0.5, None, (2, 1, 0)))


def test_plots_are_well_formed_alike_each_time_and_escape_names() -> None:
    systems = {name: _measured(name, (0.25, 0.75)) for name in ("a < b & c", "full")}
    svg = plots.metric_bars(systems, "full", "a < b & c", ["RR"])
    assert "a < b & c" in "".join(ET.fromstring(svg).itertext())
    assert svg == plots.metric_bars(systems, "full", "a < b & c", ["RR"])
    curve = plots.reliability([Bin(3, 0.2, 0.4, 0.1, 0.7)])
    assert "share that is right" in "".join(ET.fromstring(curve).itertext())
    assert "2 better" in "".join(ET.fromstring(plots.gaps([0.5, 0.25, 0.0, -1.0], "x", "y", "RR")).itertext())


def test_command_writes_page_tables_and_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from eval.report_cli import report_command
    from matcher import parts

    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())
    folder = make_bench(tmp_path / "tiny")
    out, table, report = tmp_path / "x" / "r.html", tmp_path / "y" / "r.md", tmp_path / "z" / "r.json"
    options = ["--out", str(out), "--markdown", str(table), "--json", str(report)]
    done = CliRunner().invoke(report_command, [str(folder), *options])
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, f"{out}: 1 folder")
    text = out.read_text(encoding="utf-8")
    assert "python -m eval report tiny" in text
    assert str(tmp_path) not in text  # a page that is passed on tells nothing of the machine
    assert table.read_text(encoding="utf-8").startswith("| folder | questions | P@1 |")
    assert json.loads(report.read_text(encoding="utf-8"))["folders"][0]["benchmark"] == "tiny"
