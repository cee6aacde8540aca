"""Uploads: the preview is what confirming does, undoing puts everything back, and files made to harm do none."""

import csv
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import EVIDENCE, OUTCOMES, PARTNERS, FakeEncoder
from fastapi.testclient import TestClient
from network import Network, network
from openpyxl import Workbook, load_workbook
from sqlalchemy import select

from matcher import erasure, undoing, upload_files, uploads
from matcher.access import EVERYTHING, Caller, Role
from matcher.errors import BadInput, Conflict, NotFound, TooLarge
from matcher.importing import import_files
from matcher.index.snapshot import Snapshot
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources import reading
from matcher.store import audit, import_runs, organisations
from matcher.store.import_runs import from_plain, to_plain
from matcher.store.store import Store
from matcher.store.tables import ImportChangeRow
from matcher.upload_files import Draft
from matcher.uploads import Changed, Field

# Two partners, of which the first is known under another name; texts: one known and the same, one new, one of nobody's.
BOOK = {
    "socios": [
        ["id", "lado", "nombre", "region", "sectores"],
        ["unsaac", "oferta", "Facultad de Textiles", "Cusco", "C13"],
        ["nuevo", "oferta", "Laboratorio nuevo", "Tacna", ""],
        ["malo", "ofrece", "Sin lado", "", ""],
    ],
    "evidencias": [
        ["id", "socios", "tipo", "titulo", "texto", "idioma", "fecha", "sectores"],
        ["unjbg-1", "unjbg", "proyecto", "Secador", EVIDENCE[2].text, "es", "2021-03-01", "A01"],
        ["nuevo-1", "Laboratorio nuevo", "servicio", "Suelos", "Análisis de suelos salinos.", "es", "31/03/2025", ""],
        ["sin", "nadie", "servicio", "", "Texto sin socio.", "es", "", ""],
        ["ayer", "nuevo", "servicio", "", "Texto con fecha rara.", "es", "ayer", ""],
    ],
}
ADMIN = Caller(Role.ADMIN, None, frozenset(), "k")


def workbook(sheets: dict[str, list[list[str]]]) -> bytes:
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def draft_of(home: Path, content: bytes, name: str = "datos.xlsx", caller: Caller = EVERYTHING) -> Draft:
    return upload_files.keep(home, name, io.BytesIO(content), uploads.owner_of(caller))


def confirmed(store: Store, home: Path, content: bytes, caller: Caller = EVERYTHING, name: str = "datos.xlsx") -> str:
    draft = draft_of(home, content, name, caller)
    return uploads.confirm(store, caller, draft, uploads.preview(store, caller, draft).digest)


def records(store: Store) -> tuple[object, ...]:
    return store.partners(), store.evidence(), store.outcomes()


def run_of(store: Store, id_: str, organisation: str | None = None) -> import_runs.Run:
    with store.reading() as session:
        return import_runs.get(session, id_, organisation)


def test_the_preview_tells_each_row_and_writes_nothing(filled, tmp_path):
    before, version = records(filled), filled.version()
    plan = uploads.preview(filled, EVERYTHING, draft_of(tmp_path, workbook(BOOK)))
    assert [(i.file, i.row, i.effect, i.id) for i in plan.items] == [
        ("datos.xlsx [socios]", 2, "changed", "unsaac"),
        ("datos.xlsx [socios]", 3, "added", "nuevo"),
        ("datos.xlsx [socios]", 4, "refused", ""),
        ("datos.xlsx [evidencias]", 2, "unchanged", "unjbg-1"),
        ("datos.xlsx [evidencias]", 3, "added", "nuevo-1"),
        ("datos.xlsx [evidencias]", 4, "refused", ""),
        ("datos.xlsx [evidencias]", 5, "refused", ""),
    ]
    assert plan.counts == {"read": 7, "added": 2, "changed": 1, "unchanged": 1, "refused": 3}
    # The template's "tipo" is absent: as with `tinkuy import` it is "other" then, and the preview says so.
    assert plan.items[0].fields == (
        Field("name", "Facultad textil, Cusco", "Facultad de Textiles"),
        Field("kind", "faculty", "other"),
    )
    assert [(i.refusal.column, i.refusal.reason(str)) for i in plan.of("refused")] == [
        ("lado", "side: 'ofrece' is not one of supply, demand"),
        ("socios", "partner 'nadie' is not known: its own row is missing, or was refused"),
        ("fecha", "'ayer' is no date; write 2025-03-31 or 31/03/2025"),
    ]
    assert (records(filled), filled.version()) == (before, version)
    assert uploads.Plan.from_json(plan.to_json()) == plan


