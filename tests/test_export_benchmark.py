"""A database's own history as a benchmark folder: what was known before a day, and what is asked from then on."""

# ruff: noqa: F811 - fixtures of test_cli are named as arguments

import datetime as dt
import gzip
import json
from pathlib import Path

import pytest
from conftest import FakeEncoder
from test_cli import Run, tinkuy  # noqa: F401 - the fixture

from eval.answers import run
from eval.systems import System
from matcher.errors import BadInput
from matcher.export_benchmark import write
from matcher.records import Evidence, Outcome, Partner, Query, Side, Stage
from matcher.sources import benchmark
from matcher.time_split import default_since, split
from matcher.trial import open_engine
from matcher.weights import Weights

SECRET = "secreto@oficina.example"
SINCE = dt.date(2024, 7, 1)
SUBJECTS = ("tintes", "secado", "acero", "clima", "queso", "cuero")


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


PARTNERS = [
    *(
        Partner(f"u-{s}", Side.SUPPLY, f"Grupo de {s}", "group", "PE", "PE-CUS", "Cusco", ("C13",), contact=SECRET)
        for s in SUBJECTS
    ),
    *(
        Partner(f"f-{s}", Side.DEMAND, f"Empresa de {s}", "firm", "PE", "PE-TAC", None, ("C14",), "micro", None, SECRET)
        for s in SUBJECTS
    ),
]
EVIDENCE = [
    *(
        Evidence(f"e-{s}", (f"u-{s}",), "capability", f"Sabemos de {s}.", language="es", date=day("2020-01-01"))
        for s in SUBJECTS
    ),
    Evidence("e-shared", ("u-acero", "f-acero"), "project", "Ejes.", "Ejes", "es", None, ("C25",), (), "PE-PIU", "web"),
    Evidence("e-eve", ("u-acero",), "project", "La víspera.", language="es", date=day("2024-06-30")),
    Evidence("e-after", ("u-acero",), "project", "Desde el día.", language="es", date=SINCE),
    *(
        Evidence(f"n-{s}", (f"f-{s}",), "need", f"Un problema de {s}.", language="es", date=day("2024-01-01"))
        for s in SUBJECTS
    ),
]


def outcome(id_: str, subject: str, stage: Stage, date: str | None, partner: str | None = None) -> Outcome:
    return Outcome(id_, f"u-{partner or subject}", stage, f"f-{subject}", day(date) if date else None)


OUTCOMES = [
    outcome("o-past", "clima", Stage.PROJECT, "2024-06-30"),  # clima's need was served before the day
    outcome("o-tintes", "tintes", Stage.MET, "2024-07-01"),
    outcome("o-secado", "secado", Stage.AGREED, "2024-08-01"),
    outcome("o-acero", "acero", Stage.PROJECT, "2024-09-01"),
    outcome("o-acero-2", "acero", Stage.DECLINED, "2024-10-01", "queso"),
    outcome("o-acero-3", "acero", Stage.INTRODUCED, "2024-10-01", "cuero"),
    outcome("o-queso", "queso", Stage.MET, "2024-11-01"),
    outcome("o-cuero", "cuero", Stage.MET, "2024-12-01"),
    outcome("o-undated", "clima", Stage.PROJECT, None, "tintes"),
]


def records(folder: Path) -> list[Partner | Evidence | Outcome]:
    return [record for row in benchmark.read([folder]) for record in row.records]


def test_before_and_after_are_told_apart_by_the_day(tmp_path: Path) -> None:
    found = split(PARTNERS, EVIDENCE, OUTCOMES, SINCE)
    assert (found.undated_evidence, found.later_evidence, found.undated_outcomes) == (1, 1, 1)
    write(tmp_path / "own", found)
    read = records(tmp_path / "own")
    assert [r.id for r in read if isinstance(r, Partner)] == [f"u-{s}" for s in SUBJECTS]
    assert [r.id for r in read if isinstance(r, Evidence)] == [*(f"e-{s}" for s in SUBJECTS), "e-shared", "e-eve"]
    # What the outcome does not say of the firm's place and sector, the firm's record does.
    assert [r for r in read if isinstance(r, Outcome)] == [
        Outcome("o-past", "u-clima", Stage.PROJECT, None, day("2024-06-30"), "PE", "PE-TAC", ("C14",))
    ]


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    write(tmp_path / "own", split(PARTNERS, EVIDENCE, OUTCOMES, SINCE))
    read = {r.id: r for r in records(tmp_path / "own")}
    assert read["u-acero"] == Partner(
        "u-acero", Side.SUPPLY, "Grupo de acero", "group", "PE", "PE-CUS", "Cusco", ("C13",)
    )
    assert read["e-shared"] == Evidence(
        "e-shared", ("u-acero",), "project", "Ejes.", "Ejes", "es", None, ("C25",), (), "PE-PIU"
    )
    bench = benchmark.questions(tmp_path / "own")
    assert (bench.name, bench.seeks, bench.primary) == ("own", Side.SUPPLY, "nDCG@10")
    assert bench.questions[2].id == "n-acero"
    assert bench.questions[2].query == Query(
        "Un problema de acero.", Side.SUPPLY, language="es", countries=("PE",), region="PE-TAC", sectors=("C14",),
        size="micro", date=day("2024-09-01"),
    )  # fmt: skip
    assert bench.qrels == {
        "n-tintes": {"u-tintes": 1},
        "n-secado": {"u-secado": 2},
        "n-acero": {"u-acero": 3, "u-queso": 0},  # declined is judged; introduced alone is not
        "n-queso": {"u-queso": 1},
        "n-cuero": {"u-cuero": 1},
    }


