"""ORCID: records in JSON and XML, the public data file, and the public API."""

import datetime as dt
import io
import json
import tarfile
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Answer, serving

from matcher.errors import BadInput
from matcher.records import Evidence, Partner, Side
from matcher.sources import fetching
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Refusal, Row, Skipped

FIXTURES = Path(__file__).with_name("fixtures") / "orcid"
ORCID = "0009-0009-9990-002X"
EMPLOYER = Partner(
    "orcid-ror-0t1nkvy72", Side.SUPPLY, "Universidad Ilustrativa del Valle", "university", "PE", "PE-CUS", "Cusco",
    identifiers=("ror:0t1nkvy72",),
)  # fmt: skip
WORKS = (
    Evidence(
        "orcid-0009-0009-9990-002x-501", (EMPLOYER.id,), "publication", "Secado de orégano: Una comparación",
        date=dt.date(2021, 5, 1), source="ORCID", url="https://doi.org/10.99999/ejemplo.2",
    ),
    Evidence(
        "orcid-0009-0009-9990-002x-503", (EMPLOYER.id,), "patent", "Bandeja secadora", source="ORCID",
        url="https://patentes.example/503",
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(fetching, "BACKOFF_S", 0.001)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.0)


def read(*paths, url=None, after=None, since=None, **options):
    asked = Asked(tuple(FIXTURES / path for path in paths), url, options, after, since)
    return [row for page in FORMATS["orcid"].read(asked) for row in page.rows]


def record(**changed):
    found = json.loads((FIXTURES / "record.json").read_text(encoding="utf-8"))
    found["activities-summary"] |= changed
    return found


def one(element, tmp_path, **options):
    (tmp_path / "one.json").write_text(json.dumps(element))
    return read(tmp_path / "one.json", **options)[0]


@pytest.mark.parametrize("name", ["record.json", "record.xml"])
def test_public_works_are_texts_of_the_present_employer(name):
    assert read(name) == [Row(name, 1, WORKS, (EMPLOYER,), ORCID)]


@pytest.mark.parametrize("name", ["record.json", "record.xml"])
def test_nothing_is_kept_of_a_person(name):
    assert "Persona" not in str(read(name))


@pytest.mark.parametrize("name", ["record.json", "record.xml"])
def test_people_become_partners_where_they_are_asked_for(name):
    (row,) = read(name, people="partners")
    person = Partner(
        "orcid-0009-0009-9990-002x",
        Side.SUPPLY,
        "Persona Ilustrativa",
        "person",
        "PE",
        url=f"https://orcid.org/{ORCID}",
    )
    assert row.records[0] == person
    assert [e.partners for e in row.records[1:]] == [(person.id, EMPLOYER.id)] * 2
    assert row.mentions == (EMPLOYER,)


def employment(name, began, ended=None, visibility="public"):
    def year(found):
        return {"year": {"value": found}, "month": None, "day": None} if found else None

    organization = {"name": name, "address": {"city": "La Paz", "country": "BO"}, "disambiguated-organization": None}
    summary = {
        "visibility": visibility,
        "start-date": year(began),
        "end-date": year(ended),
        "organization": organization,
    }
    return {"summaries": [{"employment-summary": summary}]}


@pytest.mark.parametrize(
    ("groups", "employer"),
    [
        ([employment("Uno", "2010"), employment("Dos", "2015")], "Dos"),
        ([employment("Uno", "2010"), employment("Dos", "2015", "2020")], "Uno"),
        ([employment("Uno", "2010"), employment("Dos", "2015", "2999")], "Dos"),
        ([employment("Uno", None), employment("Dos", "2015", visibility="private")], "Uno"),
        ([employment("Uno", "2010"), employment("Dos", "2010")], "Uno"),  # the person's own order
        ([employment("Uno", "2010", "2020")], None),
        ([], None),
    ],
)
def test_the_present_employer_is_the_one_that_began_last(tmp_path, groups, employer):
    row = one(record(employments={"affiliation-group": groups}), tmp_path)
    if employer is None:
        assert row == Skipped("one.json", 1, "person without an employer")
    else:
        assert [partner.name for partner in row.mentions] == [employer]
        assert row.mentions[0].id == f"orcid-{employer.lower()}-la-paz"


def test_who_has_no_public_works_is_passed_over(tmp_path):
    assert one(record(works={"group": []}), tmp_path).what == "person without works"


def test_the_public_data_file_is_read_as_a_stream(tmp_path):
    data = (FIXTURES / "record.xml").read_bytes()
    with tarfile.open(tmp_path / "summaries.tar.gz", "w:gz") as packed:
        for name, content in (
            ("02X/a.xml", data),
            ("02X/readme.txt", b"no"),
            ("02X/b.xml", b"<broken"),
            ("02X/c.xml", data),
        ):
            part = tarfile.TarInfo(name)
            part.size = len(content)
            packed.addfile(part, io.BytesIO(content))
    first, broken, last = read(tmp_path / "summaries.tar.gz")
    assert first == Row("summaries.tar.gz/02X/a.xml", 1, WORKS, (EMPLOYER,), ORCID)
    assert (type(broken), broken.file, broken.number) == (Refusal, "summaries.tar.gz/02X/b.xml", 2)
    assert last.number == 3


def test_zips_and_folders_hold_records_of_both_kinds(tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.write(FIXTURES / "record.xml", "a.xml")
        packed.write(FIXTURES / "record.json", "b.json")
    assert [row.records for row in read(tmp_path / "all.zip")] == [WORKS, WORKS]
    assert [(row.file, row.records) for row in read(FIXTURES)] == [("record.json", WORKS), ("record.xml", WORKS)]


LAUGHS = b'<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><record><x>&b;</x></record>'
OUTSIDE = b'<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/hostname">]><record><x>&a;</x></record>'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (LAUGHS, "document type"),
        (OUTSIDE, "document type"),
        (b"<a>" * 5000, "cannot be read as XML"),
        (b"<record><a></record>", "cannot be read as XML"),
        (b"\xff\xfe<record/>", "cannot be read as XML"),
        (b"", "cannot be read as XML"),
        (b"<record/>", "an object is expected"),
        ('<record a="1"/>'.encode("utf-16"), "no ORCID iD"),
        (b"<orcid-identifier/>", "an object is expected"),
    ],
)
def test_xml_that_is_no_record_is_refused(tmp_path, content, message):
    path = tmp_path / "x.xml"
    path.write_bytes(content)
    (row,) = read(path)
    assert isinstance(row, Refusal)
    assert message in row.reason