def test_confirming_does_what_the_preview_told_and_undoing_puts_every_record_back(filled, tmp_path):
    before = records(filled)
    id_ = confirmed(filled, tmp_path, workbook(BOOK))
    assert filled.get(Partner, "unsaac").record == replace(PARTNERS[0], name="Facultad de Textiles", kind="other")
    assert filled.get(Partner, "nuevo").record == Partner(
        "nuevo", Side.SUPPLY, "Laboratorio nuevo", "other", "PE", "PE-TAC"
    )
    text = filled.get(Evidence, "nuevo-1").record
    assert (text.partners, text.text, str(text.date)) == (("nuevo",), "Análisis de suelos salinos.", "2025-03-31")
    assert len(filled.partners()) == len(PARTNERS) + 1
    assert len(filled.evidence()) == len(EVIDENCE) + 1
    run = run_of(filled, id_)
    assert (run.read, run.added, run.changed, run.unchanged, run.refused) == (7, 2, 1, 1, 3)
    assert (run.files, run.undoable, run.refusals[0].row) == (("datos.xlsx",), True, 4)
    undone = undoing.undo(filled, EVERYTHING, id_)
    assert (undone.left, undone.undoable) == ((), False)
    assert records(filled) == before
    with filled.reading() as session:
        assert session.scalars(select(ImportChangeRow)).all() == []
    with pytest.raises(Conflict, match="undone already"):
        undoing.undo(filled, EVERYTHING, id_)


def test_what_was_changed_since_is_left_alone_and_told(filled, tmp_path):
    id_ = confirmed(filled, tmp_path, workbook(BOOK))
    with filled.writing() as writer:
        writer.write([replace(PARTNERS[0], name="Otro nombre")])
        writer.write([Evidence("ajena", ("nuevo",), "service", "De otra persona.")])
    undone = undoing.undo(filled, EVERYTHING, id_)
    assert [(each.kind, each.id, each.why) for each in undone.left] == [
        ("partner", "unsaac", undoing.SINCE),
        ("partner", "nuevo", undoing.USED),
    ]
    assert filled.get(Partner, "unsaac").record.name == "Otro nombre"
    assert filled.get(Partner, "nuevo") is not None
    assert filled.get(Evidence, "nuevo-1") is None
    assert filled.get(Evidence, "ajena").record.text == "De otra persona."


def test_what_was_deleted_since_does_not_come_back(filled, tmp_path):
    id_ = confirmed(filled, tmp_path, workbook(BOOK))
    with filled.writing() as writer:
        writer.delete(Evidence, "nuevo-1")
        writer.delete(Partner, "unsaac")
    undone = undoing.undo(filled, EVERYTHING, id_)
    assert [(each.id, each.why) for each in undone.left] == [("unsaac", undoing.GONE)]
    assert filled.get(Partner, "nuevo") is None
    assert filled.get(Partner, "unsaac") is None


def test_where_the_records_have_changed_meanwhile_nothing_is_written_and_the_new_preview_is_given(filled, tmp_path):
    draft = draft_of(tmp_path, workbook(BOOK))
    plan = uploads.preview(filled, EVERYTHING, draft)
    with filled.writing() as writer:
        writer.write([replace(PARTNERS[0], city="Sicuani")])
    before = records(filled)
    with pytest.raises(Changed) as caught:
        uploads.confirm(filled, EVERYTHING, draft, plan.digest)
    assert records(filled) == before
    uploads.confirm(filled, EVERYTHING, draft, caught.value.plan.digest)
    assert filled.get(Partner, "unsaac").record.city == "Sicuani"


