"""Backups: what goes in comes out, on either engine; what is no backup changes nothing."""

import datetime as dt
import hashlib
import json
import stat
import threading
import zipfile
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS
from sqlalchemy import insert, select
from sqlalchemy.engine import URL

from matcher.errors import BadInput, Conflict
from matcher.records import Evidence, Outcome, Partner, Side
from matcher.store import database, dump
from matcher.store import restore as restoring
from matcher.store.backup import backup
from matcher.store.dump import TABLES
from matcher.store.restore import restore
from matcher.store.store import Store
from matcher.store.tables import (
    AuditRow,
    CompletedRow,
    DerivedRow,
    ErasedRow,
    EvidenceRow,
    ImportChangeRow,
    ImportRunRow,
    InboxRow,
    IntakeRow,
    IntroductionRow,
    IntroductionStepRow,
    KeyRow,
    OrganisationRow,
    SameAsRow,
    SamePairRow,
    SameTextRow,
    SavedSearchRow,
    ShortlistRow,
    ShownAnewRow,
    SourceRecordRow,
    SourceRow,
)

DAY = dt.datetime(2026, 3, 1, 8, 30, 0, 125)  # noqa: DTZ001 - as the database has it: UTC, unmarked


def everything(store: Store) -> None:
    """Put something into every table but replies."""
    with store.writing() as writer:
        # The office comes after whom it serves: rows that name others of their table find them all the same.
        for id_, office in (("zeta", None), ("alfa", "zeta"), ("zeta", "zeta")):
            writer.session.merge(OrganisationRow(id=id_, name=f"Organización {id_}", office=office))
        writer.session.flush()
        writer.upsert([*PARTNERS, *EVIDENCE, *OUTCOMES])
        writer.upsert(
            [Partner("fuera", Side.SUPPLY, "Fuera", "group", contact="c@x.example", consent=False, owner="alfa")]
        )
        writer.upsert([Evidence("s", ("fuera",), "need", "Secreto ñandú 🦙 \u2028 línea", "T", confidential=True, summary="Algo")])  # fmt: skip
        version = writer.version
        writer.session.add_all(
            [
                KeyRow(id="k1", hash="$argon2id$x", role="admin", organisation="alfa", label=None, created=DAY, revoked=None),
                AuditRow(at=DAY, key="k1", organisation="alfa", action="write", kind="partner", record="unsaac", request="r"),
                ShortlistRow(organisation="alfa", evidence="taller-1", partner="unsaac", note="¡sí!", added=DAY, key="k1", version=version),
                ImportRunRow(id="c1", at=DAY, source="upload", organisation="alfa", key="k1", files=["a.csv"], read=2, added=1, changed=1, unchanged=0, refused=1, refusals=[{"file": "a.csv", "row": 3, "column": "", "message": "m", "values": {}}], version=version, undone=None, left=[], state="failed", ended=DAY, begun=1, before=3, partial=True, cursor={"after": {"ñ": 1}}, kept=1, gone=2, missing=4, skipped={"evento": 5}, error={"message": "m", "values": {}}),
                SourceRow(name="repo", format="table", url=None, files=["/x/ñ.csv"], options={"o": "1"}, owner="alfa", shrink=0.1 + 0.2, created=DAY),
                SourceRecordRow(kind="partner", record="unsaac", source="repo", key="k", given={"name": "0a"}, mention=False, seen=2**40, gone=True),
                ErasedRow(hash="ab", salt="cd"),
                SameAsRow(partner="unjbg", canonical="unsaac", how="name", confidence=0.1 + 0.2, at=DAY, key=None, version=version),
                SamePairRow(a="lejos", b="unsaac", likeness=0.75, how="name", refused=True, at=DAY, key="k1"),
                DerivedRow(kind="evidence", record="lejos-1", field="title", value=["Ñandú"], confidence=1.0, method="m", given=None, refused=True, at=DAY),
                SameTextRow(text="lejos-1", other="taller-1", likeness=0.96, refused=False, at=DAY, key=None),
                CompletedRow(step="values", up_to=version, rules=1),
                ShownAnewRow(kind="partner", id="unsaac", version=version, lost=True),
                IntroductionRow(id="i1", organisation="alfa", evidence="taller-1", supply="unsaac", demand="taller", stage="sent", note=None, created=DAY, version=version),
                SavedSearchRow(id="b1", organisation="alfa", name="x", question={"text": "alpaca", "k": 3}, threshold=0.1, feed="f", created=DAY, seen=1, version=version),
            ]
        )  # fmt: skip
        writer.session.flush()
        for record, before in (("unsaac", {"id": "unsaac", "sectors": ["C13"]}), ("fuera", None)):
            writer.session.add(ImportChangeRow(run="c1", kind="partner", record=record, before=before))
        writer.session.add(
            IntroductionStepRow(
                introduction="i1", before=None, after="sent", reason=None, date=DAY.date(), key="k1", at=DAY
            )
        )
        writer.session.add(IntakeRow(id="p1", kind="introduction", at=DAY, question="¿Ñandú?", seeks="supply", partner="unsaac", who="Q", contact="c", consent=True, office="zeta", state="taken", handled=DAY, key="k1", made="taller"))  # fmt: skip
        writer.session.add(
            InboxRow(search="b1", evidence="unsaac-1", partner="unsaac", probability=0.1 + 0.2, at=DAY, read=None)
        )
    with store.writing() as writer:
        writer.delete(Partner, "pucp")


def parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        # Without the clock, which belongs to the database: its number is in the manifest.
        return {name: archive.read(name) for name in archive.namelist() if name not in {"manifest.json", "clock.jsonl"}}


def manifest(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


@pytest.fixture(params=["sqlite", "postgresql"])
def other(request, tmp_path):
    """A second empty database, on each engine in turn."""
    url = (
        URL.create("sqlite", database=str(tmp_path / "other" / "tinkuy.db"))
        if request.param == "sqlite"
        else request.getfixturevalue("postgresql").new_database()
    )
    store = Store.open(url)
    yield store
    store.close()


def test_a_dump_restores_on_either_engine_to_an_equal_dump(store, other, tmp_path):
    everything(store)
    rows = backup(store, tmp_path / "a.zip")
    assert restore(other, tmp_path / "a.zip") == rows
    backup(other, tmp_path / "b.zip")
    assert parts(tmp_path / "b.zip") == parts(tmp_path / "a.zip")
    first, second = manifest(tmp_path / "a.zip"), manifest(tmp_path / "b.zip")
    for each in (first, second):  # a restored database begins a history of its own
        del each["tables"]["clock"]
    assert {k: v for k, v in first.items() if k not in {"made", "engine"}} == {
        k: v for k, v in second.items() if k not in {"made", "engine"}
    }
    # By hand: 6 partners of the world and one more, pucp deleted; each of its texts and outcomes went with it.
    assert (rows["partner"], rows["evidence"], rows["outcome"], rows["tombstone"]) == (6, 7, 2, 3)
    assert all(rows[table.name] for table in TABLES if table.name != "reply")
    assert other.version() == store.version()
    assert other.evidence() == store.evidence()
    assert other.get(Evidence, "s").record.text == "Secreto ñandú 🦙 \u2028 línea"
    with other.reading() as session:
        assert session.scalar(select(InboxRow.probability)) == 0.1 + 0.2
        assert session.scalar(select(SavedSearchRow.created)) == DAY


def test_numbering_goes_on_after_a_restore(store, other, tmp_path):
    everything(store)
    backup(store, tmp_path / "a.zip")
    restore(other, tmp_path / "a.zip")
    with other.writing() as writer:
        writer.session.add(
            AuditRow(at=DAY, key=None, organisation=None, action="x", kind=None, record=None, request=None)
        )
    with other.reading() as session:
        assert list(session.scalars(select(AuditRow.id).order_by(AuditRow.id))) == [1, 2]


def test_only_its_owner_may_read_it_and_nothing_else_is_left(filled, tmp_path):
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "a.zip").write_text("old")
    backup(filled, folder / "a.zip")
    assert [p.name for p in folder.iterdir()] == ["a.zip"]
    assert stat.S_IMODE((folder / "a.zip").stat().st_mode) == 0o600


def test_a_backup_that_fails_leaves_the_old_one(filled, tmp_path):
    (tmp_path / "a.zip").write_text("old")

    def broken(done: int, total: int) -> None:
        raise RuntimeError("power cut")

    before = sorted(tmp_path.iterdir())
    with pytest.raises(RuntimeError, match="power cut"):
        backup(filled, tmp_path / "a.zip", broken)
    assert (tmp_path / "a.zip").read_text() == "old"
    assert sorted(tmp_path.iterdir()) == before


def test_a_backup_is_of_one_moment_while_others_write(filled, other, tmp_path):
    """Each write adds a partner and its text together; no backup may hold one without the other."""
    stop, written = threading.Event(), []

    def write() -> None:
        while not stop.is_set() and len(written) < 300:
            id_ = f"n{len(written):03}"
            with filled.writing() as writer:
                writer.upsert(
                    [Partner(id_, Side.SUPPLY, id_, "group"), Evidence(f"e-{id_}", (id_,), "project", "Texto.")]
                )
            written.append(id_)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        seen = []
        for number in range(4):
            path = tmp_path / f"{number}.zip"
            rows = backup(filled, path)
            seen.append((rows["partner"] - len(PARTNERS), rows["evidence"] - len(EVIDENCE)))
            assert manifest(path)["version"] == 2 + rows["partner"] - len(PARTNERS)  # one write the world, one each
    finally:
        stop.set()
        thread.join()
    assert [a for a, _ in seen] == [b for _, b in seen]
    restore(other, path)
    assert [p.id for p in other.partners() if p.id.startswith("n")] == written[: seen[-1][0]]


