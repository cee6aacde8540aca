"""Runs of sources: complete, once each, cut off anywhere; what people did stays; who shrinks asks."""

from dataclasses import replace

import pytest
from conftest import FakeEncoder
from script_source import (
    Script,
    configured,
    gone,
    lab,
    met,
    put_format,
    refused,
    row,
    rows,
    skipped,
    text,
)
from sqlalchemy import select

from matcher import erasure, page_writing
from matcher.access import EVERYTHING
from matcher.dry_run import difference
from matcher.editing import Change, Editor
from matcher.errors import BadInput, Busy, Conflict, NotFound
from matcher.importing import import_files
from matcher.records import Evidence, Outcome, Partner
from matcher.store import organisations, runs, source_records, sources
from matcher.store.import_runs import Run
from matcher.store.run_lock import alone
from matcher.store.runs import State
from matcher.store.source_records import KINDS
from matcher.store.tables import ErasedRow, IntroductionRow, ShortlistRow, SourceRecordRow
from matcher.syncing import go_through, keep, sync


@pytest.fixture
def script(monkeypatch):
    found = Script()
    put_format(monkeypatch, found)
    return found


def counts(run: Run) -> tuple[int, ...]:
    """Read, added, changed, unchanged, kept, gone, refused."""
    return tuple(runs.told(run).values())


def ids(store):
    return [p.id for p in store.partners()], [e.id for e in store.evidence()]


def edit(store, type_, id_, **values):
    with store.writing() as writer:
        Editor(writer, EVERYTHING).apply(Change(type_, id_, values))


def delete(store, kind, id_):
    with store.writing() as writer:
        Editor(writer, EVERYTHING).apply(Change(kind, id_, delete=True))


def given(store, source="repo"):
    with store.reading() as session:
        wanted = select(SourceRecordRow).where(SourceRecordRow.source == source)
        return {r.record: r.key for r in session.scalars(wanted.order_by(SourceRecordRow.record))}


# --- from beginning to end


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


# --- cut off


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


# --- gone, shrunk


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


# --- what people did


def test_what_somebody_edited_stays_and_the_rest_follows_the_source(store, script):
    script.pages = [[row(1, lab(1, city="Puno"), text(1))]]
    source = configured(store)
    sync(store, source)
    edit(store, Partner, "lab-1", name="Laboratorio de Lanas y Fibras", contact="mesa@lab.example")
    assert counts(sync(store, source)) == (1, 0, 0, 2, 1, 0, 0)
    script.pages = [[row(1, lab(1, "LABORATORIO UNO", city="Juliaca"), text(1))]]
    assert counts(sync(store, source)) == (1, 0, 1, 1, 1, 0, 0)
    found = store.get(Partner, "lab-1").record
    assert (found.name, found.city, found.contact) == ("Laboratorio de Lanas y Fibras", "Juliaca", "mesa@lab.example")


def test_what_somebody_emptied_stays_empty(store, script):
    script.pages = [[row(1, lab(1, city="Puno"))]]
    source = configured(store)
    sync(store, source)
    edit(store, Partner, "lab-1", city=None)
    script.pages = [[row(1, lab(1, city="Juliaca", country="PE"))]]
    assert counts(sync(store, source)) == (1, 0, 1, 0, 1, 0, 0)
    found = store.get(Partner, "lab-1").record
    assert (found.city, found.country) == (None, "PE")


def test_what_somebody_wrote_before_the_source_knew_it_is_only_filled(store, script):
    edit(store, Partner, "lab-1", side=lab(1).side, name="A mano", kind="group")
    with store.writing() as writer:
        writer.put(lab(2, "De antes"))  # by an import of an earlier version, of which nothing is noted
    script.pages = [[row(1, lab(1, city="Puno")), row(2, lab(2))]]
    source = configured(store)
    assert counts(sync(store, source)) == (2, 0, 2, 0, 1, 0, 0)
    assert [(p.name, p.kind, p.city) for p in store.partners()] == [
        ("A mano", "group", "Puno"),
        ("Laboratorio 2", "laboratory", None),
    ]


