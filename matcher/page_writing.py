"""A page of a source written: in one transaction, together with how far the run has come."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matcher.errors import TinkuyError
from matcher.known import Known
from matcher.page_plan import Giver, Plan, in_order, plan
from matcher.records import Partner, Record
from matcher.sources.pages import Page
from matcher.store import runs, source_records
from matcher.store.import_runs import Refused
from matcher.store.runs import Tally
from matcher.store.store import Store
from matcher.store.using import used
from matcher.store.writer import Writer

SWEPT = 500  # records that a transaction deletes


def write_page(
    store: Store,
    page: Page,
    giver: Giver,
    run: str,
    expected: int | None,
    cursor: Callable[[Plan], Mapping[str, Any]] | None,
) -> Plan:
    """Write a page, and that the run has come behind it; return what was done.

    :param expected: elements that the run has read before.
    :param cursor: what to keep, to go on behind the page, by what the page does.
    :raises Busy: somebody else has gone on with this run; nothing is written then.
    """
    with store.writing() as writer:
        session = writer.session
        made = plan(page, Known.read(session, page), giver, writer.version)
        for effect in writer.write(in_order(made.writes.values())):
            if isinstance(effect, TinkuyError):
                raise effect  # what is planned has been checked: this is a fault of ours, and nothing is written
        source_records.mark_gone(session, giver.name, list(made.gone))
        source_records.keep(session, giver.name, made.notes, made.old)
        refused = [Refused.of(refusal) for refusal in made.refusals]
        more = {"partial": True} if page.partial else {}
        kept = cursor(made) if cursor else None
        runs.advance(session, run, expected, made.tally, refused, writer.version, cursor=kept, **more)
    return made


def sweep(store: Store, giver: Giver, run: str, *, whole: bool) -> int:
    """Delete what a source no longer gives, some hundred records a transaction; return how many were deleted.

    Those that another source gives, that somebody has written by hand, that something names or whose partner has
    withdrawn stay, and are no longer taken for this source's.

    :param whole: what the run has not seen is no longer given; else only what the source says is gone.
    """
    deleted = 0
    while True:
        with store.writing() as writer:
            session = writer.session
            keys = source_records.lost(session, giver.name, giver.begun, whole=whole, limit=SWEPT)
            tally = delete_given(writer, giver.name, keys)
            runs.advance(session, run, None, tally, (), writer.version)
        if not keys:
            return deleted
        deleted += tally.gone


def remove_given(store: Store, source: str) -> Tally:
    """Delete all that only a source gives, and forget what it gave; what stays is what `sweep` leaves."""
    total = Tally()
    while True:
        with store.writing() as writer:
            keys = source_records.of(writer.session, source, SWEPT)
            total.add(delete_given(writer, source, keys))
        if not keys:
            return total


def delete_given(writer: Writer, source: str, keys: Sequence[source_records.Key]) -> Tally:
    """Delete records that no other source and nobody else needs, and forget that `source` gave any of them."""
    session, tally = writer.session, Tally()
    known = Known.read_keys(session, keys)
    shared = {key for key in keys if set(known.notes.get(key, {})) - {source}}
    by_hand = source_records.by_people(session, keys)
    for kind in dict.fromkeys(key[0] for key in keys):
        there = [key for key in keys if key[0] is kind and key in known.stored and key not in shared]
        named = used(session, kind, [id_ for _, id_ in there])
        gone = [id_ for _, id_ in there if not _stays((kind, id_), named, by_hand, known.stored)]
        writer.remove(kind, gone)
        tally.gone += len(gone)
        tally.kept += len(there) - len(gone)
    source_records.drop(session, source, keys)
    return tally


def _stays(
    key: source_records.Key,
    named: set[str],
    by_hand: set[source_records.Key],
    stored: Mapping[source_records.Key, Record],
) -> bool:
    record = stored[key]
    withdrawn = isinstance(record, Partner) and record.consent is False
    return key[1] in named or key in by_hand or withdrawn