def test_what_others_changed_elsewhere_disturbs_no_preview(filled, tmp_path):
    draft = draft_of(tmp_path, workbook(BOOK))
    plan = uploads.preview(filled, EVERYTHING, draft)
    with filled.writing() as writer:
        writer.write([replace(PARTNERS[2], city="Ate")])
    uploads.confirm(filled, EVERYTHING, draft, plan.digest)
    assert filled.get(Partner, "nuevo") is not None


def test_records_belong_to_the_uploaders_organisation_which_may_touch_no_others(filled, tmp_path):
    with filled.noting() as session:
        organisations.add(session, "tejedoras", "Tejedoras")
    caller = Caller(Role.CONTRIBUTOR, "tejedoras", frozenset(), "k1")
    sheets = {
        "socios": [["id", "lado", "nombre"], ["mio", "demanda", "Mi taller"], ["unsaac", "oferta", "Robada"]],
        "necesidades": [["id", "socios", "texto"], ["n1", "mio", "Necesito tinte."], ["n2", "unsaac", "De otros."]],
    }
    draft = draft_of(tmp_path, workbook(sheets), caller=caller)
    plan = uploads.preview(filled, caller, draft)
    assert [(i.id, i.effect) for i in plan.items] == [
        ("mio", "added"), ("unsaac", "refused"), ("n1", "added"), ("n2", "refused"),
    ]  # fmt: skip
    id_ = uploads.confirm(filled, caller, draft, plan.digest)
    assert filled.get(Evidence, "n1").record.owner == filled.get(Partner, "mio").record.owner == "tejedoras"
    with pytest.raises(NotFound):  # another organisation's
        undoing.undo(filled, Caller(Role.CONTRIBUTOR, "secadores", frozenset(), "k2"), id_)
    with filled.reading() as session:
        assert {(e.action, e.key) for e in audit.search(session)} == {("create", "k1"), ("upload", "k1")}


def test_a_partner_that_withdrew_is_not_found_by_its_name(filled, tmp_path):
    with filled.writing() as writer:
        writer.write([Partner("ido", Side.DEMAND, "Taller retirado", "firm", consent=False)])
    with filled.noting() as session:
        organisations.add(session, "tejedoras", "Tejedoras")
    caller = Caller(Role.CONTRIBUTOR, "tejedoras", frozenset(), "k1")
    sheets = {"necesidades": [["socios", "texto"], ["Taller retirado", "Uno."], ["Nadie de aquí", "Dos."]]}
    plan = uploads.preview(filled, caller, draft_of(tmp_path, workbook(sheets), caller=caller))
    first, second = (i.refusal.reason(str) for i in plan.items)
    assert first == second.replace("Nadie de aquí", "Taller retirado")


def test_an_address_that_is_a_script_is_refused(filled, tmp_path):
    sheets = {"socios": [["lado", "nombre", "web"], ["oferta", "Trampa", "javascript:alert(1)"]]}
    (item,) = uploads.preview(filled, EVERYTHING, draft_of(tmp_path, workbook(sheets))).items
    assert (item.effect, item.refusal.column) == ("refused", "url")


def test_outcomes_are_undone_too(filled, tmp_path):
    before = records(filled)
    sheets = {
        "resultados": [
            ["id", "socio", "contraparte", "etapa", "fecha"],
            ["o1", "unsaac", "taller", "rechazado", "2023-05-01"],
            ["o8", "unjbg", "oregano", "proyecto", "2025-06-01"],
        ]
    }
    id_ = confirmed(filled, tmp_path, workbook(sheets))
    assert filled.get(Outcome, "o1").record.stage is Stage.DECLINED
    undoing.undo(filled, EVERYTHING, id_)
    assert records(filled) == before


@pytest.mark.parametrize("record", [*PARTNERS, *EVIDENCE, *OUTCOMES], ids=lambda r: r.id)
def test_a_record_comes_out_of_memory_as_it_went_in(record):
    assert from_plain(type(record), to_plain(record)) == record