@pytest.mark.parametrize("name", ["x.tar.gz", "x.tar", "x.zip"])
@pytest.mark.parametrize("content", [b"", b"nonsense" * 200, b"PK\x03\x04", b"\x1f\x8b\x08"])
def test_archives_that_are_none_are_told(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=name):
        read(tmp_path / name)


def test_archives_that_unpack_without_measure_are_refused(tmp_path, monkeypatch):
    from matcher.sources import json_text, orcid_files

    for module in (json_text, orcid_files):
        monkeypatch.setattr(module, "MAX_FILE", 1_000_000)
    big = b"<a>" + b" " * 20_000_000
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as packed:
        part = tarfile.TarInfo("a.xml")
        part.size = len(big)
        packed.addfile(part, io.BytesIO(big))
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.xml", big)
    for name in ("bomb.tar.gz", "bomb.zip"):
        with pytest.raises(BadInput, match="unpacks to more than"):
            read(tmp_path / name)


def registry(found, records):
    def answer(a):
        if a.path == "/v3.0/search/":
            start, rows = int(a.query["start"]), int(a.query["rows"])
            results = [{"orcid-identifier": {"path": path}} for path in found[start : start + rows]]
            return Answer(json.dumps({"num-found": len(found), "result": results or None}).encode())
        path = a.path.split("/")[2]
        if a.times == 0:
            return Answer(status=503)
        return Answer(json.dumps(records[path]).encode()) if path in records else Answer(status=409)

    return answer


