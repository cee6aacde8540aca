"""OpenAlex: works, institutions and authors, from files and by its API."""

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
from loopback import Answer, serving

from matcher.errors import BadInput
from matcher.fields import names as ford_names
from matcher.records import Evidence, Partner, Side
from matcher.sources import fetching
from matcher.sources.formats import FORMATS
from matcher.sources.openalex_fields import FIELDS, SUBFIELDS, ford
from matcher.sources.pages import Asked
from matcher.sources.reading import Refusal, Row, Skipped

FIXTURES = Path(__file__).with_name("fixtures") / "openalex"
ROR = "https://ror.org/0t1nkvy72"
UNIVERSITY = Partner(
    "openalex-i9000000001", Side.SUPPLY, "Universidad Ilustrativa del Valle", "university", "PE",
    identifiers=("ror:0t1nkvy72", "openalex:I9000000001"),
)  # fmt: skip
FIRM = Partner(
    "openalex-i9000000002", Side.DEMAND, "Frutos Ilustrativos", "firm", "PE", identifiers=("openalex:I9000000002",)
)
WORK = Evidence(
    "openalex-w9000000001",
    (UNIVERSITY.id, FIRM.id),
    "publication",
    "Se seca aguaymanto con aire tibio. El jugo de aguaymanto El color queda.",
    "Secado solar de aguaymanto en altura",
    "es",
    dt.date(2023, 4, 17),
    fields=("2.11",),
    source="OpenAlex",
    url="https://doi.org/10.99999/ejemplo.1",
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(fetching, "BACKOFF_S", 0.001)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.0)


def read(*names, url=None, after=None, since=None, **options):
    asked = Asked(tuple(FIXTURES / name for name in names), url, options, after, since)
    return [row for page in FORMATS["openalex"].read(asked) for row in page.rows]


def one(element, tmp_path, **options):
    (tmp_path / "one.json").write_text(json.dumps(element))
    return read(tmp_path / "one.json", **options)[0]


def work(**changed):
    return {**json.loads((FIXTURES / "works.json").read_text(encoding="utf-8"))["results"][0], **changed}


def test_works_are_texts_of_the_institutions_that_they_name():
    first, second, retracted, paratext = read("works.json")
    assert first == Row("works.json", 1, (WORK,), (UNIVERSITY, FIRM), "W9000000001")
    assert second.records == (
        Evidence(
            "openalex-w9000000002", ("openalex-i9000000003",), "publication", "Muros de adobe que resisten sismos",
            date=dt.date(2019, 11, 2), fields=("2",), source="OpenAlex", url="https://repositorio.example/handle/2",
        ),
    )  # fmt: skip
    assert (second.mentions[0].kind, second.mentions[0].country) == ("institute", "BO")
    assert retracted == Skipped("works.json", 3, "retracted work")
    assert paratext == Skipped("works.json", 4, "front matter or correction")


def test_an_institution_is_a_partner_with_its_place_and_registers():
    (row,) = read("institution.json")
    assert row.records == (
        replace(
            UNIVERSITY,
            region="PE-CUS",
            city="Cusco",
            url="https://www.universidad.example",
            identifiers=(*UNIVERSITY.identifiers, "grid:grid.999999.b", "wikidata:Q999999999"),
        ),
    )
    assert row.mentions == ()


def test_every_line_of_a_snapshot_is_accounted_for():
    person, nobody, topic, broken, wrong = read("snapshot.jsonl")
    assert [person.what, nobody.what, topic.what] == ["person", "work without an institution", "topic"]
    assert (type(broken), broken.number) == (Refusal, 4)
    assert "cannot be read as JSON" in broken.reason
    assert (wrong.number, wrong.reason) == (5, "title: text is expected, something else stands there")
    assert wrong.column == "title"


