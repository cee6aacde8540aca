"""Sheets that are not the template's: how they would be read, mappings that are kept, and sheets made to do harm."""

import contextlib
import datetime as dt
import io
import zipfile
from dataclasses import replace

import pytest
from openpyxl import Workbook

from matcher.cli import main
from matcher.errors import BadInput
from matcher.importing import import_files
from matcher.records import Evidence, Partner, Side
from matcher.sources import cells, mappings
from matcher.sources.cells import Cells
from matcher.sources.mappings import Mapping, load, path_of, save
from matcher.sources.proposing import propose
from matcher.sources.reading import Refusal
from matcher.sources.table import read
from matcher.sources.table_sheets import proposals

FIRMS = ["TEJIDOS ILUSTRATIVOS S.A.C.", "QUESOS ILUSTRATIVOS E.I.R.L.", "COOPERATIVA ILUSTRATIVA DE CAFÉ"]
SAID = [
    "El teñido de la lana no es parejo y se pierde la cuarta parte de cada lote.",
    "Los quesos maduran de modo distinto en cada cámara de la planta.",
    "La fermentación del café depende del clima y queremos hacerla siempre igual.",
]


def sheet(header, *columns, name="Hoja1"):
    rows = [(n, list(row)) for n, row in enumerate(zip(*columns, strict=True), start=2)]
    return Cells("a.xlsx", name, list(header), rows)


def taken(proposal):
    return {each.heading: each.column for each in proposal.columns if each.column}


def workbook(path, **sheets):
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        made = book.create_sheet(name)
        for row in rows:
            made.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("header", "side", "kind"),
    [
        (("Razón Social", "Necesidad", "Departamento", "Fecha"), "demand", "need"),
        (("Company name", "Challenge", "Region", "Start date"), "demand", "need"),
        (("Nome da empresa", "Descrição do problema", "Região", "Data"), "demand", "need"),
        (("Universidad", "Líneas de investigación", "Región", "Año"), "supply", "capability"),
        (("University", "Capabilities", "Region", "Date"), "supply", "capability"),
        (("Universidade", "Linha de pesquisa", "Estado", "Data"), "supply", "capability"),
    ],
)
def test_names_in_three_languages_tell_columns_and_what_the_texts_are(header, side, kind):
    found = propose(sheet(header, FIRMS, SAID, ["Cusco"] * 3, ["2024-01-02"] * 3))
    assert taken(found) == dict(zip(header, ("name", "text", "region", "date"), strict=True))
    assert (found.table, found.defaults, found.named) == ("texts", {"side": side, "kind": kind}, True)


def test_contents_tell_where_names_do_not():
    found = propose(
        sheet(
            ["A", "B", "C", "D", "E", "F", "G", "H"],
            ["1", "2", "3"],
            FIRMS,
            ["20999999990"] * 3,
            ["Cusco", "áncash", "San Martín"],
            SAID,
            ["15/03/2024", "2024-03-16", "17/03/2024"],
            ["a@uno.example", "b@dos.example", "tel. 1, c@tres.example"],
            ["https://uno.example", "www.dos.example", "https://tres.example"],
        )
    )
    expected = {"B": "name", "C": "ruc", "D": "region", "E": "text", "F": "date", "G": "contact", "H": "url"}
    assert taken(found) == expected
    assert {each.by for each in found.columns if each.column} == {"contents"}
    assert (found.table, found.named, found.defaults) == ("texts", False, {})


def test_cells_that_only_look_like_it_are_left_alone():
    found = propose(
        sheet(
            ["Empresa", "Monto", "Nota", "Código"],
            FIRMS,
            ["45292", "45293", "45294"],  # money, not Excel's days
            ["Cusco", "pendiente", "llamar"],
            ["20999999991", "20999999992", "20999999993"],  # eleven digits of which none is a RUC
        )
    )
    assert taken(found) == {"Empresa": "name", "Código": "id"}
    assert found.table == "partners"


def test_a_sheet_without_organisations_is_passed_over_with_the_reason():
    found = propose(sheet(["Pendiente", "Cuándo"], ["llamar", "escribir"], ["lunes", "martes"]))
    assert (found.table, str(found.reason)) == ("", "no column holds the names of organisations")


