"""Reasons and passages: why a partner stands where it does, in the reader's language."""

import math
from collections.abc import Sequence

import numpy as np

from matcher.candidates import Candidates
from matcher.encode import Encoder, Role, Vectors
from matcher.index.side import SideIndex
from matcher.language import N_, Translate
from matcher.places import country_name, region_name
from matcher.records import Highlight, Partner, Passage, Query, Side
from matcher.sectors import likeness, sector_name
from matcher.signals import Signals, asked_countries
from matcher.text import query_stems, sentences, stems, words

PROFILE_TELLS = 1.0  # standard deviations from which a partner's work as a whole says something
IN_SECTOR = 0.1  # of a deviation, see candidates
PASSAGES = 3  # texts shown of a partner
MAX_SENTENCES = 20  # of one text that are compared; a longer text is represented by its first ones


def reason(
    signal: str, value: float, row: int, partner: Partner, query: Query, signals: Signals, say: Translate, language: str
) -> str:
    """Return one sentence on why a signal has its value for a partner."""
    if signal == "text":
        return _text_reason(value, say)
    if signal == "profile":
        if value >= PROFILE_TELLS:
            return say(N_("its work as a whole is about this"))
        if value <= -PROFILE_TELLS:
            return say(N_("its work as a whole is about other things"))
        return say(N_("its work as a whole says little here"))
    if signal == "distance":
        km = signals.kilometres[row]
        if np.isnan(km):
            return say(N_("distance unknown"))
        if query.region and partner.region == query.region:
            return say(N_("in your region"))
        template = N_("{km} km away") if query.region else N_("{km} km from your country's capital")
        return say(template).format(km=round(float(km)))
    if signal == "same_region":
        if not query.region or not partner.region:
            return say(N_("region unknown"))
        template = N_("in your region, {name}") if value else N_("in another region, {name}")
        return say(template).format(name=region_name(partner.region))
    if signal == "same_country":
        if not asked_countries(query) or not partner.country:
            return say(N_("country unknown"))
        template = N_("in your country, {name}") if value else N_("in another country, {name}")
        return say(template).format(name=country_name(partner.country, language))
    if signal == "sector":
        code = signals.sector[row]
        if signals.guessed:
            return _guessed_reason(signals.guessed.code, code, say, language)
        if not query.sectors:
            return say(N_("no sector given"))
        if code is None:
            return say(N_("no work in your sector on record"))
        template = N_("works in your sector: {name}") if value >= 1 else N_("works in a related sector: {name}")
        return say(template).format(name=sector_name(code, language))
    if signal == "experience":
        count = round(float(np.expm1(value)))
        return say(N_("one text on record") if count == 1 else N_("{count} texts on record")).format(count=count)
    if signal == "sector_texts":
        if not query.sectors:
            return say(N_("no sector given"))
        if value >= IN_SECTOR:
            return say(N_("its texts that fit are of your sector or a related one"))
        return say(N_("its texts that fit are of other sectors"))
    if signal == "collaboration":
        count = round(float(np.expm1(value)))
        if not count:
            return say(N_("no work done together with others on record"))
        one = N_("one work done together with others on record")
        return say(one if count == 1 else N_("{count} works done together with others on record")).format(count=count)
    return _record_reason(signal, value, int(signals.outcomes[row]), partner.side, say)


def _text_reason(value: float, say: Translate) -> str:
    if value >= 5:
        return say(N_("its texts fit your question very well"))
    if value >= 3.5:
        return say(N_("its texts fit your question"))
    return say(N_("its texts fit your question a little"))


def _guessed_reason(asked: str, code: str | None, say: Translate, language: str) -> str:
    """Return the reason of a sector that was deduced from the question's text."""
    if code is None:
        template = N_("your sector seems to be {sector} (deduced from your text); no work in it on record")
    elif likeness(code, asked) == 1:
        template = N_("your sector seems to be {sector} (deduced from your text); it works in it")
    else:
        template = N_("your sector seems to be {sector} (deduced from your text); it works in a related one: {name}")
    return say(template).format(sector=sector_name(asked, language), name=sector_name(code or "", language))


def _record_reason(signal: str, value: float, count: int, side: Side, say: Translate) -> str:
    if signal == "track_record":
        if not count:
            return say(N_("no track record yet"))
        firms = side is Side.SUPPLY
        template = (
            N_("meetings or projects with firms on record: {count}")
            if firms
            else N_("meetings or projects with universities or institutes on record: {count}")
        )
        return say(template).format(count=count)
    if signal == "track_record_near":
        return say(N_("track record in your region or country")) if value else say(N_("no track record in your region"))
    return (
        say(N_("track record in your sector or a related one")) if value else say(N_("no track record in your sector"))
    )


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


def passages(
    side: SideIndex,
    candidates: Candidates,
    partner_rows: Sequence[int],
    query: Query,
    vector: Vectors,
    encoder: Encoder,
) -> dict[int, tuple[Passage, ...]]:
    """Return partner row -> its best texts, with the sentences that fit and the words in common marked."""
    chosen: dict[int, list[tuple[int, float]]] = {}
    for row in partner_rows:
        own = np.flatnonzero(candidates.pair_partner == row)
        best = own[np.argsort(-candidates.fit[own], kind="stable")[:PASSAGES]]
        chosen[row] = [(int(candidates.pair_text[i]), float(candidates.fit[i])) for i in best]
    texts = list(dict.fromkeys(text for found in chosen.values() for text, _ in found))
    spans = {text: sentences(side.evidence[text].text)[:MAX_SENTENCES] for text in texts}
    # One call for all sentences; texts of a single sentence need no comparing.
    pieces = [(t, span) for t in texts if len(spans[t]) > 1 for span in spans[t]]
    found = encoder.encode([side.evidence[t].text[a:b] for t, (a, b) in pieces], Role.PASSAGE)
    cosines = dict(zip(pieces, (found @ vector).tolist(), strict=True))
    wanted = frozenset(query_stems(query.full_text))
    return {
        row: tuple(_passage(side, text, fit, spans[text], cosines, wanted) for text, fit in found_texts)
        for row, found_texts in chosen.items()
    }


def _passage(
    side: SideIndex,
    row: int,
    fit: float,
    spans: list[tuple[int, int]],
    cosines: dict[tuple[int, tuple[int, int]], float],
    wanted: frozenset[str],
) -> Passage:
    evidence = side.evidence[row]
    if len(spans) > 1:
        best = max(cosines[row, span] for span in spans)
        fitting = [span for span in spans if cosines[row, span] == best]
    else:
        fitting = spans
    marks = [Highlight(a, b, "sentence") for a, b in fitting]
    for a, b in words(evidence.text):
        if wanted.intersection(stems(evidence.text[a:b], evidence.language)):
            marks.append(Highlight(a, b, "word"))
    marks.sort(key=lambda mark: (mark.start, -mark.end))
    return Passage(evidence.id, evidence.title, evidence.text, tuple(marks), fit)
