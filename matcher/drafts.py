"""A message that introduces two partners to each other: a draft in the reader's language, never sent by us."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from matcher.language import N_, Translate
from matcher.places import region_name
from matcher.records import Evidence, Match, Partner
from matcher.shown import fitting
from matcher.store.desk_views import label

QUOTED = 600  # characters of a text that a message repeats; mail programs take addresses of some 2,000
NEAR_KM = 300  # a day's journey; farther is no reason to meet
ABOUT = 90  # characters of a subject
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message as it may be sent: plain text, lines divided by newlines."""

    subject: str
    body: str

    @property
    def whole(self) -> str:
        """Subject and body, to be copied at once."""
        return f"{self.subject}\n\n{self.body}"


def draft(
    say: Translate,
    supply: Partner,
    demand: Partner,
    about: Evidence | None,
    match: Match | None,
    office: str | None,
) -> Draft:
    """Write the message.

    :param say: its language. :param supply, demand, about: as everybody may see them: the other side reads it.
    :param match: what the answer for `about` says of the other partner; None where it says nothing of it.
    :param office: who writes; None leaves a place for the name.
    """
    signed = office or say(N_("(your name and office)"))
    topic = cut(label(about), ABOUT) if about else f"{supply.name} – {demand.name}"
    parts = [
        say(N_("Dear colleagues of {supply} and of {demand},")).format(supply=supply.name, demand=demand.name),
        say(N_("I write on behalf of {office}. We believe that it is worth your while to meet.")).format(office=signed),
    ]
    if about:
        needs = N_("What {name} is looking for: “{text}”")
        offers = N_("What {name} can do: “{text}”")
        seeking = demand.id in about.partners
        name = (demand if seeking else supply).name
        parts.append(say(needs if seeking else offers).format(name=name, text=cut(about.text, QUOTED)))
    reasons = list(_reasons(say, supply, demand, match)) if match else []
    if reasons:
        parts.append("\n".join([say(N_("Why we think that you fit:")), *(f"- {reason}" for reason in reasons)]))
    parts.append(
        say(
            N_(
                "If you agree, we propose a first conversation of 30 minutes: please answer with two dates that "
                "suit you, and we will arrange it."
            )
        )
    )
    parts.append(say(N_("Kind regards,")) + "\n" + signed)
    return Draft(say(N_("Possible collaboration: {topic}")).format(topic=topic), "\n\n".join(parts))


def mailto(contacts: list[str | None], message: Draft) -> str:
    """Return the address that opens a message in the mail program, to whatever mail addresses the contacts hold."""
    found = [address for contact in contacts for address in _ADDRESS.findall(contact or "")]
    to = ",".join(quote(address, safe="@") for address in dict.fromkeys(found))
    body = message.body.replace("\n", "\r\n")
    return f"mailto:{to}?subject={quote(message.subject, safe='')}&body={quote(body, safe='')}"


def cut(text: str, most: int) -> str:
    """Return a text on one line, or as many whole words of it as `most` characters hold."""
    line = " ".join(text.split())
    return line if len(line) <= most else line[: most - 1].rpartition(" ")[0].rstrip(",;:") + "…"


def _reasons(say: Translate, supply: Partner, demand: Partner, match: Match) -> list[str]:
    """Return why the two fit, said to both of them."""
    told = []
    if match.passages:
        best = match.passages[0]
        text = cut(best.text[slice(*fitting(best))], QUOTED)
        told.append(say(N_("From {name}: “{text}”")).format(name=match.partner.name, text=text))
    if supply.region and supply.region == demand.region:
        told.append(say(N_("You are in the same region, {name}.")).format(name=region_name(supply.region)))
    elif match.kilometres is not None and match.kilometres <= NEAR_KM:
        told.append(say(N_("You are {km} km apart.")).format(km=round(match.kilometres)))
    record = next((c for c in match.contributions if c.signal == "track_record" and c.value > 0), None)
    if record:
        told.append(
            say(N_("What {name} has on record: {record}.")).format(name=match.partner.name, record=record.reason)
        )
    return told
