"""Erasure: nothing of a partner is left in any file, and the rest is as it was."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from filelock import FileLock
from network import Network, network
from sqlalchemy import func, select

from matcher import erasure
from matcher.access import EVERYTHING
from matcher.coverage import Helper
from matcher.coverage_file import Basis, CoverageFile, Round
from matcher.encode import Role
from matcher.errors import Busy, NotFound
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store import audit, erased, import_runs, organisations, sameness
from matcher.store.store import Store
from matcher.store.tables import (
    AuditRow,
    Base,
    ErasedRow,
    InboxRow,
    IntakeRow,
    IntroductionRow,
    IntroductionStepRow,
    ReplyRow,
    SavedSearchRow,
    ShortlistRow,
    SourceRecordRow,
    TombstoneRow,
)
from matcher.vector_cache import CachedEncoder
from matcher.wholeness import Derived, fingerprint

MARK = "zarzaparrilla"  # in everything that is known of the one who leaves
NOW = dt.datetime(2025, 1, 1)  # noqa: DTZ001 - as the tables hold it
LEAVER = Partner("leaver", Side.DEMAND, f"Bebidas {MARK}", "firm", url=f"https://{MARK}.example", contact=f"{MARK}@x")
OWN = Evidence("own", ("leaver",), "need", f"La {MARK} fermenta. Buscamos quien la estabilice.", f"Sobre {MARK}", "es")
SECRET = replace(OWN, id="secret", text=f"{MARK} en secreto", confidential=True, summary=f"Resumen de {MARK}.")
SHARED = Evidence("shared", ("leaver", "taller"), "project", "De los dos.", None, "es")
DONE = Outcome("done", "leaver", Stage.MET, "unsaac", text=f"Con {MARK}.")
SERVED = Outcome("served", "unsaac", Stage.PROJECT, "leaver", region="PE-CUS", text=f"Para {MARK}.")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def cached(tmp_path: Path) -> CachedEncoder:
    return CachedEncoder(FakeEncoder(), tmp_path / "cache" / "vectors.sqlite")


@pytest.fixture
def full(store: Store, home: Path, cached: CachedEncoder) -> Store:
    """The small world with a leaver who has left traces everywhere, two snapshots and a list of refused rows."""
    with store.writing() as writer:
        writer.upsert([*PARTNERS, LEAVER, *EVIDENCE, OWN, SECRET, SHARED, *OUTCOMES, DONE, SERVED])
        session = writer.session
        organisations.add(session, "ott", "OTT")
        for partner, evidence, note in (
            ("unsaac", "own", MARK),
            ("leaver", "unsaac-1", MARK),
            ("unsaac", "taller-1", ""),
        ):
            session.add(ShortlistRow(organisation="ott", evidence=evidence, partner=partner, note=note, added=NOW, version=1))  # fmt: skip
        for id_, supply, demand in (("with", "unsaac", "leaver"), ("without", "unsaac", "taller")):
            note = MARK if demand == "leaver" else "suya"
            session.add(IntroductionRow(id=id_, organisation="ott", evidence="own" if note == MARK else None, supply=supply, demand=demand, stage="met", note=note, created=NOW, version=1))  # fmt: skip
            session.flush()
            session.add(
                IntroductionStepRow(introduction=id_, after="met", reason=note, note=note, date=NOW.date(), at=NOW)
            )
        for id_, asked in (("asks", {"evidence_id": "own"}), ("text", {"text": "alpaca"})):
            session.add(SavedSearchRow(id=id_, organisation="ott", name=id_, question=asked, threshold=0.5, feed=id_, created=NOW, seen=1, version=1))  # fmt: skip
        session.flush()
        for search, evidence, partner in (("text", "own", "leaver"), ("asks", "unsaac-1", "unsaac"), ("text", "unsaac-1", "unsaac")):  # fmt: skip
            session.add(InboxRow(search=search, evidence=evidence, partner=partner, probability=0.9, at=NOW))
        for id_, partner, made in (
            ("wished", "leaver", None),
            ("became", "unsaac", "leaver"),
            ("other", "unsaac", None),
        ):
            said = MARK if id_ != "other" else "suya"
            session.add(IntakeRow(id=id_, kind="introduction", at=NOW, question=said, seeks="supply", partner=partner, made=made, who=said, contact=said, consent=True, state="new"))  # fmt: skip
        session.add(ReplyRow(caller="k", key="1", digest="d", status=201, body=f'{{"name": "{MARK}"}}', headers={}, at=NOW))  # fmt: skip
        refused = [import_runs.Refused("x.csv", 3, "", "{id}", {"id": MARK})]
        counts = dict.fromkeys(("read", "added", "changed", "unchanged"), 1)
        run = import_runs.record(session, import_runs.UPLOAD, ["x.csv"], counts, refused, 1, EVERYTHING)
        import_runs.remember(
            session,
            run,
            {
                (Partner, "leaver"): LEAVER,
                (Evidence, "own"): OWN,
                (Evidence, "gone"): replace(OWN, id="gone"),
                (Partner, "taller"): PARTNERS[4],
            },
        )
        for kind, id_, source in (("partner", "leaver", "a"), ("partner", "leaver", "b"), ("evidence", "own", "a"), ("partner", "taller", "a")):  # fmt: skip
            session.add(SourceRecordRow(kind=kind, record=id_, source=source, key=MARK if id_ != "taller" else "", given={}, mention=False, seen=1, gone=False))  # fmt: skip
        for kind, id_ in (("partner", "leaver"), ("evidence", "own"), ("outcome", "done"), ("introduction", "with"), ("partner", "taller")):  # fmt: skip
            audit.record(session, EVERYTHING, "change", kind, id_)
    for _ in range(2):
        now = store.everything()
        Snapshot.build(home, now.partners, now.evidence, now.outcomes, cached)
    # Ids are what the answers to all needs name; one of its needs is called by its mark.
    answers = {f"{MARK}-need": (Helper("unsaac", 0.5),), "taller-1": (Helper("leaver", 0.4),)}
    of = Basis("lineage", store.version(), cached.revision, "rules")
    CoverageFile(home).keep(Round(of, answers, 2, 1.0), whole=True, known=lambda found: found)
    (home / "refusals-repo.csv").write_text(f"file,row,reason\nx.csv,3,{MARK}\n")
    (home / "refusals.csv").write_text(f"file,row,reason\nx.csv,3,{MARK} names partner\n")
    return store


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def holding(folder: Path, *marks: str) -> list[str]:
    return [p.name for p in files(folder) for mark in marks if mark.encode() in p.read_bytes()]


def test_no_byte_of_it_is_left_and_it_is_told_what_went(full: Store, home: Path, cached: CachedEncoder, tmp_path: Path):
    assert {"evidence.jsonl", "partners.jsonl", "refusals.csv", "coverage.json"} <= set(holding(tmp_path, MARK))
    old = {p.name for p in (home / "snapshots").iterdir()}
    done = erasure.erase(full, "leaver", home, cached, EVERYTHING, request="pedido-1")
    # By hand from `full`: its own texts are `own` and `secret`; of each table what names it or them.
    assert {place: count for place, count in done.removed.items() if place != "vectors"} == {
        "partner": 1, "evidence": 2, "outcome": 1, "shortlist": 2, "introduction": 1, "introduction_step": 1,
        "saved_search": 1, "inbox": 2, "intake": 2, "reply": 1, "import": 4, "audit": 4, "snapshots": 2,
        "source_record": 3, "same_as": 0, "same_text": 0, "derived": 0,
    }  # fmt: skip
    assert holding(tmp_path, MARK) == []
    now = {p.name for p in (home / "snapshots").iterdir()}
    assert len(now) == 1
    assert now.isdisjoint(old)
    opened = Snapshot.open_current(home, cached)
    assert "leaver" not in opened.partners
    assert set(opened.evidence) == {e.id for e in EVIDENCE} | {"shared"}
    assert opened.state.version == full.version()


def test_what_was_found_out_about_it_goes_too(full: Store, home: Path, cached: CachedEncoder, tmp_path: Path):
    mended = f"La {MARK} que fermenta"
    with full.writing() as writer:
        writer.upsert([Partner("twin", Side.DEMAND, "Bebidas", "firm"), Partner("near", Side.DEMAND, "Otra", "firm")])
        writer.put(Evidence("also", ("twin",), "need", "Bebida que fermenta"))
        assert writer.link("own", "also", 0.95)
        writer.join("twin", "leaver")
        writer.join("leaver", "near")
        sameness.ask(writer.session, "leaver", "taller", 0.8, "name")
        values = [("evidence", "own", "text", mended), ("partner", "leaver", "city", MARK)]
        given = {"text": fingerprint(OWN.text), "city": None}
        writer.derive(
            [Derived(kind, id_, field, value, 1.0, "test", given[field]) for kind, id_, field, value in values]
        )
    now = full.everything()
    assert "own" not in [e.id for e in now.evidence]  # `leaver` and `twin` are one
    with full.writing() as writer:
        writer.tell_apart("own")
    now = full.everything()
    assert mended in [e.text for e in now.evidence]
    Snapshot.build(home, now.partners, now.evidence, now.outcomes, cached)
    cached.encode([mended], Role.PASSAGE)
    done = erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert (done.removed["same_as"], done.removed["same_text"], done.removed["derived"]) == (3, 1, 2)
    assert any("near, twin" in note for note in done.told(str))
    assert holding(tmp_path, MARK) == []
    assert cached.missing([mended, MARK], Role.PASSAGE).keys() == {cached._key(t, Role.PASSAGE) for t in (mended, MARK)}
    assert cached.missing([mended, MARK], Role.QUERY).keys() == {cached._key(t, Role.QUERY) for t in (mended, MARK)}
    assert (
        cached.forget([mended]) == 2
    )  # `fermenta`, in both roles: a word of `also` too, which stays and was read anew
    assert {"twin", "near"} <= {p.id for p in full.everything().partners}
    with full.reading() as session:
        for table in Base.metadata.tables.values():
            assert MARK not in str(session.execute(select(table)).all()), table.name


def test_the_answers_to_all_needs_are_taken_away(full: Store, home: Path, cached: CachedEncoder):
    assert "leaver" in (home / "coverage.json").read_text(encoding="utf-8")
    erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert not (home / "coverage.json").exists()


def test_no_row_of_any_table_holds_it(full: Store, home: Path, cached: CachedEncoder):
    erasure.erase(full, "leaver", home, cached, EVERYTHING)
    with full.reading() as session:
        for table in Base.metadata.tables.values():
            assert MARK not in str(session.execute(select(table)).all()), table.name
        assert [row.record for row in session.scalars(select(SourceRecordRow))] == ["taller"]
        gone = [(Partner, "leaver"), (Evidence, "own"), (Evidence, "secret"), (Outcome, "done")]
        assert erased.erased_among(session, [*gone, (Partner, "taller"), (Evidence, "leaver")]) == set(gone)
        assert "leaver" not in str([(row.hash, row.salt) for row in session.scalars(select(ErasedRow))])
        assert session.scalar(select(func.count()).select_from(InboxRow)) == 1
        assert [row.evidence for row in session.scalars(select(ShortlistRow))] == ["taller-1"]
        assert [row.id for row in session.scalars(select(IntroductionRow))] == ["without"]
        assert [row.introduction for row in session.scalars(select(IntroductionStepRow))] == ["without"]
        assert [row.id for row in session.scalars(select(SavedSearchRow))] == ["text"]
        assert [row.id for row in session.scalars(select(IntakeRow))] == ["other"]


def test_what_is_others_stays(full: Store, home: Path, cached: CachedEncoder):
    done = erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert full.partners() == sorted(PARTNERS, key=lambda p: p.id)
    assert full.evidence() == sorted([*EVIDENCE, replace(SHARED, partners=("taller",))], key=lambda e: e.id)
    assert full.outcomes() == [*OUTCOMES, replace(SERVED, counterpart=None, text=None)]
    assert "Texts that speak of other partners too, and stay theirs: 1" in done.told(str)


def test_others_are_told_that_it_is_gone(full: Store, home: Path, cached: CachedEncoder):
    before = full.version()
    erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert full.changes(before).gone == {
        (Partner, "leaver"),
        (Evidence, "own"),
        (Evidence, "secret"),
        (Outcome, "done"),
    }


def test_the_audit_log_keeps_what_was_done_and_not_to_whom(full: Store, home: Path, cached: CachedEncoder):
    erasure.erase(full, "leaver", home, cached, EVERYTHING, request="pedido-1")
    with full.reading() as session:
        found = [(e.action, e.kind, e.record, e.request) for e in audit.entries(session)]
    # the first eight digits of each id's SHA-256, by sha256sum
    assert found == [
        ("change", "partner", "erased-ed380416", None),
        ("change", "evidence", "erased-5b397565", None),
        ("change", "outcome", "erased-a4c3ed04", None),
        ("change", "introduction", "erased-0695b563", None),
        ("change", "partner", "taller", None),
        ("erase", "partner", "erased-ed380416", "pedido-1"),
    ]


def test_its_vectors_are_gone_and_others_stay(full: Store, home: Path, cached: CachedEncoder):
    asked = [OWN.text, OWN.full_text, "La zarzaparrilla fermenta.", SECRET.summary]
    cached.encode(asked, Role.QUERY)
    cached.encode(asked, Role.PASSAGE)
    done = erasure.erase(full, "leaver", home, cached, EVERYTHING)
    # Both roles of: the text, the whole text, its first sentence, the summary; and of the words zarzaparrilla, fermenta,
    # estabilice and resumen, which are usual ones where there are so few; and its second sentence as a passage.
    # No other piece was ever encoded but the summary with the title in front of it, which nobody sees.
    assert done.removed["vectors"] == 8 + 8 + 1
    later = FakeEncoder()
    again = CachedEncoder(later, cached.path)
    again.encode([EVIDENCE[2].full_text], Role.QUERY)  # another's, as short as a label: still known
    assert later.encoded == []
    again.encode(asked, Role.PASSAGE)
    again.encode(asked, Role.QUERY)
    assert sorted(later.encoded) == sorted(asked * 2)


def test_while_a_snapshot_is_built_nothing_is_done(full: Store, home: Path, cached: CachedEncoder):
    with FileLock(home / "index.lock"), pytest.raises(Busy):
        erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert full.get(Partner, "leaver") is not None


def test_what_was_cut_short_is_done_when_it_is_asked_again(full: Store, home: Path, cached, tmp_path, monkeypatch):
    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Snapshot, "build_alone", killed)
    with pytest.raises(KeyboardInterrupt):
        erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert full.get(Partner, "leaver") is None
    assert "evidence.jsonl" in holding(home, MARK)
    monkeypatch.undo()
    done = erasure.erase(full, "leaver", home, cached, EVERYTHING)
    assert (done.removed["partner"], done.removed["snapshots"]) == (0, 2)
    assert holding(tmp_path, MARK) == []


def test_one_who_never_was_is_not_found(full: Store, home: Path, cached: CachedEncoder):
    before = set(holding(home, MARK))
    with pytest.raises(NotFound, match="no partner has the id 'nadie'"):
        erasure.erase(full, "nadie", home, cached, EVERYTHING)
    assert set(holding(home, MARK)) == before


def test_without_a_snapshot_none_is_built(store: Store, home: Path, cached: CachedEncoder):
    with store.writing() as writer:
        writer.upsert([LEAVER])
    assert erasure.erase(store, "leaver", home, cached, EVERYTHING).removed["snapshots"] == 0
    assert list((home / "snapshots").iterdir()) == []


def test_it_says_what_it_cannot_reach(full: Store, home: Path, cached: CachedEncoder):
    told = erasure.erase(full, "leaver", home, cached, EVERYTHING).told(str)
    assert told[0].startswith("Backups made before hold 'leaver' still")
    assert any("write-ahead log" in note for note in told) == (full.engine.dialect.name == "postgresql")


def test_by_the_api_the_owner_erases_and_the_next_answer_knows_nothing(tmp_path: Path) -> None:
    with network(tmp_path) as found:
        _by_the_api(found, tmp_path)


def _by_the_api(found: Network, folder: Path) -> None:
    found.write(replace(LEAVER, owner="tejedoras"), replace(OWN, owner="tejedoras"))
    found.index()
    client, owner = found.client(), found.keys["contributor"]
    question = {"text": OWN.text, "seeks": "demand"}
    assert MARK in str(client.post("/v1/matches", json=question, headers=owner).json()["matches"])
    headers = owner | {"X-Request-ID": "pedido-2025", "Accept-Language": "es"}
    answer = client.post("/v1/partners/leaver/erasure", headers=headers).json()
    assert {place: answer["removed"][place] for place in ("partner", "evidence")} == {"partner": 1, "evidence": 1}
    assert answer["notes"][0].startswith("Las copias de seguridad anteriores aún contienen 'leaver'")
    assert MARK not in str(client.post("/v1/matches", json=question, headers=owner).json()["matches"])
    assert client.get("/v1/partners/leaver").status_code == 404
    assert client.post("/v1/partners/leaver/erasure", headers=owner).status_code == 404
    assert client.post("/v1/partners/leaver/erasure", headers=found.keys["admin"]).status_code == 200
    assert holding(folder, MARK) == []
    with found.store.reading() as session:
        last = session.scalars(select(AuditRow).where(AuditRow.request == "pedido-2025")).one()
        assert (last.action, last.organisation, last.key) == (
            "erase",
            "tejedoras",
            owner["Authorization"].split("_")[1],
        )
        assert session.get(TombstoneRow, ("partner", "leaver")) is not None
