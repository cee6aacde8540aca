"""OAI-PMH from files: what CERIF-XML and Dublin Core say."""

import datetime as dt
import gzip
from collections import Counter

import pytest
from lxml import etree
from oai_files import FIXTURES, read

from matcher.records import Evidence, Partner, Side
from matcher.sources import cerif_units, metadata, oai
from matcher.sources.pages import Asked
from matcher.sources.reading import Gone, Refusal, Row, Skipped
from matcher.sources.repository import Repository
from matcher.sources.seen import Seen


@pytest.fixture(scope="module")
def perucris():
    return read(FIXTURES / "perucris.xml")


def by_id(rows):
    return {record.id: record for row in rows if isinstance(row, Row) for record in row.records}


def mentioned(rows):
    """Return the partners that are named, as they are named first: later ones change nothing."""
    found = {}
    for row in rows:
        for partner in row.mentions if isinstance(row, Row) else ():
            found.setdefault(partner.id, partner)
    return found


def test_every_record_is_accounted_for(perucris):
    assert Counter(type(row).__name__ for row in perucris) == {"Row": 9, "Skipped": 1, "Refusal": 1, "Gone": 1}
    assert [row.number for row in perucris] == list(range(1, 13))
    assert [row.what for row in perucris if isinstance(row, Skipped)] == ["funding"]
    assert [row.key for row in perucris if isinstance(row, Gone)] == ["oai:cris.example.edu:Publications/3"]
    (refusal,) = [row for row in perucris if isinstance(row, Refusal)]
    assert "'De nadie': no organisation is named" in refusal.reason
    assert "partner=NAME" in refusal.reason


def test_a_university_is_a_partner_with_its_place_and_numbers(perucris):
    assert by_id(perucris)["oai-cris-example-edu-orgunits-10"] == Partner(
        "oai-cris-example-edu-orgunits-10",
        Side.SUPPLY,
        "Universidad Ilustrativa (UIL)",
        "university",
        "PE",
        "PE-LAL",
        "Trujillo",
        ("P8530",),
        url="https://universidad.example.edu/",
        identifiers=("ruc:20100070970",),
    )


def test_a_laboratory_bears_its_universitys_name_and_says_what_it_can(perucris):
    records, named = by_id(perucris), mentioned(perucris)
    laboratory = records["oai-cris-example-edu-orgunits-11"]
    assert (laboratory.name, laboratory.kind) == ("Laboratorio de Secado, Universidad Ilustrativa", "laboratory")
    assert (laboratory.country, laboratory.region) == ("PE", "PE-CUS")  # by its ubigeo code
    assert laboratory.contact == "secado@universidad.example.edu"
    profile = records["oai-cris-example-edu-orgunits-11-profile"]
    assert profile.text == "Secamos hierbas aromáticas a baja temperatura.\nSecado solar"
    assert (profile.kind, profile.fields, profile.language) == ("capability", ("2.11",), "es")
    assert named["oai-cris-example-edu-orgunits-12"].name == "Facultad de Agroindustria, Universidad Ilustrativa"


def test_a_line_of_research_is_what_the_unit_above_can_do(perucris):
    records = by_id(perucris)
    assert "oai-cris-example-edu-orgunits-13" not in records
    line = records["oai-cris-example-edu-orgunits-13-profile"]
    assert (line.partners, line.text) == (("oai-cris-example-edu-orgunits-10",), "Poscosecha de granos andinos")


def test_a_project_is_evidence_of_all_who_take_part_in_spanish_where_there_is_spanish(perucris):
    assert by_id(perucris)["oai-cris-example-edu-projects-1"] == Evidence(
        id="oai-cris-example-edu-projects-1",
        partners=("oai-cris-example-edu-orgunits-10", "oai-cris-example-edu-orgunits-20"),
        kind="project",
        text="Secar a menos de cuarenta grados conserva el color.\norégano",
        title="Secado en frío de orégano",
        language="es",
        date=dt.date(2024, 2, 1),
        sectors=("C1079",),
        fields=("2.11",),
        source="cris.example.edu",
        url="https://hdl.handle.net/20.500.99999/1",
    )
    assert mentioned(perucris)["oai-cris-example-edu-orgunits-20"].side is Side.DEMAND


