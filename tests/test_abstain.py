"""When a question is told that nothing here fits it, with the shipped threshold."""

from dataclasses import replace

import conftest
import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder

from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Filters, MatchList, Partner, Query, Side, Verdict
from matcher.weights import Weights

# Twenty texts more a side, since fewer tell nothing of what is usual: five partners speak of each of four trades.
TRADES = (
    "tejido de lana de oveja", "queso fresco de cabra", "muebles de madera de pino", "miel de abeja sin residuos",
)  # fmt: skip
CROWD = [Partner(f"{side}{i}", side, f"Socio {i}", "other") for side in Side for i in range(5)]
TEXTS = [
    Evidence(f"{p.id}-{i}", (p.id,), "service", f"Mejora de {trade} número{p.id[-1]}.", None, "es")
    for p in CROWD
    for i, trade in enumerate(TRADES)
]
NOTHING_KNOWN = (
    "None of your words appears in any text. Use other words: the product, the process, the defect.",
    "The partners below are only the nearest to your text; do not expect much of them.",
)


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        # Among 64 buckets words meet by accident; of 431 each word of these texts has its own.
        patch.setattr(conftest, "DIMENSIONS", 431)
        patch.setattr(FakeEncoder, "dimensions", 431)
        home, encoder = tmp_path_factory.mktemp("crowd"), FakeEncoder()
        Snapshot.build(home, PARTNERS + CROWD, EVIDENCE + TEXTS, [], encoder)
        yield Engine(Snapshot.open_current(home, encoder), encoder, Weights.load())


def ask(engine: Engine, text: str, seeks: Side = Side.SUPPLY, **question) -> MatchList:
    return engine.match(Query(text, seeks, **question), reader="en")


@pytest.mark.parametrize(
    ("seeks", "text"),
    [
        (Side.SUPPLY, "¿Quién repara relojes suizos?"),
        (Side.DEMAND, "¿Quién repara relojes suizos?"),
        (Side.SUPPLY, "necesito ayuda por favor de la que el"),
        (Side.DEMAND, "de la que el"),
        (Side.SUPPLY, "could you please help us with our own"),
        (Side.SUPPLY, "需要染色帮助"),
        (Side.DEMAND, "需要染色帮助"),
        (Side.SUPPLY, "مساعدة في الصباغة"),
        (Side.SUPPLY, "मुझे मदद चाहिए"),
        (Side.SUPPLY, "нужна помощь с окраской ткани"),
        (Side.SUPPLY, "わたしはエンジニアです"),
        (Side.SUPPLY, "qwxz plork"),
    ],
)
def test_a_question_that_is_not_at_home_here_is_told_so(crowded, seeks, text):
    found = ask(crowded, text, seeks)
    assert (found.verdict, found.advice) == (Verdict.NO_GOOD_MATCH, NOTHING_KNOWN)


@pytest.mark.parametrize(
    ("seeks", "text"),
    [
        (Side.SUPPLY, "Se corren los colores de mis chompas de alpaca al lavado."),
        (Side.SUPPLY, "Mi queso de cabra no dura"),
        (Side.DEMAND, "Mejoramos la miel de abeja"),
    ],
)
def test_a_question_that_is_at_home_here_has_matches_and_no_advice(crowded, seeks, text):
    found = ask(crowded, text, seeks)
    assert (found.verdict, found.advice) == (Verdict.MATCHES, ())


def test_filters_are_named_in_the_advice(crowded):
    found = ask(crowded, "relojes suizos", filters=Filters(countries=frozenset({"PE"})))
    assert found.advice == (NOTHING_KNOWN[0], "Filters are on: ask again without them.", NOTHING_KNOWN[1])


def test_words_that_some_text_has_are_named_in_the_advice(crowded):
    found = ask(crowded, "Repara relojes suizos antiguos como oveja")
    assert found.advice == (
        "These words of yours appear in some text: oveja. Say more about them.",
        NOTHING_KNOWN[1],
    )


@pytest.mark.parametrize(
    ("language", "share"),
    [("de", 1.0), (None, 0.0)],  # named by the asker; else taken for a language that some text has, and unknown in it
)
def test_words_of_a_language_that_no_text_has_count_in_full_only_if_the_asker_names_it(crowded, language, share):
    # No word in common, so a cosine of 0: the familiarity is 4 x share - mean / deviation of what is usual.
    mean, spread = crowded.snapshot.sides[Side.DEMAND].typical
    familiar = 4 * share - mean / spread
    for threshold, verdict in ((familiar - 0.01, Verdict.MATCHES), (familiar + 0.01, Verdict.NO_GOOD_MATCH)):
        engine = Engine(crowded.snapshot, crowded.encoder, replace(crowded.weights, abstain=threshold))
        assert ask(engine, "färbung verblasst", Side.DEMAND, language=language).verdict is verdict
