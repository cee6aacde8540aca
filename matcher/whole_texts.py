"""Which texts of a database say the same, partner by partner, and by which one each is to be shown."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace

from matcher.duplicates import stars, twins
from matcher.identity import Progress
from matcher.records import Evidence, Partner
from matcher.store import completed, same_texts, sameness
from matcher.store.store import Store
from matcher.wholeness import Same, SameText, canonical, of_one_side

AT_ONCE = 200  # partners whose texts are held together


def find_twins(
    store: Store,
    partners: Sequence[Partner],
    since: int,
    joins: Sequence[Same] = (),
    *,
    dry: bool,
    bar: Callable[[], AbstractContextManager[Progress]],
) -> tuple[SameText, ...]:
    """Show texts by others that say the same, those of partners about which something was written since; tell which.

    :param joins: partners that would be shown as one, beside those that are. :param dry: only tell.
    """
    with store.reading() as session:
        rows = [*sameness.rows_of(session), *joins]
        wanted = completed.partners_to_compare(session, since) | {row.as_ for row in joins}
    of = canonical(of_one_side(rows, partners), (p.id for p in partners))
    below: dict[str, list[str]] = defaultdict(list)
    for partner in partners:
        below[of.get(partner.id, partner.id)].append(partner.id)
    tops = sorted({of.get(id_, id_) for id_ in wanted} & below.keys())
    kept: list[SameText] = []
    known: set[str] = set()  # texts of several partners come again
    with bar() if tops else nullcontext(lambda _done, _total: None) as progress:
        for start in range(0, len(tops), AT_ONCE):
            found = [row for row in _found(store, tops[start : start + AT_ONCE], below, of) if row.text not in known]
            if found and not dry:
                with store.writing() as writer:
                    found = [row for row in found if writer.link(row.text, row.as_, row.likeness)]
            known |= {row.text for row in found}
            kept += found
            progress(min(start + AT_ONCE, len(tops)), len(tops))
    return tuple(kept)


def _found(
    store: Store, tops: Sequence[str], below: Mapping[str, list[str]], of: Mapping[str, str]
) -> Iterator[SameText]:
    with store.reading() as session:
        texts = completed.texts_of(session, [id_ for top in tops for id_ in below[top]])
        ids = [e.id for e in texts]
        hidden = {row.text for row in same_texts.rows_of(session, ids)}
        apart = same_texts.apart(session, ids)
    by_top: dict[str, list[Evidence]] = defaultdict(list)
    for text in texts:
        shown = tuple(dict.fromkeys(of.get(id_, id_) for id_ in text.partners))
        for top in {*shown} & {*tops}:
            by_top[top].append(replace(text, partners=shown))
    for top in tops:
        if len(by_top[top]) > 1:
            alike = [twin for twin in twins(by_top[top]) if (twin.a, twin.b) not in apart]
            rows = stars(by_top[top], alike, hidden)
            hidden |= {row.text for row in rows}
            yield from rows
