"""What new texts of the other side mean for an office's own: each new need is asked who can help, and the reverse.

Asking what is new costs as many questions as there are new texts; asking everything of one's own would not end.
"""

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from matcher.access import Caller
from matcher.engine import Engine
from matcher.errors import TinkuyError
from matcher.records import Side, Verdict
from matcher.saved_searches import THRESHOLD
from matcher.store import own_texts
from matcher.store.desk_views import label, public_partners, public_texts

NEWEST = 20  # new texts that are asked; of more the last ones written
PLACES = 5  # partners of an answer that it is news to

_asked: WeakKeyDictionary[Engine, dict[str, tuple[str, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class News:
    """A new text of the other side, as everybody may see it. `name`: of its first partner."""

    evidence: str
    about: str
    name: str


def news(session: Session, engine: Engine, caller: Caller, side: Side, since: int | None) -> dict[str, list[News]]:
    """Return, for each text of the caller's office's own, the new texts of the other side that it answers.

    :param side: of the own texts. :param since: the version after which a text is new; None: nothing is.
    """
    if since is None:
        return {}
    answers = {id_: _answering(engine, id_) for id_ in own_texts.newest(session, side.other, since, NEWEST)}
    ours = own_texts.of_the_office(session, caller, side, (own for found in answers.values() for own in found))
    texts = public_texts(session, answers)
    names = public_partners(session, (text.partners[0] for text in texts.values()))
    found: dict[str, list[News]] = {}
    for id_, answering in answers.items():
        if id_ in texts and texts[id_].partners[0] in names:
            told = News(id_, label(texts[id_]), names[texts[id_].partners[0]].name)
            for own in ours.intersection(answering):
                found.setdefault(own, []).append(told)
    return found


def _answering(engine: Engine, evidence: str) -> tuple[str, ...]:
    """Return the best text of each of the partners that answer a text well; an engine answers it once."""
    known = _asked.setdefault(engine, {})
    if evidence not in known:
        try:
            answer = engine.match(engine.query_for(evidence, k=PLACES))
        except TinkuyError:  # the engine has not read it yet, or it cannot be asked
            return ()
        good = answer.matches if answer.verdict is Verdict.MATCHES else ()
        known[evidence] = tuple(
            m.passages[0].evidence_id for m in good if m.passages and m.probability >= THRESHOLD
        )  # fmt: skip
    return known[evidence]
