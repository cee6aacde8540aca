"""What a source no longer gives goes, unless somebody needs it; a source that shrinks asks."""

import pytest
from script_source import (
    configured,
    counts,
    given,
    gone,
    ids,
    lab,
    met,
    refused,
    row,
    rows,
    text,
)
from sqlalchemy import select

from matcher import page_writing
from matcher.errors import Conflict
from matcher.records import Evidence, Partner
from matcher.store import organisations, runs, sources
from matcher.store.tables import IntroductionRow, ShortlistRow
from matcher.syncing import go_through, keep, sync


def test_what_a_whole_run_no_longer_gives_is_deleted_with_a_tombstone(store, script):
    script.pages = [rows(1, 2, 3, 4, 5, 6)]
    source = configured(store)
    sync(store, source)
    version = store.version()
    script.pages = [rows(1, 2, 3, 4, 5)]
    run = sync(store, source)  # 2 of 12 records
    assert (run.state, counts(run)) == ("done", (5, 0, 0, 10, 0, 2, 0))
    assert store.changes(version).gone == {(Partner, "lab-6"), (Evidence, "text-6")}
    assert "lab-6" not in given(store)


def test_a_source_that_shrinks_by_more_than_its_share_asks_and_keeps(store, script):
    script.pages = [rows(1, 2, 3, 4, 5)]
    source = configured(store, shrink=0.2)
    sync(store, source)
    script.pages = [rows(1, 2, 3)]
    run = sync(store, source)  # 4 of 10 records
    assert (run.state, run.missing, run.before, run.gone) == ("asks", 4, 10, 0)
    assert len(store.partners()) == 5
    assert go_through(store, source).gone == 4
    assert ids(store)[0] == ["lab-1", "lab-2", "lab-3"]
    with pytest.raises(Conflict, match="no run of 'repo' asks anything"):
        go_through(store, source)


def test_exactly_the_share_is_deleted_and_yes_does_not_ask(store, script):
    script.pages = [rows(1, 2, 3, 4, 5)]
    source = configured(store, shrink=0.2)
    sync(store, source)
    script.pages = [rows(1, 2, 3, 4)]
    assert (sync(store, source).state, len(store.partners())) == ("done", 4)  # 2 of 10
    script.pages = [[]]
    assert (sync(store, source, yes=True).gone, store.partners()) == (8, [])


def test_a_source_that_comes_back_answers_its_question_itself(store, script):
    script.pages = [rows(1, 2, 3)]
    source = configured(store)
    sync(store, source)
    script.pages = []
    asked = sync(store, source)
    script.pages = [rows(1, 2, 3)]
    assert sync(store, source).state == "done"
    with store.reading() as session:
        assert runs.get(session, asked.id).state == "left"
    with pytest.raises(Conflict):
        go_through(store, source)


def test_what_is_kept_is_no_longer_asked_about(store, script):
    script.pages = [rows(1, 2)]
    source = configured(store)
    sync(store, source)
    script.pages = [rows(1)]
    assert sync(store, source).state == "asks"
    assert sync(store, source).state == "asks"
    assert keep(store, source).state == "kept"
    assert sync(store, source).state == "done"
    assert ids(store)[0] == ["lab-1", "lab-2"]
    assert list(given(store)) == ["lab-1", "text-1"]


def test_where_more_rows_are_refused_than_before_what_is_missing_is_asked_about(store, script):
    script.pages = [rows(*range(1, 11))]
    source = configured(store, shrink=0.5)
    sync(store, source)
    script.pages = [[*rows(*range(1, 10)), refused(10)]]
    assert (sync(store, source).state, len(store.partners())) == ("asks", 10)


def test_rows_that_the_source_says_are_gone_go_and_a_partial_run_takes_nothing_else(store, script):
    script.pages = [rows(1, 2, 3, 4, 5)]
    source = configured(store)
    sync(store, source)
    script.pages, script.partial = [[gone(2), gone(9), row(6, lab(6))]], True
    run = sync(store, source)
    assert (run.state, counts(run)) == ("done", (3, 1, 0, 0, 0, 2, 0))
    assert ids(store)[0] == ["lab-1", "lab-3", "lab-4", "lab-5", "lab-6"]
    script.pages = [[gone(1), gone(3)]]
    assert (sync(store, source).state, len(store.partners())) == ("asks", 5)
    script.pages = [rows(3)]  # it is back before anybody has answered
    sync(store, source)
    go_through(store, source)
    assert ids(store)[0] == ["lab-3", "lab-4", "lab-5", "lab-6"]