def test_people_become_partners_only_where_they_are_asked_for(tmp_path):
    author = read("snapshot.jsonl", people="partners")[0]
    assert author.records == (Partner("openalex-a9000000001", Side.SUPPLY, "Persona Ilustrativa Uno", "person", "PE"),)
    row = read("works.json", people="partners")[0]
    assert row.records[0].partners == (
        "openalex-i9000000001", "openalex-i9000000002", "openalex-a9000000001", "openalex-a9000000002",
    )  # fmt: skip
    assert row.mentions[3].url == "https://orcid.org/0009-0009-9990-002X"


def test_of_one_institution_only_its_works_are_read_and_only_it_is_a_partner():
    first, second, *_ = read("works.json", institution=ROR)
    assert first.records == (replace(WORK, partners=(UNIVERSITY.id,)),)
    assert first.mentions == (UNIVERSITY,)
    assert second == Skipped("works.json", 2, "work of other institutions")
    assert read("institution.json", institution="0pacha088")[0].what == "another institution"


@pytest.mark.parametrize("options", [{"institution": "Universidad"}, {"people": "all"}])
def test_options_that_mean_nothing_are_refused(options):
    with pytest.raises(BadInput):
        read("works.json", **options)


@pytest.mark.parametrize(
    "index",
    [
        {"a": "0"}, {"a": 0}, {"a": [-1]}, {"a": [10**18]}, {"a": [100_001]}, {"a": [1.5]}, {"a": [True]}, {"a": [[0]]},
        {"a": {"b": 1}}, {"a": None}, {"a": ["0"]}, [], "text", 7,
    ],
)  # fmt: skip
def test_places_that_no_abstract_has_are_refused(tmp_path, index):
    row = one(work(abstract_inverted_index=index), tmp_path)
    assert isinstance(row, Refusal)
    assert "abstract_inverted_index" in row.reason


def test_an_abstract_far_out_takes_no_memory(tmp_path):
    row = one(work(abstract_inverted_index={"uno": [0], "dos": [99_999]}), tmp_path)
    assert row.records[0].text == "uno dos"


def test_an_abstract_that_is_too_long_is_refused(tmp_path):
    row = one(work(abstract_inverted_index={"x" * 1000: list(range(101))}), tmp_path)
    assert "the most is 100000" in row.reason


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"doi": "javascript:alert(1)"}, "https://revista.example/1"),
        ({"doi": None, "primary_location": None}, "https://openalex.org/W9000000001"),
        ({"doi": "", "primary_location": {"landing_page_url": "ftp://a.example/"}}, "https://openalex.org/W9000000001"),
    ],
)
def test_links_lead_back(tmp_path, changed, found):
    assert one(work(**changed), tmp_path).records[0].url == found


@pytest.mark.parametrize(
    ("field", "subfield", "code"),
    [("22", "2204", "2.6"), ("22", "2209", "2"), ("17", "1702", "1.2"), ("11", "1101", None), ("11", "1107", "4.1"), ("18", "1803", None), ("", "", None), ("99", "9999", None)],
)  # fmt: skip
def test_fields_are_told_where_they_are_sure(field, subfield, code):
    assert ford(field, subfield) == ((code,) if code else ())


def test_all_codes_are_the_classifications():
    assert {*FIELDS.values(), *SUBFIELDS.values()} <= set(ford_names())
    assert {subfield[:2] for subfield in SUBFIELDS} <= {str(n) for n in range(11, 37)}


def api(works, size=2, broken=()):
    """Answer as OpenAlex does, a page of `size` at a time; a broken answer is given once for each number in `broken`."""

    def answer(a):
        start = 0 if a.query["cursor"] == "*" else int(a.query["cursor"].removeprefix("c"))
        if a.times == 0 and start in broken:
            return [Answer(status=429, headers={"Retry-After": "0"}), Answer(b'{"meta": '), Answer(b"{}" * 50, cut=9)][
                start % 3
            ]
        page, following = works[start : start + size], start + size
        meta = {"count": len(works), "next_cursor": f"c{following}" if page else None}
        return Answer(json.dumps({"meta": meta, "results": page}).encode())

    return answer