def test_a_row_of_organisation_and_text_is_a_partner_and_a_text(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        Necesidades_2024=[
            ["Empresa", "RUC", "Departamento", "Necesidad", "Fecha", "Correo"],
            [FIRMS[0], "20999999990", None, SAID[0], "15/03/2024", "a@uno.example"],
            [FIRMS[0], None, "Arequipa", SAID[1], None, None],
            ["UNIVERSIDAD ILUSTRATIVA", None, "Puno", SAID[2], None, None],
            [FIRMS[1], "20999999991", "Cusco", SAID[1], None, None],
            [FIRMS[1], None, "Cusco", None, None, None],
        ],
    )
    one, two, three, bad, empty = read([path])
    partner = Partner(
        "tejidos-ilustrativos-s-a-c", Side.DEMAND, FIRMS[0], "firm", "PE", "PE-ARE", contact="a@uno.example",
        identifiers=("ruc:20999999990",),
    )  # fmt: skip
    assert one.records[0] == two.records[0] == partner  # what either of its rows says
    text = one.records[1]
    assert text == Evidence(text.id, (partner.id,), "need", SAID[0], None, "es", dt.date(2024, 3, 15), region=None)
    assert two.records[1].region == "PE-ARE"
    # The column says that these are needs: so the university needs something here.
    assert (three.records[0].side, three.records[0].kind, three.records[1].kind) == (Side.DEMAND, "other", "need")
    assert ("20999999991" in bad.reason, empty.reason) == (True, "text: empty")


def test_without_a_word_for_it_the_name_tells_the_side(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"entidad;resumen\nUNIVERSIDAD ILUSTRATIVA;{SAID[0]}\n{FIRMS[0]};{SAID[1]}\n", encoding="utf-8")
    university, firm = read([path])
    assert [(p.side, p.kind, e.kind) for p, e in (university.records, firm.records)] == [
        (Side.SUPPLY, "university", "capability"),
        (Side.DEMAND, "firm", "need"),
    ]


def test_what_systems_write_into_empty_cells_is_nothing(tmp_path):
    path = tmp_path / "instituciones.csv"
    lines = ["codigo,nombre,pais,departamento,distrito", "NA,Instituto Uno,PE,CUSCO,N/A", "NA,Instituto Dos,NA,NULL,-"]
    path.write_text("\n".join(lines), encoding="utf-8")
    rows = list(read([path]))
    partners = [record for row in rows for record in row.records]
    assert [(p.id, p.country, p.region, p.city) for p in partners] == [
        ("instituto-uno", "PE", "PE-CUS", None),
        ("instituto-dos", "NA", None, None),  # Namibia
    ]


def test_each_sheet_of_a_workbook_is_read_or_named_with_the_reason(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx",
        socios=[["lado", "nombre"], ["oferta", "Grupo Uno"]],
        Demandas=[["Empresa", "Problema"], [FIRMS[0], SAID[0]]],
        Varios=[["Pendiente", "Cuándo"], ["llamar", "lunes"]],
        leame=[["socios", "x", "y"]],
    )
    refused, *rows = read([path])
    assert isinstance(refused, Refusal)
    assert (refused.file, refused.number) == ("a.xlsx [Varios]", 1)
    assert "none of the tables" in refused.reason
    assert [row.file for row in rows] == ["a.xlsx [socios]", "a.xlsx [Demandas]"]
    assert [each.table for each in proposals(path)] == ["partners", "texts", ""]


def test_what_only_contents_tell_waits_for_somebody_to_look(tmp_path):
    rows = [["Quién", "Qué"], *zip(FIRMS, SAID, strict=True)]
    path = workbook(tmp_path / "a.xlsx", Hoja1=[list(row) for row in rows])
    with pytest.raises(BadInput, match="--preview` shows"):
        list(read([path]))
    assert len(list(read([path], guess=True))) == 3