def test_works_are_of_those_whose_they_are_not_of_offices_and_publishers(perucris):
    records = by_id(perucris)
    thesis = records["oai-cris-example-edu-publications-1"]
    assert thesis.partners == ("oai-cris-example-edu-orgunits-12",)
    assert (thesis.text, thesis.language, thesis.date) == ("Diseño de un secador solar", "es", dt.date(2019, 1, 1))
    assert (thesis.url, thesis.source) == ("https://doi.org/10.9999/ilustrativo.1", "cris.example.edu · CC BY-NC 4.0")
    patent = records["oai-cris-example-edu-patents-1"]
    assert (patent.kind, patent.partners, patent.date) == (
        "patent", ("oai-cris-example-edu-orgunits-10",), dt.date(2020, 6, 1),
    )  # fmt: skip
    software = records["oai-cris-example-edu-products-1"]
    assert (software.kind, software.partners) == ("technology", ("oai-cris-example-edu-orgunits-10",))
    equipment = records["oai-cris-example-edu-equipment-1"]
    assert (equipment.partners, equipment.date) == (("oai-cris-example-edu-orgunits-11",), dt.date(2021, 9, 6))


def test_a_person_is_the_contact_of_the_unit_of_today_unless_people_are_partners(perucris):
    row = next(row for row in perucris if getattr(row, "key", "").endswith("Persons/1"))
    assert row.records == ()
    assert [(p.id, p.contact) for p in row.mentions] == [
        ("oai-cris-example-edu-orgunits-12", "Responsable del laboratorio <responsable@universidad.example.edu>")
    ]
    person = by_id(read(FIXTURES / "perucris.xml", people="partners"))["oai-cris-example-edu-persons-1"]
    assert (person.kind, person.name) == ("person", "Responsable del laboratorio")
    assert "00000000" not in repr(perucris)


def test_who_names_nobody_may_be_given_a_name():
    rows = read(FIXTURES / "perucris.xml", partner="Instituto Ilustrativo")
    assert not any(isinstance(row, Refusal) for row in rows)
    assert by_id(rows)["oai-cris-example-edu-publications-2"].partners == (
        "oai-cris-example-edu-instituto-ilustrativo",
    )


def test_reading_twice_gives_the_same(perucris):
    again = read(FIXTURES / "perucris.xml")
    assert [row for row in again if isinstance(row, Row)] == [row for row in perucris if isinstance(row, Row)]


def test_one_id_of_two_organisations_makes_two_partners():
    repository = Repository(id="r")
    element = etree.fromstring(
        '<a><OrgUnit id="OrgUnits/1"><Name>Universidad Uno</Name></OrgUnit><OrgUnit id="OrgUnits/1"><Name>Facultad Dos</Name></OrgUnit>'
        '<OrgUnit id="OrgUnits/1"><Name>Universidad Uno</Name><Acronym>U1</Acronym></OrgUnit></a>'
    )
    one, two, again = (cerif_units.unit_of(child, repository) for child in element)
    assert one.id == "oai-r-orgunits-1"
    assert two.id.startswith("oai-r-orgunits-1-")
    assert [one.name, two.name] == ["Universidad Uno", "Facultad Dos"]
    assert again.name == "Universidad Uno (U1)"