def test_the_evaluation_answers_it_and_knows_nothing_of_the_future(tmp_path: Path) -> None:
    write(tmp_path / "own", split(PARTNERS, EVIDENCE, OUTCOMES, SINCE))
    encoder, weights = FakeEncoder(), Weights.load()
    engine = open_engine(tmp_path / "own", tmp_path / "home", encoder, weights, None)
    assert [(o.id, o.date) for o in engine.snapshot.outcomes] == [("o-past", day("2024-06-30"))]
    assert max(e.date for e in engine.snapshot.evidence.values() if e.date) < SINCE
    answered = run(tmp_path / "own", encoder, [System("full", weights)], depth=6)
    first = {a.question: a.ranking[0][0] for a in answered.answers["full"]}
    assert first == {f"n-{s}": f"u-{s}" for s in SUBJECTS if s != "clima"}
    assert set(answered.bench.qrels) == set(first)


def test_no_contact_and_no_firm_leaves(tmp_path: Path) -> None:
    write(tmp_path / "own", split(PARTNERS, EVIDENCE, OUTCOMES, SINCE))
    files = sorted((tmp_path / "own").iterdir())
    assert [f.name for f in files] == [
        "benchmark.json", "evidence.jsonl.gz", "outcomes.jsonl.gz", "partners.jsonl.gz", "qrels.txt", "queries.jsonl.gz",
    ]  # fmt: skip
    for file in files:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode()
        assert "secreto" not in text, file.name
        assert "Empresa" not in text, file.name


def test_equal_records_make_equal_bytes_and_nothing_is_left_aside(tmp_path: Path) -> None:
    found = split(PARTNERS, EVIDENCE, OUTCOMES, SINCE)
    (tmp_path / "a" / "own").mkdir(parents=True)  # an empty folder is taken
    for parent in ("a", "b"):
        write(tmp_path / parent / "own", found)
        assert [p.name for p in (tmp_path / parent).iterdir()] == ["own"]
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / x / "own").iterdir()} for x in "ab")
    assert one == two


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_there_is_never_overwritten(tmp_path: Path, kind: str) -> None:
    target = tmp_path / "own"
    if kind == "folder":
        target.mkdir()
        (target / "mine.txt").write_text("a year's work")
    else:
        target.write_text("a year's work")
    with pytest.raises(BadInput, match="exists and is not empty"):
        write(target, split(PARTNERS, EVIDENCE, OUTCOMES, SINCE))
    assert [p.name for p in tmp_path.iterdir()] == ["own"]


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write(tmp_path / "own", split(PARTNERS, EVIDENCE, OUTCOMES, SINCE))
    assert list(tmp_path.iterdir()) == []


def test_identifiers_fit_into_trec_files(tmp_path: Path) -> None:
    partners = [Partner("u uno", Side.SUPPLY, "Uno", "group"), *PARTNERS]
    evidence = [
        Evidence("e uno", ("u uno",), "project", "Uno.", language="es"),
        Evidence("n uno", ("f-tintes", "f-secado"), "need", "Otro problema.", language="es", date=day("2024-12-01")),
        *EVIDENCE,
    ]
    outcomes = [
        Outcome(f"x-{s}", "u uno", Stage.MET, f"f-{s}", day("2025-01-01"))
        for s in ("tintes", "secado")  # one need of two firms: two questions
    ]
    write(tmp_path / "own", split(partners, evidence, OUTCOMES + outcomes, SINCE))
    bench = benchmark.questions(tmp_path / "own")
    assert bench.qrels["n_uno"] == bench.qrels["n_uno-2"] == {"u_uno": 1}
    assert [q.id for q in bench.questions][-2:] == ["n_uno", "n_uno-2"]
    read = {r.id: r for r in records(tmp_path / "own")}
    assert read["e_uno"].partners == ("u_uno",)


