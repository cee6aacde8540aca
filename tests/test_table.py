"""Tables in the form of the template: rows in, records or refusals out."""

import csv
import datetime as dt

import pytest
from openpyxl import Workbook, load_workbook

from matcher.errors import BadInput
from matcher.importing import import_files
from matcher.language import translator
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources.reading import Refusal
from matcher.sources.table import read
from matcher.sources.table_template import write_template
from matcher.store.store import Store


def rows(tmp_path, **tables):
    """Write each table as `<name>.csv` and read them together."""
    paths = []
    for name, text in tables.items():
        paths.append(tmp_path / f"{name}.csv")
        paths[-1].write_text(text, encoding="utf-8")
    return list(read(paths))


def records(found):
    refused = [r for r in found if isinstance(r, Refusal)]
    assert refused == []
    return [record for row in found for record in row.records]


def refusals(found):
    return {(r.file, r.number): r.reason for r in found if isinstance(r, Refusal)}


SPANISH = {
    "socios": "Código;Lado;Nombre;Tipo;País;Departamento;Ciudad;CIIU;Tamaño;Página web;Correo\n"
    "lab;Oferta;Laboratorio Ñandú;Laboratorio;Perú;Cusco;Cusco;textiles|C14;;https://lab.example;a@lab.example\n"
    "taller;demanda;Taller Súmaq;Empresa;;áncash;;1311;Pequeña empresa;;\n",
    "evidencias": "código;organización;clase;título;resumen;idioma;fecha;rubro;áreas;departamento;fuente\n"
    "e1;lab;Proyecto;Tintes;Teñido de lana.;ES;31/12/2023;C13;2.11|Nanotecnología;Cusco;mano\n",
    "necesidades": "codigo;socio;problema;fecha\nn1;Taller Sumaq;Se corre el color.;2024\n",
    "resultados": "codigo;institucion;empresa;etapa;fecha;pais;comentario\no1;lab;taller;Acuerdo;45292;Perú;firmado\n",
}
ENGLISH = {
    "partners": "id,side,name,type,country,region,town,sectors,size,website,email\n"
    'lab,supply,Laboratorio Ñandú,laboratory,PE,PE-CUS,Cusco,"C13, C14",,https://lab.example,a@lab.example\n'
    "taller,demand,Taller Súmaq,firm,Peru,Ancash,,C1311,small,,\n",
    "evidence": "id,partners,kind,title,abstract,language,date,isic,fields,region,source\n"
    "e1,Laboratorio ñandu,project,Tintes,Teñido de lana.,es,2023-12-31,C13,2.11;2.10,PE-CUS,mano\n",
    "needs": "id,partner,need,language,date\nn1,taller,Se corre el color.,es,2024-01-01\n",
    "outcomes": "id,partner,firm,stage,date,country,comment\no1,Laboratorio Ñandú,taller,agreed,2024-01-01,PE,firmado\n",
}
EXPECTED = [
    Partner("lab", Side.SUPPLY, "Laboratorio Ñandú", "laboratory", "PE", "PE-CUS", "Cusco", ("C13", "C14"), None, "https://lab.example", "a@lab.example"),
    Partner("taller", Side.DEMAND, "Taller Súmaq", "firm", "PE", "PE-ANC", None, ("C1311",), "small"),
    Evidence("e1", ("lab",), "project", "Teñido de lana.", "Tintes", "es", dt.date(2023, 12, 31), ("C13",), ("2.11", "2.10"), "PE-CUS", "mano"),
    Evidence("n1", ("taller",), "need", "Se corre el color.", None, "es", dt.date(2024, 1, 1)),
    Outcome("o1", "lab", Stage.AGREED, "taller", dt.date(2024, 1, 1), "PE", None, (), "firmado"),
]  # fmt: skip


def test_english_tables_in_any_order_of_files(tmp_path):
    assert records(rows(tmp_path, **dict(reversed(ENGLISH.items())))) == EXPECTED


def test_spanish_tables_with_semicolons_give_the_same_records(tmp_path):
    assert records(rows(tmp_path, **SPANISH)) == EXPECTED


