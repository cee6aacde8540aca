"""Rows beside stored records: partners shown as one, fields filled, texts mended, and all of it taken back."""

from dataclasses import replace

import pytest

from matcher.access import Caller, Role
from matcher.errors import BadInput, Conflict, NotFound
from matcher.records import Evidence, Outcome, Partner, Record, Side, Stage
from matcher.store import derived, inbox, introductions, organisations, same_texts, sameness, shortlists
from matcher.store.desk_views import also_in, public_partners, public_texts, the_partner
from matcher.store.listing import Wanted, page
from matcher.store.moments import now
from matcher.store.store import Store
from matcher.store.tables import InboxRow, SavedSearchRow
from matcher.store.whole import shown_by, to_reach
from matcher.wholeness import Derived, SameText, fingerprint

EVERYBODY = Caller(Role.READER)
UNI = Partner("uni", Side.SUPPLY, "Universidad Uno", "university", "PE", sectors=("P85",))
ALIAS = Partner("alias", Side.SUPPLY, "UNIV. UNO", "university", "PE", "PE-CUS", "Cusco", ("M72",), url="https://uno.example")  # fmt: skip
THIRD = Partner("third", Side.SUPPLY, "Uno, Universidad", "university", size="large")
FIRM = Partner("firm", Side.DEMAND, "Firma Uno", "firm", "PE")
OF_UNI = Evidence("of-uni", ("uni",), "project", "Secado solar.", language="es")
OF_ALIAS = Evidence("of-alias", ("alias",), "project", "CURTIDO SIN CROMO EN LA SIERRA")
OF_BOTH = Evidence("of-both", ("alias", "uni", "firm"), "project", "Tintes firmes.", language="es")
MET = Outcome("met", "alias", Stage.MET, "firm")


@pytest.fixture
def held(store: Store) -> Store:
    with store.writing() as writer:
        writer.upsert([UNI, ALIAS, THIRD, FIRM, OF_UNI, OF_ALIAS, OF_BOTH, MET])
    return store


def contents(store: Store) -> dict[str, Record]:
    """Return id -> record as everybody may see it."""
    now = store.everything()
    return {r.id: r for r in (*now.partners, *now.evidence, *now.outcomes)}


def follow(store: Store, before: dict[str, Record], since: int) -> dict[str, Record]:
    """Return what was seen, brought in line by the changes since then."""
    changes = store.changes(since)
    gone = {id_ for _, id_ in changes.gone}
    new = {r.id: r for r in (*changes.partners, *changes.evidence, *changes.outcomes)}
    assert gone.isdisjoint(new)
    return {id_: r for id_, r in before.items() if id_ not in gone} | new


def test_a_joined_partner_is_shown_as_the_other_and_a_split_gives_all_back(held):
    before, version = contents(held), held.version()
    with held.writing() as writer:
        assert writer.join("alias", "uni", "name", 0.95)
    found = contents(held)
    assert "alias" not in found
    assert found["uni"] == replace(
        UNI, region="PE-CUS", city="Cusco", sectors=("P85", "M72"), url="https://uno.example"
    )
    assert found["of-alias"] == replace(OF_ALIAS, partners=("uni",))
    assert found["of-both"] == replace(OF_BOTH, partners=("uni", "firm"))
    assert found["met"] == replace(MET, partner="uni")
    assert follow(held, before, version) == found
    joined = held.version()
    with held.writing() as writer:
        assert writer.split("alias") == "uni"
    assert contents(held) == before
    assert follow(held, found, joined) == before


def test_records_stay_as_they_were_given_version_and_all(held):
    given = [held.get(type(r), r.id) for r in (UNI, ALIAS, OF_ALIAS, MET)]
    with held.writing() as writer:
        writer.join("alias", "uni")
        writer.derive([Derived("evidence", "of-alias", "language", "es", 0.9, "test")])
    assert [held.get(type(r), r.id) for r in (UNI, ALIAS, OF_ALIAS, MET)] == given
    assert {p.id for p in held.given().partners} == {"uni", "alias", "third", "firm"}
    assert {e.id: e for e in held.given().evidence}["of-alias"] == OF_ALIAS


def test_one_that_has_others_is_split_with_them(held):
    with held.writing() as writer:
        writer.join("third", "alias")
        writer.join("alias", "uni")
    before, version = contents(held), held.version()
    assert before["uni"].size == "large"
    with held.writing() as writer:
        writer.split("alias")
    found = contents(held)
    assert found.keys() & {"uni", "alias", "third"} == {"uni", "alias"}
    assert (found["uni"], found["alias"].size) == (UNI, "large")
    assert follow(held, before, version) == found


