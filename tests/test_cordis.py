"""CORDIS: small tables of illustrative organisations, and what is no table of CORDIS."""

import datetime as dt
import shutil
import zipfile
from pathlib import Path

import pytest

from matcher.errors import BadInput
from matcher.importing import import_files
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.sources import delimited
from matcher.sources.cordis import MET, read
from matcher.sources.nuts import region_of
from matcher.sources.reading import Refusal, Row, Skipped

FOLDER = Path(__file__).parent / "fixtures" / "cordis"
ORGANISATIONS = '"projectID";"organisationID";"role";"contentUpdateDate";"activityType";"name";"city";"country";"nutsCode";"SME";"organizationURL"\n'
PROJECTS = '"id";"title";"startDate";"objective";"frameworkProgramme"\n'


def tables(folder, organisations, projects):
    folder.mkdir(exist_ok=True)
    (folder / "organization.csv").write_text(ORGANISATIONS + organisations, encoding="utf-8")
    (folder / "project.csv").write_text(PROJECTS + projects, encoding="utf-8")
    return folder


def organisation(pic, kind="HES", role="participant", project=1, changed="2023", name="Somebody"):
    return f'"{project}";"{pic}";"{role}";"{changed}";"{kind}";"{name}";"";"PE";"";"";""\n'


def of(found, kind):
    return {r.id: r for row in found if isinstance(row, Row) for r in row.records if isinstance(r, kind)}


def test_organisations_have_their_sides_places_and_codes():
    partners = of(read([FOLDER]), Partner)
    assert partners["cordis-999000001"] == Partner(
        # of two rows, what the later says; EL is Greece, and EL303 lies in Attica, GR-I
        "cordis-999000001", Side.SUPPLY, "ILLUSTRATIVE UNIVERSITY OF FIBRES AND WATER", "university", "GR", "GR-I",
        "ATHINA", url="https://fibres.example", identifiers=("pic:999000001",),
    )  # fmt: skip
    assert {
        p.id[-1]: (p.side.value, p.kind, p.country, p.region, p.size, p.url) for p in partners.values()
    } == {
        "1": ("supply", "university", "GR", "GR-I", None, "https://fibres.example"),
        "2": ("demand", "firm", "GB", None, "large", None),  # UK; a web page without scheme is no link
        "3": ("supply", "institute", "DE", "DE-BY", None, None),
        "4": ("demand", "firm", "PE", None, None, None),  # an SME is micro, small or medium
        "5": ("demand", "public_body", "AT", "AT-9", None, None),
        "6": ("supply", "hospital", "PT", None, None, None),
    }  # fmt: skip


def test_projects_are_texts_of_all_participants_with_fields_and_links():
    texts = of(read([FOLDER]), Evidence)
    assert texts["cordis-900000001"] == Evidence(
        "cordis-900000001", tuple(f"cordis-99900000{n}" for n in "12345"), "project",
        'Softens the "prickle" of coarse wool; measures it on the animal.', "Illustrative project on natural fibres",
        "en", dt.date(2023, 1, 1), (), ("2.5", "4.2"), None, "CORDIS · Horizon Europe · Illustrative topic on fibres",
        "https://cordis.europa.eu/project/id/900000001",
    )  # fmt: skip
    water = texts["cordis-900000002"]  # no objective, no start, a field of which only the upper level is known
    assert (water.text, water.title, water.date, water.fields) == ("Illustrative project on water", None, None, ("1",))
    assert water.source == "CORDIS · Horizon 2020"


def test_a_firm_and_a_university_of_one_project_are_an_outcome():
    outcomes = of(read([FOLDER]), Outcome)
    # supply 1 and 3, demand 2, 4 and 5 take part in the first project; the second has no demand
    assert set(outcomes) == {f"cordis-900000001-99900000{s}-99900000{d}" for s in "13" for d in "245"}
    assert outcomes["cordis-900000001-999000003-999000005"] == Outcome(
        "cordis-900000001-999000003-999000005", "cordis-999000003", Stage.PROJECT, "cordis-999000005",
        dt.date(2023, 1, 1), "AT", "AT-9",
    )  # fmt: skip


def test_in_a_large_consortium_only_the_coordinator_works_with_everybody(tmp_path):
    def pairs(firms):
        lines = organisation(100000001, role="coordinator") + organisation(100000002)
        lines += "".join(organisation(200000000 + n, "PRC") for n in range(firms))
        found = of(read([tables(tmp_path / str(firms), lines, '"1";"Title";"";"Text";""\n')]), Outcome)
        return {o.partner for o in found.values()}, len(found)

    assert pairs(MET - 2) == ({"cordis-100000001", "cordis-100000002"}, 2 * (MET - 2))
    assert pairs(MET - 1) == ({"cordis-100000001"}, MET - 1)