def test_a_workbook_with_real_dates_and_floats_gives_the_same_records(tmp_path):
    book = Workbook()
    book.remove(book.active)
    for name, text in ENGLISH.items():
        sheet = book.create_sheet(name)
        for line in csv.reader(text.splitlines()):
            sheet.append([value or None for value in line])
    book["evidence"]["G2"] = dt.datetime(2023, 12, 31)  # noqa: DTZ001 - Excel knows no zones
    book["evidence"]["H2"] = 13.0  # ISIC division as Excel keeps a number
    book["needs"]["E2"] = dt.date(2024, 1, 1)
    book["outcomes"]["E2"] = 45292  # 2024-01-01 without a date's format
    book.save(tmp_path / "all.xlsx")
    assert records(list(read([tmp_path / "all.xlsx"]))) == EXPECTED


def test_refusals_tell_file_row_and_reason_and_the_rest_is_read(tmp_path):
    found = rows(
        tmp_path,
        partners="id,side,name,region,size,sectors\n"
        'a,supply,"Uno\nen dos líneas",,,\n'  # rows 2 and 3
        "b,ambos,Dos,,,\n"  # 4
        ",supply,,,,\n"  # 5
        "d,supply,Cuatro,Macondo,,\n"  # 6
        "e,demand,Cinco,,enorme,\n"  # 7
        "f,supply,#N/A,,,\n"  # 8
        "g,supply,Siete,,,astrología\n"  # 9
        "h,demand,Ocho,Tacna,micro,\n",  # 10
        needs="partners,text,date\nh,Algo,mañana\n,Sin socio,\nh,,\nh,#REF!,\n",
    )
    reasons = refusals(found)
    assert sorted(reasons) == [("needs.csv", n) for n in (2, 3, 4, 5)] + [
        ("partners.csv", n) for n in (4, 5, 6, 7, 8, 9)
    ]
    for place, words in {
        ("partners.csv", 4): ("side", "'ambos'", "supply, demand"),
        ("partners.csv", 5): ("name: empty",),
        ("partners.csv", 6): ("region 'Macondo' is not known",),
        ("partners.csv", 7): ("size", "'enorme'", "micro, small, medium, large"),
        ("partners.csv", 8): ("spreadsheet error in name: #N/A",),
        ("partners.csv", 9): ("sector 'astrología' is not known",),
        ("needs.csv", 2): ("'mañana' is no date",),
        ("needs.csv", 3): ("partners: empty",),
        ("needs.csv", 4): ("text: empty",),
        ("needs.csv", 5): ("spreadsheet error in text: #REF!",),
    }.items():
        assert all(word in reasons[place] for word in words), (place, reasons[place])
    kept = [record for row in found if not isinstance(row, Refusal) for record in row.records]
    assert [(p.id, p.name, p.region) for p in kept] == [("a", "Uno\nen dos líneas", None), ("h", "Ocho", "PE-TAC")]


@pytest.mark.parametrize("error", ["#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!", "#NULL!"])
def test_every_error_that_a_spreadsheet_writes_is_refused(tmp_path, error):
    # ECMA-376 part 1, 18.17.3: the seven error values
    found = rows(tmp_path, partners=f"id,side,name,city\na,supply,Uno,{error}\n")
    assert list(refusals(found)) == [("partners.csv", 2)]
    assert error in found[0].reason


def test_a_row_with_more_cells_than_the_header_is_refused_rather_than_cut(tmp_path):
    # A comma without quotes: half the text would be lost in silence.
    found = rows(tmp_path, needs="partners,text\nlab,Medimos color, brillo y tacto\nlab,Entero\n")
    assert list(refusals(found)) == [("needs.csv", 2)]


def test_notes_beside_the_table_of_a_workbook_are_no_excess(tmp_path):
    book = Workbook()
    for row in [["partners", "text"], ["lab", "Entero", None, "revisar"]]:
        book.active.append(row)
    book.active.title = "needs"
    book.save(tmp_path / "a.xlsx")
    assert records(list(read([tmp_path / "a.xlsx"])))[0].text == "Entero"


