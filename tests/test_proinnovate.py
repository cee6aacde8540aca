"""ProInnóvate's portfolio: imitated rows, and the real files where they lie beside the checkout."""

import csv
import datetime as dt
from pathlib import Path

import pytest

from matcher.errors import BadInput
from matcher.records import Evidence, Partner, Side
from matcher.sources.proinnovate import read
from matcher.sources.reading import Refusal, Row

HEADER = '"FONDO","CONCURSO","ANIO","CONTRATO","TITULO","FECHA_INICIO","FECHA_FIN","NOMBRE_SOLICITANTE","DEPARTAMENTO","MONTO_RNR"\n'
REAL = Path(__file__).resolve().parents[2] / "shared" / "real" / "proinnovate"


def line(contract, title, name, region="CUSCO", start="20200115", year="2019", call="RETO"):
    return f'"FONDO X","{call}",{year},"{contract}","{title}",{start},20211231,"{name}","{region}",1000.50\n'


def portfolio(tmp_path, *lines, name="proyectos.csv"):
    path = tmp_path / name
    path.write_text(HEADER + "".join(lines), encoding="utf-8")
    return path


def test_a_row_is_a_partner_and_a_project(tmp_path):
    path = portfolio(tmp_path, line("007-RETO-2019", "SECADO DE AGUAYMANTO", "FRUTOS DEL VALLE S.A.C.", "ÁNCASH"))
    assert list(read([path])) == [
        Row(
            "proyectos.csv",
            2,
            (
                Partner("proinnovate-frutosvalle-sa", Side.DEMAND, "FRUTOS DEL VALLE S.A.C.", "firm", "PE", "PE-ANC"),
                Evidence(
                    "proinnovate-007-reto-2019", ("proinnovate-frutosvalle-sa",), "project", "SECADO DE AGUAYMANTO",
                    None, "es", dt.date(2020, 1, 15), (), (), "PE-ANC", "ProInnóvate · FONDO X · RETO · 2019",
                ),
            ),
            key="007-RETO-2019",
        )
    ]  # fmt: skip


def test_commas_and_quotes_behind_a_backslash_are_text(tmp_path):
    path = portfolio(
        tmp_path,
        line("1-A", r"HILADO\, TEÑIDO Y \"LAVADO\" DE LANA", r"TEJIDOS \"EL SOL\"\, HIJOS S.R.L."),
        line("2-A", 'QUESO ""MADURO"" DE ALTURA', "LÁCTEOS EIRL"),
    )
    one, two = read([path])
    assert one.records[1].text == 'HILADO, TEÑIDO Y "LAVADO" DE LANA'
    assert one.records[0].name == 'TEJIDOS "EL SOL", HIJOS S.R.L.'
    assert two.records[1].text == 'QUESO "MADURO" DE ALTURA'


def test_a_missing_region_is_none_for_text_and_partner(tmp_path):
    (row,) = read([portfolio(tmp_path, line("1-A", "TÍTULO", "TALLER SAC", region=""))])
    assert [r.region for r in row.records] == [None, None]
    assert row.records[0].country == "PE"


def test_the_itps_texts_carry_no_region_though_its_seat_is_known(tmp_path):
    itp = "INSTITUTO TECNOLÓGICO DE LA PRODUCCIÓN - ITP"
    (row,) = read([portfolio(tmp_path, line("1-A", "CURTIDO DE PIELES", itp, region="LIMA"))])
    assert [r.region for r in row.records] == ["PE-LIM", None]


@pytest.mark.parametrize(
    ("title", "department", "region", "centres"),
    [
        # The seats are those of the ITP's own network.
        ("MEJORA DEL CITE FORESTAL PUCALLPA", "LIMA", "PE-UCA", ["CITEforestal Pucallpa"]),
        ("SERVICIOS DEL CITEMADERA EN LIMA Y CAJAMARCA", "", "PE-LIM", ["CITEmadera"]),
        ("CITEPRODUCTIVO PARA LAS CADENAS DE LA MADERA Y LA CASTAÑA EN LA REGIÓN MADRE DE DIOS", "LIMA", "PE-MDD", ["CITEproductivo Madre de Dios"]),
        ("DEL CITE AGROINDUSTRIAL MAJES Y DEL CITE AGROINDUSTRIAL ICA", "LIMA", None, ["CITEagroindustrial Ica", "CITEagroindustrial Majes"]),
        ("APOYO AL SECTOR AGROINDUSTRIAL EN LA REGIÓN HUÁNUCO", "LIMA", "PE-HUC", []),
        ("APOYO EN LAS REGIONES DE PUNO, CUSCO Y TACNA", "LIMA", None, []),
        ("CURTIDO DE PIELES", "AREQUIPA", "PE-ARE", []),  # an address out of Lima is the centre's
        ("CURTIDO DE PIELES", "LIMA", None, []),
    ],
)  # fmt: skip
def test_the_itps_texts_are_where_the_named_cite_sits_else_where_the_title_says(
    tmp_path, title, department, region, centres
):
    (row,) = read(
        [portfolio(tmp_path, line("1-A", title, "INSTITUTO TECNOLOGICO DE LA PRODUCCION", region=department))]
    )
    itp, text = row.records
    assert (text.region, [centre.name for centre in row.mentions]) == (region, centres)
    assert text.partners == (itp.id, *(centre.id for centre in row.mentions))
    assert all((c.side, c.kind, c.country) == (Side.SUPPLY, "technology_centre", "PE") for c in row.mentions)