def test_every_line_that_is_not_understood_is_told(tmp_path):
    found = list(read([FOLDER]))
    assert {(r.file, r.number): r.reason.split(":")[0] for r in found if isinstance(r, Refusal)} == {
        ("organization.csv", 9): "organisationID",
        ("organization.csv", 10): "activityType",
        ("project.csv", 4): "none of its organisations is in organization.csv, or none can be read",
        ("project.csv", 5): "the row has 3 columns, the header another number",
    }
    assert {(r.file, r.what) for r in found if isinstance(r, Skipped)} == {
        ("legalBasis.csv", "table"),
        ("euroSciVoc.csv", "subject of no field"),
    }


def test_a_zip_gives_what_its_folder_gives(tmp_path):
    with zipfile.ZipFile(tmp_path / "cordis.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for path in FOLDER.glob("*.csv"):
            packed.write(path, f"csv/{path.name}")
    kept = [r for r in read([tmp_path / "cordis.zip"]) if isinstance(r, Row)]
    assert kept == [r for r in read([FOLDER]) if isinstance(r, Row)]


def test_quotes_behind_a_backslash_or_never_closed_cost_no_other_row(tmp_path):
    folder = tables(
        tmp_path / "a",
        organisation(100000001),
        '"1";"The \\"good\\" one";"2023-01-01";"Say \\"yes\\"; or no";"HORIZON"\n"1";"An "odd" one; told";"";"x";""\n',
    )
    first, second = [r for r in read([folder]) if r.file == "project.csv"]
    assert (first.records[0].title, first.records[0].text) == ('The "good" one', 'Say "yes"; or no')
    assert "columns" in second.reason


def test_what_is_no_cordis_is_refused_with_what_is_missing(tmp_path):
    with pytest.raises(BadInput, match=r"project\.csv is missing"):
        list(read([FOLDER / "organization.csv"]))
    (tmp_path / "project.csv").write_text("id;title\n1;x\n")
    shutil.copy(FOLDER / "organization.csv", tmp_path)
    with pytest.raises(BadInput, match="startDate, objective, frameworkProgramme are missing"):
        list(read([tmp_path]))


def test_hostile_tables_end_within_limits(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("project.csv", b"0" * 2**25)
    with pytest.raises(BadInput, match="which no table does"):
        list(read([tmp_path / "bomb.zip"]))
    (tmp_path / "damaged.zip").write_bytes(b"PK\3\4" + b"\0" * 50)
    with pytest.raises(BadInput, match="cannot be read"):
        list(read([tmp_path / "damaged.zip"]))
    (tmp_path / "line").mkdir()
    (tmp_path / "line" / "project.csv").write_bytes(b"x" * (delimited.MAX_LINE + 2**20))
    (tmp_path / "line" / "organization.csv").write_text(ORGANISATIONS)
    with pytest.raises(BadInput, match="a line is longer"):
        list(read([tmp_path / "line"]))
    monkeypatch.setattr(delimited, "MAX_TABLE", 1000)
    with pytest.raises(BadInput, match="holds more than"):
        list(read([FOLDER]))


def test_a_cell_that_never_ends_is_told_and_bytes_of_no_encoding_are_marked(tmp_path):
    folder = tables(tmp_path / "a", organisation(100000001), "")
    good, huge = b'"1";"Caf\xe9";"";"Texto";""\n', b'"2";"x";"";"' + b"lo que sigue " * 20_000
    (folder / "project.csv").write_bytes(PROJECTS.encode() + good + huge)
    kept, told = [r for r in read([folder]) if r.file == "project.csv"]
    assert kept.records[0].title == "Caf\ufffd"
    assert (told.number, "field larger" in told.reason) == (3, True)


def test_the_same_tables_twice_change_nothing(store):
    first = import_files(store, "cordis", [FOLDER])
    again = import_files(store, "cordis", [FOLDER])
    assert (first.added, first.changed, again.added, again.changed) == (6 + 2 + 6, 0, 0, 0)


@pytest.mark.parametrize(
    ("code", "region"),
    [
        # Eurostat's NUTS 2021 beside ISO 3166-2
        ("DE212", "DE-BY"), ("DEA23", "DE-NW"), ("ES511", "ES-CT"), ("FR101", "FR-IDF"), ("FRK26", "FR-ARA"),
        ("ITH10", "IT-32"), ("PL911", "PL-14"), ("EL303", "GR-I"), ("GR303", "GR-I"), ("CZ010", "CZ-10"),
        ("CZ064", "CZ-64"), ("BE100", "BE-BRU"), ("SE232", "SE-O"), ("PT170", None), ("DE", None), ("", None), ("??", None),
    ],
)  # fmt: skip
def test_nuts_codes_lie_in_regions(code, region):
    assert region_of(code) == region
