"""Runs of sources: complete, once each, cut off anywhere."""

from dataclasses import replace

import pytest
from script_source import (
    Script,
    configured,
    counts,
    edit,
    given,
    ids,
    lab,
    put_format,
    refused,
    row,
    rows,
    skipped,
    text,
)

from matcher import page_writing
from matcher.errors import BadInput, Busy
from matcher.importing import import_files
from matcher.records import Partner
from matcher.store import organisations, runs
from matcher.store.run_lock import alone
from matcher.syncing import sync


def test_every_element_is_accounted_for(store, script):
    script.pages = [
        [*rows(1, 2), refused(3)],
        [skipped(4, "funding"), skipped(5, "funding"), skipped(6, "event")],
        rows(7),
    ]
    run = sync(store, configured(store))
    # 7 elements: three rows of a lab and a text each, one refused, three that hold nothing
    assert counts(run) == (7, 6, 0, 0, 0, 0, 1)
    assert dict(run.skipped) == {"funding": 2, "event": 1}
    assert (run.state, run.missing, [r.row for r in run.refusals]) == ("done", 0, [3])
    assert ids(store) == (["lab-1", "lab-2", "lab-7"], ["text-1", "text-2", "text-7"])
    assert given(store)["lab-1"] == "k1"


def test_the_same_again_changes_nothing_not_even_a_version(store, script):
    script.pages = [rows(1, 2), rows(3)]
    source = configured(store)
    sync(store, source)
    before = {id_: store.get(Partner, id_).version for id_ in ids(store)[0]}
    assert counts(sync(store, source)) == (3, 0, 0, 6, 0, 0, 0)
    assert {id_: store.get(Partner, id_).version for id_ in ids(store)[0]} == before


def test_what_changed_at_the_source_is_changed(store, script):
    script.pages = [rows(1, 2)]
    source = configured(store)
    sync(store, source)
    script.pages = [[row(1, lab(1, "Laboratorio de lanas", city="Puno"), text(1)), row(2, lab(2), text(2))]]
    assert counts(sync(store, source)) == (2, 0, 1, 3, 0, 0, 0)
    assert store.get(Partner, "lab-1").record == lab(1, "Laboratorio de lanas", city="Puno")


def test_the_next_run_asks_for_what_changed_since_the_last_began(store, script):
    script.pages = [rows(1)]
    source = configured(store)
    first = sync(store, source)
    sync(store, source)
    sync(store, source, whole=True)
    assert [asked.since for asked in script.asked] == [None, first.at, None]
    assert script.asked[0].url == "https://repo.example/oai"


def test_of_one_id_in_one_run_the_first_stands_and_more_fill_what_is_empty(store, script):
    script.pages = [
        [row(1, lab(1, "Uno")), row(2, lab(1, "Otro", city="Puno"))],
        [row(3, lab(1, "Tercero", country="PE"))],
    ]
    source = configured(store)
    assert counts(sync(store, source)) == (3, 1, 2, 0, 0, 0, 0)
    assert store.get(Partner, "lab-1").record == lab(1, "Uno", city="Puno", country="PE")
    assert counts(sync(store, source)) == (3, 0, 0, 3, 0, 0, 0)


def test_records_belong_to_the_source_s_organisation_and_never_to_another_s(store, script):
    with store.noting() as session:
        organisations.add(session, "una", "Universidad")
        organisations.add(session, "otra", "Otra")
    with store.writing() as writer:
        writer.put(lab(2, "De otra", owner="otra"))
    script.pages = [[row(1, lab(1), mentions=(lab(3),)), row(2, lab(2, city="Puno"))]]
    run = sync(store, configured(store, owner="una"))
    assert counts(run) == (2, 2, 0, 1, 1, 0, 0)
    assert [(p.id, p.owner) for p in store.partners()] == [("lab-1", "una"), ("lab-2", "otra"), ("lab-3", "una")]
    assert store.get(Partner, "lab-2").record == lab(2, "De otra", owner="otra")


def test_a_run_that_was_cut_off_goes_on_behind_its_last_page(store, script):
    script.pages, script.fails = [rows(1, 2), rows(3, 4), rows(5, 6), rows(7)], 2
    source = configured(store)
    with pytest.raises(BadInput, match="page 2 is broken"):
        sync(store, source)
    with store.reading() as session:
        (failed,) = runs.of_source(session, "repo")
    assert (failed.state, str(failed.error), failed.read) == ("failed", "page 2 is broken", 4)
    script.fails = None
    run = sync(store, source)
    assert (run.id, run.state, run.error) == (failed.id, "done", None)
    assert counts(run) == (7, 14, 0, 0, 0, 0, 0)
    assert script.asked[1].after == {"page": 1}
    assert ids(store)[0] == [f"lab-{n}" for n in range(1, 8)]


