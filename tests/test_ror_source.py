"""ROR: the dump in both versions of its schema, its zip, and its API."""

import json
import zipfile
from pathlib import Path

import pytest
from loopback import Answer, serving

from matcher.errors import BadInput
from matcher.records import Partner, Side
from matcher.sources import fetching
from matcher.sources.formats import FORMATS
from matcher.sources.organisations import region, side_and_kind
from matcher.sources.pages import Asked
from matcher.sources.reading import Gone, Refusal, Row, Skipped

FIXTURES = Path(__file__).with_name("fixtures") / "ror"
UNIVERSITY = Partner(
    "ror-0t1nkvy72", Side.SUPPLY, "Universidad Ilustrativa del Valle", "university", "PE", "PE-CUS", "Cusco",
    url="https://www.universidad.example",
    identifiers=(
        "ror:0t1nkvy72", "grid:grid.999999.b", "wikidata:Q999999999", "isni:0000000099990016", "fundref:501100009999",
    ),
)  # fmt: skip
CENTRE = Partner(
    "ror-0pacha088", Side.SUPPLY, "Centro Ilustrativo de la Papa", "institute", "BO", "BO-L", "La Paz",
    identifiers=("ror:0pacha088",),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(fetching, "BACKOFF_S", 0.001)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.0)


def read(*paths, url=None, after=None, **options):
    asked = Asked(tuple(FIXTURES / path for path in paths), url, options, after)
    return [row for page in FORMATS["ror"].read(asked) for row in page.rows]


def test_every_organisation_of_the_dump_is_accounted_for():
    *told, refused = read("v2.json")
    assert told == [
        Row("v2.json", 1, (UNIVERSITY,), key="0t1nkvy72"),
        Row("v2.json", 2, (CENTRE,), key="0pacha088"),
        Gone("v2.json", 3, "0qhapaq48"),  # withdrawn
        Gone("v2.json", 4, "0svmaq021"),  # inactive
        Skipped("v2.json", 5, "funder"),
    ]
    assert (type(refused), refused.number, refused.column) == (Refusal, 6, "id")
    assert refused.reason == "id: 'https://ror.org/0t1nkvy73' is no ROR id"  # its check digits are another's


def test_the_first_version_says_the_same():
    (row,) = read("v1.json")
    assert row.records == (UNIVERSITY,)


def test_the_dump_is_read_inside_its_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "dump.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(FIXTURES / "v1.json", "v1.74-ror-data.json")
        packed.write(FIXTURES / "v2.json", "v1.74-ror-data_schema_v2.json")
    rows = read(tmp_path / "dump.zip")
    assert [type(row) for row in rows] == [Row, Row, Gone, Gone, Skipped, Refusal]
    assert rows[0].file == "dump.zip/v1.74-ror-data_schema_v2.json"


@pytest.mark.parametrize("country", ["BO", "bolivia", "BO,EC"])
def test_only_some_countries(country):
    assert [row.key for row in read("v2.json", country=country) if isinstance(row, Row)] == ["0pacha088"]
    assert Skipped("v2.json", 1, "organisation in another country") in read("v2.json", country=country)


def test_a_country_that_is_none_is_refused():
    with pytest.raises(BadInput, match="Atlantis"):
        read("v2.json", country="PE,Atlantis")


@pytest.mark.parametrize(
    ("types", "name", "side", "kind"),
    [
        (("education",), "Universidad del Valle", Side.SUPPLY, "university"),
        (("Education",), "Colegio Mayor del Valle", Side.SUPPLY, "institute"),
        (("education", "healthcare"), "Universidad Médica", Side.SUPPLY, "university"),
        (("healthcare",), "Hospital del Valle", Side.SUPPLY, "hospital"),
        (("facility",), "Observatorio del Valle", Side.SUPPLY, "institute"),
        (("facility",), "Laboratorio del Valle", Side.SUPPLY, "laboratory"),
        (("archive",), "Archivo del Valle", Side.SUPPLY, "institute"),
        (("company",), "Universidad Software", Side.DEMAND, "firm"),  # the register knows better than the name
        (("company",), "Cooperativa del Valle", Side.DEMAND, "cooperative"),
        (("nonprofit",), "Fundación del Valle", Side.DEMAND, "association"),
        (("nonprofit",), "International Potato Centre", Side.SUPPLY, "institute"),
        (("government",), "Ministerio del Valle", Side.SUPPLY, "government"),
        (("government",), "Municipalidad del Valle", Side.DEMAND, "municipality"),
        (("other",), "Textiles del Valle S.A.C.", Side.DEMAND, "firm"),
        ((), "El Valle", Side.SUPPLY, "other"),
    ],
)
def test_types_and_names_tell_side_and_kind(types, name, side, kind):
    assert side_and_kind(types, name) == (side, kind)


@pytest.mark.parametrize(
    ("country", "found", "code"),
    [
        ("PE", ("CUS", ""), "PE-CUS"), ("PE", ("PE-CUS",), "PE-CUS"), ("PE", ("LMA",), "PE-LIM"), ("PE", ("", "Áncash"), "PE-ANC"),
        ("PE", ("US-CA",), None), ("PE", ("", "California"), None), (None, ("CUS",), None), ("PE", (), None),
        ("US", ("CA",), "US-CA"),
    ],
)  # fmt: skip
def test_regions_are_the_countrys_own(country, found, code):
    assert region(country, *found) == code


def register(items, size=2):
    def answer(a):
        start = size * (int(a.query["page"]) - 1)
        if a.times == 0 and start == 2:
            return Answer(status=503)
        found = {"number_of_results": len(items), "items": items[start : start + size], "meta": {}}
        return Answer(json.dumps(found).encode())

    return answer


def test_an_address_is_read_page_after_page():
    items = json.loads((FIXTURES / "v2.json").read_text(encoding="utf-8"))
    with serving(register(items)) as (url, asked):
        address = url + "/v2/organizations?page=9&filter=types:education"
        rows = read(url=address, country="PE", client_id="c1")
        pages = FORMATS["ror"].read(Asked(url=address))
        first = next(pages)
        pages.close()
        rest = read(url=address, after=json.loads(json.dumps(first.after)))
    assert [(type(row), row.number) for row in rows] == [
        (Row, 1), (Skipped, 2), (Gone, 3), (Gone, 4), (Skipped, 5), (Refusal, 6),
    ]  # fmt: skip
    assert asked[0].query["filter"] == "types:education,locations.geonames_details.country_code:PE"
    assert asked[0].headers["Client-Id"] == "c1"
    assert (first.total, len(first.rows), [row.number for row in rest]) == (6, 2, [3, 4, 5, 6])


def test_one_organisation_is_read_by_its_address():
    element = json.dumps(json.loads((FIXTURES / "v2.json").read_text(encoding="utf-8"))[0]).encode()
    with serving(lambda _: Answer(element)) as (url, _):
        assert read(url=url + "/v2/organizations/0t1nkvy72")[0].records == (UNIVERSITY,)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"number_of_results": 120_000, "items": [{}]}, "read the data dump"),
        ({"number_of_results": 5, "items": []}, "ends after 0 of 5"),
        ({"items": []}, "does not answer as ROR does"),
        ({"number_of_results": 1, "items": {}}, "does not answer as ROR does"),
    ],
)
def test_answers_of_another_shape_are_refused(answer, message):
    with serving(lambda _: Answer(json.dumps(answer).encode())) as (url, _), pytest.raises(BadInput, match=message):
        read(url=url + "/v2/organizations")
