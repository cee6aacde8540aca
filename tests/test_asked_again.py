"""What a run refuses is asked for again by the next, though nothing of it has changed since."""

import pytest
from script_source import Script, configured, lab, put_format, refused, row, rows, text

from matcher import run_start
from matcher.errors import BadInput
from matcher.syncing import sync


@pytest.fixture
def script(monkeypatch):
    found = Script(by_key=True)
    put_format(monkeypatch, found)
    return found


def asked(script):
    return [(each.since, each.again) for each in script.asked]


def test_refused_rows_are_asked_for_by_their_keys_until_they_are_good(store, script):
    source = configured(store)
    script.pages = [[*rows(1), refused(2, "k2")], [refused(3, "k3")]]
    first = sync(store, source)
    script.pages, script.partial = [[row(2, lab(2)), refused(3, "k3")]], True
    second = sync(store, source)
    script.pages = [[]]
    third = sync(store, source)
    assert (first.refused, second.refused, third.refused) == (2, 1, 0)
    script.pages = [rows(4)]
    sync(store, source)
    assert asked(script) == [(None, ()), (first.at, ("k2", "k3")), (second.at, ("k3",)), (third.at, ())]


def test_a_row_that_could_not_be_written_is_asked_for_again(store, script):
    source = configured(store)
    script.pages = [[row(1, text(1, "nobody")), *rows(2)]]
    sync(store, source)
    sync(store, source)
    assert script.asked[1].again == ("k1",)


def test_who_is_asked_for_everything_is_asked_for_nothing_twice(store, script):
    source = configured(store)
    script.pages = [[refused(1, "k1")]]
    sync(store, source)
    sync(store, source, whole=True)
    assert asked(script)[1] == (None, ())


def test_where_what_was_refused_has_no_key_all_is_asked_for_from_where_that_run_asked(store, script):
    source = configured(store)
    script.pages = [rows(1, 2)]
    first = sync(store, source)
    script.pages, script.partial = [[refused(1, "k1"), refused(2)]], True
    sync(store, source)
    script.pages = [rows(1, 2)]
    third = sync(store, source)
    sync(store, source)
    assert asked(script)[1:] == [(first.at, ()), (first.at, ("k1",)), (third.at, ())]


def test_a_first_run_that_refuses_what_has_no_key_is_followed_by_another_like_it(store, script):
    source = configured(store)
    script.pages = [[*rows(1), refused(2)]]
    sync(store, source)
    sync(store, source)
    assert asked(script)[1] == (None, ())


def test_a_source_that_knows_no_single_rows_is_asked_from_where_it_was(store, script, monkeypatch):
    script.by_key = False
    put_format(monkeypatch, script)
    source = configured(store)
    script.pages = [rows(1)]
    first = sync(store, source)
    script.pages, script.partial = [[refused(1, "k1")]], True
    sync(store, source)
    sync(store, source)
    assert asked(script)[1:] == [(first.at, ()), (first.at, ())]


def test_more_than_can_be_asked_for_one_by_one_come_with_everything(store, script, monkeypatch):
    monkeypatch.setattr(run_start, "AGAIN", 2)
    source = configured(store)
    script.pages = [rows(1)]
    first = sync(store, source)
    script.pages, script.partial = [[refused(n, f"k{n}") for n in (1, 2, 2)], [refused(3, "k3")]], True
    sync(store, source)
    sync(store, source)
    assert asked(script)[2] == (first.at, ())


@pytest.mark.parametrize("key", ["x" * 501, "a\0b"])
def test_a_key_that_cannot_be_kept_is_none(store, script, key):
    source = configured(store)
    script.pages = [rows(1)]
    first = sync(store, source)
    script.pages, script.partial = [[refused(1, key)]], True
    sync(store, source)
    sync(store, source)
    assert asked(script)[2] == (first.at, ())


def test_a_run_that_was_cut_off_forgets_neither_what_it_asks_nor_what_it_refused(store, script):
    source = configured(store)
    script.pages = [[refused(1, "k1")]]
    first = sync(store, source)
    script.pages, script.fails, script.partial = [[refused(1, "k1")], [refused(2, "k2")]], 1, True
    with pytest.raises(BadInput):
        sync(store, source)
    script.fails = None
    second = sync(store, source)
    sync(store, source)
    assert asked(script) == [(None, ()), (first.at, ("k1",)), (first.at, ("k1",)), (second.at, ("k1", "k2"))]


def test_a_run_that_asks_before_it_deletes_does_not_forget_either(store, script):
    source = configured(store)
    script.pages = [rows(1, 2, 3)]
    sync(store, source)
    script.pages = [[*rows(1), refused(2, "k2")]]
    asks = sync(store, source, whole=True)
    assert asks.state == "asks"
    sync(store, source)
    assert asked(script)[2] == (asks.at, ("k2",))