def test_what_was_read_before_the_cut_is_not_taken_for_missing(store, script):
    script.pages = [rows(1, 2), rows(3, 4)]
    source = configured(store, shrink=0.0)
    sync(store, source)
    script.fails = 1
    with pytest.raises(BadInput):
        sync(store, source)
    script.fails = None
    assert counts(sync(store, source)) == (4, 0, 0, 8, 0, 0, 0)
    assert ids(store)[0] == ["lab-1", "lab-2", "lab-3", "lab-4"]


def test_a_run_that_was_killed_while_it_deleted_ends_deleting(store, script, monkeypatch):
    script.pages = [rows(1, 2, 3)]
    source = configured(store, shrink=1.0)
    sync(store, source)
    script.pages = [rows(1)]

    def killed(*_: object, **__: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("matcher.syncing.sweep", killed)
    with pytest.raises(KeyboardInterrupt):
        sync(store, source)
    monkeypatch.undo()
    put_format(monkeypatch, script)
    asked = len(script.asked)
    run = sync(store, source)
    assert (run.state, run.gone, len(script.asked)) == ("done", 4, asked)
    assert ids(store)[0] == ["lab-1"]


def test_another_definition_begins_anew(store, script):
    script.pages, script.fails = [rows(1), rows(2)], 1
    source = configured(store)
    with pytest.raises(BadInput):
        sync(store, source)
    script.fails = None
    run = sync(store, replace(source, options={"people": "partners"}))
    assert [asked.after for asked in script.asked] == [None, None]
    assert counts(run) == (2, 2, 0, 2, 0, 0, 0)
    with store.reading() as session:
        assert [each.state for each in runs.of_source(session, "repo")] == ["done", "left"]


def test_one_run_at_a_time(store, script):
    source = configured(store)
    with alone(store, "repo"):
        with alone(store, "another"):
            pass
        with pytest.raises(Busy, match="'repo' is being read by another run"):
            sync(store, source)
    assert sync(store, source).state == "done"


def test_two_that_go_on_with_one_run_do_not_both_write(store, script):
    script.pages = [rows(1)]
    run = sync(store, configured(store))
    page = next(Script([rows(2)]).read(script.asked[0]))
    giver = page_writing.Giver("repo", 1)
    with pytest.raises(Busy):
        page_writing.write_page(store, page, giver, run.id, expected=0, cursor=None)
    assert store.get(Partner, "lab-2") is None


def test_a_record_that_cannot_be_written_is_refused_and_the_rest_of_its_row_is_not(store, script):
    script.pages = [[row(1, lab(1), text(1, "nobody")), row(2, lab(2, "x\0y")), row(3, lab(3))]]
    run = sync(store, configured(store))
    assert counts(run) == (3, 2, 0, 0, 0, 0, 2)
    assert [(r.row, r.message.split(" ")[1]) for r in run.refusals] == [(1, "names"), (2, "{field}")]


def test_an_import_by_hand_means_what_it_says_and_deletes_nothing(store, script, tmp_path):
    (tmp_path / "x").touch()
    script.pages = [rows(1, 2)]
    import_files(store, "script", [tmp_path / "x"])
    edit(store, Partner, "lab-1", name="A mano")
    script.pages = [rows(1)]
    done = import_files(store, "script", [tmp_path / "x"])
    assert (done.read, done.added, done.changed, done.unchanged, done.kept, done.gone) == (1, 0, 1, 1, 0, 0)
    assert [(p.id, p.name) for p in store.partners()] == [("lab-1", "Laboratorio 1"), ("lab-2", "Laboratorio 2")]


def test_what_an_import_has_written_before_it_fails_stays_and_is_on_record(store, script, tmp_path):
    (tmp_path / "x").touch()
    script.pages, script.fails = [rows(1), rows(2)], 1
    with pytest.raises(BadInput, match="page 1 is broken"):
        import_files(store, "script", [tmp_path / "x"])
    assert ids(store)[0] == ["lab-1"]
    with store.reading() as session:
        (run,) = runs.of_source(session, "script")
    assert (run.state, run.added, str(run.error)) == ("failed", 2, "page 1 is broken")
    script.fails = None
    assert import_files(store, "script", [tmp_path / "x"]).unchanged == 2