def test_dublin_core_is_read_in_the_works_language_with_fields_and_links():
    rows = read(FIXTURES / "dublin_core.xml")
    work, patent, image = rows
    assert work.records == (
        Evidence(
            id="oai-repositorio-example-edu-20-500-99999-12",
            partners=("oai-repositorio-example-edu-universidad-ilustrativa-de-la-sierra",),
            kind="publication",
            text="Los humedales construidos bajan la acidez del agua y retienen el hierro disuelto en pocas semanas."
            "\nDrenaje ácido; Ingeniería ambiental",
            title="Tratamiento de aguas ácidas de mina con humedales",
            language="es",
            date=dt.date(2017, 1, 1),
            fields=("2.7",),
            source="repositorio.example.edu · CC BY-SA 4.0",
            url="https://repositorio.example.edu/handle/20.500.99999/12",
        ),
    )
    assert work.mentions[0].country == "PE"
    assert isinstance(patent, Refusal)  # a publisher that does no research tells not whose it is
    assert image == Skipped("dublin_core.xml", 3, "image")
    rows = read(FIXTURES / "dublin_core.xml", partner="Universidad Ilustrativa")
    assert (rows[1].records[0].kind, rows[1].records[0].title) == ("patent", "Una bomba")


def test_bare_records_packed_files_and_folders_are_read(tmp_path):
    ns = "https://www.openaire.eu/cerif-profile/1.2/"
    unit = f'<OrgUnit xmlns="{ns}" id="OrgUnits/1"><Name xml:lang="en">Illustrative Institute</Name>{{}}</OrgUnit>'
    (tmp_path / "b").mkdir()
    (tmp_path / "a.xml").write_text(unit.format("<RORID>https://ror.org/02hpadn98</RORID>"))
    (tmp_path / "b" / "c.xml.gz").write_bytes(
        gzip.compress(
            f"<CERIF>{unit.format('')}{unit.replace('/1', '/2').format('<PartOf>' + unit.format('') + '</PartOf>')}</CERIF>".encode()
        )
    )
    (tmp_path / "b" / "note.txt").write_text("no")
    rows = read(tmp_path, repository="cris.example.edu")
    assert [(row.file, row.number, row.records[0].id) for row in rows] == [
        ("a.xml", 1, "oai-cris-example-edu-orgunits-1"),
        ("c.xml.gz", 1, "oai-cris-example-edu-orgunits-1"),
        ("c.xml.gz", 2, "oai-cris-example-edu-orgunits-2"),
    ]
    assert rows[0].records[0].identifiers == ("ror:02hpadn98",)
    assert len(rows[2].mentions) == 1


def test_a_run_over_files_goes_on_where_it_was():
    asked = Asked((FIXTURES / "perucris.xml",), after={"rows": 10})
    assert [row.number for page in oai.read(asked) for row in page.rows] == [11, 12]


# Codes and words.


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("spa", "es"),
        ("es_PE", "es"),
        ("en-US", "en"),
        ("fre", "fr"),
        ("fra", "fr"),
        ("sp", "es"),
        ("Español", "es"),
        ("qu", "qu"),
        ("xx", None),
        ("", None),
        (None, None),
    ],
)
def test_languages_of_all_norms_are_one(given, code):
    assert metadata.language_code(given) == code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("https://purl.org/pe-repo/ocde/ford#2.11.00", "2.11"),
        ("http://purl.org/pe-repo/ocde/ford#5.01.01", "5.1"),
        ("https://purl.org/pe-repo/ocde/ford#2.99.00", "2"),
        ("3", "3"),
        ("https://example.org/2.3", None),
        ("medicina", None),
    ],
)
def test_ford_codes_are_read_at_the_depth_that_is_known(given, code):
    assert metadata.ford(given) == code


def test_names_that_a_slug_would_make_one_stay_two():
    ids = {metadata.local_id("r", local) for local in ("Items/ab", "Items/aB", "Items/a.b", "Items/á", "Items/b-a")}
    assert len(ids) == 5


def test_what_was_seen_is_known_after_it_was_frozen():
    seen = Seen()
    for name in ("a", "b"):
        seen.add(name)
    assert "a" not in seen
    seen.freeze()
    seen.add("c")
    assert ("a" in seen, "b" in seen, "c" in seen) == (True, True, False)
