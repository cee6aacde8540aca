"""Uploads of the table template: tried first, shown, then done just as shown, and taken back as a whole.

A trial does everything in a transaction that is then dropped, so that what is shown is what will be.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from dataclasses import fields as record_fields
from typing import Any, Literal

from sqlalchemy import select

from matcher.access import Caller
from matcher.checking import check, check_id, type_name
from matcher.editing import Change, Editor
from matcher.errors import BadInput, TinkuyError, TooLarge
from matcher.language import N_
from matcher.records import Evidence, Partner, Record
from matcher.sources import table
from matcher.sources.reading import Read, Refusal
from matcher.store import audit, import_runs
from matcher.store.import_runs import Refused, refusal_of, to_plain
from matcher.store.rows import ROWS, TO_RECORD
from matcher.store.store import Store
from matcher.store.view import hidden_partners
from matcher.store.writer import BATCH, Writer
from matcher.upload_files import Draft

MAX_ROWS = 10_000
_NAMING = ("partners", "partner", "counterpart")  # fields that hold ids of partners
Key = tuple[type[Record], str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field that changes; values as JSON has them, partners by their names."""

    name: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class Item:
    """What a row does. `kind`, `id`: of its record; `name`: what people know it by; `fields`: of a changed one."""

    file: str
    row: int
    effect: Literal["added", "changed", "unchanged", "refused"]
    kind: str = ""
    id: str = ""
    name: str = ""
    fields: tuple[Field, ...] = ()
    refusal: Refused | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What an upload does, row by row. `digest`: two plans with the same one do the same to the same records."""

    items: tuple[Item, ...]
    digest: str

    def of(self, effect: str) -> list[Item]:
        """Return the rows with one effect."""
        return [item for item in self.items if item.effect == effect]

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are `read`, `added`, `changed`, `unchanged`, `refused`."""
        effects = {name: len(self.of(name)) for name in ("added", "changed", "unchanged", "refused")}
        return {"read": len(self.items), **effects}

    @property
    def writes(self) -> bool:
        """Whether there is anything to write."""
        return any(item.effect in ("added", "changed") for item in self.items)

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Return the plan of `to_json`."""
        found = json.loads(text)
        return cls(tuple(_item(each) for each in found["items"]), found["digest"])


class Changed(Exception):
    """What was shown is no longer what would be done: `plan` is."""

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan


def owner_of(caller: Caller) -> str:
    """Return who alone may come back to an upload of a caller's."""
    return f"{caller.key or ''} {caller.organisation or ''}"


def preview(store: Store, caller: Caller, draft: Draft) -> Plan:
    """Return what an upload would do; nothing is written.

    :raises BadInput: the file cannot be read.
    :raises TooLarge: it has too many rows.
    """
    rows = _read(store, caller, draft)
    try:
        with store.writing() as writer:
            raise Changed(_apply(writer, caller, rows, None)[0])
    except Changed as tried:
        return tried.plan


def confirm(store: Store, caller: Caller, draft: Draft, digest: str, request: str | None = None) -> str:
    """Do what was shown, and return the upload's id.

    :param digest: of the plan that was shown.
    :raises Changed: other records are there by now, and the upload would do something else; nothing is written.
    """
    rows = _read(store, caller, draft)
    with store.writing() as writer:
        plan, before = _apply(writer, caller, rows, request)
        if plan.digest != digest:
            raise Changed(plan)
        session, refused = writer.session, [item.refusal for item in plan.items if item.refusal]
        run = import_runs.record(
            session, import_runs.UPLOAD, [draft.name], plan.counts, refused, writer.version, caller
        )
        import_runs.remember(session, run, before)
        audit.record(session, caller, "upload", "import_run", run, request)
    return run


def _read(store: Store, caller: Caller, draft: Draft) -> list[Read]:
    with store.reading() as session:
        hidden = hidden_partners(session, caller)
    names = {id_: name for id_, name in store.partner_names().items() if id_ not in hidden}
    rows: list[Read] = []
    try:
        for row in table.read([draft.file], names, guess=True):
            rows.append(row)
            if len(rows) > MAX_ROWS:
                raise TooLarge(N_("more than {limit} rows at once: send them in parts"), limit=MAX_ROWS)
    except BadInput as error:  # it may tell where the file lies here
        values = error.values | ({"path": draft.name} if "path" in error.values else {})
        raise BadInput(error.message, **values) from None
    return rows


