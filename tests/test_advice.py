"""What to do next where nothing fits, word by word."""

from matcher.advice import advice
from matcher.familiarity import Familiarity
from matcher.language import translator
from matcher.records import Contribution, Filters, Match, Partner, Query, Side

CALL = (
    "Leave the need as an open call: put it into the table of needs (`tinkuy template`), then run "
    "`tinkuy import table` and `tinkuy index`. Whoever offers it later will find it."
)
NEAREST = "The partners below are only the nearest to your text; do not expect much of them."
HOME = Familiarity(-3, 0.5, -1, ("oveja",), ("relojes", "suizos"))


def match(likeness: float) -> Match:
    partner = Partner("p", Side.SUPPLY, "P", "institute")
    term = Contribution("sector", likeness, 1.2, 1.2 * likeness, "")
    return Match(1, partner, 0.0, 0.5, None, (term,), (), 1, {})


def say(query: Query, home: Familiarity, matches: list[Match], language: str = "en") -> tuple[str, ...]:
    return advice(query, home, matches, translator(language), language)


def test_words_sector_and_open_call():
    assert say(Query("x", Side.SUPPLY, sectors=("C13",)), HOME, [match(1), match(0.5), match(0)]) == (
        "These words of yours appear in some text: oveja. Say more about them.",
        "No text has these: relojes, suizos. Say it in another way: the product, the process, the defect.",
        "Of the partners below, 2 work in your sector or a related one (Manufacture of textiles): "
        "one of them may know whom to ask.",
        CALL,
        NEAREST,
    )


def test_limits_of_place_are_named_and_other_filters_told():
    filters = Filters(regions=frozenset({"PE-CUS"}), countries=frozenset({"PE"}), kinds=frozenset({"institute"}))
    query = Query("x", Side.SUPPLY, sectors=("C13",), filters=filters)
    assert say(query, Familiarity(-3, 0, -1, (), ("relojes",)), [match(0)]) == (
        "None of your words appears in any text. Use other words: the product, the process, the defect.",
        "Only partners of Cusco, Peru were looked at: ask again without that limit.",
        "Filters are on: ask again without them.",
        "None of the partners below works in your sector (Manufacture of textiles).",
        CALL,
        NEAREST,
    )


def test_where_nobody_is_listed_nobody_is_spoken_of():
    assert say(Query("x", Side.SUPPLY), Familiarity(-3, 1, -1, ("oveja",), ()), []) == (
        "These words of yours appear in some text: oveja. Say more about them.",
        CALL,
    )


def test_an_offer_is_left_on_record_in_spanish_too():
    steps = say(Query("x", Side.DEMAND), Familiarity(-3, 0, -1, (), ()), [match(0)], "es")
    assert steps[1] == "Diga su sector: los socios que trabajan en él saldrán primero."
    assert steps[2].startswith("Deje la oferta registrada")