def test_too_many_rows_are_refused(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(uploads, "MAX_ROWS", 6)
    with pytest.raises(TooLarge, match="more than 6 rows"):
        uploads.preview(filled, EVERYTHING, draft_of(tmp_path, workbook(BOOK)))


def test_a_file_that_waits_is_its_owners_and_not_for_ever(tmp_path, monkeypatch):
    draft = draft_of(tmp_path, b"x")
    owner = uploads.owner_of(EVERYTHING)
    assert upload_files.find(tmp_path, draft.id, owner) == draft
    for id_, who in ((draft.id, "k1 tejedoras"), ("../" + draft.id, owner), ("x" * 32, owner), ("", owner)):
        with pytest.raises(NotFound):
            upload_files.find(tmp_path, id_, who)
    later = [draft_of(tmp_path, b"y") for _ in range(upload_files.EACH)]
    with pytest.raises(NotFound):
        upload_files.find(tmp_path, draft.id, owner)
    monkeypatch.setattr(upload_files, "KEPT_S", -1)
    draft_of(tmp_path, b"z", caller=ADMIN)
    assert [each for each in later if each.folder.exists()] == []


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("../../etc/passwd.csv", "passwd.csv"), ("C:\\Users\\ana\\evidencias.csv", "evidencias.csv"), ("..", "_"),
        ("a\0b\n.csv", "a_b_.csv"), ("ñandú (2).xlsx", "ñandú (2).xlsx"), ("x" * 300 + ".csv", "x" * 96 + ".csv"),
    ],
)  # fmt: skip
def test_a_file_keeps_of_its_name_what_does_no_harm(given, found):
    assert upload_files.file_name(given) == found


@pytest.mark.parametrize("source", ["command", "upload"])
def test_every_import_is_remembered_with_its_refusals(filled, tmp_path, source):
    path = tmp_path / "datos.xlsx"
    path.write_bytes(workbook(BOOK))
    if source == "command":
        import_files(filled, "table", [path])
    else:
        confirmed(filled, tmp_path, path.read_bytes())
    with filled.reading() as session:
        (run,) = import_runs.last_by_source(session)
    assert run.source == ("table" if source == "command" else "upload")
    assert (run.read, run.added, run.changed, run.unchanged, run.refused) == (7, 2, 1, 1, 3)
    assert [(r.row, r.column) for r in run.refusals] == [(4, "lado"), (4, "socios"), (5, "fecha")]
    assert (run.files, run.undoable) == (("datos.xlsx",), source == "upload")


def test_erasing_a_partner_leaves_nothing_of_it_in_what_uploads_remember(filled, tmp_path):
    home, encoder = tmp_path / "home", FakeEncoder()
    mark = "zarzaparrilla"
    now = filled.everything()
    Snapshot.build(home, now.partners, now.evidence, now.outcomes, encoder)
    with filled.writing() as writer:
        writer.upsert([Partner("ida", Side.DEMAND, f"Bebidas {mark}", "firm")])
        writer.upsert([Evidence("ida-1", ("ida", "taller"), "need", f"La {mark} fermenta.", language="es")])
    sheets = {
        "socios": [["id", "lado", "nombre"], ["ida", "demanda", "Otra"], ["taller", "demanda", "Taller otro"]],
        "necesidades": [["id", "socios", "texto"], ["ida-1", "ida", "Otro texto."], ["r", f"{mark} SA", "x"]],
    }
    content = workbook(sheets)
    id_ = confirmed(filled, home, content)
    draft_of(home, content)
    done = erasure.erase(filled, "ida", home, encoder, EVERYTHING)
    assert done.removed["import"] == 3  # what the partner and the text were before, and one refusal
    run = run_of(filled, id_)
    assert (run.refusals, run.refused) == ((), 1)
    with filled.reading() as session:
        assert [row.record for row in session.scalars(select(ImportChangeRow))] == ["taller"]
        assert mark not in str([row.before for row in session.scalars(select(ImportChangeRow))])
    assert not (home / upload_files.UPLOADS).exists()
    undoing.undo(filled, EVERYTHING, id_)
    assert filled.get(Partner, "taller").record == PARTNERS[4]