@pytest.mark.parametrize("leaves", ["uni", "alias"])
def test_whoever_withdraws_lends_nothing_and_nobody_is_shown_as_them(held, leaves):
    with held.writing() as writer:
        writer.join("alias", "uni")
        writer.join("third", "uni")
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.put(replace(UNI if leaves == "uni" else ALIAS, consent=False))
    found = contents(held)
    if leaves == "uni":
        assert (found["alias"], found["third"]) == (ALIAS, THIRD)
        assert found["of-alias"] == OF_ALIAS
        assert found["of-both"] == replace(OF_BOTH, partners=("alias", "firm"))
    else:
        assert found["uni"] == replace(UNI, size="large")
        assert "of-alias" not in found
        assert "met" not in found
    assert follow(held, before, version) == found
    assert (Partner, "uni") in held.gone(version).gone  # what was shown under it is forgotten at once


@pytest.mark.parametrize("how", ["delete", "remove"])
@pytest.mark.parametrize("leaves", ["uni", "alias"])
def test_whoever_is_deleted_leaves_the_others_as_they_were_given(held, leaves, how):
    with held.writing() as writer:
        writer.join("alias", "uni")
        writer.join("third", "uni")
    before, version = contents(held), held.version()
    with held.writing() as writer:
        if how == "remove":
            writer.remove(Evidence, ["of-uni", "of-alias", "of-both"])
            writer.remove(Outcome, ["met"])
            writer.remove(Partner, [leaves])
        else:
            writer.delete(Partner, leaves)
    found = contents(held)
    assert found.keys() & {"uni", "alias", "third"} == ({"alias", "third"} if leaves == "uni" else {"uni"})
    if leaves == "uni":
        assert (found["alias"], found["third"]) == (ALIAS, THIRD)
    else:
        assert found["uni"] == replace(UNI, size="large")
    assert follow(held, before, version) == found
    assert (Partner, "uni") in held.gone(version).gone
    with held.writing() as writer:
        writer.put(UNI if leaves == "uni" else ALIAS)
    assert {UNI.id, ALIAS.id} <= contents(held).keys()  # whoever comes back is joined to nobody


def test_what_cannot_be_joined(held):
    with held.writing() as writer:
        writer.join("alias", "uni")
        assert not writer.join("alias", "uni")
        with pytest.raises(NotFound):
            writer.join("alias", "nobody")
        with pytest.raises(BadInput):
            writer.join("uni", "uni")
        with pytest.raises(BadInput):
            writer.join("firm", "uni")
        with pytest.raises(Conflict):
            writer.join("uni", "alias")
        with pytest.raises(NotFound):
            writer.split("uni")


def test_partners_that_come_to_be_of_different_sides_are_shown_apart(held):
    with held.writing() as writer:
        writer.join("alias", "uni")
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.put(replace(ALIAS, side=Side.DEMAND))
    assert contents(held)["uni"] == UNI
    assert follow(held, before, version) == contents(held)


def test_a_partner_joined_to_another_one_leaves_the_first(held):
    with held.writing() as writer:
        writer.join("alias", "uni")
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.join("alias", "third")
    found = contents(held)
    assert (found["uni"], found["third"].region) == (UNI, "PE-CUS")
    assert follow(held, before, version) == found


def test_whom_a_person_has_told_apart_only_a_person_joins(held):
    with held.writing() as writer:
        writer.join("third", "uni", "name", 0.97)
        writer.join("alias", "uni", "name", 0.92)
        writer.split("alias")
        assert sameness.refused_pairs(writer.session) == {("alias", "uni"), ("alias", "third")}
        for other in ("uni", "third"):
            with pytest.raises(Conflict):
                writer.join("alias", other, "name", 0.99)
        assert not sameness.ask(writer.session, "uni", "alias", 0.8, "name")
        assert writer.join("alias", "uni")
        assert sameness.refused_pairs(writer.session) == set()


def test_a_field_is_filled_and_emptied_again(held):
    before, version = contents(held), held.version()
    rows = [
        Derived("evidence", "of-alias", "language", "es", 0.9, "test", fingerprint(OF_ALIAS.full_text)),
        Derived("evidence", "of-alias", "sectors", ("C15",), 0.8, "test", fingerprint(OF_ALIAS.full_text)),
        Derived("evidence", "of-alias", "text", "Curtido sin cromo en la sierra", 1.0, "mended", fingerprint(OF_ALIAS.text)),
        Derived("partner", "third", "country", "PE", 1.0, "region"),
    ]  # fmt: skip
    with held.writing() as writer:
        assert writer.derive(rows) == [True] * 4
        assert writer.derive(rows) == [False] * 4
    found = contents(held)
    whole = replace(OF_ALIAS, text="Curtido sin cromo en la sierra", language="es", sectors=("C15",))
    assert (found["of-alias"], found["third"].country) == (whole, "PE")
    assert follow(held, before, version) == found
    filled = held.version()
    with held.writing() as writer:
        assert writer.forget("evidence", "of-alias", "sectors") == 1
        assert writer.forget("evidence", "of-alias") == 2
        assert writer.forget("partner", "third") == 1
    assert contents(held) == before
    assert follow(held, found, filled) == before