def test_two_sources_of_one_record_do_not_take_turns(store, script):
    one, two = configured(store), configured(store, "otra")
    script.pages = [[row(1, lab(1, "Uno"))]]
    sync(store, one)
    script.pages = [[row(1, lab(1, "Dos"))]]
    assert counts(sync(store, two))[1:4] == (0, 1, 0)
    for source, name in ((one, "Uno"), (two, "Dos"), (one, "Uno")):
        script.pages = [[row(1, lab(1, name))]]
        assert counts(sync(store, source))[1:4] == (0, 0, 1)
    assert store.get(Partner, "lab-1").record.name == "Dos"
    script.pages = [[row(1, lab(1, "Uno y medio"))]]  # news
    sync(store, one)
    assert store.get(Partner, "lab-1").record.name == "Uno y medio"


def test_what_somebody_deleted_does_not_come_back_until_it_is_imported_by_hand(store, script, tmp_path):
    script.pages = [[*rows(1), row(2, lab(2), text(2, "lab-1", "lab-2")), row(3, text(3, "lab-1"))]]
    source = configured(store)
    sync(store, source)
    delete(store, Partner, "lab-1")
    # lab-1, text-1 and text-3 stay away; text-2 is of lab-2 alone now
    assert counts(sync(store, source)) == (3, 0, 0, 2, 3, 0, 0)
    script.pages[0].append(row(4, text(4, "lab-1"), mentions=(lab(1),)))
    assert sync(store, source).kept == 4
    assert ids(store) == (["lab-2"], ["text-2"])
    (tmp_path / "x").touch()
    import_files(store, "script", [tmp_path / "x"])
    assert ids(store)[0] == ["lab-1", "lab-2"]


def test_what_was_erased_comes_back_by_no_source_and_no_import(store, script, tmp_path):
    script.pages = [[*rows(1), row(2, lab(2), text(2, "lab-1", "lab-2"), met(1, "lab-1")), row(3, met(2, "lab-2"))]]
    source = configured(store)
    sync(store, source)
    erasure.erase(store, "lab-1", tmp_path / "home", FakeEncoder(), EVERYTHING)
    (tmp_path / "x").touch()
    for _ in range(2):
        script.pages[0].append(row(5, text(50, "lab-1"), mentions=(lab(1),)))
        sync(store, source)
        import_files(store, "script", [tmp_path / "x"])
        assert ids(store) == (["lab-2"], ["text-2"])
        assert store.get(Evidence, "text-2").record.partners == ("lab-2",)
        assert [o.id for o in store.outcomes()] == ["met-2"]
    with store.reading() as session:
        assert "lab-1" not in str([(r.hash, r.salt) for r in session.scalars(select(ErasedRow))])
        assert session.get(SourceRecordRow, ("partner", "lab-1", "repo")) is None


def test_who_withdrew_stays_withdrawn_whatever_the_source_says(store, script):
    script.pages = [[row(1, lab(1)), row(2, lab(2))]]
    source = configured(store, shrink=1.0)
    sync(store, source)
    edit(store, Partner, "lab-1", consent=False)
    script.pages = [[row(1, lab(1, city="Puno", consent=True)), row(2, lab(2))]]
    sync(store, source)
    found = store.get(Partner, "lab-1").record
    assert (found.consent, found.city) == (False, "Puno")
    script.pages = []
    sync(store, source)  # it goes from the source, and is back the next day
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    assert [(p.id, p.consent) for p in store.partners()] == [("lab-1", False)]


def test_what_somebody_wrote_by_hand_is_not_deleted_with_its_source(store, script):
    script.pages = [rows(1, 2)]
    source = configured(store, shrink=1.0)
    sync(store, source)
    edit(store, Partner, "lab-1", contact="mesa@lab.example")
    script.pages = []
    run = sync(store, source)
    assert (run.gone, run.kept, ids(store)) == (3, 1, (["lab-1"], []))


# --- mentions


