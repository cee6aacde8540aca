"""One reason for each term of the score, in the reader's language: one small function a signal."""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.frozen import quick_to_make
from matcher.language import N_, Translate
from matcher.places import country_name, region_name
from matcher.records import Outcome, Partner, Query, Side, Stage
from matcher.sectors import SHARED_LEVEL, closest, likeness, sector_name
from matcher.signals import NEUTRAL_KM, Signals, asked_countries, known_by, nearby
from matcher.track_record import STAGE_VALUE

# Of the first three partners of the demonstration questions a fifth fit very well, four fifths a little or more.
FITS_WELL, FITS, FITS_A_LITTLE = 4.0, 3.0, 1.5  # pooled fit
IN_SECTOR = 0.1  # of a deviation, see `candidates`
PROFILE_TELLS = 1.0  # standard deviations from which a partner's work as a whole says something
# How a count of outcomes is told, one and several; the furthest stage first.
STAGES = {
    Stage.PROJECT: (N_("1 project"), N_("{count} projects")),
    Stage.AGREED: (N_("1 agreement"), N_("{count} agreements")),
    Stage.MET: (N_("1 meeting"), N_("{count} meetings")),
    Stage.INTRODUCED: (N_("1 introduction"), N_("{count} introductions")),
}


@quick_to_make
@dataclass(frozen=True, slots=True)
class Told:
    """What a reason may tell of: the candidate at `row` of `signals`, and its outcomes.

    `value` is the signal's, not yet capped; `record` the partner's outcomes, known on the day of the question or not;
    `shown` how often it was proposed lately, where the question asks for spreading.
    """

    value: float
    row: int
    partner: Partner
    query: Query
    signals: Signals
    record: Sequence[Outcome]
    say: Translate
    language: str
    shown: float = 0.0


def reason(signal: str, told: Told) -> str:
    """Return one sentence on why a signal has its value for a partner."""
    return REASONS[signal](told)


def _text(told: Told) -> str:
    if told.value >= FITS_WELL:
        return told.say(N_("its texts fit your question very well"))
    if told.value >= FITS:
        return told.say(N_("its texts fit your question"))
    if told.value >= FITS_A_LITTLE:
        return told.say(N_("its texts fit your question a little"))
    return told.say(N_("its texts hardly speak of your question"))


def _profile(told: Told) -> str:
    value = round(told.value, 6)  # of two partners one stands just at -1, the other at 1, but for rounding
    if value >= PROFILE_TELLS:
        return told.say(N_("its work as a whole is about this"))
    if value <= -PROFILE_TELLS:
        return told.say(N_("its work as a whole is about other things"))
    return told.say(N_("its work as a whole says little here"))


def _exposure(told: Told) -> str:
    return exposure_reason(told.value, told.shown, told.say)


def exposure_reason(value: float, shown: float, say: Translate) -> str:
    """Return one sentence on whether a partner lets others have a turn.

    :param shown: how often it was proposed lately; a tally that forgets holds fractions.
    """
    count = math.ceil(shown)
    if not count:
        return say(N_("not proposed lately"))
    if not value:
        return say(N_("times proposed lately: {count}; it keeps its place")).format(count=count)
    once = N_("already proposed once lately: others get a turn")
    often = N_("already proposed {count} times lately: others get a turn")
    return say(once if count == 1 else often).format(count=count)


def _distance(told: Told) -> str:
    km, partner, query, say = told.signals.kilometres[told.row], told.partner, told.query, told.say
    if np.isnan(km):
        return say(N_("distance unknown"))
    if query.region and partner.region == query.region:
        return say(N_("in your region, {name}")).format(name=region_name(partner.region))
    if not query.region:
        here = round(float(km)) == 0
        template = N_("in your country's capital") if here else N_("{km} km from your country's capital, in {name}")
    elif km > NEUTRAL_KM:
        template = N_("far away: {km} km from you, in {name}")
    else:
        template = N_("{km} km from you, in {name}")
    name = region_name(partner.region) if partner.region else country_name(partner.country or "", told.language)
    return say(template).format(km=round(float(km)), name=name)


def _same_region(told: Told) -> str:
    if not told.query.region:
        return told.say(N_("you gave no region"))
    if not told.partner.region:
        return told.say(N_("its region is unknown"))
    template = N_("in your region, {name}") if told.value else N_("in another region, {name}")
    return told.say(template).format(name=region_name(told.partner.region))


def _macro_region(told: Told) -> str:
    if not told.partner.region or not told.signals.macro_region:  # the latter is not shown: see Engine
        return told.say(N_("its region is unknown"))
    if told.partner.region == told.query.region:
        return told.say(N_("in your region, {name}")).format(name=region_name(told.partner.region))
    template = N_("in your macro-region, {name}") if told.value else N_("outside your macro-region, {name}")
    return told.say(template).format(name=told.signals.macro_region.name(told.language))


def _same_country(told: Told) -> str:
    if not asked_countries(told.query):
        return told.say(N_("you gave no country"))
    if not told.partner.country:
        return told.say(N_("its country is unknown"))
    template = N_("in your country, {name}") if told.value else N_("in another country, {name}")
    return told.say(template).format(name=country_name(told.partner.country, told.language))