def test_nothing_is_derived_from_what_is_confidential(held):
    rows = [Derived("evidence", "of-alias", "title", "Curtido", 1.0, "test")]
    with held.writing() as writer:
        assert writer.derive(rows) == [True]
        writer.put(replace(OF_ALIAS, confidential=True, summary="Sobre cueros"))
        writer.put(replace(OF_ALIAS, confidential=False, summary="Sobre cueros"))
    assert contents(held)["of-alias"].title is None  # it went when the text became confidential
    with held.writing() as writer:
        writer.put(replace(OF_ALIAS, confidential=True, summary="Sobre cueros"))
        (effect,) = writer.derive(rows)
    assert isinstance(effect, BadInput)
    assert (contents(held)["of-alias"].text, contents(held)["of-alias"].title) == ("Sobre cueros", None)


def test_what_cannot_be_derived(held):
    with held.writing() as writer:
        effects = writer.derive(
            [
                Derived("evidence", "nothing", "language", "es", 1.0, "test"),
                Derived("evidence", "of-uni", "owner", "x", 1.0, "test"),
                Derived("partner", "uni", "name", "x", 1.0, "test"),
                Derived("partner", "uni", "sectors", "C15", 1.0, "test"),
            ]
        )
    assert [type(effect) for effect in effects] == [NotFound, BadInput, BadInput, BadInput]


def test_a_value_goes_with_its_record(held):
    with held.writing() as writer:
        writer.derive([Derived("evidence", "of-uni", "sectors", ("C10",), 1.0, "test")])
        writer.delete(Evidence, "of-uni")
        writer.put(OF_UNI)
    assert contents(held)["of-uni"] == OF_UNI


def test_what_is_shown_anew_is_forgotten_with_the_tombstones(held):
    with held.writing() as writer:
        writer.join("alias", "uni")
    version = held.version()
    held.purge(version)
    assert held.changes(version).gone == frozenset()
    with pytest.raises(LookupError):
        held.changes(version - 1)


def test_who_asks_for_the_one_is_given_the_other(held):
    with held.writing() as writer:
        writer.join("alias", "uni")
        writer.derive([Derived("evidence", "of-alias", "language", "es", 0.9, "test")])
    found = contents(held)
    with held.reading() as session:
        assert the_partner(session, "alias") == found["uni"]
        assert public_partners(session, ["alias", "uni", "firm"]) == {
            "alias": found["uni"], "uni": found["uni"], "firm": FIRM,
        }  # fmt: skip
        assert public_texts(session, ["of-alias", "of-both"]) == {
            "of-alias": replace(OF_ALIAS, partners=("uni",), language="es"), "of-both": found["of-both"],
        }  # fmt: skip
        texts = page(session, Evidence, EVERYBODY, Wanted(partner="uni"), whole=True)
        assert [each.record for each in texts.items] == [found["of-alias"], found["of-both"], found["of-uni"]]
        given = page(session, Evidence, EVERYBODY, Wanted(partner="uni"))
        assert [each.record for each in given.items] == [OF_BOTH, OF_UNI]


def test_a_shortlist_and_an_inbox_keep_whom_they_name_and_show_the_other(held):
    office = Caller(Role.OFFICER, "ott")
    with held.writing() as writer:
        organisations.add(writer.session, "ott", "OTT")
        writer.put(Evidence("need", ("firm",), "need", "Curtir sin cromo"))
        shortlists.put(writer, office, "need", "alias", "nota")
        made = introductions.propose(writer, office, "alias", "firm", evidence="of-alias")
        writer.session.add(SavedSearchRow(id="s", organisation="ott", name="s", question={}, threshold=0.1, feed="f", created=now(), seen=1, version=1))  # fmt: skip
        writer.session.flush()
        for partner, evidence in (("uni", "of-alias"), ("alias", "of-alias"), ("third", "of-alias")):
            writer.session.add(InboxRow(search="s", evidence=evidence, partner=partner, probability=0.9, at=now()))
    with held.writing() as writer:
        writer.join("alias", "uni")
    with held.reading() as session:
        (entry,) = shortlists.entries(session, "ott", limit=9).items
        assert (entry.partner, entry.partner_name) == ("alias", UNI.name)
        assert introductions.introduction(session, "ott", made.id).supply == "alias"
        assert [item.partner.id for item in inbox.items(session, "ott", limit=9).items] == ["uni", "uni"]
    with held.writing() as writer:
        writer.join("third", "uni")
    with held.reading() as session:  # what came for a third one of theirs is theirs too
        assert [item.partner.id for item in inbox.items(session, "ott", limit=9).items] == ["uni"] * 3
    with held.writing() as writer:
        again = introductions.propose(writer, office, "alias", "firm", evidence="of-uni")
        writer.split("alias")
    with held.reading() as session:
        assert [item.partner.id for item in inbox.items(session, "ott", limit=9).items] == ["alias"]
        assert introductions.introduction(session, "ott", again.id).supply_name == ALIAS.name


