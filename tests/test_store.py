"""The database: what is written, what stays, what is refused."""

import datetime as dt
from dataclasses import replace

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS

from matcher.errors import BadInput, Conflict, NotFound
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store.store import Store

LAB = Partner(
    "lab",
    Side.SUPPLY,
    "Laboratorio",
    "laboratory",
    "PE",
    "PE-CUS",
    "Cusco",
    ("C13", "C14"),
    None,
    "https://lab.example",
    "a@lab.example",
)
OTHER = Partner("otro", Side.SUPPLY, "Otro", "institute")
FIRM = Partner("taller", Side.DEMAND, "Taller", "firm", size="micro")
TEXT = Evidence(
    "e",
    ("otro", "lab"),
    "project",
    "Tintes.",
    "Título",
    "es",
    dt.date(2024, 2, 29),
    ("C13",),
    ("2.11",),
    "PE-CUS",
    "mano",
)


def write(store, *records):
    with store.writing() as writer:
        return writer.upsert(records)


def test_the_small_world_comes_back_as_it_went_in(store):
    effects = write(store, *PARTNERS, *EVIDENCE, *OUTCOMES)
    assert effects == ["added"] * (len(PARTNERS) + len(EVIDENCE) + len(OUTCOMES))
    assert store.partners() == sorted(PARTNERS, key=lambda r: r.id)
    assert store.evidence() == sorted(EVIDENCE, key=lambda r: r.id)
    assert store.outcomes() == sorted(OUTCOMES, key=lambda r: r.id)
    # By hand from conftest: 4 supply and 2 demand partners, 5 texts of the first and 2 of the second.
    assert store.counts() == {
        "supply_partners": 4, "demand_partners": 2, "supply_evidence": 5, "demand_evidence": 2, "outcomes": 3,
    }  # fmt: skip


def test_a_new_store_is_empty(store):
    assert store.partners() == store.evidence() == store.outcomes() == []
    assert set(store.counts().values()) == {0}


def test_records_survive_closing(store, database):
    write(store, LAB, OTHER, TEXT)
    again = Store.open(database)
    assert again.evidence() == [TEXT]
    assert again.partners() == [LAB, OTHER]
    again.close()


def test_upsert_tells_added_changed_unchanged_in_order(store):
    assert write(store, LAB, OTHER) == ["added", "added"]
    moved = replace(OTHER, region="PE-PUN")
    assert write(store, FIRM, moved, LAB) == ["added", "changed", "unchanged"]
    assert store.partners() == [LAB, moved, FIRM]


def test_a_record_given_twice_in_one_go_is_updated_by_the_second(store):
    assert write(store, OTHER, OTHER, replace(OTHER, city="Puno")) == ["added", "unchanged", "changed"]
    assert store.partners() == [replace(OTHER, city="Puno")]


def test_what_is_not_given_stays_as_it_was(store):
    write(store, LAB, OTHER, TEXT)
    assert write(store, Partner("lab", Side.SUPPLY, "Laboratorio", "laboratory")) == ["unchanged"]
    assert write(store, Evidence("e", ("otro", "lab"), "project", "Otros tintes.")) == ["changed"]
    assert store.partners()[0] == LAB
    assert store.evidence() == [replace(TEXT, text="Otros tintes.")]


def test_a_record_that_names_a_missing_partner_is_refused_and_the_others_written(store):
    stray = replace(TEXT, id="stray", partners=("lab", "nadie"))
    outcome = Outcome("o", "lab", Stage.MET, "ninguna")
    effects = write(store, LAB, stray, outcome, OTHER, TEXT)
    assert [e for e in effects if isinstance(e, str)] == ["added", "added", "added"]
    assert isinstance(effects[1], NotFound)
    assert isinstance(effects[2], NotFound)
    assert "'stray' names partner 'nadie'" in str(effects[1])
    assert "'o' names partner 'ninguna'" in str(effects[2])
    assert store.evidence() == [TEXT]
    assert store.outcomes() == []


