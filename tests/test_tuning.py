"""Tuning: the whole way from judged questions, or from a database's history, to a weights file and back."""

import datetime as dt
import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder

from matcher import parts, trial
from matcher.cli import main
from matcher.engine import Engine
from matcher.errors import BadInput, BadWeights
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Outcome, Query, Stage
from matcher.trial import Trial
from matcher.tuning import ENOUGH, Tuned, tune
from matcher.weights import SHIPPED, Weights
from matcher.weights_file import provenance, text_of

TOPICS = ("lana", "queso", "acero", "cacao", "trucha", "madera", "cuero", "vidrio")
REGIONS = ("PE-CUS", "PE-TAC", "PE-LIM", "PE-PIU", "PE-LOR", "PE-ICA", "PE-ANC", "PE-PUN")
DAY = dt.date(2026, 1, 31)


def write_folder(folder: Path, questions: int) -> Path:
    """A folder where who is near is right, and whose words fit is always somebody else."""
    folder.mkdir()
    (folder / "benchmark.json").write_text('{"name": "near", "seeks": "supply", "primary": "RR"}')
    tables = {
        "partners": [{"id": t, "name": t, "region": r, "country": "PE"} for t, r in zip(TOPICS, REGIONS, strict=True)],
        "evidence": [{"id": f"{t}-e", "partners": [t], "text": f"Ensayos de {t}.", "language": "es"} for t in TOPICS],
        "queries": [
            {"id": f"q{i}", "text": TOPICS[(i + 1 + i // 8 % 7) % 8], "language": "es", "region": REGIONS[i % 8]}
            for i in range(questions)
        ],
    }
    for name, rows in tables.items():
        (folder / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    (folder / "qrels.txt").write_text("".join(f"q{i} 0 {TOPICS[i % 8]} 1\n" for i in range(questions)))
    return folder


def start() -> Weights:
    """All but deaf to place."""
    signals = dict.fromkeys(Weights.load().signals, 0.0) | {"text": 1.0, "same_region": 0.1}
    return replace(Weights.load(), bias=0.0, signals=signals)


@pytest.fixture(scope="module")
def near(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    place = tmp_path_factory.mktemp("tuning")
    return trial.from_folder(write_folder(place / "near", 40), place / "home", FakeEncoder(), start(), None)


@pytest.fixture(scope="module")
def tuned(near: Trial) -> Tuned:
    return tune([near], start(), seed=3)


def test_tuning_finds_what_decides(tuned: Tuned, near: Trial):
    (found,) = tuned.results
    assert (found.name, found.primary, found.questions, found.judgements) == ("near", "RR", 40, 40)
    assert found.before <= 0.5  # another's words are always first
    assert found.after == 1
    assert found.gain.mean == pytest.approx(1 - found.before)
    assert tuned.gain == found.gain
    assert found.judged == pytest.approx(1 / 8)  # one of eight partners shown
    assert found.ece_after < 0.05 < found.ece_before
    assert min(tuned.weights.signals.values()) >= 0
    place = sum(tuned.weights.signals[name] for name in ("same_region", "distance"))
    assert place > 2 > tuned.weights.signals["text"]
    engine = Engine(near.engine.snapshot, near.engine.encoder, tuned.weights)
    match = engine.match(near.cases[0].query).matches
    assert match[0].partner.id == "lana"
    assert match[0].probability > 0.9
    assert match[1].probability < 0.1
    assert (tuned.weights.text, tuned.weights.caps, tuned.weights.abstain) == (
        start().text,
        start().caps,
        start().abstain,
    )


def test_a_trial_counts_once_however_many_questions_it_has(near: Trial, tmp_path: Path):
    small = trial.from_folder(write_folder(tmp_path / "b", 32), tmp_path / "home-b", FakeEncoder(), start(), None)
    found = tune([near, small], start(), seed=3)
    assert found.gain.mean == pytest.approx(sum(r.gain.mean for r in found.results) / 2)


def test_progress_ends_where_it_said(near: Trial):
    seen: list[tuple[int, int]] = []
    tune([near], start(), seed=3, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i, 86) for i in range(1, 87)]  # 40 questions twice, five folds, the last fit


def test_too_few_questions_are_refused_with_how_many_are_missing(near: Trial):
    cases = [
        replace(c, grades={"nobody": 1} if i < 5 else {"lana": 0} if i < 15 else c.grades)
        for i, c in enumerate(near.cases)
    ]
    with pytest.raises(BadInput, match=r"near: 25 questions .* 30 are needed, 5 are missing") as refused:
        tune([replace(near, cases=tuple(cases))], start(), seed=3)
    assert refused.value.values["needed"] == ENOUGH


def test_an_unknown_figure_is_named(near: Trial):
    with pytest.raises(BadInput, match="near: the figure 'nonsense' is not known"):
        tune([replace(near, primary="nonsense")], start(), seed=3)


def test_the_file_keeps_the_comments_and_tells_where_its_numbers_are_from(tuned: Tuned, tmp_path: Path):
    path = tmp_path / "tuned.toml"
    path.write_text(text_of(tuned, None, "fake-1", DAY), encoding="utf-8")
    assert Weights.load(path) == tuned.weights
    lines = path.read_text(encoding="utf-8").splitlines()
    shipped = SHIPPED.read_text(encoding="utf-8").partition("\nbias")[2].splitlines()  # below the comment at the top
    assert {line.partition("#")[2] for line in shipped} <= {line.partition("#")[2] for line in lines}
    (old,) = [line for line in shipped if line.startswith("same_region ")]
    (new,) = [line for line in lines if line.startswith("same_region ")]
    assert new.index("#") == old.index("#")
    found = provenance(path)
    assert (found["date"], found["model"], found["seed"], found["pull"]) == (DAY, "fake-1", 3, tuned.strength)
    assert len(found["starting_weights"]) == len("sha256:") + 64
    (data,) = found["data"]
    assert (data["name"], data["questions"], data["judgements"], data["primary"], data["after"]) == (
        "near",
        40,
        40,
        "RR",
        1,
    )
    assert data["gain"]["mean"] == pytest.approx(tuned.gain.mean, abs=0.001)
    assert provenance(SHIPPED) == {}


def test_a_tuned_file_can_be_tuned_again(tuned: Tuned, tmp_path: Path):
    first, second = tmp_path / "first.toml", tmp_path / "second.toml"
    first.write_text(text_of(tuned, None, "fake-1", DAY), encoding="utf-8")
    second.write_text(text_of(tuned, first, "fake-2", DAY), encoding="utf-8")
    assert Weights.load(second) == tuned.weights
    assert provenance(second)["model"] == "fake-2"
    text = second.read_text(encoding="utf-8")
    assert text.count("[provenance]\n") == text.count("[[provenance.data]]") == 1
    assert provenance(second)["starting_weights"] != provenance(first)["starting_weights"]


def test_the_same_seed_writes_the_same_file(tuned: Tuned, near: Trial):
    again = tune([near], start(), seed=3)
    assert text_of(again, None, "fake-1", DAY) == text_of(tuned, None, "fake-1", DAY)


def test_a_file_that_is_written_otherwise_is_refused(tuned: Tuned, tmp_path: Path):
    path = tmp_path / "inline.toml"
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    inline = ", ".join(f"{name} = {value}" for name, value in data["weights"].items())
    text = SHIPPED.read_text(encoding="utf-8")
    table = text[text.index("[weights]") : text.index("[caps]")]
    path.write_text(f"weights = {{ {inline} }}\n" + text.replace(table, ""), encoding="utf-8")
    assert Weights.load(path) == Weights.load()
    with pytest.raises(BadWeights, match="one number a line"):
        text_of(tuned, path, "fake-1", DAY)


HISTORY = [
    Outcome("first", "unsaac", Stage.PROJECT, "taller", dt.date(2025, 5, 1)),
    Outcome("same-day", "pucp", Stage.PROJECT, "oregano", dt.date(2025, 5, 1)),
    Outcome("later", "unjbg", Stage.PROJECT, "oregano", dt.date(2025, 6, 1)),
]


def history(tmp_path: Path, outcomes: list[Outcome]) -> Trial:
    encoder = FakeEncoder()
    Snapshot.build(tmp_path / "history", PARTNERS, EVIDENCE, outcomes, encoder)
    return trial.from_history(Engine(Snapshot.open_current(tmp_path / "history", encoder), encoder, Weights.load()))


def records(found: Trial, query: Query, unknown: frozenset[str] = frozenset()) -> dict[str, float]:
    """Partner -> track record, as a question sees it."""
    (ranking,) = found.engine.rank(query, [Weights.load()], unknown=unknown)
    column = ranking.measured.columns["track_record"].tolist()
    partners = found.engine.snapshot.sides[query.seeks].partners
    return {partners[row].id: value for row, value in zip(ranking.found.partners.tolist(), column, strict=True)}


def test_a_question_made_of_an_outcome_does_not_know_it_nor_what_came_later(tmp_path: Path):
    found = history(tmp_path, HISTORY)
    first, second = (case for case in found.cases)
    assert (first.id, first.grades, first.unknown) == ("oregano-1", {"pucp": 3, "unjbg": 3}, {"same-day", "later"})
    assert (second.id, second.grades, second.unknown) == ("taller-1", {"unsaac": 3}, {"first"})
    for case in found.cases:
        assert set(records(found, case.query, case.unknown).values()) == {0.0}
    today = replace(second.query, date=None)
    assert records(found, today)["unsaac"] > 0  # asked today, all is known


def test_outcomes_without_a_date_ask_nothing_and_are_known_to_no_question(tmp_path: Path):
    assert history(tmp_path / "none", [replace(each, date=None) for each in HISTORY]).cases == ()
    found = history(tmp_path / "one", [replace(each, date=None) if each.id == "first" else each for each in HISTORY])
    assert found.cases
    for case in found.cases:
        assert "first" in case.unknown


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TINKUY_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())
    return tmp_path / "home"


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    return int(stopped.value.code or 0)


def test_the_command_writes_a_file_that_can_be_used_and_overwrites_only_when_told(
    settings: Path, tmp_path: Path, capsys
):
    folder = write_folder(tmp_path / "near", 40)
    assert run("tune", str(folder), "--lang", "en") == 0
    out = capsys.readouterr().out
    path = settings / "weights-tuned.toml"
    assert f"TINKUY_WEIGHTS={path}" in out.replace("\n", "")
    assert "near" in out
    assert "Gain on questions not seen: " in out
    assert provenance(path)["data"][0]["after"] == 1
    before = path.read_bytes()
    assert run("tune", str(folder)) == 2
    assert "--force" in capsys.readouterr().err
    assert run("tune", str(folder), "--force") == 0
    assert path.read_bytes() == before
    assert run("tune", str(folder), "--out", str(tmp_path / "x" / "y.toml")) == 0
    assert Weights.load(tmp_path / "x" / "y.toml") == Weights.load(path)


def test_the_command_refuses_few_outcomes_in_the_readers_language(settings: Path, capsys):
    Snapshot.build(settings, PARTNERS, EVIDENCE, HISTORY, FakeEncoder())
    assert run("tune", "--from-outcomes") == 2
    assert "faltan 28" in capsys.readouterr().err
    assert list(settings.glob("*.toml")) == []


def test_the_command_wants_something_to_learn_from(settings: Path, capsys):
    assert run("tune", "--lang", "en") == 2
    assert "give benchmark folders or --from-outcomes" in capsys.readouterr().err


def test_a_need_of_two_askers_is_two_questions(tmp_path: Path):
    both = Evidence("shared", ("taller", "oregano"), "need", "Se corren los colores.", date=dt.date(2020, 1, 1))
    encoder = FakeEncoder()
    others = [e for e in EVIDENCE if e.id not in {"taller-1", "oregano-1"}]
    Snapshot.build(tmp_path / "history", PARTNERS, [*others, both], HISTORY, encoder)
    engine = Engine(Snapshot.open_current(tmp_path / "history", encoder), encoder, Weights.load())
    assert sorted(c.query.region or "" for c in trial.from_history(engine).cases) == ["PE-CUS", "PE-TAC"]