def test_by_default_a_quarter_lies_after_the_day() -> None:
    days = [day(f"2024-{month:02}-01") for month in range(1, 9)]
    outcomes = [Outcome(str(d), "u", Stage.MET, None, d) for d in reversed(days)]
    assert default_since(outcomes) == day("2024-07-01")  # two of eight: July and August
    assert default_since(outcomes[:1]) == day("2024-08-01")
    with pytest.raises(BadInput, match="no outcome has a date"):
        default_since([Outcome("o", "u", Stage.MET)])


def test_too_few_questions_say_what_is_missing() -> None:
    outcomes = [
        *OUTCOMES[:4],  # one of the past, and three questions
        Outcome("x1", "u-acero", Stage.MET, None, day("2024-09-02")),
        outcome("x2", "queso", Stage.INTRODUCED, "2024-09-03"),
        Outcome("x3", "u-acero", Stage.MET, "u-clima", day("2024-09-04")),
    ]
    with pytest.raises(BadInput) as raised:
        split(PARTNERS, EVIDENCE, outcomes, SINCE)
    assert str(raised.value) == (
        "3 questions come out of the 6 outcomes from 2024-07-01 on; at least 5 are needed. 1 of these outcomes name no "
        "counterpart, 1 of the others did not reach a meeting, and 1 of the rest have a counterpart without a need "
        "recorded by then. Give an earlier --since, or record more."
    )


def test_a_need_that_was_only_refused_is_no_question() -> None:
    refused = [outcome("o-clima", "clima", Stage.DECLINED, "2024-12-02")]
    found = split(PARTNERS, EVIDENCE, [o for o in OUTCOMES if o.counterpart != "f-clima"] + refused, SINCE)
    assert [q.query.evidence_id for q in found.questions] == ["n-tintes", "n-secado", "n-acero", "n-queso", "n-cuero"]


def _tables(folder: Path) -> list[Path]:
    lines = {
        "socios": ["id,lado,nombre,contacto", *(f"{p.id},{p.side},{p.name},{SECRET}" for p in PARTNERS)],
        "evidencias": ["id,socios,texto,fecha", *(f"e-{s},u-{s},Sabemos de {s}.,2020-01-01" for s in SUBJECTS)],
        "necesidades": ["id,socios,texto,fecha", *(f"n-{s},f-{s},Un problema de {s}.,2024-01-01" for s in SUBJECTS)],
        "resultados": [
            "id,socio,contraparte,fecha,etapa",
            *(f"{o.id},{o.partner},{o.counterpart},{o.date or ''},{o.stage}" for o in OUTCOMES),
        ],
    }
    for name, rows in lines.items():
        (folder / f"{name}.csv").write_text("\n".join(rows), encoding="utf-8")
    return [folder / f"{name}.csv" for name in lines]


def test_command_exports_and_says_what_it_left_out(tinkuy: Run, tmp_path: Path) -> None:
    assert tinkuy("import", "table", *_tables(tmp_path)).code == 0
    result = tinkuy("export", "benchmark", tmp_path / "own", "--since", "01/07/2024")
    assert (result.code, result.err) == (0, [])
    assert result.out.splitlines() == [
        "Split at 2024-07-01: 5 questions with 6 judgements from that day on.",
        "Known to them: 6 partners, 6 texts and 1 outcomes from before.",
        "Left out: 0 texts from that day on, 1 outcomes without a date.",
        f"Now run: python -m eval run {tmp_path / 'own'}",
    ]
    assert json.loads((tmp_path / "own" / "benchmark.json").read_text(encoding="utf-8"))["language"] == "es"
    again = tinkuy("export", "benchmark", tmp_path / "own", "--since", "2024-07-01")
    assert (again.code, again.out, len(again.err)) == (2, "", 1)
    # Of eight dated outcomes the last two lie after the default day: too few.
    few = tinkuy("export", "benchmark", tmp_path / "few", "--lang", "es")
    assert (few.code, few.out) == (2, "")
    assert few.err[0].startswith("tinkuy: De los 2 resultados desde 2024-11-01 salen 2 preguntas")
    assert not (tmp_path / "few").exists()