def test_partners_of_the_same_batch_count_in_their_order(store):
    early, late = write(store, TEXT, LAB, OTHER, replace(TEXT, id="e2"))[::3]
    assert isinstance(early, NotFound)
    assert late == "added"


def test_more_records_than_one_batch(store):
    many = [Partner(f"p{i:04}", Side.SUPPLY, f"Grupo {i}", "group") for i in range(1203)]
    texts = [Evidence(f"e{i:04}", (many[i].id, many[-1 - i].id), "project", f"Texto {i}") for i in range(601)]
    assert set(write(store, *many, *texts)) == {"added"}
    assert set(write(store, *many, *texts)) == {"unchanged"}
    assert store.partners() == many
    assert store.evidence() == texts


def test_all_or_nothing_where_a_write_raises(store):
    write(store, LAB)

    def half_written():
        with store.writing() as writer:
            writer.upsert([OTHER, replace(LAB, name="Otro nombre"), TEXT])
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        half_written()
    assert store.partners() == [LAB]
    assert store.evidence() == []
    assert write(store, OTHER) == ["added"]  # and the lock is free again


def test_readers_see_whole_transactions_only(store):
    with store.writing() as writer:
        writer.upsert([LAB])
        assert store.partners() == []
    assert store.partners() == [LAB]


@pytest.mark.parametrize(
    "partners",
    [("otro", "lab"), ("lab", "otro"), ("lab",), ("otro",), ("taller", "otro"), ("otro", "taller", "lab"), ("lab", "taller", "otro")],
)  # fmt: skip
def test_an_evidences_partners_keep_their_order_and_may_change_places(store, partners):
    write(store, LAB, OTHER, FIRM, TEXT)
    changed = replace(TEXT, partners=partners)
    assert write(store, changed) == ["unchanged" if partners == TEXT.partners else "changed"]
    assert store.evidence() == [changed]


def test_a_partner_that_a_text_names_twice_counts_once(store):
    twice = replace(TEXT, partners=("otro", "lab", "otro", "lab"))
    once = replace(TEXT, partners=("otro", "lab"))
    assert write(store, LAB, OTHER, twice) == ["added", "added", "added"]
    assert store.evidence() == [once]
    assert write(store, twice) == ["unchanged"]
    with store.writing() as writer:
        assert writer.put(replace(twice, partners=("lab", "lab"))) == "changed"
    assert store.evidence() == [replace(TEXT, partners=("lab",))]


def test_each_transaction_that_writes_has_the_next_number_and_records_keep_theirs(store):
    start = store.version()
    write(store, LAB, OTHER)
    write(store, LAB, replace(OTHER, city="Puno"))
    assert store.version() == start + 2
    assert (store.get(Partner, "lab").version, store.get(Partner, "otro").version) == (start + 1, start + 2)
    assert store.get(Partner, "nadie") is None


def test_put_writes_what_is_given_and_nothing_else(store):
    write(store, LAB, OTHER, TEXT)
    bare = Evidence("e", ("lab",), "project", "Otros tintes.")
    with store.writing() as writer:
        assert writer.put(bare) == "changed"
    assert store.evidence() == [bare]


def test_a_write_that_expects_another_version_is_a_conflict(store):
    write(store, LAB)
    version = store.get(Partner, "lab").version
    with store.writing() as writer:
        assert writer.put(replace(LAB, city="Anta"), expected=version) == "changed"
    with pytest.raises(Conflict, match=f"it is at {version + 1}, not at {version}"), store.writing() as writer:
        writer.put(replace(LAB, city="Calca"), expected=version)
    with pytest.raises(Conflict), store.writing() as writer:
        writer.delete(Partner, "lab", expected=version)
    with pytest.raises(Conflict, match="exists already"), store.writing() as writer:
        writer.put(LAB, new=True)
    with pytest.raises(NotFound, match="no partner has the id 'otro'"), store.writing() as writer:
        writer.put(OTHER, expected=1)
    assert store.partners() == [replace(LAB, city="Anta")]


