"""An office's desk in the database: shortlists, introductions with their outcomes, on both engines."""

import datetime as dt
import math
from dataclasses import replace

import pytest
from conftest import EVIDENCE, PARTNERS, FakeEncoder
from sqlalchemy import select

from matcher.access import Caller, Role
from matcher.engine import Engine
from matcher.errors import BadInput, BadQuery, Conflict, Denied, NotFound
from matcher.index.snapshot import Snapshot
from matcher.introductions import Standing
from matcher.records import Evidence, Outcome, Partner, Query, Side, Stage
from matcher.store import introductions, shortlists
from matcher.store.offices import at_desk
from matcher.store.tables import AuditRow, OrganisationRow
from matcher.weights import Weights

CUSCO = Caller(Role.OFFICER, "cusco", frozenset({"cusco"}), "key-cusco")
TACNA = Caller(Role.OFFICER, "tacna", frozenset({"tacna"}), "key-tacna")
ADMIN = Caller(Role.ADMIN, key="key-admin")


@pytest.fixture
def offices(filled):
    with filled.writing() as writer:
        writer.session.add_all([OrganisationRow(id=id_, name=id_.title(), office=None) for id_ in ("cusco", "tacna")])
    return filled


def propose(store, caller=CUSCO, supply="unjbg", demand="taller", **more):
    with store.writing() as writer:
        return introductions.propose(writer, caller, supply, demand, **more)


def step(store, id_, to, caller=CUSCO, **more):
    with store.writing() as writer:
        return introductions.step(writer, caller, id_, Standing(to), **more)


def outcome(store, id_):
    found = store.get(Outcome, f"intro-{id_}")
    return found and found.record


# Whose desk


def test_whose_desk_it_is(offices):
    assert at_desk(offices, CUSCO) == CUSCO
    assert at_desk(offices, CUSCO, "cusco") == CUSCO
    assert at_desk(offices, ADMIN, "tacna") == replace(ADMIN, organisation="tacna")
    with pytest.raises(Denied):
        at_desk(offices, CUSCO, "tacna")
    with pytest.raises(BadQuery, match="say whose desk is meant"):
        at_desk(offices, ADMIN)
    with pytest.raises(NotFound, match="no organisation has the id 'nadie'"):
        at_desk(offices, ADMIN, "nadie")
    with pytest.raises(NotFound):  # with keys there is no `local` unless somebody makes it
        at_desk(offices, ADMIN, "local")


def test_an_installation_open_for_trying_has_one_desk(store):
    for _ in range(2):
        assert at_desk(store, Caller(Role.ADMIN)) == Caller(Role.ADMIN, "local")
    with store.reading() as session:
        assert list(session.scalars(select(OrganisationRow.id))) == ["local"]


# Shortlists


def test_a_shortlist_is_kept_changed_and_emptied(offices):
    with offices.writing() as writer:
        first, new = shortlists.put(writer, CUSCO, "taller-1", "unsaac", "Preguntar por el laboratorio")
    assert new
    assert (first.about, first.partner_name) == (
        "Se corren los colores de mis chompas de alpaca al lavado.",
        "Facultad textil, Cusco",
    )
    assert (first.note, first.key) == ("Preguntar por el laboratorio", "key-cusco")
    with offices.writing() as writer:
        second, new = shortlists.put(writer, CUSCO, "taller-1", "unsaac", None, expected=frozenset({first.version}))
    assert not new
    assert second == replace(first, note=None, version=offices.version())
    with pytest.raises(Conflict, match="was changed meanwhile"), offices.writing() as writer:
        shortlists.put(writer, CUSCO, "taller-1", "unsaac", "tarde", expected=frozenset({first.version}))
    with pytest.raises(Conflict), offices.writing() as writer:
        shortlists.remove(writer, CUSCO, "taller-1", "unsaac", expected=frozenset({first.version}))
    with offices.writing() as writer:
        shortlists.remove(writer, CUSCO, "taller-1", "unsaac", expected=frozenset({second.version}))
    with pytest.raises(NotFound, match="'unsaac' is not on the shortlist of 'taller-1'"), offices.reading() as session:
        shortlists.entry(session, "cusco", "taller-1", "unsaac")
    with offices.reading() as session:
        log = [(a.action, a.kind, a.record, a.key) for a in session.scalars(select(AuditRow).order_by(AuditRow.id))]
    assert log == [(action, "shortlist", "taller-1 unsaac", "key-cusco") for action in ("create", "change", "delete")]


