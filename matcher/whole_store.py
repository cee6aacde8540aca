"""The records of a database made whole: what can be found out about them is found out, and laid beside them.

Called again it looks at what was written since, and changes nothing where nothing was; what is no longer found is
taken back. Texts are read some at a time; each step that is cut off is done again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

from matcher.completing import Guesses, places_of, texts_of
from matcher.encode import Encoder
from matcher.identity import Pair
from matcher.records import Partner
from matcher.store import completed, derived
from matcher.store.store import Store
from matcher.whole_joins import find_joins, keep_joins
from matcher.whole_texts import find_twins
from matcher.wholeness import Derived, Kind, Same, SameText

# By which `completing` finds values: those that it finds no longer are taken back, what others found stays.
CODES = frozenset({"text"})  # those that need an encoder
METHODS = frozenset({"region", "city", "mended", "py3langid"})
RULES = 1  # raised where the same records would have other things found out: then all are looked at again
VALUES, GUESSED, SAME, TEXTS = "values", "codes", "same", "texts"  # the steps
LITTLE = 0.05  # of confidence: what is learned from all texts moves a little with each of them
BATCH = 500  # values of a transaction
TAUGHT, TYPICAL = 50_000, 20_000  # texts that teach codes, and that tell what texts are like: most, of all
Progress = Callable[[int, int | None], None]
Bars = Callable[[str], AbstractContextManager[Progress]]  # a step -> what is told how far it came


def silent(_: str) -> AbstractContextManager[Progress]:
    """Tell nobody how far a step came."""
    return nullcontext(lambda _done, _total: None)


@dataclass(slots=True)
class Whole:
    """What was done, or would be. `found`: (kind, field) -> new or other values; `back`: values taken back.

    `joins`: partners now shown as others; `asked`: pairs about which a person is asked now; `texts`: now shown by
    others that say the same.
    """

    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    back: int = 0
    joins: tuple[Same, ...] = ()
    asked: tuple[Pair, ...] = ()
    texts: tuple[SameText, ...] = ()


def make_whole(
    store: Store, encoder: Encoder | None, *, dry: bool = False, again: bool = False, bars: Bars = silent
) -> Whole:
    """Find out what can be found out about records written since the last time, and store it.

    :param encoder: finds codes of texts; without one they stay as they are.
    :param dry: only tell what it would be. :param again: look at all records, also those that were looked at.
    """
    done = Whole()
    with store.reading() as session:
        since = {s: 0 if again else completed.up_to(session, s, RULES) for s in (VALUES, GUESSED, SAME, TEXTS)}
    version = store.version()
    partners = [p for p in store.partners() if p.consent is not False]
    _values(store, partners, since[VALUES], done, dry=dry, bars=bars)
    _ended(store, VALUES, version, dry=dry)
    if encoder:
        _codes(store, encoder, since[GUESSED], done, dry=dry, bars=bars)
        _ended(store, GUESSED, version, dry=dry)
    with store.reading() as session:
        fresh = completed.new_partners(session, since[SAME]) & {p.id for p in partners}
    if fresh:
        with bars(SAME) as progress:
            joins, asked, over = find_joins(store, partners, fresh, progress)
        if not dry:
            joins, asked = keep_joins(store, joins, asked, over)
        done.joins, done.asked = tuple(joins), tuple(asked)
    _ended(store, SAME, version, dry=dry)
    more = done.joins if dry else ()
    done.texts = find_twins(store, partners, since[TEXTS], more, dry=dry, bar=lambda: bars(TEXTS))
    _ended(store, TEXTS, version, dry=dry)
    return done


def texts_wait(store: Store, *, again: bool = False) -> bool:
    """Tell whether there are texts whose codes nobody has looked for; else no model needs to be loaded."""
    with store.reading() as session:
        return completed.count_texts(session, 0 if again else completed.up_to(session, GUESSED, RULES)) > 0


def _ended(store: Store, step: str, version: int, *, dry: bool) -> None:
    with store.reading() as session:
        known = completed.up_to(session, step, RULES)
    if not dry and known < version:
        with store.noting() as session:
            completed.note(session, step, version, RULES)


def _values(store: Store, partners: Sequence[Partner], since: int, done: Whole, *, dry: bool, bars: Bars) -> None:
    """Find out places of partners, languages of texts, and mend texts."""
    with store.reading() as session:
        new = completed.new_partners(session, since)
        total = len(new) + completed.count_texts(session, since)
    ours, read = [p for p in partners if p.id in new], 0
    with bars(VALUES) if total else silent(VALUES) as progress:
        for start in range(0, len(ours), BATCH):
            part = ours[start : start + BATCH]
            _keep(store, "partner", [p.id for p in part], places_of(part), METHODS, done, dry=dry)
            read += len(part)
            progress(read, total)
        for texts in completed.new_texts(store, since):
            _keep(store, "evidence", [e.id for e in texts], texts_of(texts), METHODS, done, dry=dry)
            read += len(texts)
            progress(read, total)


def _codes(store: Store, encoder: Encoder, since: int, done: Whole, *, dry: bool, bars: Bars) -> None:
    """Find out sectors and fields of texts that have none."""
    with store.reading() as session:
        total = completed.count_texts(session, since)
    if not total:
        return
    taught = {e.id: e for e in completed.sample(store, TAUGHT, coded=True)}
    typical = [e for e in completed.sample(store, TYPICAL) if e.id not in taught]
    with bars(GUESSED) as progress:
        guesses = Guesses.learn([*taught.values(), *typical], encoder, progress)
        read = 0
        for texts in completed.new_texts(store, since) if guesses else ():
            found = guesses.of(texts) if guesses else ()
            _keep(store, "evidence", [e.id for e in texts], found, CODES, done, dry=dry)
            read += len(texts)
            progress(read, total)


def _keep(
    store: Store,
    kind: Kind,
    ids: Sequence[str],
    found: Iterable[Derived],
    methods: frozenset[str],
    done: Whole,
    *,
    dry: bool,
) -> None:
    """Store what was found out about some records by some methods, and take back what these find no longer."""
    with store.reading() as session:
        stored = {(row.record, row.field): row for row in derived.rows_of(session, kind, ids)}
    now = {(row.record, row.field): row for row in reversed(list(found))}  # the first of a field is the surest
    new = [row for key, row in now.items() if _goes_before(row, stored.get(key))]
    back = [row for key, row in stored.items() if row.method in methods and key not in now and not row.refused]
    if (new or back) and not dry:
        with store.writing() as writer:
            # A record that was deleted, or became confidential, meanwhile has nothing found out about it.
            effects = writer.derive(new)
            new = [row for row, effect in zip(new, effects, strict=True) if effect is True]
            for row in back:
                writer.forget(row.kind, row.record, row.field)
    done.found.update((row.kind, row.field) for row in new)
    done.back += len(back)


def _goes_before(new: Derived, old: Derived | None) -> bool:
    """Tell whether a value takes the place of one that is stored: never of one that somebody else found.

    Where a person has said that one is wrong, nothing else is found from the same words.
    """
    if old is None:
        return True
    if old.refused:
        return old.given is not None and new.given != old.given
    as_sure = abs(old.confidence - new.confidence) < LITTLE
    ours = old.method in METHODS | CODES
    return ours and not (as_sure and replace(new, confidence=old.confidence) == old)