def test_an_address_is_read_page_after_page_however_it_fails():
    works = [work(id=f"https://openalex.org/W{n}") for n in range(1, 12)]
    with serving(api(works, broken={2, 4, 6})) as (url, asked):
        rows = read(url=f"{url}/works?filter=type:article&per-page=25&cursor=x", mailto="a@b.example", api_key="k")
        last = asked[-1]
    assert [row.key for row in rows] == [f"W{n}" for n in range(1, 12)]
    assert [row.number for row in rows] == list(range(1, 12))
    assert last.query == {
        "filter": "type:article", "per_page": "100", "cursor": "c12", "mailto": "a@b.example", "api_key": "k",
    }  # fmt: skip
    assert "k" not in rows[0].file.split("/")


def test_a_run_that_was_cut_off_goes_on_where_it_was():
    works = [work(id=f"https://openalex.org/W{n}") for n in range(1, 8)]
    with serving(api(works)) as (url, asked):
        pages = FORMATS["openalex"].read(Asked(url=url + "/works"))
        first = [next(pages), next(pages)]
        pages.close()
        rest = list(FORMATS["openalex"].read(Asked(url=url + "/works", after=json.loads(json.dumps(first[-1].after)))))
        again = list(FORMATS["openalex"].read(Asked(url=url + "/works", after=rest[-1].after)))
    assert [row.key for page in (*first, *rest) for row in page.rows] == [f"W{n}" for n in range(1, 8)]
    assert [page.total for page in first] == [7, 7]
    assert again == []
    assert [a.query["cursor"] for a in asked] == ["*", "c2", "c4", "c6", "c8"]


def test_of_one_institution_only_its_works_are_asked_for():
    with serving(api([work()])) as (url, asked):
        rows = read(url=url + "/works?filter=language:es", institution=ROR)
    assert asked[0].query["filter"] == f"language:es,institutions.ror:{ROR}"
    assert rows[0].records[0].partners == (UNIVERSITY.id,)


@pytest.mark.parametrize(
    ("options", "filtered"), [({}, None), ({"changes": "updated"}, "from_updated_date:2026-11-01")]
)
def test_changes_are_asked_for_only_where_a_paid_key_gives_them(options, filtered):
    since = dt.datetime(2026, 11, 1, 5, tzinfo=dt.UTC)
    with serving(api([work()])) as (url, asked):
        (page, _) = FORMATS["openalex"].read(Asked(url=url + "/works", options=options, since=since))
    assert asked[0].query.get("filter") == filtered
    assert page.partial is bool(filtered)


def test_one_entity_is_read_by_its_address():
    element = (FIXTURES / "institution.json").read_bytes()
    with serving(lambda _: Answer(element)) as (url, asked):
        (row,) = read(url=url + "/institutions/ror:0t1nkvy72")
    assert row.key == "I9000000001"
    assert asked[0].query == {}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"meta": {"count": 2, "next_cursor": "*"}, "results": [work()]}, "from one page to itself"),
        ({"meta": {"count": 300_000_000, "next_cursor": "a"}, "results": [work()]}, "300000000 elements: name a filter"),
        ({"results": {}}, "does not answer as OpenAlex does"),
        ({"meta": {"next_cursor": 7}, "results": []}, "does not answer as OpenAlex does"),
        ({"meta": [], "results": []}, "meta"),
        ([], "an object is expected"),
    ],
)  # fmt: skip
def test_answers_of_another_shape_are_refused(answer, message):
    with serving(lambda _: Answer(json.dumps(answer).encode())) as (url, _), pytest.raises(BadInput, match=message):
        read(url=url + "/works")


def test_pages_without_end_are_given_up(monkeypatch):
    from matcher.sources import openalex_live

    monkeypatch.setattr(openalex_live, "MOST", 5)

    def answer(a):
        meta = {"count": 1, "next_cursor": f"c{int(a.query['cursor'].strip('*c') or 0) + 1}"}
        return Answer(json.dumps({"meta": meta, "results": [work(), work()]}).encode())

    with serving(answer) as (url, _), pytest.raises(BadInput, match="name a filter"):
        read(url=url + "/works")