def test_a_search_is_read_record_after_record(monkeypatch):
    from matcher.sources import orcid_live

    monkeypatch.setattr(orcid_live, "PAGE", 2)
    others = [f"0009-0009-9990-{n:04d}" for n in range(3)]
    records = {path: record() | {"orcid-identifier": {"path": path}} for path in (ORCID, *others[:2])}
    with serving(registry([ORCID, *others], records)) as (url, asked):
        address = url + "/v3.0/search/?q=ror-org-id:%22https://ror.org/0t1nkvy72%22"
        rows = read(url=address, token="t1")
        pages = FORMATS["orcid"].read(Asked(url=address))
        first = next(pages)
        pages.close()
        rest = read(url=address, after=json.loads(json.dumps(first.after)))
    assert [row.key for row in rows[:3]] == [ORCID, *others[:2]]
    assert (type(rows[3]), rows[3].number) == (Refusal, 4)  # locked by its owner
    assert "(409)" in rows[3].reason
    assert asked[0].query["q"] == 'ror-org-id:"https://ror.org/0t1nkvy72"'
    assert (asked[0].headers["Authorization"], asked[0].headers["Accept"]) == ("Bearer t1", "application/json")
    assert (first.total, [row.number for row in rest]) == (4, [3, 4])


def test_records_that_were_refused_are_asked_for_by_their_numbers():
    locked = "0009-0009-9990-0003"
    since = dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC)
    with serving(registry([], {ORCID: record()})) as (url, asked):
        query = Asked(url=url + "/v3.0/search/?q=text:agua", since=since, again=(ORCID, locked))
        first, last = FORMATS["orcid"].read(query)
        (rest,) = FORMATS["orcid"].read(replace(query, after=first.after))
    found, refused = first.rows
    assert (found.key, type(refused), refused.key) == (ORCID, Refusal, locked)
    assert first.partial
    assert last.rows == rest.rows == ()
    assert asked[0].path == f"/v3.0/{ORCID}/record"


def test_later_only_what_was_changed_is_searched_for():
    since = dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC)
    with serving(registry([], {})) as (url, asked):
        (page,) = FORMATS["orcid"].read(Asked(url=url + "/v3.0/search/?q=text:agua", since=since))
    assert asked[0].query["q"] == "(text:agua) AND profile-last-modified-date:[2026-11-01T05:00:00Z TO NOW]"
    assert page.partial


@pytest.mark.parametrize("end", ["", "/", "/record"])
def test_one_record_is_read_by_its_address(end):
    with serving(lambda _: Answer((FIXTURES / "record.json").read_bytes())) as (url, asked):
        (row,) = read(url=f"{url}/v3.0/{ORCID}{end}")
    assert row.records == WORKS
    assert asked[0].path == f"/v3.0/{ORCID}/record"


@pytest.mark.parametrize("path", ["/v3.0/", "/v3.0/search/", f"/v3.0/{ORCID}/works"])
def test_other_addresses_are_refused(path):
    with serving(lambda _: Answer(b"{}")) as (url, asked), pytest.raises(BadInput, match="neither a record"):
        read(url=url + path)
    assert asked == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"num-found": 20_000, "result": [{}]}, "gives no more than 10000"),
        ({"num-found": 3, "result": []}, "ends after 0 of 3"),
        ({"result": []}, "does not answer as ORCID does"),
    ],
)
def test_answers_of_another_shape_are_refused(answer, message):
    with serving(lambda _: Answer(json.dumps(answer).encode())) as (url, _), pytest.raises(BadInput, match=message):
        read(url=url + "/v3.0/search/?q=x")