def test_a_shortlist_holds_partners_of_the_other_side_that_may_be_seen(offices):
    with offices.writing() as writer:
        writer.upsert([Partner("mudo", Side.SUPPLY, "Mudo", "group", consent=False)])
    for partner, error in (("oregano", Conflict), ("nadie", NotFound), ("mudo", NotFound)):
        with pytest.raises(error), offices.writing() as writer:
            shortlists.put(writer, CUSCO, "taller-1", partner, None)
    with pytest.raises(NotFound), offices.writing() as writer:
        shortlists.put(writer, CUSCO, "nada", "unsaac", None)
    with offices.reading() as session:
        assert shortlists.entries(session, "cusco", limit=10).items == ()


def test_shortlists_come_a_page_at_a_time_each_entry_once(offices):
    pairs = [("oregano-1", "unjbg"), ("oregano-1", "unsaac"), ("taller-1", "lejos"), ("taller-1", "pucp"), ("taller-1", "unsaac")]  # fmt: skip
    with offices.writing() as writer:
        for evidence, partner in reversed(pairs):
            shortlists.put(writer, CUSCO, evidence, partner, None)
    found, cursor = [], None
    with offices.reading() as session:
        while True:
            page = shortlists.entries(session, "cusco", cursor=cursor, limit=2)
            found.append([(e.evidence, e.partner) for e in page.items])
            cursor = page.next
            if cursor is None:
                break
        only = shortlists.entries(session, "cusco", evidence="taller-1", limit=9).items
        of = shortlists.entries(session, "cusco", partner="unsaac", limit=9).items
        with pytest.raises(BadQuery, match="cursor: not one of this list"):
            shortlists.entries(session, "cusco", cursor="nada", limit=2)
    assert found == [pairs[:2], pairs[2:4], pairs[4:]]
    assert [e.partner for e in only] == ["lejos", "pucp", "unsaac"]
    assert [e.evidence for e in of] == ["oregano-1", "taller-1"]


# Introductions


def test_an_introduction_and_its_outcome_go_through_all_stages(offices):
    made = propose(offices, evidence="taller-1", note="Llamar el lunes")
    assert (made.stage, made.supply_name, made.demand_name) == (
        Standing.PROPOSED,
        "Facultad agraria, Tacna",
        "Taller de chompas, Chinchero",
    )
    assert outcome(offices, made.id) is None
    days = {stage: dt.date(2026, 1, day) for day, stage in enumerate(("sent", "met", "agreed", "project"), start=1)}
    stages = {"sent": Stage.INTRODUCED, "met": Stage.MET, "agreed": Stage.AGREED, "project": Stage.PROJECT}
    for to, day in days.items():
        found = step(offices, made.id, to, date=day, note=f"nota {to}")
        # Place of the workshop, sector of its need.
        assert outcome(offices, made.id) == Outcome(
            f"intro-{made.id}", "unjbg", stages[to], "taller", day, "PE", "PE-CUS", ("C14",), owner="cusco"
        )
    assert [(s.before, s.after, s.note, s.date, s.key) for s in found.history[1:]] == [
        (before, to, f"nota {to}", days[to], "key-cusco")
        for before, to in zip(["proposed", "sent", "met", "agreed"], days, strict=True)
    ]
    assert (found.history[0].before, found.history[0].after) == (None, "proposed")
    assert len([o for o in offices.outcomes() if o.id.startswith("intro-")]) == 1


