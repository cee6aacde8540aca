"""A harvest from a repository that fails on purpose: complete, once each, in order, resumed. Nothing waits in earnest."""

import datetime as dt
import json

import pytest
from oai_server import PERUCRIS, Kept, Repository, counts, project, serving

from matcher.errors import BadInput
from matcher.records import Side
from matcher.sources import fetching, oai
from matcher.sources.formats import FORMATS
from matcher.sources.pages import Asked
from matcher.sources.reading import Gone, Refusal, Row

MANY = 5_000


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


class Waits(list):
    """Notes how long it was asked to wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def harvest(url, waits=None, most=None, **asked):
    """Return the pages, as many as are asked for."""
    options = {"pause": "0", **asked.pop("options", {})}
    pages = []
    for page in oai.read(Asked(url=url, options=options, **asked), waits if waits is not None else Waits()):
        pages.append(page)
        if most and len(pages) == most:
            break
    return pages


def numbers(pages):
    """Return the numbers of the projects that came, in the order in which they came."""
    return [int(row.key.rsplit("/", 1)[1]) for page in pages for row in page.rows if isinstance(row, Row | Gone)]


def test_five_thousand_records_come_whole_though_everything_fails_once():
    repository = Repository(
        [project(n) for n in range(MANY)],
        busy={5: "7"},
        broken={600: 1},
        cut={1300: 1, 2000: 2},
        expired={3000: 1},
    )
    waits = Waits()
    with serving(repository) as url:
        pages = harvest(url, waits)
    assert numbers(pages) == list(range(MANY))
    assert not any(isinstance(row, Refusal) for page in pages for row in page.rows)
    assert 7 in waits
    assert [page.total for page in pages if page.total] == [MANY] * len([page for page in pages if page.total])
    assert not any(page.partial for page in pages)
    assert pages[-1].after["done"] is True
    # 50 pages, one 503, one broken, three cut, one token refused and then 30 pages again to where it was.
    assert repository.lists() == 50 + 1 + 1 + 3 + 1 + 30


def test_a_page_that_stays_broken_is_refused_and_the_rest_is_read():
    repository = Repository([project(n) for n in range(1_000)], broken={600: 99})
    with serving(repository) as url:
        pages = harvest(url)
    assert numbers(pages) == [n for n in range(1_000) if not 600 <= n < 700]
    refusals = [row for page in pages for row in page.rows if isinstance(row, Refusal)]
    assert len(refusals) == 1
    assert refusals[0].file == url
    assert "not well-formed" in refusals[0].reason
    assert "line" in refusals[0].reason
    # What is missing is not gone: a run must not delete it.
    assert [page.partial for page in pages] == [False] * 6 + [True] * 4


def test_a_last_page_that_stays_broken_ends_the_list():
    repository = Repository([project(n) for n in range(150)], broken={100: 99})
    with serving(repository) as url:
        *_, last = harvest(url)
    assert [type(row) for row in last.rows] == [Refusal]
    assert (last.after["done"], last.partial) == (True, True)


def test_a_broken_page_that_says_not_where_to_go_on_stops_the_run_and_it_goes_on_later():
    repository = Repository([project(n) for n in range(1_000)], broken={600: 5}, tokenless=True)
    with serving(repository) as url:
        read = oai.read(Asked(url=url, options={"pause": "0"}), Waits())
        pages = [next(read) for _ in range(6)]
        with pytest.raises(BadInput, match=r"not well-formed.*what came before is kept"):
            next(read)
        pages += harvest(url, after=json.loads(json.dumps(pages[-1].after)))
    assert numbers(pages) == list(range(1_000))


def test_a_run_that_was_cut_off_goes_on_where_it_was():
    repository = Repository([project(n) for n in range(1_000)])
    with serving(repository) as url:
        first = harvest(url, most=4)
        asked = repository.lists()
        second = harvest(url, after=json.loads(json.dumps(first[-1].after)))
    assert numbers(first) == list(range(400))
    assert numbers(second) == list(range(400, 1_000))
    assert repository.lists() == asked + 6
    assert second[0].rows[0].number == 401


def test_a_run_that_goes_on_with_a_token_that_has_expired_reads_all():
    repository = Repository([project(n) for n in range(500)], expired={300: 1})
    with serving(repository) as url:
        first = harvest(url, most=3)
        second = harvest(url, after=first[-1].after)
    assert set(numbers(first + second)) == set(range(500))
    assert numbers(second) == list(range(500))  # what came before came in another run: it is written again, unchanged


def test_a_finished_run_has_nothing_more_to_say():
    repository = Repository([project(1)])
    with serving(repository) as url:
        last = harvest(url)[-1]
        assert harvest(url, after=last.after) == []


def test_only_what_changed_is_asked_for_with_a_day_of_overlap():
    repository = Repository(
        [project(1, "2026-03-01T08:00:00Z"), project(2, "2026-03-09T20:00:00Z"), project(3, "2026-03-10T09:00:00Z")]
    )
    since = dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC)
    with serving(repository) as url:
        pages = harvest(url, since=since)
    assert repository.asked[-1]["from"] == "2026-03-09T12:00:00Z"
    assert numbers(pages) == [2, 3]
    assert all(page.partial for page in pages)


def test_a_repository_that_counts_in_days_is_asked_in_days():
    repository = Repository([project(1, "2026-03-08"), project(2, "2026-03-09")], granularity="YYYY-MM-DD")
    with serving(repository) as url:
        pages = harvest(url, since=dt.datetime(2026, 3, 10, 12, tzinfo=dt.UTC))
    assert repository.asked[-1]["from"] == "2026-03-09"
    assert numbers(pages) == [2]


def test_nothing_new_is_a_success_that_says_it_is_not_all():
    repository = Repository([project(1, "2026-03-01T08:00:00Z")])
    with serving(repository) as url:
        pages = harvest(url, since=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))
    assert [(page.rows, page.partial) for page in pages] == [((), True)]


NAME = "oai:cris.example.edu:Projects"


def test_records_that_were_refused_are_asked_for_one_by_one_before_what_has_changed():
    nameless = Kept(7, "2026-03-01T08:00:00Z", {"cerif_perucris": f'<Event xmlns="{PERUCRIS}"><x>'})
    dateless = Kept(8, "2026-03-01T08:00:00Z", {"cerif_perucris": "<nothing/>"})
    repository = Repository([project(n, "2026-03-01T08:00:00Z") for n in range(50)] + [nameless, dateless])
    repository.records[7:9] = [nameless, dateless]
    del repository.records[-2:]
    keys = (*(f"{NAME}/{n}" for n in range(1, 25)), f"{NAME}/900", f"{NAME}/6")
    since = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
    with serving(repository) as url:
        pages = harvest(url, since=since, again=keys)
        rest = harvest(url, since=since, again=keys, after=json.loads(json.dumps(pages[0].after)))
    assert [len(page.rows) for page in pages] == [20, 6, 0]
    assert all(page.partial for page in pages)
    told = [row for page in pages for row in page.rows]
    assert [row.key for row in told] == list(keys)
    assert [row.number for row in told] == list(range(1, 27))
    kinds = {Refusal: [f"{NAME}/7", f"{NAME}/8"], Gone: [f"{NAME}/900"]}
    assert {kind: [row.key for row in told if type(row) is kind] for kind in kinds} == kinds
    assert [row.key for page in rest for row in page.rows] == list(keys[20:])


def test_a_repository_that_stays_away_while_single_records_are_asked_for_is_left():
    repository = Repository([project(1)], busy=dict.fromkeys(range(3, 99), ""))
    with serving(repository) as url, pytest.raises(BadInput, match="no answer after 5 requests"):
        harvest(url, since=dt.datetime(2026, 5, 1, tzinfo=dt.UTC), again=(f"{NAME}/1",))


def test_what_is_refused_tells_its_key_and_a_lost_page_has_none():
    repository = Repository(
        [project(1), Kept(2, "", {"cerif_perucris": "<nothing/>"}), project(3)], size=2, broken={2: 99}
    )
    with serving(repository) as url:
        told = [row for page in harvest(url) for row in page.rows if isinstance(row, Refusal)]
    assert [row.key for row in told] == [f"{NAME}/2", ""]


def test_deleted_records_are_gone_by_the_key_that_their_rows_had():
    repository = Repository([project(1), Kept(2, "2026-03-02T00:00:00Z", None)])
    with serving(repository) as url:
        (page,) = harvest(url)
    assert [type(row) for row in page.rows] == [Row, Gone]
    assert page.rows[1].key == "oai:cris.example.edu:Projects/2"
    assert page.rows[0].key == "oai:cris.example.edu:Projects/1"


def test_the_format_that_says_most_is_asked_for_unless_another_is_named():
    repository = Repository([project(1)])
    with serving(repository) as url:
        (cerif,) = harvest(url)
        (dublin,) = harvest(url, options={"prefix": "oai_dc"})
    assert [each["metadataPrefix"] for each in repository.asked if each["verb"] == "ListRecords"] == [
        "cerif_perucris",
        "oai_dc",
    ]
    assert counts(repository) == {"Identify": 2, "ListMetadataFormats": 1, "ListRecords": 2}
    assert cerif.rows[0].records[0].id == dublin.rows[0].records[0].id == "oai-cris-example-edu-projects-1"
    assert cerif.rows[0].mentions[0].name == "Universidad ilustrativa 1"
    assert dublin.rows[0].mentions[0].side is Side.SUPPLY


def test_sets_are_asked_for_and_may_be_whose_records_are():
    repository = Repository([project(1), Kept(2, "2026-03-02T00:00:00Z", project(2).metadata, ("otro",))])
    with serving(repository) as url:
        (page,) = harvest(url, options={"prefix": "oai_dc", "set": "todo", "partner": "set"})
    assert numbers([page]) == [1]
    assert page.rows[0].mentions[0].name == "Facultad ilustrativa"
    assert page.rows[0].mentions[0].kind == "faculty"


@pytest.mark.parametrize(("endless", "words"), [("same", "again after"), ("empty", "21 empty replies")])
def test_a_list_that_never_ends_is_refused(endless, words):
    repository = Repository([project(n) for n in range(10)], size=5, endless=endless)
    with serving(repository) as url, pytest.raises(BadInput, match=words) as caught:
        harvest(url)
    assert url in str(caught.value)


def test_pages_have_a_limit():
    repository = Repository([project(n) for n in range(500)])
    with serving(repository) as url, pytest.raises(BadInput, match="more than 3 pages"):
        harvest(url, options={"pages": "3"})


def test_tokens_that_expire_at_once_end_the_run_in_plain_words():
    repository = Repository([project(n) for n in range(500)], expired={100: 99})
    with serving(repository) as url, pytest.raises(BadInput, match="tokens expire"):
        harvest(url)


def test_between_requests_it_waits_and_longer_where_it_is_told_to():
    repository = Repository([project(n) for n in range(250)], busy={4: "30"})
    waits = Waits()
    with serving(repository) as url:
        harvest(url, waits, options={"pause": "2.5"})
    # Identify, ListMetadataFormats, page 1, 503, page 2 again, page 3.
    assert waits == [2.5, 2.5, 2.5, 30, 2.5]


def test_who_asks_for_too_long_a_wait_is_left_for_later():
    repository = Repository([project(1)], busy={3: "86400"})
    with serving(repository) as url, pytest.raises(BadInput, match="come back in 86400 seconds"):
        harvest(url)


def test_a_repository_that_stays_away_is_given_up_after_some_requests():
    repository = Repository([project(1)], busy=dict.fromkeys(range(1, 99), ""))
    with serving(repository) as url, pytest.raises(BadInput, match=r"no answer after 5 requests \(HTTP 503\)"):
        harvest(url)
    assert len(repository.asked) == 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"prefix": "marc"}, "does not offer the metadata format marc"),
        ({"from": "ayer"}, "is no day"),
        ({"colour": "red"}, "unknown option"),
        ({"people": "yes"}, "must be partners"),
        ({"pause": "never"}, "must be a number"),
    ],
)
def test_what_cannot_be_asked_is_told(options, words):
    repository = Repository([project(1)])
    with serving(repository) as url, pytest.raises(BadInput, match=words):
        harvest(url, options=options)


def test_packed_replies_are_read():
    repository = Repository([project(n) for n in range(150)], packed=True)
    with serving(repository) as url:
        assert numbers(harvest(url)) == list(range(150))


def test_a_redirect_is_followed_to_the_same_host_only():
    repository = Repository([project(1)])
    with serving(repository) as url:
        repository.redirect = url.replace("/oai", "/nuevo")
        assert numbers(harvest(url)) == [1]
        repository.redirect = "http://169.254.169.254/latest"
        with pytest.raises(BadInput, match=r"leads to another server, http://169\.254\.169\.254/latest"):
            harvest(url)
        repository.redirect = "file:///etc/hostname"
        with pytest.raises(BadInput, match="no address to read from"):
            harvest(url)
        repository.redirect = "/oai"
        with pytest.raises(BadInput, match="without end"):
            harvest(url)


@pytest.mark.parametrize("url", ["file:///etc/hostname", "ftp://example.org/oai", "oai", "https://"])
def test_nothing_local_is_read_by_address(url):
    with pytest.raises(BadInput, match="no address to read from"):
        harvest(url)


def test_a_reply_larger_than_any_is_refused(monkeypatch):
    monkeypatch.setattr(fetching, "MAX_REPLY", 10_000)
    for packed in (False, True):
        repository = Repository([project(1, title="x" * 20_000)], packed=packed)
        with serving(repository) as url, pytest.raises(BadInput, match="more than 0 MiB"):
            harvest(url)


@pytest.mark.parametrize(
    ("status", "kind", "words"), [(404, "text/html", r"error \(404\)"), (200, "text/html", "not well-formed")]
)
def test_a_page_of_the_web_is_no_repository(status, kind, words):
    repository = Repository([], status=status, kind=kind, body=b"no such page")
    with serving(repository) as url, pytest.raises(BadInput, match=words) as caught:
        harvest(url, options={"prefix": "oai_dc"})
    assert url in str(caught.value)


def test_a_document_type_in_a_reply_is_refused():
    body = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">&a;</OAI-PMH>'
    with serving(Repository([project(1)], body=body)) as url, pytest.raises(BadInput, match="document type"):
        harvest(url)


def test_the_format_is_known_and_reads_addresses():
    format_ = FORMATS["oai-pmh"]
    assert format_.live
    assert {"prefix", "set", "from", "until", "pause", "schema", "people"} <= set(format_.options)