# --- the pages


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with network(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def officer(site: Network) -> TestClient:
    client = site.client()
    client.headers.update({"Accept": "text/html", **site.keys["officer"]})
    return client


def send(client: TestClient, content: bytes, name: str = "datos.xlsx", **more):
    return client.post("/desk/upload", files={"file": (name, content)}, **more)


CAPABILITIES = {
    "socios": [["id", "lado", "nombre"], ["grupo", "oferta", "Grupo <script>alert(1)</script>de tintes"]],
    "evidencias": [
        ["id", "socios", "titulo", "texto"],
        *(["grupo-" + str(n), "grupo", f"<b>Tinte</b> {n}", f"Teñimos con planta {n}."] for n in range(10)),
        ["grupo-x", "unsaac", "Ajeno", "Texto de otros."],
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("who", "menu", "desk"),
    [("reader", False, False), ("contributor", True, False), ("officer", False, True), ("admin", False, True)],
)
def test_whoever_may_upload_finds_the_page_in_a_menu(site, who, menu, desk):
    client = site.client()
    client.headers.update({"Accept": "text/html", **site.keys[who]})
    at = "?organisation=ott-cusco" if who == "admin" else ""
    main = client.get("/").text.partition("</header>")[0]
    assert ('href="/desk/upload"' in main, 'href="/desk"' in main) == (menu, desk)
    if menu or desk:
        page = client.get(f"/desk/upload{at}").text
        links = re.findall(r'<a href="(/desk/[a-z]+)[^"]*"', page.partition("</header>")[2].partition("<h1>")[0])
        assert ("/desk/board" in links, "/desk/upload" in links) == (desk, desk)


def test_from_the_file_to_its_undoing_by_plain_forms(site, officer):
    answer = send(officer, workbook(CAPABILITIES))
    assert answer.status_code == 200
    assert str(answer.url.path).startswith("/desk/upload/preview/")
    assert "<script>alert" not in answer.text
    assert "<strong>11</strong>" in answer.text  # added
    refused = officer.get(f"{answer.url.path}/refusals")
    assert list(csv.reader(io.StringIO(refused.content.decode("utf-8-sig"))))[1][:3] == [
        "datos.xlsx [evidencias]", "12", "",
    ]  # fmt: skip
    digest = answer.text.partition('name="digest" value="')[2].partition('"')[0]
    done = officer.post(answer.url.path, data={"digest": digest})
    assert done.status_code == 200
    assert site.store.get(Evidence, "grupo-9").record.owner == "ott-cusco"
    assert officer.post(answer.url.path, data={"digest": digest}).status_code == 404  # once only
    page = officer.get("/desk/upload").text
    assert "datos.xlsx" in page
    assert "OTT Cusco" in page
    undone = officer.post(f"{done.url.path}/undo")
    assert undone.status_code == 200
    assert site.store.get(Evidence, "grupo-9") is None
    assert officer.post(f"{done.url.path}/undo").status_code == 409


def test_another_digest_shows_the_preview_again_and_writes_nothing(site, officer):
    shown = send(officer, workbook(CAPABILITIES))
    again = officer.post(shown.url.path, data={"digest": "0" * 64})
    assert again.url.path == shown.url.path
    assert again.url.query == b"changed=true"
    assert 'role="alert"' in again.text
    assert site.store.get(Partner, "grupo") is None


def test_an_admin_uploads_for_whom_they_name_and_stays_at_that_desk(site):
    client = site.client()
    client.headers.update({"Accept": "text/html", **site.keys["admin"]})
    assert send(client, b"x").status_code == 422
    shown = client.post("/desk/upload?organisation=ott-tacna", files={"file": ("a.xlsx", workbook(CAPABILITIES))})
    assert shown.url.query == b"organisation=ott-tacna"
    digest = shown.text.partition('name="digest" value="')[2].partition('"')[0]
    done = client.post(str(shown.url), data={"digest": digest})
    assert done.url.query == b"organisation=ott-tacna"
    assert site.store.get(Partner, "grupo").record.owner == "ott-tacna"
    assert client.post(f"{done.url.path}/undo?organisation=ott-tacna").status_code == 200


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("table", ["partners", "evidence", "needs", "outcomes"])
def test_the_template_can_be_had_as_csv_and_uploaded_again(officer, language, table):
    answer = officer.get(f"/desk/upload/template?format=csv&table={table}&lang={language}")
    assert answer.headers["content-type"].startswith("text/csv")
    name = answer.headers["content-disposition"].partition('"tinkuy-')[2].rstrip('"')
    sent = send(officer, answer.content, name)
    assert sent.status_code == 200  # all its columns are understood, and there is nothing to write
    assert "digest" not in sent.text


def test_the_template_can_be_had_as_a_workbook(officer):
    book = load_workbook(io.BytesIO(officer.get("/desk/upload/template").content))
    assert book.sheetnames == ["socios", "evidencias", "necesidades", "resultados", "leame"]
    assert officer.get("/desk/upload/template?table=nada&format=csv").status_code == 422


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b"\0" * (reading.MAX_FILE + 1))
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.xlsx", b"PK\x03\x04", "a.xlsx"), ("a.xlsx", b"", "a.xlsx"), ("a.exe", b"MZ", "a.exe"),
        ("a.csv", b"\0\xff" * 500, "a.csv"), ("a.csv", b"x;y\n1;2\n", "a.csv"), ("../../a.csv", b"", "a.csv"),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_is_told_by_its_name_and_not_kept(site, officer, name, content, told):
    answer = send(officer, content, name)
    assert answer.status_code == 422
    assert told in answer.text
    assert str(site.home) not in answer.text
    waiting = list((site.home / upload_files.UPLOADS).glob("*/file/*"))
    assert [path for path in waiting if path.name in ("a.xlsx", "a.exe", "a.csv")] == []


def test_a_file_that_unpacks_to_too_much_is_refused(officer):
    answer = send(officer, bomb())
    assert answer.status_code == 422
    assert "256 MiB" in answer.text or "256" in answer.text


def test_a_file_may_be_larger_than_other_requests_but_not_endless(tmp_path):
    with network(tmp_path, max_body="64 KiB") as found:
        client = found.client()
        client.headers.update({"Accept": "text/html", **found.keys["officer"]})
        filler = "texto " * 20_000  # 120 kB
        content = f"socios,texto\nnadie,{filler}\n".encode()
        assert send(client, content, "evidencias.csv").status_code == 200
        assert send(client, content * 12, "evidencias.csv").status_code == 413


def test_reading_errors_are_of_the_file_that_was_uploaded(filled, tmp_path):
    draft = draft_of(tmp_path, b"", "../vac\xedo.csv")
    with pytest.raises(BadInput) as caught:
        uploads.preview(filled, EVERYTHING, draft)
    assert str(tmp_path) not in str(caught.value)


def test_a_foreign_sheet_is_read_and_the_preview_tells_how(officer: TestClient, tmp_path):
    rows = "Quién;Depto.;Qué les falta\n"
    rows += "QUESOS ILUSTRATIVOS S.A.C.;Tacna;Los quesos maduran de modo distinto en cada cámara de la planta.\n"
    rows += "LANAS ILUSTRATIVAS S.A.C.;Tacna;El teñido de la lana no es parejo y se pierde parte de cada lote.\n"
    answer = send(officer, rows.encode(), "firmas.csv")
    assert answer.status_code == 200
    page = " ".join(answer.text.split())
    assert "Cómo se lee la hoja firmas" in page
    assert "<td>Quién</td> <td>Nombre</td> <td>su contenido</td> <td>QUESOS ILUSTRATIVOS S.A.C.</td>" in page
    assert "<td>Depto.</td> <td>Región</td>" in page
    # Two organisations and two texts, each shown.
    assert page.count("QUESOS ILUSTRATIVOS S.A.C.</td>") == 2
    assert "Los quesos maduran de modo distinto en cada cámara de la planta.</td><td>texto</td>" in page
