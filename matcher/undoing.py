"""An upload taken back as a whole: what it added goes, what it changed is as it was; what was changed since stays."""

from typing import Any

from matcher.access import Caller
from matcher.checking import type_name
from matcher.errors import Conflict, TinkuyError
from matcher.language import N_
from matcher.records import Evidence, Outcome, Partner, Record
from matcher.store import audit, import_runs
from matcher.store.import_runs import Left, Run
from matcher.store.rows import ROWS, TO_RECORD
from matcher.store.store import Store
from matcher.store.using import used
from matcher.store.writer import Writer

SINCE = N_("it was changed since")
GONE = N_("it was deleted since")
OTHERS = N_("it is another organisation's by now")
USED = N_("something that came later names it: a text, an outcome, a shortlist or an introduction")
LOST = N_("what it was before can no longer be there: whom it names is gone")


def undo(store: Store, caller: Caller, id_: str, request: str | None = None) -> Run:
    """Take an upload of the caller's organisation back, and return it with what was left alone.

    :raises NotFound: there is none.
    :raises Conflict: it was undone already, or is too old.
    """
    with store.writing() as writer:
        session = writer.session
        run = import_runs.get(session, id_, caller.organisation)
        if run.undone:
            raise Conflict(N_("this upload was undone already"))
        if not run.undoable:
            raise Conflict(N_("this upload cannot be undone: what was there before is no longer kept"))
        left: list[Left] = []
        back: list[Record] = []
        added: list[tuple[type[Record], str]] = []
        for (kind, record), before in import_runs.befores(session, id_).items():
            why = _obstacle(writer, caller, run, kind, record)
            if why == GONE and before is None:
                continue  # as undoing would have it
            if why:
                left.append(Left(type_name(kind), record, why))
            elif before is None:
                added.append((kind, record))
            else:
                back.append(before)
        left += _put_back(writer, caller, back, request)
        left += _delete(writer, caller, added, request)
        import_runs.settle(session, id_, left)
        audit.record(session, caller, "undo", "import_run", id_, request)
        return import_runs.get(session, id_, caller.organisation)


def _obstacle(writer: Writer, caller: Caller, run: Run, kind: type[Record], id_: str) -> str | None:
    """Return why a record must be left alone."""
    row: Any = writer.session.get(ROWS[kind], id_)
    if row is None:
        return GONE
    if row.version != run.version:
        return SINCE
    return None if caller.may_edit(TO_RECORD[kind](row).owner) else OTHERS


def _put_back(writer: Writer, caller: Caller, records: list[Record], request: str | None) -> list[Left]:
    order: tuple[type[Record], ...] = (Partner, Evidence, Outcome)  # partners before those that name them
    records = sorted(records, key=lambda record: order.index(type(record)))
    left = []
    for record, effect in zip(records, writer.write(records), strict=True):
        if isinstance(effect, TinkuyError):
            left.append(Left(type_name(type(record)), record.id, LOST))
        else:
            audit.record(writer.session, caller, "change", type_name(type(record)), record.id, request)
    return left


def _delete(writer: Writer, caller: Caller, added: list[tuple[type[Record], str]], request: str | None) -> list[Left]:
    left = []
    order: tuple[type[Record], ...] = (Outcome, Evidence, Partner)  # those that name a partner before it
    for kind, id_ in sorted(added, key=lambda each: (order.index(each[0]), each[1])):
        if used(writer.session, kind, [id_]):
            left.append(Left(type_name(kind), id_, USED))
            continue
        writer.delete(kind, id_)
        audit.record(writer.session, caller, "delete", type_name(kind), id_, request)
    return left
