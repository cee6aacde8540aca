"""A dry run tells what a run would do, and writes nothing."""

import pytest
from script_source import (
    configured,
    counts,
    gone,
    lab,
    row,
    rows,
    text,
)

from matcher.dry_run import difference
from matcher.errors import BadInput
from matcher.syncing import sync


def test_a_dry_run_tells_what_a_run_would_do_and_writes_nothing(store, script):
    script.pages = [rows(1, 2, 3, 4), rows(5)]
    source = configured(store)
    found = difference(store, source)
    assert (found.tally.read, found.tally.added, found.tally.refused, store.partners()) == (5, 10, 0, [])
    sync(store, source)
    version = store.version()
    script.pages = [
        [row(1, lab(1, "Otro nombre"), text(1)), *rows(2, 3, 4)],
        [row(6, lab(6)), row(7, text(7, "lab-6")), row(8, lab(6))],
    ]
    found = difference(store, source)
    tally = found.tally
    # lab-5 and text-5 are gone; lab-6 and a text of it are new, though nothing of them is written
    assert (tally.read, tally.added, tally.changed, tally.unchanged, tally.gone, tally.refused) == (7, 2, 1, 8, 2, 0)
    assert found.examples == {
        "added": ["Laboratorio 6", "Ensayos de fibra 7."], "changed": ["Otro nombre"],
        "gone": ["Ensayos de fibra 5.", "Laboratorio 5"],
    }  # fmt: skip
    assert (found.before, found.asks, store.version()) == (10, False, version)
    run = sync(store, source)
    assert counts(run) == (7, 2, 1, 8, 0, 2, 0)


def test_a_dry_run_says_that_the_run_would_ask(store, script):
    script.pages = [rows(1, 2)]
    source = configured(store)
    sync(store, source)
    script.pages, script.partial = [[gone(1)]], True
    found = difference(store, source)
    assert (found.tally.gone, found.asks) == (2, True)
    assert sync(store, source).state == "asks"


def test_a_dry_run_of_a_run_that_was_cut_off_goes_on_where_it_would(store, script):
    script.pages, script.fails = [rows(1), rows(2)], 1
    source = configured(store)
    with pytest.raises(BadInput):
        sync(store, source)
    script.fails = None
    found = difference(store, source)
    assert (found.tally.added, found.examples["added"]) == (2, ["Laboratorio 2", "Ensayos de fibra 2."])
    assert script.asked[-1].after == {"page": 0}