def test_a_database_that_holds_something_is_kept_unless_told(filled, other, tmp_path):
    with other.writing() as writer:
        writer.upsert([Partner("propio", Side.SUPPLY, "Propio", "group")])
    backup(filled, tmp_path / "a.zip")
    before = other.version()
    with pytest.raises(Conflict, match="--replace"):
        restore(other, tmp_path / "a.zip")
    assert [p.id for p in other.partners()] == ["propio"]
    assert other.version() == before


def test_who_answers_meanwhile_sees_all_of_a_replaced_database_as_new(filled, tmp_path):
    backup(filled, tmp_path / "a.zip")
    with filled.writing() as writer:
        writer.upsert([Partner("nuevo", Side.SUPPLY, "Nuevo", "group")])
        writer.delete(Outcome, "o1")
    seen = filled.version()
    restore(filled, tmp_path / "a.zip", replace=True)
    assert filled.version() > seen
    changes = filled.changes(seen)
    assert changes.gone == {(Partner, "nuevo")}
    assert [p.id for p in changes.partners] == sorted(p.id for p in PARTNERS)
    assert [e.id for e in changes.evidence] == sorted(e.id for e in EVIDENCE)
    assert [o.id for o in changes.outcomes] == sorted(o.id for o in OUTCOMES)
    assert filled.get(Outcome, "o1").version == filled.version()


# What is no backup, or no longer one. Each takes the parts of a good one and spoils them.


def spoil(source: Path, target: Path, change) -> Path:
    with zipfile.ZipFile(source) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    members = change(members) or members
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def resigned(members: dict[str, bytes], name: str, content: bytes) -> dict[str, bytes]:
    """Return the members with one table's content, and a manifest that agrees with it."""
    told = json.loads(members["manifest.json"])
    told["tables"][name] = {
        "rows": content.count(b"\n"), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest(),
    }  # fmt: skip
    return members | {f"{name}.jsonl": content, "manifest.json": json.dumps(told).encode()}


def with_manifest(**values):
    return lambda m: m | {"manifest.json": json.dumps(json.loads(m["manifest.json"]) | values).encode()}


def in_partner(old: bytes, new: bytes):
    return lambda m: resigned(m, "partner", m["partner.jsonl"].replace(old, new))


CLOCKS = b"".join(b'{"id":%d,"version":1,"lineage":"a","purged":0}\n' % n for n in (1, 2))
SPOILED = {
    "altered": (lambda m: m | {"partner.jsonl": m["partner.jsonl"].replace(b"Lima", b"Lina")}, "partner is not as its manifest"),
    "a table is absent": (lambda m: {k: v for k, v in m.items() if k != "outcome.jsonl"}, "other parts"),
    "no manifest": (lambda m: {k: v for k, v in m.items() if k != "manifest.json"}, "other parts"),
    "climbs out": (lambda m: m | {"../../evil": b"x"}, "other parts"),
    "another format": (with_manifest(format="other"), "manifest is not understood"),
    "version no number": (with_manifest(version="9"), "manifest is not understood"),
    "version too high": (with_manifest(version=2**63), "manifest is not understood"),
    "tables no table": (with_manifest(tables=[]), "manifest is not understood"),
    "another revision": (with_manifest(revision="0001"), "made at step 0001, this version is at"),
    "manifest too long": (lambda m: m | {"manifest.json": b" " * (2**20 + 1) + m["manifest.json"]}, "manifest is not understood"),
    "manifest nested": (lambda m: m | {"manifest.json": b"[" * 100_000}, "manifest is not understood"),
    "bomb": (lambda m: m | {"partner.jsonl": b"a" * 2**25}, "would unpack to 33554432 bytes"),
    "no JSON": (in_partner(b'{"id":"unsaac"', b'{"id":'), "line 6 of partner is no row"),
    "wrong type": (in_partner(b'"name":"Instituto sin lugar"', b'"name":5'), "line 1 of partner is no row"),
    "null": (in_partner(b'"name":"Instituto sin lugar"', b'"name":null'), "line 1 of partner is no row"),
    "NUL": (in_partner(b'"name":"Instituto sin lugar"', b'"name":"\\u0000"'), "line 1 of partner is no row"),
    "half a character": (in_partner(b'"name":"Instituto sin lugar"', b'"name":"\\ud83e"'), "line 1 of partner is no row"),
    "unknown column": (in_partner(b'"name":', b'"nombre":'), "line 1 of partner is no row"),
    "number too large": (in_partner(b'"version":2', b'"version":9223372036854775808'), "line 1 of partner is no row"),
    "no number": (in_partner(b'"version":2', b'"version":NaN'), "line 1 of partner is no row"),
    "cut off": (lambda m: resigned(m, "partner", m["partner.jsonl"][:-20]), "partner is too long or cut off"),
    "names nobody": (lambda m: resigned(m, "partner", b""), "contradict each other"),
    "twice the same": (lambda m: resigned(m, "partner", m["partner.jsonl"] * 2), "contradict each other"),
    "two clocks": (lambda m: resigned(m, "clock", CLOCKS), "clock is not as"),
}  # fmt: skip


