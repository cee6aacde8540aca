"""Any text as a question, with any options: an answer that holds together, or a refusal; nothing else."""

import math
import unicodedata

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from matcher.engine import Engine
from matcher.errors import BadQuery
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Filters, MatchList, Partner, Query, Side, Verdict
from matcher.text import whole_character
from matcher.weights import RULES, Weights

LONGEST = 12_000
# Texts whose letters take more than one code point, are written from the right, or are no letters at all.
WORLD = Partner("mundo", Side.SUPPLY, "Instituto de lenguas", "institute", "PE", "PE-LIM", "Lima", ("M72",))
SCRIPTS = {
    "combining": "La lana aq\u0303 de Huanta y la x\u0301\u0302 se tejen. Ensayos de hilo aq\u0303.",
    "devanagari": "हिन्दी में ऊन की रंगाई। हिन्दी परीक्षण।",
    "arabic": "صباغة الصوف بالألوان الطبيعية. اختبار الصوف.",
    "chinese": "羊驼毛染色。色牢度测试。",
    "emoji": "Tinte 🧶🦙 para lana 👩🏽‍🔬. Ensayo 🇵🇪 de color ☀️.",
}
TEXTS = [Evidence(f"m-{name}", ("mundo",), "project", text, None, None) for name, text in SCRIPTS.items()]
KNOWN = [e.text for e in [*EVIDENCE, *TEXTS]]
STOP = ["de", "la", "que", "el", "en", "y", "a", "los", "the", "of", "and", "necesito", "quiero", "ayuda"]

anything = st.text(max_size=400)  # of all code points, also halves of surrogate pairs
ours = st.lists(st.sampled_from(" ".join(KNOWN).split()) | st.text(max_size=5), max_size=30).map(" ".join)
ODD = "\u0301\u200d\u202e\ufeff\x00\x07\u2028🦙🇵ñÑ߷ﷺ\u0e33क्<&;>\ud83e\udd99"
odd = st.text(st.sampled_from(ODD), max_size=200)
one_word = st.builds(lambda letter, n: letter * n, st.sampled_from("añकصﬁ9🦙"), st.integers(1, 10_000))
stops = st.lists(st.sampled_from(STOP), min_size=1, max_size=300).map(" ".join)
long = st.builds(lambda part, n: (part * n)[:LONGEST], st.text(min_size=1, max_size=40), st.integers(1, 4_000))
questions = st.one_of(anything, ours, odd, one_word, stops, long)


def some(*values: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=2)


filters = st.builds(
    Filters,
    some("PE", "Perú", "CL"),
    some("PE-CUS", "Tacna", "Lima"),
    some("C13", "C", "textiles"),
    some("faculty", "firm", "institute"),
    some("es", "en", "zz"),
    st.none() | st.dates(),
    st.none() | st.dates(),
)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    home, encoder = tmp_path_factory.mktemp("home"), FakeEncoder()
    Snapshot.build(home, [*PARTNERS, WORLD], [*EVIDENCE, *TEXTS], OUTCOMES, encoder)
    return Engine(Snapshot.open_current(home, encoder), encoder, Weights.load())


def check(answer: MatchList, query: Query) -> None:
    """Make sure that an answer holds together."""
    assert len(answer.matches) <= min(query.k, answer.candidates)
    assert (answer.verdict is Verdict.MATCHES) <= bool(answer.matches)
    assert [match.rank for match in answer.matches] == list(range(1, len(answer.matches) + 1))
    scores = [match.score for match in answer.matches]
    assert scores == sorted(scores, reverse=True)
    for match in answer.matches:
        assert match.partner.side is query.seeks
        assert math.fsum([answer.bias, *(c.contribution for c in match.contributions)]) == match.score
        assert math.isfinite(match.score)
        assert 0 <= match.probability <= 1
        for passage in match.passages:
            assert passage.text == next(e.text for e in [*EVIDENCE, *TEXTS] if e.id == passage.evidence_id)
            for mark in passage.highlights:
                assert 0 <= mark.start < mark.end <= len(passage.text)
                for cut in (mark.start, mark.end):  # neither an accent nor a vowel sign is torn from its letter
                    assert not unicodedata.category(passage.text[cut : cut + 1] or " ").startswith("M")
    answer.query.text.encode()  # what is shown again can be sent


@settings(deadline=None, max_examples=100)
@given(
    text=questions,
    title=st.none() | st.text(max_size=30),
    seeks=st.sampled_from(Side),
    without=st.frozensets(st.sampled_from(RULES)),
    filters=filters,
    k=st.integers(1, 1000),
    spread=st.booleans(),
    guess=st.booleans(),
    region=st.sampled_from([None, "PE-CUS", "Tacna"]),
    reader=st.sampled_from(["es", "en"]),
)
@example("\ud83e", None, Side.SUPPLY, frozenset(), Filters(), 5, False, True, None, "es")
@example("alpaca \ud83e", None, Side.SUPPLY, frozenset(), Filters(), 5, False, True, None, "es")
@example("alpaca", "\udc00", Side.DEMAND, frozenset(), Filters(), 5, True, True, None, "en")
@example("<b>alpaca \ud83e</b>", None, Side.SUPPLY, frozenset(), Filters(), 5, False, True, None, "es")
@example("&#55358; alpaca", None, Side.SUPPLY, frozenset(), Filters(), 5, False, True, None, "es")
@example("Ensayos de q\u0303 y x\u0301\u0302", None, Side.SUPPLY, frozenset(), Filters(), 9, False, True, None, "es")
@example("हिन्दी ऊन", None, Side.SUPPLY, frozenset(), Filters(), 9, False, True, None, "es")
@example("a" * 10_000, None, Side.SUPPLY, frozenset(RULES), Filters(), 9, True, False, "PE-CUS", "es")
@example("🦙" * LONGEST, None, Side.SUPPLY, frozenset(), Filters(), 9, False, True, None, "es")
@example("<b>" * 4_000, None, Side.SUPPLY, frozenset(), Filters(), 9, False, True, None, "es")
@example("&amp;" * 2_400, None, Side.SUPPLY, frozenset(), Filters(), 9, False, True, None, "es")
def test_any_text_is_answered_or_refused(
    engine, text, title, seeks, without, filters, k, spread, guess, region, reader
) -> None:
    query = Query(
        text, seeks, title, k=k, without=without, filters=filters, spread=spread, guess_sector=guess, region=region
    )
    try:
        answer = engine.match(query, reader=reader)
    except BadQuery:
        return
    check(answer, query)


@pytest.mark.parametrize("text", [" ".join(STOP * 20), "de la que el", "quiero ayuda"])
def test_words_that_tell_nothing_are_no_good_match(engine, text) -> None:
    answer = engine.match(Query(text, Side.SUPPLY), reader="es")
    check(answer, answer.query)
    assert [mark for m in answer.matches for p in m.passages for mark in p.highlights if mark.kind == "word"] == []


def test_a_marked_word_has_its_accents(engine) -> None:
    answer = engine.match(Query("aq\u0303", Side.SUPPLY), reader="es")
    (passage,) = [p for m in answer.matches for p in m.passages if p.evidence_id == "m-combining"]
    marked = [passage.text[h.start : h.end] for h in passage.highlights if h.kind == "word"]
    assert marked == ["aq\u0303", "aq\u0303"]


@pytest.mark.parametrize(
    ("text", "end", "expected"), [("q\u0303o", 1, 2), ("q\u0303", 1, 2), ("qo", 1, 1), ("q", 1, 1), ("", 0, 0)]
)
def test_the_end_of_a_character(text, end, expected) -> None:
    assert whole_character(text, end) == expected
