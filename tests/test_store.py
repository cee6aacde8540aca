"""The database: what is written, what stays, what is refused."""

import datetime as dt
from dataclasses import replace

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS

from matcher.errors import NotFound
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


@pytest.fixture
def store(tmp_path):
    return Store.open(tmp_path / "folder" / "tinkuy.db")


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


def test_records_survive_closing(store, tmp_path):
    write(store, LAB, OTHER, TEXT)
    again = Store.open(tmp_path / "folder" / "tinkuy.db")
    assert again.evidence() == [TEXT]
    assert again.partners() == [LAB, OTHER]


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