def test_whoever_has_no_contact_is_reached_by_one_that_is_the_same(held):
    reached = replace(ALIAS, contact="oficina@uno.example", owner="ott")
    with held.writing() as writer:
        organisations.add(writer.session, "ott", "OTT")
        writer.put(reached)
    with held.reading() as session:
        assert to_reach(session, "uni") == UNI
    with held.writing() as writer:
        writer.join("alias", "uni")
    with held.reading() as session:
        assert to_reach(session, "uni") == reached
        assert to_reach(session, "nobody") is None
    with held.writing() as writer:
        writer.put(replace(reached, consent=False))
    with held.reading() as session:
        assert to_reach(session, "uni") == UNI
    with held.writing() as writer:
        writer.put(replace(reached, side=Side.DEMAND))
    with held.reading() as session:
        assert to_reach(session, "uni") == UNI


# --- texts that say the same

TWIN = Evidence("twin", ("uni",), "project", "SECADO SOLAR", source="Otra fuente")


def linked(store: Store) -> None:
    with store.writing() as writer:
        writer.put(TWIN)
        assert writer.link("twin", "of-uni", 0.96)
        assert not writer.link("twin", "of-uni", 0.96)


def test_a_text_that_says_the_same_is_shown_once_and_both_lead_to_each_other(held):
    with held.writing() as writer:
        writer.put(TWIN)
    before, version = contents(held), held.version()
    linked(held)
    found = contents(held)
    assert before.keys() - found.keys() == {"twin"}
    assert found["of-uni"] == OF_UNI
    assert follow(held, before, version) == found
    assert held.get(Evidence, "twin").record == TWIN
    assert "twin" in {e.id for e in held.given().evidence}
    with held.reading() as session:
        assert also_in(session, ["twin", "of-uni", "of-both"]) == {"twin": [OF_UNI], "of-uni": [TWIN]}
        assert (shown_by(session, "twin"), shown_by(session, "of-uni"), shown_by(session, "no")) == (
            "of-uni",
            "of-uni",
            "no",
        )
        texts = page(session, Evidence, EVERYBODY, Wanted(partner="uni"), whole=True).items
        assert [each.record.id for each in texts] == ["of-both", "of-uni"]
        assert len(page(session, Evidence, EVERYBODY, Wanted(partner="uni")).items) == 3
        assert same_texts.listed(session, 9).rows == (SameText("twin", "of-uni", 0.96),)
    joined = held.version()
    with held.writing() as writer:
        assert writer.tell_apart("twin") == "of-uni"
    assert contents(held) == before
    assert follow(held, found, joined) == before
    with held.writing() as writer:
        assert not writer.link("twin", "of-uni", 0.99)  # a person has said so
        assert not writer.link("of-uni", "twin", 0.99)
        with pytest.raises(NotFound):
            writer.tell_apart("twin")


@pytest.mark.parametrize("how", ["delete", "remove", "confidential", "other words", "other partners"])
def test_a_text_whose_fellow_is_no_longer_that_is_shown_again(held, how):
    linked(held)
    before, version = contents(held), held.version()
    with held.writing() as writer:
        if how == "delete":
            writer.delete(Evidence, "of-uni")
        elif how == "remove":
            writer.remove(Evidence, ["of-uni"])
        elif how == "confidential":
            writer.put(replace(OF_UNI, confidential=True, summary="Sobre secado"))
        elif how == "other words":
            writer.put(replace(OF_UNI, text="Otra cosa."))
        else:
            writer.put(replace(OF_UNI, partners=("third",)))
    found = contents(held)
    assert found["twin"] == TWIN
    assert follow(held, before, version) == found
    with held.reading() as session:
        assert also_in(session, ["twin"]) == ({"twin": [replace(OF_UNI, partners=("third",))]} if how == "other partners" else {})  # fmt: skip


