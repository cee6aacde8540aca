"""The sector that a question speaks of: guessed only where none is given, and marked as such."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from matcher.encode import Role
from matcher.index.sector_guess import SURE, SectorGuess, divisions
from matcher.records import GuessedSector, Query, Side
from matcher.sectors import tree

QUESTION = Query("teñido de textiles: se corre el color de la fibra de alpaca", Side.SUPPLY)


@pytest.fixture
def sure(monkeypatch):
    """Return a guesser that is sure of textiles, whatever it reads."""
    monkeypatch.setattr(SectorGuess, "best", lambda self, vector: GuessedSector("C13", 0.5))


def sector_term(answer, partner):
    match = next(m for m in answer.matches if m.partner.id == partner)
    return next(c for c in match.contributions if c.signal == "sector")


def test_a_title_is_its_own_division(encoder):
    guess = SectorGuess.build(encoder, np.zeros((1, 64), np.float32))
    wanted = ["A03", "C13", "H53"]  # in this encoder's few buckets others fall together
    vectors = encoder.encode([tree()[code].es for code in wanted], Role.QUERY)
    assert [guess.confidences(v)[0].code for v in vectors] == wanted
    assert sum(g.confidence for g in guess.confidences(vectors[0])) == pytest.approx(1)


def test_ridge_agrees_with_scikit_learn(encoder):
    questions = encoder.encode(["se corre el color", "el queso se hincha"], Role.QUERY)
    guess = SectorGuess.build(encoder, questions)
    named = [
        (code, name)
        for code, sector in tree().items()
        if len(code) == 3
        for name in (sector.es, sector.en, "; ".join([sector.es, *sector.words]), *sector.words)
    ]
    titles = encoder.encode([name for _, name in named], Role.PASSAGE)
    expected = Ridge(alpha=1.0).fit(titles, np.eye(88)[[divisions().index(code) for code, _ in named]])
    np.testing.assert_allclose(guess.factors, expected.coef_.T, atol=1e-4)
    np.testing.assert_allclose(guess.mean, (questions[0] + questions[1]) / 2)


def test_only_a_sure_guess_is_made(encoder):
    guess = SectorGuess(np.zeros((64, 88)), np.zeros(88), np.zeros(64))
    assert guess.best(np.zeros(64, np.float32)) is None
    one = np.zeros(88)
    one[divisions().index("C13")] = 1
    found = SectorGuess(np.zeros((64, 88)), one, np.zeros(64)).best(np.zeros(64, np.float32))
    assert found is not None
    assert (found.code, found.confidence > SURE) == ("C13", True)


def test_it_survives_the_disk(engine, tmp_path, encoder):
    guess = engine.snapshot.sector_guess
    guess.save(tmp_path)
    vector = encoder.encode(["fibra de alpaca"], Role.QUERY)[0]
    assert SectorGuess.load(tmp_path).confidences(vector) == guess.confidences(vector)


@pytest.mark.usefixtures("sure")
def test_a_guess_counts_by_its_confidence_and_says_so(engine):
    answer = engine.match(QUESTION)
    assert answer.guessed_sectors == (GuessedSector("C13", 0.5),)
    assert answer.query.sectors == ()
    same, other = sector_term(answer, "unsaac"), sector_term(answer, "lejos")
    assert (same.value, other.value) == (0.5, 0)
    assert same.reason == (
        "su sector parece ser Fabricación de productos textiles (deducido de su texto); trabaja en él"
    )
    assert sector_term(answer, "pucp").value == pytest.approx(0.5 * 0.2)
    assert "afín: Fabricación de productos elaborados de metal" in sector_term(answer, "pucp").reason
    assert other.reason.endswith("no consta trabajo en él")


@pytest.mark.usefixtures("sure")
@pytest.mark.parametrize(
    "options", [{"sectors": ("A01",)}, {"guess_sector": False}, {"without": frozenset({"sector"})}], ids=str
)
def test_a_guess_gives_way(engine, options):
    answer = engine.match(replace(QUESTION, **options))
    assert answer.guessed_sectors == ()
    assert all("deducido" not in c.reason for m in answer.matches for c in m.contributions)


@pytest.mark.usefixtures("sure")
def test_a_given_sector_is_never_overwritten(engine):
    answer = engine.match(replace(QUESTION, sectors=("A01",)))
    assert {id_: sector_term(answer, id_).value for id_ in ("unjbg", "unsaac", "lejos")} == {
        "unjbg": 1,
        "unsaac": 0,
        "lejos": 0,
    }