def test_a_record_that_two_rows_give_does_not_go_with_one_of_them(store, script):
    script.pages = [[row(1, lab(1), text(1)), row(2, lab(1), text(2, "lab-1"))]]
    source = configured(store, shrink=1.0)
    sync(store, source)
    script.pages, script.partial = [[gone(1)]], True
    sync(store, source)
    assert ids(store) == (["lab-1"], ["text-2"])


def moved(before, after):
    """A record's row has another key than before: the old one is gone, and the new one there, in either order."""
    return [[gone(before), row(after, lab(1))], [row(after, lab(1)), gone(before)]]


@pytest.mark.parametrize("order", [0, 1])
def test_a_record_whose_row_was_moved_goes_with_its_new_row_only(store, script, order):
    source = configured(store, shrink=1.0)
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    script.pages, script.partial = [moved(1, 2)[order]], True
    sync(store, source)
    assert given(store) == {"lab-1": "k2"}
    script.pages = [[gone(1)]]
    sync(store, source)
    assert ids(store)[0] == ["lab-1"]
    script.pages = [[gone(2)]]
    sync(store, source)
    assert ids(store)[0] == []


def test_a_row_that_goes_and_comes_back_in_one_page_shares_its_record_still(store, script):
    source = configured(store, shrink=1.0)
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    script.pages, script.partial = [[gone(1), row(1, lab(1)), row(2, lab(1))]], True
    sync(store, source)
    script.pages = [[gone(2)]]
    sync(store, source)
    assert ids(store)[0] == ["lab-1"]


def test_who_was_only_named_first_goes_with_the_row_that_tells_of_it(store, script):
    source = configured(store, shrink=1.0)
    script.pages = [[row(1, text(1, "lab-1", "lab-2"), mentions=(lab(1), lab(2)))]]
    sync(store, source)
    script.pages, script.partial = [[row(2, lab(2, "Laboratorio Dos"))]], True
    sync(store, source)
    assert given(store) == {"lab-1": "", "lab-2": "k2", "text-1": "k1"}
    script.pages = [[gone(2), row(1, text(1, "lab-1"))]]
    sync(store, source)
    assert ids(store) == (["lab-1"], ["text-1"])


@pytest.mark.parametrize("named", [(), (row(8, text(8, "lab-1"), mentions=(lab(1),)),)])
def test_what_two_rows_give_stays_with_either_also_where_it_is_named_between(store, script, named):
    source = configured(store, shrink=1.0)
    script.pages = [[row(1, lab(1)), row(2, lab(1)), row(9, text(9, "lab-1"))]]
    sync(store, source)
    script.pages, script.partial = [[*named, row(2, lab(1))]], True
    sync(store, source)
    script.pages = [[gone(2), gone(8), gone(9)]]
    sync(store, source)
    assert ids(store)[0] == ["lab-1"]


def test_what_another_source_gives_or_something_names_stays(store, script):
    with store.noting() as session:
        organisations.add(session, "ott", "OTT")
    script.pages = [[row(1, lab(1), text(1)), row(2, lab(2)), row(3, lab(3)), row(4, lab(4)), row(5, lab(5), text(5))]]
    source, other = configured(store, shrink=1.0), configured(store, "otra")
    sync(store, source)
    script.pages = [[row(1, lab(1)), row(2, text(20, "lab-2"))]]
    sync(store, other)
    with store.writing() as writer:
        writer.put(met(1, "lab-3"))
        day = writer.session.scalar(select(sources.SourceRow.created))
        writer.session.add(ShortlistRow(organisation="ott", evidence="text-5", partner="lab-1", added=day, version=1))
        writer.session.add(IntroductionRow(id="i", organisation="ott", supply="lab-4", demand="lab-4", stage="sent", created=day, version=1))  # fmt: skip
    script.pages = []
    run = sync(store, source)
    # lab-1: the other's; lab-2: the other's text names it; lab-3: an outcome; lab-4: an introduction;
    # text-5: a shortlist, and lab-5 because text-5 stays. Only text-1 goes.
    assert ids(store) == (["lab-1", "lab-2", "lab-3", "lab-4", "lab-5"], ["text-20", "text-5"])
    assert (run.gone, run.kept) == (1, 5)
    assert given(store) == {}


def test_removing_a_source_s_records_goes_through_all_of_them(store, script, monkeypatch):
    monkeypatch.setattr(page_writing, "SWEPT", 3)  # more rounds than one
    script.pages = [[*rows(1, 2, 3), row(4, met(1, "lab-1"))]]
    source = configured(store)
    sync(store, source)
    assert page_writing.remove_given(store, source.name).gone == 7
    assert (ids(store), store.outcomes(), given(store)) == (([], []), [], {})
