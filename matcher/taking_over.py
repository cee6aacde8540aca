"""A request from the public pages taken over by an office: the asker becomes a partner of its own, with their text."""

import secrets
from dataclasses import dataclass

from matcher.access import Caller
from matcher.checking import check
from matcher.editing import Change, Editor
from matcher.errors import BadInput
from matcher.language import N_
from matcher.records import Evidence, Partner, Side
from matcher.store import intake as requests
from matcher.store import introductions, shortlists
from matcher.store.intake import Kind, State
from matcher.store.writer import Writer

NOTE = N_("From a request on the public page")
SOURCE = "web-form"  # of the texts that are made of requests


@dataclass(frozen=True, slots=True)
class Taken:
    """What was made of a request. `introduction`: None where none was wanted."""

    partner: str
    evidence: str
    introduction: str | None


def take_over(
    writer: Writer,
    caller: Caller,
    id_: str,
    *,
    name: str,
    summary: str = "",
    confidential: bool = True,
    introduce: bool = True,
    note: str = NOTE,
    request: str | None = None,
) -> Taken:
    """Make a partner and its text of a request; put whom they wish to meet on the shortlist and, so wanted, propose it.

    :param name: of the new partner, which everybody may read.
    :param confidential: everybody but the office reads `summary` alone.
    :raises NotFound: the caller's office has no such request, or the partner wished for is no more.
    :raises BadInput: no name, or a confidential text without a summary.
    :raises Conflict: somebody has seen to it already.
    """
    assert caller.organisation is not None  # noqa: S101 - see offices.at_desk
    asked = requests.intake(writer.session, caller.organisation, id_)
    if asked.kind is not Kind.INTRODUCTION:
        raise BadInput(N_("Only a request for an introduction can be taken over."))
    side = asked.seeks.other
    partner = f"{'firma' if side is Side.DEMAND else 'oferta'}-{secrets.token_hex(4)}"
    evidence = f"{partner}-1"
    sectors = [asked.sector] if asked.sector else []
    about: dict[str, object] = {"region": asked.region, "sectors": sectors}
    who = " · ".join(part for part in (asked.who, asked.contact) if part)
    firm = {
        "side": side.value, "name": name, "kind": "firm" if side is Side.DEMAND else "other", "contact": who,
        "owner": caller.organisation, **about,
    }  # fmt: skip
    text = {
        "partners": [partner], "kind": "need" if side is Side.DEMAND else "capability", "text": asked.question,
        "owner": caller.organisation, "confidential": confidential, "summary": summary or None, "source": SOURCE,
        **about,
    }  # fmt: skip
    editor = Editor(writer, caller, request)
    # State first: of two who press the button at once the second is told.
    requests.settle(writer.session, caller, id_, State.TAKEN, request=request)
    editor.apply(Change(Partner, partner, check(Partner, firm), exists=False))
    editor.apply(Change(Evidence, evidence, check(Evidence, text), exists=False))
    requests.name_made(writer.session, id_, partner)
    introduction = None
    if asked.partner is not None:
        shortlists.put(writer, caller, evidence, asked.partner, note, request=request)
        if introduce:
            ends = (asked.partner, partner) if asked.seeks is Side.SUPPLY else (partner, asked.partner)
            made = introductions.propose(writer, caller, *ends, evidence=evidence, note=note, request=request)
            introduction = made.id
    return Taken(partner, evidence, introduction)