def test_a_cite_that_applies_by_its_own_name_sits_where_it_is_and_others_keep_their_address(tmp_path):
    own, other = read(
        [
            portfolio(
                tmp_path,
                line("1-A", "HILADO", "CITE TEXTIL CAMÉLIDOS PUNO", region="LIMA"),
                line("2-A", "CURSO EN EL CITEMADERA", "TALLER SAC", region="CUSCO"),
            )
        ]
    )
    assert (own.records[0].region, own.records[0].kind) == ("PE-PUN", "technology_centre")
    assert (other.records[1].region, other.mentions) == ("PE-CUS", ())


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        ("PIPEI", "project"),
        ("CONCURSO AYUDA A LA DEMANDA DE SERVICIOS TECNOLÓGICOS - MIPYME PRODUCTIVA - CATEGORÍA 2", "certification"),
        ("CONCURSO AYUDA A LA DEMANDA DE SERVICIOS TECNOLÓGICOS - MIPYME PRODUCTIVA - CATEGORÍA 1", "improvement"),
        ("PREPARACION PARA ACREDITACION DE LABORATORIOS", "certification"),
        ("PROGRAMA DESARROLLO DE PROVEEDORES - CATEGORÍA 2 - FASE DIAGNÓSTICO", "improvement"),
        ("MUJER EMPRENDE E INNOVA - PASANTIA TECNOLOGICA PARA MUJERES", "mission"),
        ("MISIONES TECNOLÓGICAS", "mission"),
        ("ESTANCIAS CORTAS DE INVESTIGADORES", "mission"),
        ("MUJER EMPRENDE E INNOVA - PROYECTOS DE INNOVACIÓN EMPRESARIAL - CATEGORÍA 1", "project"),
        ("CAPITAL SEMILLA PARA EMPRENDIMIENTOS DINAMICOS - BIO", "startup"),
        ("EQUIPAMIENTO CIENTIFICO", "equipment"),
        ("APOYO DE ACTIVIDADES DE EXTENSIONISMO TECNOLÓGICO", "service"),
        ("AGENDAS DE INNOVACIÓN TECNOLÓGICA", "agenda"),
        ("CONCURSO DE PROYECTOS SECTORIALES DE INNOVACIÓN ", "agenda"),
        ("BECAS DE REPATRIACIÓN DE INVESTIGADORES", "project"),  # their research, not their journey
        ("PROYECTOS DE VALIDACIÓN DE LA INNOVACIÓN: SEGURIDAD ALIMENTARIA", "project"),
    ],
)
def test_the_call_tells_what_a_project_shows(tmp_path, call, kind):
    (row,) = read([portfolio(tmp_path, line("1-A", "TÍTULO", "TALLER SAC", call=call))])
    assert row.records[1].kind == kind


def test_a_partners_seat_is_where_more_than_half_of_its_rows_say(tmp_path):
    def seats(*regions):
        lines = [line(f"{i}-A", f"TÍTULO {i}", "UNIVERSIDAD X", region) for i, region in enumerate(regions)]
        found = list(read([portfolio(tmp_path, *lines)]))
        return {row.records[0].region for row in found}, [row.records[1].region for row in found]

    # One partner, the same in each of its rows; every text keeps its own region.
    assert seats("CUSCO", "PUNO", "CUSCO") == ({"PE-CUS"}, ["PE-CUS", "PE-PUN", "PE-CUS"])
    assert seats("CUSCO", "PUNO") == ({None}, ["PE-CUS", "PE-PUN"])  # half is not more than half
    assert seats("CUSCO", "", "") == ({None}, ["PE-CUS", None, None])