def test_with_a_partner_go_the_texts_that_speak_of_no_other_and_its_outcomes(store):
    own = Evidence("own", ("lab",), "project", "Solo suyo.")
    served = Outcome("served", "otro", Stage.MET, "lab")
    write(store, LAB, OTHER, FIRM, TEXT, own, Outcome("mine", "lab", Stage.PROJECT, "taller"), served)
    before = store.version()
    with store.writing() as writer:
        gone = writer.delete(Partner, "lab")
    assert gone == {Partner: ["lab"], Evidence: ["own"], Outcome: ["mine"]}
    assert store.partners() == [OTHER, FIRM]
    assert store.evidence() == [replace(TEXT, partners=("otro",))]
    assert store.outcomes() == [replace(served, counterpart=None)]
    changes = store.changes(before)
    assert changes.gone == {(Partner, "lab"), (Evidence, "own"), (Outcome, "mine")}
    assert changes.evidence == (replace(TEXT, partners=("otro",)),)
    assert changes.outcomes == (replace(served, counterpart=None),)
    assert changes.version == before + 1
    with pytest.raises(NotFound), store.writing() as writer:
        writer.delete(Partner, "lab")


def test_what_is_written_again_is_no_longer_dead(store):
    write(store, LAB)
    before = store.version()
    with store.writing() as writer:
        writer.delete(Partner, "lab")
    write(store, LAB)
    changes = store.changes(before)
    assert (changes.gone, changes.partners) == (frozenset(), (replace(LAB, contact=None),))


def test_everybody_sees_no_contact_no_confidential_text_and_nobody_who_withdrew(store):
    need = Evidence("n", ("taller",), "need", "Texto secreto.", "Título secreto", summary="Resumen.", confidential=True)
    both = Evidence("b", ("otro", "taller"), "project", "De dos.")
    told = Outcome("o", "lab", Stage.MET, "otro", text="Contado en secreto.")
    write(store, LAB, replace(OTHER, consent=False), FIRM, need, both, Evidence("x", ("otro",), "need", "Suyo."), told)
    seen = store.everything()
    assert seen.partners == (replace(LAB, contact=None), FIRM)
    shown = Evidence("n", ("taller",), "need", "Resumen.", confidential=True)
    assert seen.evidence == (replace(both, partners=("taller",)), shown)
    assert seen.outcomes == (Outcome("o", "lab", Stage.MET),)
    assert seen.version == store.version()
    changes = store.changes(0)
    assert (changes.partners, changes.evidence, changes.outcomes) == (seen.partners, seen.evidence, seen.outcomes)
    assert changes.gone == {(Partner, "otro"), (Evidence, "x")}


def test_a_partner_that_withdraws_is_gone_with_all_that_only_it_says(store):
    write(store, LAB, OTHER, TEXT, Evidence("own", ("otro",), "project", "Suyo."), Outcome("o", "otro", Stage.MET))
    before = store.version()
    write(store, replace(OTHER, consent=False))
    changes = store.changes(before)
    assert changes.gone == {(Partner, "otro"), (Evidence, "own"), (Outcome, "o")}
    assert changes.evidence == (replace(TEXT, partners=("lab",)),)
    write(store, replace(OTHER, consent=True))
    again = store.changes(changes.version)
    assert [e.id for e in again.evidence] == ["e", "own"]
    assert [o.id for o in again.outcomes] == ["o"]


def test_a_confidential_text_without_a_summary_is_refused(store):
    (_, error) = write(store, FIRM, Evidence("n", ("taller",), "need", "Secreto.", confidential=True, summary=" "))
    assert isinstance(error, BadInput)
    assert "'n' is confidential and needs a summary" in str(error)
    assert store.evidence() == []


@pytest.mark.parametrize(
    "record",
    [
        replace(LAB, name="Lab\0"),
        replace(LAB, id="\ud800"),
        replace(LAB, sectors=("C13", "\0")),
        replace(LAB, city="\udfff"),
    ],
)
def test_characters_that_no_database_holds_are_refused_and_the_others_written(store, record):
    error, effect = write(store, record, OTHER)
    assert isinstance(error, BadInput)
    assert "characters that are none" in str(error)
    assert effect == "added"
    assert store.partners() == [OTHER]