@pytest.mark.parametrize("how", ["delete", "confidential"])
def test_a_text_that_leaves_frees_its_fellow(held, how):
    linked(held)
    with held.writing() as writer:
        if how == "delete":
            writer.delete(Evidence, "twin")
        else:
            writer.put(replace(TWIN, confidential=True, summary="Sobre secado"))
        assert same_texts.count(writer.session, ["twin", "of-uni"]) == 0
        assert not writer.link("twin", "of-uni", 0.96)  # of what is not there, or confidential, nothing is told


def test_of_several_texts_all_are_shown_by_the_fullest(held):
    linked(held)
    fuller = replace(TWIN, id="fuller", text="Secado solar: entero.")
    third = replace(TWIN, id="third-text")
    with held.writing() as writer:
        writer.upsert([fuller, third])
        assert writer.link("third-text", "of-uni", 0.95)
        assert writer.link("of-uni", "fuller", 0.97)
        assert {row.text: row.as_ for row in same_texts.rows_of(writer.session)} == {
            "twin": "fuller", "third-text": "fuller", "of-uni": "fuller",
        }  # fmt: skip
        assert same_texts.fellows(writer.session, ["twin"]) == {"twin": ["fuller", "of-uni", "third-text"]}
    assert contents(held).keys() & {"twin", "of-uni", "fuller", "third-text"} == {"fuller"}
    with held.writing() as writer:
        writer.tell_apart("of-uni")
        assert not writer.link("of-uni", "twin", 0.99)
    assert contents(held).keys() & {"twin", "of-uni", "fuller", "third-text"} == {"fuller", "of-uni"}


def test_nobody_loses_a_text_by_it(held):
    linked(held)
    with held.writing() as writer:
        writer.put(replace(TWIN, partners=("uni", "third")))
    assert "twin" in contents(held)  # else the third one would have none
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.join("third", "uni")
    assert "twin" not in contents(held)
    assert follow(held, before, version) == contents(held)


@pytest.mark.parametrize("leaves", ["uni", "third"])
def test_a_text_of_whoever_withdraws_hides_none(held, leaves):
    linked(held)
    with held.writing() as writer:
        writer.put(replace(OF_UNI, partners=("uni", "third")))
        writer.put(replace(TWIN, partners=("uni", "third")))
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.put(replace(UNI if leaves == "uni" else THIRD, consent=False))
    found = contents(held)
    assert found.keys() & {"twin", "of-uni"} == {"of-uni"}
    assert follow(held, before, version) == found


# --- a value that a person takes back


def test_a_value_that_is_wrong_counts_no_more_and_keeps_its_place(held):
    row = Derived("partner", "third", "country", "PE", 1.0, "region")
    with held.writing() as writer:
        writer.derive([row])
    before, version = contents(held), held.version()
    with held.writing() as writer:
        writer.refuse("partner", "third", "country")
        assert derived.rows_of(writer.session) == [replace(row, refused=True)]
        with pytest.raises(NotFound):
            writer.refuse("partner", "third", "region")
    assert contents(held)["third"] == THIRD
    assert follow(held, before, version) == contents(held)
    with held.writing() as writer:
        assert writer.forget("partner", "third", "country") == 1


def test_a_region_from_a_city_counts_until_the_city_changes(held):
    city = replace(THIRD, country="PE", city="Juliaca")
    row = Derived("partner", "third", "region", "PE-PUN", 0.9, "city", fingerprint("PE||Juliaca"))
    with held.writing() as writer:
        writer.put(city)
        writer.derive([row])
    assert contents(held)["third"] == replace(city, region="PE-PUN")
    with held.writing() as writer:
        writer.put(replace(city, city="Cusco"))
    assert contents(held)["third"].region is None


def test_whoever_may_not_know_a_contact_is_given_one_that_they_may(held):
    with held.writing() as writer:
        organisations.add(writer.session, "ott", "OTT")
        organisations.add(writer.session, "otra", "Otra")
        writer.put(replace(UNI, contact="rectorado@uno.example", owner="otra"))
        writer.put(replace(ALIAS, contact="oficina@uno.example", owner="ott"))
        writer.join("alias", "uni")
    with held.reading() as session:
        assert to_reach(session, "uni").contact == "rectorado@uno.example"
        ott = Caller(Role.CONTRIBUTOR, "ott")
        assert to_reach(session, "uni", ott.sees_contact).contact == "oficina@uno.example"
        assert to_reach(session, "uni", EVERYBODY.sees_contact).id == "uni"