def test_a_mapping_is_kept_mended_and_used_again(tmp_path):
    path = workbook(
        tmp_path / "a.xlsx", **{"Hoja «1»": [["Quién", 'El "qué"'], *map(list, zip(FIRMS, SAID, strict=True))]}
    )
    kept = path_of(tmp_path, "firmas")
    save(kept, proposals(path))
    assert load(kept) == [Mapping("Hoja «1»", "texts", {"quien": "name", 'el "que"': "text"}, {})]
    with pytest.raises(BadInput, match="exists"):
        save(kept, [])
    kept.write_text(
        kept.read_text().replace("[sheets.defaults]", '[sheets.defaults]\nside = "supply"\ncountry = "Perú"')
    )
    found = list(read([path, kept]))
    assert [row.records[0].side for row in found] == [Side.SUPPLY] * 3
    assert {(row.records[0].country, row.records[1].kind) for row in found} == {("PE", "capability")}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("sheets = 1", "cannot be read"),
        ("[[sheets]]\ntable = 'cosas'", "'cosas' is not one of partners, texts"),
        ("[[sheets]]\ntable = 'texts'\n[sheets.columns]\nA = 'owner'", "'owner' is not one of"),
        ("[[sheets]]\ntable = 'texts'\n[sheets.columns]\nA = 3", "'3' is not one of"),
        ("not toml", "cannot be read"),
    ],
)
def test_a_mapping_that_says_nothing_sensible_is_refused(tmp_path, text, words):
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(BadInput, match=words):
        load(tmp_path / "m.toml")


def test_a_mapping_without_the_sheets_headings_is_refused_and_names_stay_in_their_folder(tmp_path):
    (tmp_path / "m.toml").write_text("[[sheets]]\ntable = 'texts'\n[sheets.columns]\nQuien = 'name'")
    (tmp_path / "a.csv").write_text("quien,que\nUno,dos\n")
    with pytest.raises(BadInput, match="no column for text"):
        list(read([tmp_path / "a.csv", tmp_path / "m.toml"]))
    for name in ("../fuera", "", "a/b", "a.b"):
        with pytest.raises(BadInput, match="no name for a mapping"):
            path_of(tmp_path, name)


def test_the_command_shows_keeps_and_uses(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TINKUY_LANG", "en")
    path = workbook(tmp_path / "a.xlsx", Hoja1=[["Quién", "Qué"], *map(list, zip(FIRMS, SAID, strict=True))])

    def run(*words):
        with contextlib.suppress(SystemExit):
            main(["import", "table", str(path), *words])
        return capsys.readouterr()

    shown = run("--preview", "--mapping", "firmas").out
    assert "Quién → name (by its contents, 100 %): TEJIDOS ILUSTRATIVOS S.A.C. | QUESOS" in shown
    assert not list((tmp_path / "home").rglob("*.db"))
    assert "3 rows read: 6 records added" in run("--mapping", "firmas").out
    assert "6 unchanged" in run("--mapping", "firmas").out
    assert "there is no mapping otra" in run("--mapping", "otra").err
    assert "exists: delete it" in run("--preview", "--mapping", "firmas").err


def test_importing_it_twice_changes_nothing(store, tmp_path):
    path = workbook(tmp_path / "a.xlsx", Hoja1=[["Empresa", "Problema"], *map(list, zip(FIRMS, SAID, strict=True))])
    first, again = import_files(store, "table", [path]), import_files(store, "table", [path])
    assert (first.added, again.added, again.changed) == (6, 0, 0)


def sparse(path, last):
    """Write a workbook whose last row stands far below."""
    whole = io.BytesIO()
    book = Workbook()
    book.active.append(["lado", "nombre"])
    book.save(whole)
    data = f"""<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
    <row r="1"><c r="A1" t="inlineStr"><is><t>lado</t></is></c></row>
    <row r="{last}"><c r="A{last}"><v>1</v></c></row></sheetData></worksheet>"""
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, data if "sheet1" in name else old.read(name))
    return path


def test_sheets_of_ten_million_rows_are_refused_before_they_fill_the_memory(tmp_path, monkeypatch):
    with pytest.raises(BadInput, match="more than 1048576 rows or 3000000 filled cells: split it"):
        list(read([sparse(tmp_path / "far.xlsx", 2_000_000_000)]))
    monkeypatch.setattr(cells, "MAX_CELLS", 1000)
    (tmp_path / "long.csv").write_text("lado,nombre\n" + "oferta,Uno\n" * 10_000)
    with pytest.raises(BadInput, match="split it"):
        list(read([tmp_path / "long.csv"]))
    wide = workbook(tmp_path / "wide.xlsx", **{f"h{n}": [["a"] * 100] * 4 for n in range(3)})
    with pytest.raises(BadInput, match="split it"):
        list(read([wide]))


def test_proposals_are_data():
    found = propose(sheet(["Empresa", "Problema"], FIRMS, SAID))
    assert replace(found, first=()) == replace(propose(sheet(["Empresa", "Problema"], FIRMS, SAID)), first=())
    assert mappings.Mapping.of(found).columns == {"empresa": "name", "problema": "text"}