def test_spellings_of_one_applicant_are_one_partner_by_its_commonest_name(tmp_path):
    one = portfolio(
        tmp_path, line("1-A", "UNO", "Tejidos Ñusta SAC"), line("2-A", "DOS", "TEJIDOS ÑUSTA SAC"), name="a.csv"
    )
    two = portfolio(
        tmp_path, line("3-A", "TRES", "TEJIDOS  NUSTA, SAC"), line("4-A", "CUATRO", "TEJIDOS ÑUSTA SAC"), name="b.csv"
    )
    found = list(read([one, two]))
    assert [(r.file, r.number) for r in found] == [("a.csv", 2), ("a.csv", 3), ("b.csv", 2), ("b.csv", 3)]
    assert {r.records[0] for r in found} == {
        Partner("proinnovate-tejidosnusta-sa", Side.DEMAND, "TEJIDOS ÑUSTA SAC", "firm", "PE", "PE-CUS")
    }


@pytest.mark.parametrize(
    ("start", "year", "expected"),
    [
        ("20200115", "2019", dt.date(2020, 1, 15)),
        ("", "2019", dt.date(2019, 1, 1)),
        ("NULL", "x", None),
        ("", "", None),
    ],
)
def test_the_start_is_the_date_else_the_calls_year(tmp_path, start, year, expected):
    (row,) = read([portfolio(tmp_path, line("1-A", "TÍTULO", "TALLER SAC", start=start, year=year))])
    assert row.records[1].date == expected


def test_bad_rows_are_refused_with_number_and_reason_and_cost_no_other(tmp_path):
    path = portfolio(
        tmp_path,
        line("1-A", "CON\nDOS LÍNEAS", "TALLER SAC"),  # lines 2 and 3
        line("", "SIN CONTRATO", "TALLER SAC"),  # 4
        line("3-A", "", "TALLER SAC"),  # 5
        line("4-A", "SIN NOMBRE", ""),  # 6
        line("5-A", "DE OTRO MUNDO", "TALLER SAC", region="MACONDO"),  # 7
        '"corta",2\n',  # 8
        line("7-A", "BUENA", "TALLER SAC"),  # 9
    )
    found = list(read([path]))
    assert [r.number for r in found] == [2, 4, 5, 6, 7, 8, 9]
    reasons = [r.reason if isinstance(r, Refusal) else None for r in found]
    for reason, word in zip(
        reasons[1:6], ["CONTRATO", "TITULO", "NOMBRE_SOLICITANTE", "'MACONDO'", "2 columns"], strict=True
    ):
        assert word in reason
    assert [r.records[1].text for r in (found[0], found[-1])] == ["CON DOS LÍNEAS", "BUENA"]


def test_another_file_is_refused_with_the_columns_it_lacks(tmp_path):
    path = tmp_path / "otro.csv"
    path.write_text("FONDO,TITULO\nx,y\n", encoding="utf-8")
    with pytest.raises(BadInput, match="CONCURSO, ANIO, CONTRATO, FECHA_INICIO, NOMBRE_SOLICITANTE, DEPARTAMENTO"):
        list(read([path]))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real portfolio lies in ../shared, which is absent here")
def test_every_row_of_the_real_files_is_accepted_or_refused():
    paths = sorted(REAL.glob("*.csv"))
    found = list(read(paths))
    assert len(found) == 2527
    for path in paths:
        # Independent count: each record of these files begins a line; the csv module counts them.
        with path.open(encoding="utf-8-sig", newline="") as file:
            numbers = [r.number for r in found if r.file == path.name]
            assert len(numbers) == sum(1 for _ in csv.reader(file, escapechar="\\")) - 1
            assert numbers == sorted(set(numbers))
    accepted = [r for r in found if isinstance(r, Row)]
    assert len(accepted) + sum(isinstance(r, Refusal) for r in found) == 2527
    partners = {p.id: p for p, _ in (r.records for r in accepted)}
    assert len(partners) == 1688  # of 1,694 spellings; the four joined besides accents and stops were judged by hand
    texts = {t.id: t for _, t in (r.records for r in accepted)}
    cambaya = partners["proinnovate-agroindustriascambaya-sa"]
    assert (cambaya.side, cambaya.kind, cambaya.region) == (Side.DEMAND, "firm", "PE-TAC")
    assert texts["proinnovate-001-fincyt-pitei-2007"].date == dt.date(2007, 12, 28)
    assert "ALIMENTO ARTIFICIAL, MEJORAMIENTO" in texts["proinnovate-019-fincyt-pitei-2008"].text  # was `\,`
    assert not any("\\" in t.text for t in texts.values())
