"""What people did stays, whatever a source says."""

from conftest import FakeEncoder
from script_source import (
    configured,
    counts,
    delete,
    edit,
    ids,
    lab,
    met,
    row,
    rows,
    text,
)
from sqlalchemy import select

from matcher import erasure
from matcher.access import EVERYTHING
from matcher.importing import import_files
from matcher.records import Evidence, Partner
from matcher.store.tables import ErasedRow, SourceRecordRow
from matcher.syncing import sync


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
