"""What to do next where nothing fits."""

from collections.abc import Sequence

from matcher.familiarity import Familiarity
from matcher.language import N_, Translate
from matcher.places import country_name, region_name
from matcher.records import Match, Query, Side
from matcher.sectors import sector_name

WORDS = 8  # named at most
CALLS = {  # for whoever runs the installation
    Side.SUPPLY: N_(
        "Leave the need as an open call: put it into the table of needs (`tinkuy template`), then run "
        "`tinkuy import table` and `tinkuy index`. Whoever offers it later will find it."
    ),
    Side.DEMAND: N_(
        "Leave the offer on record: put it into the table of evidence (`tinkuy template`), then run "
        "`tinkuy import table` and `tinkuy index`. Whoever needs it later will find it."
    ),
}


def advice(query: Query, home: Familiarity, matches: Sequence[Match], say: Translate, language: str) -> tuple[str, ...]:
    """Return the steps, the most promising first.

    :param matches: the partners that are listed all the same.
    :param language: the reader's, for names of places and sectors.
    """
    steps = [*_reword(home, say), *_widen(query, say, language), _sector(query, matches, say, language)]
    steps.append(say(CALLS[query.seeks]))
    if matches:
        steps.append(say(N_("The partners below are only the nearest to your text; do not expect much of them.")))
    return tuple(step for step in steps if step)


def _reword(home: Familiarity, say: Translate) -> list[str]:
    if not home.shared:
        return [
            say(N_("None of your words appears in any text. Use other words: the product, the process, the defect."))
        ]
    shared = say(N_("These words of yours appear in some text: {words}. Say more about them."))
    steps = [shared.format(words=", ".join(home.shared[:WORDS]))]
    if home.silent:
        silent = say(N_("No text has these: {words}. Say it in another way: the product, the process, the defect."))
        steps.append(silent.format(words=", ".join(home.silent[:WORDS])))
    return steps


def _widen(query: Query, say: Translate, language: str) -> list[str]:
    wanted, steps = query.filters, []
    places = [*map(region_name, sorted(wanted.regions)), *(country_name(c, language) for c in sorted(wanted.countries))]
    if places:
        template = say(N_("Only partners of {places} were looked at: ask again without that limit."))
        steps.append(template.format(places=", ".join(places)))
    if any((wanted.sectors, wanted.kinds, wanted.languages, wanted.since, wanted.until)):
        steps.append(say(N_("Filters are on: ask again without them.")))
    return steps


def _sector(query: Query, matches: Sequence[Match], say: Translate, language: str) -> str:
    if "sector" in query.without:
        return ""
    if not query.sectors:
        return say(N_("Name your sector: partners who work in it then come first.")) if matches else ""
    near = sum(any(c.signal == "sector" and c.value > 0 for c in match.contributions) for match in matches)
    template = (
        N_(
            "Of the partners below, {count} work in your sector or a related one ({sector}): "
            "one of them may know whom to ask."
        )
        if near
        else N_("None of the partners below works in your sector ({sector}).")
    )
    names = ", ".join(sector_name(code, language) for code in query.sectors)
    return say(template).format(count=near, sector=names) if matches else ""
