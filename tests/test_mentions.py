"""Partners that a source only names: written where they are not there, and never changed but by a first contact."""

from script_source import (
    configured,
    counts,
    edit,
    ids,
    lab,
    row,
    text,
)

from matcher.dry_run import difference
from matcher.records import Partner
from matcher.store import organisations
from matcher.syncing import sync


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


def mail(n: int, who: str) -> dict[str, object]:
    """A row of somebody who answers for a lab, which the source only names by it."""
    return {"mentions": (lab(n, f"Lab. {n}", city="Otra", contact=f"{who}@lab.example"),)}


def contact(store, n: int = 1) -> str | None:
    return store.get(Partner, f"lab-{n}").record.contact


def test_a_unit_of_the_source_gets_the_first_contact_that_its_people_tell(store, script):
    unit, ana, eva = row(1, lab(1)), row(2, **mail(1, "mesa")), row(3, **mail(1, "otra"))
    source = configured(store)
    script.pages = [[unit], [ana, eva]]
    assert counts(sync(store, source)) == (3, 1, 1, 0, 0, 0, 0)
    assert store.get(Partner, "lab-1").record == lab(1, contact="mesa@lab.example")
    assert counts(sync(store, source)) == (3, 0, 0, 1, 0, 0, 0)
    script.pages = [[ana, eva, unit]]  # in one page, and before the unit itself
    assert counts(sync(store, source)) == (3, 0, 0, 1, 0, 0, 0)
    script.pages = [[eva, unit]]
    sync(store, source)
    assert contact(store) == "mesa@lab.example"


def test_a_contact_told_later_reaches_a_unit_that_is_there_already(store, script):
    source = configured(store)
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    script.pages, script.partial = [[row(2, **mail(1, "mesa"))]], True
    assert counts(sync(store, source)) == (1, 0, 1, 0, 0, 0, 0)
    assert contact(store) == "mesa@lab.example"


def test_a_contact_that_somebody_gave_or_took_away_stays_as_it_is(store, script):
    source = configured(store)
    script.pages = [[row(1, lab(1)), row(2, lab(2)), row(3, **mail(1, "mesa")), row(4, **mail(2, "mesa"))]]
    sync(store, source)
    edit(store, Partner, "lab-1", contact=None)
    edit(store, Partner, "lab-2", contact="oficina@uni.example")
    sync(store, source)
    assert (contact(store, 1), contact(store, 2)) == (None, "oficina@uni.example")


def test_partners_given_elsewhere_get_no_contact_by_being_named(store, script):
    with store.noting() as session:
        organisations.add(session, "una", "Universidad")
        organisations.add(session, "otra", "Otra")
    with store.writing() as writer:
        writer.put(lab(1, "A mano"))
        writer.put(lab(3, owner="otra"))
    script.pages = [[row(2, lab(2))]]
    sync(store, configured(store, "registro"))
    named = [row(n + 10, **mail(n, "mesa")) for n in (1, 2, 3)]
    script.pages = [[row(2, lab(2)), row(3, lab(3)), *named]]
    sync(store, configured(store, owner="una"))
    assert [contact(store, n) for n in (1, 2, 3)] == [None, None, None]


def test_who_withdrew_is_given_no_contact(store, script):
    source = configured(store)
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    edit(store, Partner, "lab-1", consent=False)
    script.pages = [[row(1, lab(1)), row(2, **mail(1, "mesa"))]]
    sync(store, source)
    assert contact(store) is None


def test_a_dry_run_tells_of_a_contact(store, script):
    source = configured(store)
    script.pages = [[row(1, lab(1))]]
    sync(store, source)
    script.pages = [[row(1, lab(1)), row(2, **mail(1, "mesa"))]]
    found = difference(store, source)
    assert (found.tally.changed, found.examples["changed"]) == (1, ["Laboratorio 1"])