def _apply(
    writer: Writer, caller: Caller, rows: Sequence[Read], request: str | None
) -> tuple[Plan, dict[Key, Record | None]]:
    """Write all rows, and return what that did, and what was there before each record that it wrote."""
    asked = [(row, record, _change(record)) for row in rows if not isinstance(row, Refusal) for record in row.records]
    changes = [change for _, _, change in asked if isinstance(change, Change)]
    before = _stored(writer, [(change.kind, change.id) for change in changes])
    done = iter(Editor(writer, caller, request).apply_all(changes))
    after = _stored(writer, [(change.kind, change.id) for change in changes])
    names = _names(writer, [*before.values(), *after.values()])
    made: dict[int, list[Item]] = {}
    wrote: dict[Key, Record | None] = {}
    told: list[Any] = []
    shown: set[tuple[str, str]] = set()
    for row, record, change in asked:
        effect = next(done) if isinstance(change, Change) else change
        key = (type(record), record.id)
        item = Item(row.file, row.number, "refused", type_name(type(record)), record.id, _name(record, names))
        if isinstance(effect, TinkuyError):
            refusal = refusal_of(row.file, row.number, effect)
            item = replace(item, refusal=replace(refusal, column=_column(effect)))
        else:
            old = before.get(key)
            if effect.effect != "unchanged":
                wrote[key] = old
            fields = _difference(old, after[key], names) if effect.effect == "changed" and old else ()
            item = replace(item, effect=effect.effect, fields=fields)  # type: ignore[arg-type]
            told.append([to_plain(each) if each else None for each in (before.get(key), after.get(key))])
        made.setdefault(id(row), []).append(item)
    items = tuple(
        item
        for row in rows
        for item in (
            [Item(row.file, row.number, "refused", refusal=Refused.of(row))]
            if isinstance(row, Refusal)
            else _distinct(made[id(row)], shown)
        )
    )
    whole = json.dumps([[asdict(item) for item in items], told])
    return Plan(items, hashlib.sha256(whole.encode()).hexdigest()), wrote


def _distinct(items: list[Item], shown: set[tuple[str, str]]) -> list[Item]:
    """Return a row's items but for an organisation that an earlier row named too."""
    kept = [item for item in items if len(items) == 1 or (item.kind, item.id) not in shown]
    shown.update((item.kind, item.id) for item in kept)
    return kept


def _change(record: Record) -> Change | TinkuyError:
    """Return what a row asks for: what its record gives is written, what it leaves out stays as it is."""
    given = {f.name: value for f in record_fields(record) if (value := getattr(record, f.name)) not in (None, ())}
    try:
        return Change(type(record), check_id("id", given.pop("id")), check(type(record), given))
    except TinkuyError as error:
        return error


def _stored(writer: Writer, keys: Sequence[Key]) -> dict[Key, Record]:
    """Return the records that are there, by kind and id."""
    writer.session.expire_all()
    found: dict[Key, Record] = {}
    for kind, row in ROWS.items():
        ids = sorted({id_ for each, id_ in keys if each is kind})
        for start in range(0, len(ids), BATCH):
            wanted: Any = select(row).where(row.id.in_(ids[start : start + BATCH]))
            found |= {(kind, each.id): TO_RECORD[kind](each) for each in writer.session.scalars(wanted)}
    return found


def _names(writer: Writer, records: Sequence[Record]) -> dict[str, str]:
    """Return the names of all partners that records name."""
    ids = {id_ for record in records for field in _NAMING for id_ in _ids(getattr(record, field, None))}
    found = _stored(writer, [(Partner, id_) for id_ in ids])
    return {id_: partner.name for (_, id_), partner in found.items() if isinstance(partner, Partner)}


def _ids(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _column(error: TinkuyError) -> str:
    """Return the column that an error is about; empty where it is about the whole row."""
    if "partner" in error.values:
        return "partners"
    return str(error.values.get("field") or error.values.get("column") or "")


def _name(record: Record, names: dict[str, str]) -> str:
    if isinstance(record, Partner):
        return record.name
    if isinstance(record, Evidence):
        return record.title or (record.text if len(record.text) <= 120 else record.text[:119] + "…")
    return " · ".join(names.get(id_, id_) for id_ in (record.partner, record.counterpart) if id_)


def _difference(old: Record, new: Record, names: dict[str, str]) -> tuple[Field, ...]:
    before, after = to_plain(old), to_plain(new)

    def shown(field: str, value: Any) -> Any:
        return [names.get(id_, id_) for id_ in _ids(value)] if field in _NAMING else value

    return tuple(
        Field(name, shown(name, before[name]), shown(name, after[name]))
        for name in before
        if before[name] != after[name]
    )


def _item(given: dict[str, Any]) -> Item:
    fields = tuple(Field(**each) for each in given["fields"])
    return Item(**given | {"fields": fields, "refusal": Refused(**given["refusal"]) if given["refusal"] else None})