def test_what_a_record_says_counts_though_it_was_named_before(store, script):
    source = configured(store)
    named = row(1, text(1, "lab-1"), mentions=(lab(1, "LAB. UNO"),))
    for city in ("Cusco", "Puno"):
        script.pages = [[named], [row(2, lab(1, "Laboratorio Uno", city=city))], [named]]
        run = sync(store, source)
        assert (run.state, run.kept) == ("done", 0)
        found = store.get(Partner, "lab-1").record
        assert (found.name, found.city) == ("Laboratorio Uno", city)
    again = sync(store, source)
    assert (again.added, again.changed, again.kept, again.gone) == (0, 0, 0, 0)


def test_a_partner_that_is_only_named_is_written_once_and_never_changed(store, script):
    with store.writing() as writer:
        writer.put(lab(1, "Conocido"))
    script.pages = [
        [row(1, text(1, "lab-1", "lab-2"), mentions=(lab(1, "X"), lab(2, "Nuevo")))],
        [row(2, text(2, "lab-2"), mentions=(lab(2, "Y"),))],
    ]
    run = sync(store, configured(store))
    assert counts(run) == (2, 3, 0, 0, 0, 0, 0)
    assert [(p.id, p.name) for p in store.partners()] == [("lab-1", "Conocido"), ("lab-2", "Nuevo")]


def test_whoever_knows_a_named_partner_better_may_say_so(store, script):
    script.pages = [[row(1, text(1, "lab-1"), mentions=(lab(1, "INST. UNO"),))]]
    sync(store, configured(store))
    script.pages = [[row(1, lab(1, "Instituto Uno", city="Puno"))]]
    sync(store, configured(store, "registro"))
    assert store.get(Partner, "lab-1").record == lab(1, "Instituto Uno", city="Puno")


def test_a_named_partner_goes_when_nothing_of_the_source_names_it_any_more(store, script):
    script.pages = [[row(1, text(1, "lab-1"), mentions=(lab(1),)), row(2, text(2, "lab-2"), mentions=(lab(2),))]]
    source = configured(store, shrink=1.0)
    sync(store, source)
    script.pages = [script.pages[0][:1]]
    assert sync(store, source).gone == 2
    assert ids(store) == (["lab-1"], ["text-1"])


# --- refusals of the store, imports


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


# --- dry run


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


# --- configuration


@pytest.mark.parametrize(
    ("name", "format_", "where", "options", "message"),
    [
        ("Repo", "script", ["https://x.example"], {}, "small letters"),
        ("table", "script", ["https://x.example"], {}, "no format's name"),
        ("repo", "escrito", ["x.csv"], {}, "unknown format"),
        ("repo", "script", [], {}, "give an address"),
        ("repo", "script", ["https://x.example", "y.xml"], {}, "not both"),
        ("repo", "table", ["https://x.example"], {}, "read from files only"),
        ("repo", "script", ["https://ana:secreta@x.example"], {}, "no name and password"),
        ("repo", "script", ["x"], {"gente": "1"}, "no option 'gente'"),
    ],
)
def test_a_source_that_cannot_be_read_is_not_configured(script, name, format_, where, options, message):
    with pytest.raises(BadInput, match=message):
        sources.described(name, format_, where, options, None, 0.2)


def test_sources_are_kept_by_name(store, script):
    made = sources.described("repo", "script", ["datos.xml"], {"people": "partners"}, None, 0.1)
    assert made.files[0].endswith("/datos.xml")
    with store.noting() as session:
        sources.add(session, made)
        with pytest.raises(Conflict):
            sources.add(session, made)
        assert [replace(each, created=None) for each in sources.everyone(session)] == [made]
        sources.remove(session, "repo")
        with pytest.raises(NotFound, match="no source is called 'repo'"):
            sources.get(session, "repo")


def test_every_kind_of_record_has_its_name():
    assert set(KINDS.values()) == {Partner, Evidence, Outcome}
    assert source_records.digest("x") != source_records.digest(("x",))
    assert State("asks") is State.ASKS
