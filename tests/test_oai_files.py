"""OAI-PMH from files: what CERIF-XML and Dublin Core say, and every element of the official samples accounted for."""

import datetime as dt
import gzip
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from matcher.errors import BadInput
from matcher.records import Evidence, Partner, Side
from matcher.sources import cerif, cerif_units, cerif_works, metadata, oai, xml_schema, xml_stream
from matcher.sources.pages import Asked
from matcher.sources.reading import Gone, Refusal, Row, Skipped
from matcher.sources.repository import Repository
from matcher.sources.seen import Seen

FIXTURES = Path(__file__).parent / "fixtures" / "oai-pmh"
REAL = Path(__file__).resolve().parents[2] / "shared" / "real"
PROFILES = ("perucris", "openaire")
real = pytest.mark.skipif(not REAL.exists(), reason="the real files are not here")


def read(*paths: Path, **options: str):
    """Return the rows of files."""
    return [row for page in oai.read(Asked(paths, options=options)) for row in page.rows]


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


# Hostile and broken files.


def hostile(tmp_path: Path, text: str | bytes, name: str = "x.xml") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput) as caught:
        read(path)
    return str(caught.value)


OPEN = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'


def test_entities_and_document_types_are_refused(tmp_path):
    laughs = (
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    )
    assert "document type" in hostile(tmp_path, f"{laughs}{OPEN}&c;</ListRecords></OAI-PMH>")
    outside = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    assert "document type" in hostile(tmp_path, f"{outside}{OPEN}&a;</ListRecords></OAI-PMH>")
    assert "document type" in hostile(
        tmp_path, f'<!DOCTYPE a SYSTEM "http://example.org/a.dtd">{OPEN}</ListRecords></OAI-PMH>'
    )
    assert "document type" in hostile(tmp_path, f"{outside}{OPEN}&a;</ListRecords></OAI-PMH>".encode("utf-16"))


def test_deep_nesting_is_refused(tmp_path):
    assert "depth" in hostile(tmp_path, OPEN + "<a>" * 100_000)


def test_an_element_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT", 100_000)
    assert "larger than" in hostile(tmp_path, OPEN + "<record>" + "<a/>" * 100_000)
    assert "larger than" in hostile(tmp_path, gzip.compress(OPEN.encode() + b" " * 10**8), "x.xml.gz")


@pytest.mark.parametrize("text", [b"", b"hola", b"\0\1\2", b"<a", "año".encode("utf-16"), b"\xff\xfe<", b"<a></b>"])
def test_what_is_no_xml_is_refused(tmp_path, text):
    assert "x.xml" in hostile(tmp_path, text)


def test_xml_of_something_else_holds_no_record(tmp_path):
    assert "no record that is known" in hostile(tmp_path, "<html><body/></html>")


def test_a_damaged_pack_is_refused(tmp_path):
    assert "x.xml.gz" in hostile(tmp_path, gzip.compress(b"<a/>" * 1000)[:30], "x.xml.gz")
    assert "x.xml.gz" in hostile(tmp_path, b"no pack", "x.xml.gz")


def test_a_file_that_breaks_off_is_told_and_the_others_are_read(tmp_path):
    whole = (FIXTURES / "perucris.xml").read_text(encoding="utf-8")
    at = whole.index("<Patent ")
    (tmp_path / "a.xml").write_text(whole[:at], encoding="utf-8")
    (tmp_path / "b.xml").write_text(whole, encoding="utf-8")
    pages = list(oai.read(Asked((tmp_path,))))
    rows = [row for page in pages for row in page.rows]
    assert [row.file for row in rows] == ["a.xml"] * 6 + ["b.xml"] * 12
    assert isinstance(rows[5], Refusal)
    assert "not well-formed" in rows[5].reason
    assert all(page.partial for page in pages)  # what is missing is not gone


def test_a_declared_encoding_is_believed_and_a_wrong_one_refused(tmp_path):
    text = f'{OPEN}<record><header><identifier>oai:r:1</identifier></header><metadata><Project xmlns="https://purl.org/pe-repo/cerif-profile/1.0/" id="1"><Title xml:lang="es">Orégano</Title></Project></metadata></record></ListRecords></OAI-PMH>'
    path = tmp_path / "l.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1"))
    assert read(path, partner="Universidad")[0].records[0].title == "Orégano"
    assert "not well-formed" in hostile(tmp_path, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode("latin-1"))


def test_metadata_of_an_unknown_format_are_refused_by_name(tmp_path):
    path = tmp_path / "x.xml"
    path.write_text(
        f'{OPEN}<record><header><identifier>oai:r:1</identifier></header><metadata><mods xmlns="http://www.loc.gov/mods/v3"/></metadata></record></ListRecords></OAI-PMH>'
    )
    (row,) = read(path)
    assert "http://www.loc.gov/mods/v3" in row.reason


# Validation.