def _sector(told: Told) -> str:
    if told.signals.guessed:
        return _guessed_sector(told.signals.guessed.code, told)
    if not told.query.sectors:
        return told.say(N_("you gave no sector"))
    code = told.signals.sector[told.row]
    if code is None or told.value <= 0:
        return told.say(N_("no work in your sector on record"))
    name = _lower_first(sector_name(code, told.language))
    if _same(told.value):
        return told.say(N_("works in your sector: {name}")).format(name=name)
    return told.say(N_("works in another branch of {section}: {name}")).format(section=_section(code, told), name=name)


def _guessed_sector(asked: str, told: Told) -> str:
    """Return the reason of a sector that was deduced from the question's text."""
    code = told.signals.sector[told.row]
    if code is None:
        template = N_("your sector seems to be {sector} (deduced from your text); no work in it on record")
    elif likeness(code, asked) == 1:
        template = N_("your sector seems to be {sector} (deduced from your text); it works in it")
    else:
        template = N_("your sector seems to be {sector} (deduced from your text); it works in a related one: {name}")
    names = [sector_name(each, told.language) for each in (asked, code or asked)]
    return told.say(template).format(sector=names[0], name=names[1])


def _track_record(told: Told) -> str:
    counted = _counted(told)
    firms = told.partner.side is Side.SUPPLY
    if not counted:
        none = N_("no projects or meetings with firms on record yet")
        other = N_("no projects or meetings with universities or institutes on record yet")
        return told.say(none if firms else other)
    template = N_("{counts} with firms") if firms else N_("{counts} with universities or institutes")
    return told.say(template).format(counts=_counts(counted, told.say))


def _track_record_near(told: Told) -> str:
    query, say = told.query, told.say
    if not query.region and not asked_countries(query):
        return say(N_("you gave neither region nor country"))
    here = [o for o in _counted(told) if nearby(o, query)]
    if query.region:
        name = region_name(query.region)
        template = (
            N_("{counts} in your region, {name}") if here else N_("no projects in your region, {name}, on record")
        )
    else:
        name = ", ".join(country_name(code, told.language) for code in asked_countries(query))
        template = (
            N_("{counts} in your country, {name}") if here else N_("no projects in your country, {name}, on record")
        )
    return say(template).format(counts=_counts(here, say), name=name)


def _track_record_sector(told: Told) -> str:
    query, say, firms = told.query, told.say, told.partner.side is Side.SUPPLY
    if not query.sectors:
        return say(N_("you gave no sector"))
    alike = [(o, *closest(query.sectors, o.sectors)) for o in _counted(told)]
    same = [o for o, value, _ in alike if _same(value)]
    akin = {o.id: code for o, value, code in alike if value > 0 and not _same(value) and code}
    parts = []
    if same:
        whose = N_("{counts} with firms of your sector") if firms else N_("{counts} in your sector")
        parts.append(say(whose).format(counts=_counts(same, say)))
    if akin:
        counts = _counts([o for o, *_ in alike if o.id in akin], say)
        sections = ", ".join(sorted({_section(code, told) for code in akin.values()}))
        parts.append(say(N_("{counts} in other branches of {section}")).format(counts=counts, section=sections))
    return "; ".join(parts) or say(N_("no projects in your sector on record"))


def _experience(told: Told) -> str:
    count = round(float(np.expm1(told.value)))
    if not count:
        return told.say(N_("no text on record"))
    template = N_("has one text on record") if count == 1 else N_("has {count} texts on record")
    return told.say(template).format(count=count)


def _sector_texts(told: Told) -> str:
    if not told.query.sectors:
        return told.say(N_("you gave no sector"))
    if told.value >= IN_SECTOR:
        return told.say(N_("its texts that fit are of your sector or a related one"))
    return told.say(N_("none of its texts that fit is recorded under your sector"))


def _collaboration(told: Told) -> str:
    count = round(float(np.expm1(told.value)))
    if not count:
        return told.say(N_("no work done together with others on record"))
    one = N_("one work done together with others on record")
    return told.say(one if count == 1 else N_("{count} works done together with others on record")).format(count=count)


REASONS: dict[str, Callable[[Told], str]] = {
    "text": _text,
    "profile": _profile,
    "distance": _distance,
    "same_region": _same_region,
    "macro_region": _macro_region,
    "same_country": _same_country,
    "sector": _sector,
    "sector_texts": _sector_texts,
    "track_record": _track_record,
    "track_record_near": _track_record_near,
    "track_record_sector": _track_record_sector,
    "experience": _experience,
    "collaboration": _collaboration,
    "exposure": _exposure,
}


def _counted(told: Told) -> list[Outcome]:
    """Return the outcomes that the signals count: known on that day, and not declined."""
    return [o for o in told.record if STAGE_VALUE[o.stage] and known_by(o, told.query)]


def _counts(outcomes: Sequence[Outcome], say: Translate) -> str:
    """Return how many of each stage: `3 projects, 2 agreements and 1 meeting`."""
    found = Counter(outcome.stage for outcome in outcomes)
    parts = [
        say(one if found[stage] == 1 else many).format(count=found[stage])
        for stage, (one, many) in STAGES.items()
        if found[stage]
    ]
    if len(parts) < 2:
        return "".join(parts)
    return say(N_("{several} and {last}")).format(several=", ".join(parts[:-1]), last=parts[-1])


def _same(likeness: float) -> bool:
    """Tell whether two sectors are the same division: firms call that their sector."""
    return likeness >= SHARED_LEVEL["division"]


def _section(code: str, told: Told) -> str:
    return _lower_first(sector_name(code[0], told.language))


def _lower_first(title: str) -> str:
    return title[:1].lower() + title[1:]