@pytest.mark.parametrize("case", SPOILED)
def test_what_is_no_backup_is_refused_and_changes_nothing(case, filled, tmp_path):
    change, told = SPOILED[case]
    good = tmp_path / "good.zip"
    backup(filled, good)
    spoilt = spoil(good, tmp_path / "spoilt.zip", change)
    before = filled.version()
    with pytest.raises(BadInput, match=told):
        restore(filled, spoilt, replace=True)
    assert filled.version() == before
    assert filled.partners() == sorted(PARTNERS, key=lambda p: p.id)
    assert filled.outcomes() == sorted(OUTCOMES, key=lambda o: o.id)
    restore(filled, good, replace=True)  # and the lock is free
    assert filled.evidence() == sorted(EVIDENCE, key=lambda e: e.id)


@pytest.mark.parametrize("kept", [0, 1, 100, -1, -30])
def test_a_truncated_file_is_refused(kept, tmp_path):
    store = Store.open(tmp_path / "t.db")
    backup(store, tmp_path / "a.zip")
    whole = (tmp_path / "a.zip").read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[:kept])
    with pytest.raises(BadInput, match="is no backup, or is damaged"):
        restore(store, tmp_path / "a.zip")
    store.close()


def test_every_single_byte_counts(tmp_path):
    """Whichever byte is altered: either the backup is refused, or what it restores is what it was."""
    source, target = Store.open(tmp_path / "s.db"), Store.open(tmp_path / "t.db")
    with source.writing() as writer:
        writer.upsert(PARTNERS[:1])
    backup(source, tmp_path / "a.zip")
    whole = (tmp_path / "a.zip").read_bytes()
    for place in range(0, len(whole), 37):
        (tmp_path / "b.zip").write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            restore(target, tmp_path / "b.zip", replace=True)
        except BadInput:
            continue
        assert target.partners() == PARTNERS[:1]
    source.close()
    target.close()


def test_a_huge_line_is_refused_before_it_is_read_whole(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(restoring, "MAX_LINE", 1000)
    backup(filled, tmp_path / "a.zip")
    long = lambda m: resigned(m, "partner", m["partner.jsonl"].replace(b"Instituto sin lugar", b"x" * 2000))  # noqa: E731
    with pytest.raises(BadInput, match="a line of partner is too long"):
        restore(filled, spoil(tmp_path / "a.zip", tmp_path / "b.zip", long), replace=True)


def test_every_column_type_of_the_tables_survives():
    row = {column.name: None for column in EvidenceRow.__table__.columns} | {
        "id": "e", "kind": "need", "text": "t", "sectors": ["C13"], "fields": [], "version": 2**40,
        "date": dt.date(2024, 2, 29), "confidential": True,
    }  # fmt: skip
    assert dump.from_line(EvidenceRow.__table__, dump.to_line(row), 1) == row
    at = {"at": DAY, "id": 3, "action": "x"} | dict.fromkeys(("key", "organisation", "kind", "record", "request"))
    assert dump.from_line(AuditRow.__table__, dump.to_line(at), 1) == at


def test_many_rows_are_told_as_they_go(store, tmp_path):
    with store.writing() as writer:
        writer.session.execute(
            insert(OrganisationRow), [{"id": f"o{i:05}", "name": "x", "office": f"o{i + 1:05}" if i < 2499 else None} for i in reversed(range(2500))]
        )  # fmt: skip
    told: list[tuple[int, int]] = []
    backup(store, tmp_path / "a.zip", lambda done, total: told.append((done, total)))
    assert told == [(1000, 2501), (2000, 2501), (2501, 2501)]
    told.clear()
    restore(store, tmp_path / "a.zip", replace=True, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2500, 2501)
    with store.reading() as session:
        assert session.get(OrganisationRow, "o00007").office == "o00008"
    assert database.revision(store.engine) == database.head()