def test_a_file_that_is_no_table_is_refused_with_what_it_needs(tmp_path):
    with pytest.raises(BadInput, match=r"columns foo, bar are none of the tables.*partners: side, name"):
        rows(tmp_path, cosas="foo,bar\n1,2\n")
    with pytest.raises(BadInput, match="is empty"):
        rows(tmp_path, vacio="")


def test_the_files_name_tells_needs_from_evidence_else_the_columns_do(tmp_path):
    table = "partners,text\nlab,Algo\n"
    kinds = {
        name: records(rows(tmp_path, **{name: table}))[0].kind for name in ("evidence", "needs", "necesidades_2024")
    }
    assert kinds == {"evidence": "capability", "needs": "need", "necesidades_2024": "need"}
    assert records(rows(tmp_path, datos="socio,problema\nlab,Algo\n"))[0].kind == "need"


def test_partners_are_named_by_id_or_by_name(tmp_path):
    found = records(
        rows(
            tmp_path,
            partners="side,name,id\nsupply,Grupo Ñ de Física,\nsupply,Laboratorio Dos,lab-2\n",
            evidence="id,partners,text\ne,grupo ñ de fisica; LABORATORIO DOS;lab-2,Algo\nf,Taller Del Sur,Algo\n",
        )
    )
    assert [r.id for r in found[:2]] == ["grupo-n-de-fisica", "lab-2"]
    assert found[2].partners == ("grupo-n-de-fisica", "lab-2")
    assert found[3].partners == ("taller-del-sur",)  # the id that its own row would get, in another import


def test_ids_made_from_the_content_stay_when_rows_move_and_change_with_the_content(tmp_path):
    table = "partners,text,title\nlab,Uno,\nlab,Dos,\nlab,Uno,T\n"
    one, two, titled = (r.id for r in records(rows(tmp_path, evidence=table)))
    again = "title,text,partners\n,Dos,lab\nT,Uno,lab\n,Uno,lab\n"
    assert [r.id for r in records(rows(tmp_path, evidence=again))] == [two, titled, one]
    assert len({one, two, titled}) == 3
    assert all(id_.startswith("lab-") for id_ in (one, two, titled))


@pytest.mark.parametrize("spanish", [True, False])
@pytest.mark.parametrize("workbook", [True, False])
def test_a_template_filled_in_is_imported_and_never_overwritten(tmp_path, spanish, workbook):
    path = tmp_path / ("plantilla.xlsx" if workbook else "plantilla")
    files = write_template(path, translator("es" if spanish else "en"), spanish=spanish)
    filled = {
        0: {"lado" if spanish else "side": "oferta" if spanish else "supply", "nombre" if spanish else "name": "Grupo Uno"},
        2: {"socios" if spanish else "partners": "Grupo Uno", "texto" if spanish else "text": "Hace falta secar quinua."},
    }  # fmt: skip
    if workbook:
        book = load_workbook(path)
        for i, values in filled.items():
            sheet = book.worksheets[i]
            sheet.append([values.get(cell.value) for cell in sheet[1]])
        book.save(path)
    else:
        for i, values in filled.items():
            with files[i].open(encoding="utf-8-sig", newline="") as file:
                header = next(csv.reader(file))
            with files[i].open("a", encoding="utf-8", newline="") as file:
                csv.DictWriter(file, header).writerow(values)
    store = Store.open(tmp_path / "db.sqlite")
    summary = import_files(store, "table", files)
    assert (summary.read, summary.added, summary.refusals) == (2, 2, [])
    assert store.partners() == [Partner("grupo-uno", Side.SUPPLY, "Grupo Uno", "other")]
    (need,) = store.evidence()
    assert (need.partners, need.kind, need.text, need.language) == (
        ("grupo-uno",),
        "need",
        "Hace falta secar quinua.",
        "es",
    )
    with pytest.raises(BadInput, match="exists"):
        write_template(path, str, spanish=spanish)