def test_a_correction_takes_the_outcome_back_to_what_had_happened(offices):
    made = propose(offices)
    step(offices, made.id, "sent", date=dt.date(2026, 1, 1))
    step(offices, made.id, "met", date=dt.date(2026, 2, 2))
    before = offices.version()
    back = step(offices, made.id, "sent", reason="No se reunieron")
    assert (back.history[-1].before, back.history[-1].after, back.history[-1].reason) == (
        "met",
        "sent",
        "No se reunieron",
    )
    assert (outcome(offices, made.id).stage, outcome(offices, made.id).date) == (
        Stage.INTRODUCED,
        dt.date(2026, 1, 1),
    )
    step(offices, made.id, "proposed", reason="No se envió")
    assert outcome(offices, made.id) is None
    assert offices.changes(before).gone == {(Outcome, f"intro-{made.id}")}
    step(offices, made.id, "sent", date=dt.date(2026, 3, 3))
    assert outcome(offices, made.id).date == dt.date(2026, 3, 3)
    assert offices.changes(before).gone == frozenset()


def test_a_declined_one_goes_back_only_to_where_it_stood(offices):
    made = propose(offices)
    step(offices, made.id, "sent")
    declined = step(offices, made.id, "declined", reason="Sin presupuesto", date=dt.date(2026, 2, 1))
    assert (declined.stage, outcome(offices, made.id).stage) == (Standing.DECLINED, Stage.DECLINED)
    with pytest.raises(Conflict, match="from there it can become: sent"):
        step(offices, made.id, "met", reason="x")
    assert step(offices, made.id, "sent", reason="Se anotó en otra").stage is Standing.SENT
    assert outcome(offices, made.id).stage is Stage.INTRODUCED


def test_a_step_that_is_refused_leaves_nothing(offices):
    made = propose(offices)
    before = offices.version()
    with pytest.raises(Conflict):
        step(offices, made.id, "project")
    with pytest.raises(BadInput, match="give the reason why"):
        step(offices, made.id, "declined")
    with pytest.raises(BadInput, match="lies in the future"):
        step(offices, made.id, "sent", date=dt.date(2999, 1, 1))
    with pytest.raises(Conflict, match=f"it is at {made.version}, not at 1"):
        step(offices, made.id, "sent", expected=frozenset({1}))
    assert offices.version() == before
    with offices.reading() as session:
        assert introductions.introduction(session, "cusco", made.id) == made
    assert step(offices, made.id, "sent", expected=frozenset({made.version})).version == before + 1


def test_what_cannot_be_proposed(offices):
    with pytest.raises(NotFound):
        propose(offices, supply="nadie")
    with pytest.raises(BadInput, match="'taller' is not a partner of the side supply"):
        propose(offices, supply="taller", demand="unsaac")
    with pytest.raises(BadInput, match="'oregano-1' speaks of neither 'unjbg' nor 'taller'"):
        propose(offices, evidence="oregano-1")
    first = propose(offices, evidence="taller-1")
    with pytest.raises(Conflict, match=f"see introduction {first.id}"):
        propose(offices, evidence="taller-1")
    other = propose(offices, evidence="unjbg-1")  # about something else
    assert propose(offices, TACNA, evidence="taller-1").id != first.id  # each office its own
    step(offices, first.id, "declined", reason="no")
    assert propose(offices, evidence="taller-1").id not in (first.id, other.id)