SMALL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="https://purl.org/pe-repo/cerif-profile/1.0/"
 elementFormDefault="qualified">{}<xs:element name="Project"><xs:complexType><xs:sequence>
 <xs:element name="Title" type="xs:string" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="id"/></xs:complexType></xs:element></xs:schema>"""
PROJECT = '<Project xmlns="https://purl.org/pe-repo/cerif-profile/1.0/" id="{}">\n<Title>x</Title>{}</Project>'


def test_what_is_not_valid_is_refused_with_line_and_reason(tmp_path):
    (tmp_path / "s.xsd").write_text(SMALL.format(""))
    (tmp_path / "p.xml").write_text(f"<all>{PROJECT.format(1, '')}\n{PROJECT.format(2, '<Colour/>')}</all>")
    good, bad = read(tmp_path / "p.xml", schema=str(tmp_path / "s.xsd"), partner="Universidad")
    assert isinstance(good, Row)
    assert "line 4" in bad.reason
    assert "Colour" in bad.reason


def test_parts_of_a_schema_are_never_fetched_and_those_missing_are_named(tmp_path):
    path = tmp_path / "s.xsd"
    path.write_text(
        SMALL.format(
            '<xs:include schemaLocation="http://127.0.0.1:9/a.xsd"/><xs:include schemaLocation="../../etc/b.xsd"/>'
        )
    )
    assert xml_schema.missing_parts(path) == ["../../etc/b.xsd", "http://127.0.0.1:9/a.xsd"]
    path.write_text(SMALL.format('<xs:include schemaLocation="a.xsd"/><xs:element name="B" type="Unknown"/>'))
    with pytest.raises(BadInput, match=r"missing: a\.xsd"):
        xml_schema.checker(path)


@pytest.mark.parametrize("text", ["<a/>", "no", '<!DOCTYPE a [<!ENTITY x "y">]><a/>'])
def test_what_is_no_schema_is_refused(tmp_path, text):
    (tmp_path / "s.xsd").write_text(text)
    with pytest.raises(BadInput, match=r"s\.xsd"):
        xml_schema.checker(tmp_path / "s.xsd")


# The official samples.


@real
@pytest.mark.parametrize("profile", PROFILES)
def test_all_official_samples_are_valid_by_their_profile(profile):
    rows = read(REAL / profile, schema=str(REAL / profile / f"{profile}-cerif-profile.xsd"), partner="Institución")
    assert [row.reason for row in rows if isinstance(row, Refusal)] == []


@real
@pytest.mark.parametrize("profile", PROFILES)
def test_the_profile_refuses_what_is_not_valid(profile):
    check = xml_schema.checker(REAL / profile / f"{profile}-cerif-profile.xsd")
    sample = next((REAL / profile / "samples").glob("*project*.xml"))
    element = next(etree.parse(sample).iter("{*}Project"))
    check(element)
    next(element.iter("{*}StartDate")).text = "ayer"
    with pytest.raises(BadInput, match="ayer"):
        check(element)
    element.append(etree.SubElement(element, "{x}Colour"))
    with pytest.raises(BadInput):
        check(element)


@real
@pytest.mark.parametrize(
    ("profile", "counts"),
    [("perucris", {"Row": 12, "Skipped": 14}), ("openaire", {"Row": 32, "Skipped": 43, "Gone": 1})],
)
def test_every_record_of_the_official_samples_is_accounted_for(profile, counts):
    rows = read(REAL / profile, partner="Institución")
    assert Counter(type(row).__name__ for row in rows) == counts


def test_elements_that_no_table_names_are_noticed(monkeypatch):
    element = etree.fromstring(
        "<Project><Title>a</Title><Colour><Dark/></Colour><Consortium><Guest/></Consortium></Project>"
    )
    assert accounted("Project", element, monkeypatch) == (
        5,
        {("Project", "Colour"), ("Colour", "Dark"), ("Consortium", "Guest")},
    )


def accounted(entity: str, element, monkeypatch) -> tuple[int, set[tuple[str, str]]]:
    """Read an entity and return how many elements it has, and those neither looked at nor passed over on purpose."""
    looked: set = set()

    def children(of):
        found = real_children(of)

        class Noted(dict):
            def get(self, name, otherwise=None):
                looked.update(found.get(name, ()))
                return super().get(name, otherwise)

            def __getitem__(self, name):
                looked.update(found[name])
                return found[name]

            def values(self):
                for each in found.values():
                    looked.update(each)
                return found.values()

        return Noted(found)

    def units_in(box):
        found = real_units(box)
        looked.update(found)  # and what was passed through on the way to them
        looked.update(each for each in box.iterdescendants() if name(each) == "Affiliation" or each.getparent() is box)
        return found

    real_children, real_units = metadata.children, metadata.units_in
    for module in (cerif_units, cerif_works):
        monkeypatch.setattr(module, "children", children)
        monkeypatch.setattr(module, "units_in", units_in)

    class Forgetful(dict):
        def __setitem__(self, key, value):
            """Every mention is read."""

    repository = Repository(id="r", partner="Institución", read=Forgetful())
    skipped = isinstance(cerif.read(entity, element, repository), str)  # as a whole, and counted as that
    missed = set()
    count = 0
    for each in element.iterdescendants(etree.Element):
        count += 1
        chain = [each, *(a for a in each.iterancestors() if element in a.iterancestors() or a is element)]
        pairs = [(name(b), name(a)) for a, b in zip(chain, [*chain[1:], element], strict=False) if a is not element]
        if (
            not skipped
            and each not in looked
            and not any({(p, c), ("*", c)} & (cerif.PASSED.keys() | cerif.SECOND.keys()) for p, c in pairs)
        ):
            missed.add((name(each.getparent()), name(each)))
    return count, missed


def name(element) -> str:
    return etree.QName(element).localname


@real
def test_every_element_of_every_official_sample_is_used_or_passed_over_on_purpose(monkeypatch):
    read_, missed = Counter(), set()
    for sample in sorted(REAL.glob("*/samples/*.xml")):
        for metadata_ in etree.parse(sample, etree.XMLParser(remove_comments=True)).iter("{*}metadata"):
            entity = name(metadata_[0])
            with monkeypatch.context() as patch:
                count, lost = accounted(entity, metadata_[0], patch)
            read_[entity] += count
            missed |= lost
    assert missed == set()
    assert set(read_) == {
        "OrgUnit",
        "Person",
        "Project",
        "Publication",
        "Patent",
        "Product",
        "Equipment",
        "Funding",
        "Event",
    }