def test_introductions_are_listed_with_filters_the_newest_first(offices):
    a = propose(offices, supply="unjbg", demand="oregano", evidence="oregano-1")
    b = propose(offices, supply="unsaac", demand="taller", evidence="taller-1")
    c = propose(offices, supply="pucp", demand="taller")
    step(offices, b.id, "sent")

    def ids(**filters):
        with offices.reading() as session:
            return [i.id for i in introductions.introductions(session, "cusco", limit=10, **filters).items]

    assert ids() == [c.id, b.id, a.id]
    assert ids(stage=Standing.PROPOSED) == [c.id, a.id]
    assert ids(partner="taller") == [c.id, b.id]
    assert ids(partner="unjbg") == [a.id]
    assert ids(evidence="taller-1") == [b.id]
    with offices.reading() as session:
        first = introductions.introductions(session, "cusco", limit=2)
        rest = introductions.introductions(session, "cusco", limit=2, cursor=first.next)
    assert [i.id for i in (*first.items, *rest.items)] == [c.id, b.id, a.id]
    assert rest.next is None


def test_two_offices_do_not_see_each_others_desks(offices):
    made = propose(offices, TACNA)
    with offices.writing() as writer:
        shortlists.put(writer, TACNA, "taller-1", "unsaac", "secreto")
    with offices.reading() as session:
        assert introductions.introductions(session, "cusco", limit=10).items == ()
        assert shortlists.entries(session, "cusco", limit=10).items == ()
        with pytest.raises(NotFound):
            introductions.introduction(session, "cusco", made.id)
        with pytest.raises(NotFound):
            shortlists.entry(session, "cusco", "taller-1", "unsaac")
    with pytest.raises(NotFound):
        step(offices, made.id, "sent")
    with pytest.raises(NotFound), offices.writing() as writer:
        shortlists.remove(writer, CUSCO, "taller-1", "unsaac")


def test_with_a_partner_go_its_introductions_and_entries(offices):
    made = propose(offices, evidence="taller-1")
    step(offices, made.id, "sent")
    with offices.writing() as writer:
        shortlists.put(writer, CUSCO, "taller-1", "unjbg", None)
    with offices.writing() as writer:
        writer.delete(Partner, "unjbg")
    with offices.reading() as session:
        assert introductions.introductions(session, "cusco", limit=10).items == ()
        assert shortlists.entries(session, "cusco", limit=10).items == ()
    assert outcome(offices, made.id) is None


def test_a_desk_shows_the_public_side_of_what_it_names(offices):
    secret = Evidence(
        "n", ("taller",), "need", "SECRETO texto", "SECRETO título", summary="Resumen.", confidential=True
    )
    with offices.writing() as writer:
        writer.upsert([secret])
        entry, _ = shortlists.put(writer, CUSCO, "n", "unsaac", None)
    assert entry.about == "Resumen."
    made = propose(offices, evidence="n")
    assert made.about == "Resumen."
    with offices.writing() as writer:
        writer.upsert([replace(PARTNERS[4], consent=False)])
    with offices.reading() as session:
        seen = introductions.introduction(session, "cusco", made.id)
    assert (seen.demand_name, seen.about) == (None, None)


def test_a_project_raises_the_track_record_of_an_engine_built_anew(offices, tmp_path):
    query = Query(EVIDENCE[-1].text, Side.SUPPLY, region="PE-TAC", sectors=("A01",), countries=("PE",))

    def track_record(n):
        now, encoder = offices.everything(), FakeEncoder()
        Snapshot.build(tmp_path / str(n), now.partners, now.evidence, now.outcomes, encoder)
        engine = Engine(Snapshot.open_current(tmp_path / str(n), encoder), encoder, Weights.load())
        match = next(m for m in engine.match(query).matches if m.partner.id == "unjbg")
        return next(c.value for c in match.contributions if c.signal == "track_record")

    made = propose(offices, supply="unjbg", demand="oregano", evidence="oregano-1")
    assert track_record(0) == 0
    for to in ("sent", "met", "agreed", "project"):
        step(offices, made.id, to, date=dt.date(2025, 1, 1))
    assert track_record(1) == pytest.approx(math.log(1 + 1))  # one project, worth 1
    step(offices, made.id, "agreed", reason="Todavía no")
    assert track_record(2) == pytest.approx(math.log(1 + 0.8))
