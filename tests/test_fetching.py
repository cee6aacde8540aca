"""Reading from addresses: what fails is asked for again, what is hostile is refused, and no key is told."""

import gzip
import time

import pytest
from loopback import Answer, serving

from matcher.errors import BadInput
from matcher.sources import fetching
from matcher.sources.addresses import check_address, shown
from matcher.sources.fetching import Fetcher


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(fetching, "BACKOFF_S", 0.001)
    monkeypatch.setattr(fetching, "PAUSE_S", 0.0)


def get(url, params=None, **kwargs):
    with Fetcher(**kwargs) as fetcher:
        return fetcher.get(url, params)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_server_that_is_busy_is_asked_again(status):
    with serving(lambda a: Answer(status=status) if a.times < 3 else Answer(b"here")) as (url, asked):
        assert get(url + "/x", {"q": "1"}) == b"here"
        assert [(a.path, a.query) for a in asked] == [("/x", {"q": "1"})] * 4


def test_it_comes_back_when_it_is_told_to(monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    busy = Answer(status=429, headers={"Retry-After": "7"})
    with serving(lambda a: Answer(b"here") if a.times else busy) as (url, _):
        assert get(url) == b"here"
    assert 7 in waited


@pytest.mark.parametrize("header", ["86400", "9" * 5000, "Thu, 31 Dec 2099 23:59:59 GMT"])
def test_a_server_that_asks_to_wait_for_long_is_left_alone(header):
    with serving(lambda _: Answer(status=429, headers={"Retry-After": header})) as (url, asked):
        with pytest.raises(BadInput):
            get(url)
        assert len(asked) <= fetching.TRIES


def test_one_that_is_busy_for_good_is_told():
    with serving(lambda _: Answer(status=503)) as (url, asked):
        with pytest.raises(BadInput, match=r"no answer after 5 requests \(HTTP 503\)"):
            get(url)
        assert len(asked) == fetching.TRIES


def test_a_reply_that_is_cut_off_is_asked_for_again():
    with serving(lambda a: Answer(b"whole" * 100, cut=None if a.times > 1 else 20)) as (url, asked):
        assert get(url) == b"whole" * 100
        assert len(asked) == 3


def test_one_that_is_always_cut_off_is_told_without_the_key():
    with serving(lambda _: Answer(b"whole", cut=2)) as (url, _), pytest.raises(BadInput) as caught:
        get(url + "/works", {"api_key": "secret"})
    assert "/works: no answer after 5 requests (the connection was cut" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_nobody_at_home_is_told_without_the_key():
    with pytest.raises(BadInput) as caught:
        get("http://127.0.0.1:1/works?api_key=secret")
    assert "http://127.0.0.1:1/works: no answer after 5 requests (no connection)" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_broken_json_is_asked_for_again():
    with serving(lambda a: Answer(b'{"a": 1}' if a.times else b'{"a": ')) as (url, asked), Fetcher() as fetcher:
        assert fetcher.get_json(url) == {"a": 1}
        assert len(asked) == 2


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe\xfa", b"[" * 100_000])
def test_what_never_is_json_is_told(body):
    with serving(lambda _: Answer(body)) as (url, _), Fetcher() as fetcher, pytest.raises(BadInput):
        fetcher.get_json(url)


def test_a_reply_without_end_is_refused():
    with serving(lambda _: Answer(b"x" * 100_000)) as (url, _), pytest.raises(BadInput, match="more than 0 MiB"):
        get(url, limit=50_000)


def test_a_small_reply_that_unpacks_to_much_is_refused():
    packed = gzip.compress(b"x" * 10_000_000)
    assert len(packed) < 50_000
    with (
        serving(lambda _: Answer(packed, headers={"Content-Encoding": "gzip"})) as (url, _),
        pytest.raises(BadInput, match="more than"),
    ):
        get(url, limit=1_000_000)


@pytest.mark.parametrize("packing", ["gzip, gzip", "br", "zstd", "gzip, deflate, gzip"])
def test_a_reply_packed_twice_or_as_nobody_asked_is_refused(packing):
    twice = gzip.compress(gzip.compress(b"x" * 10_000_000))
    with (
        serving(lambda _: Answer(twice, headers={"Content-Encoding": packing})) as (url, asked),
        pytest.raises(BadInput, match="packed in a way that was not asked for"),
    ):
        get(url, limit=1_000_000)
    assert len(asked) == 1


def test_a_reply_that_drips_is_left_however_little_comes_at_once(monkeypatch):
    monkeypatch.setattr(fetching, "REPLY_S", 0.2)
    with (
        serving(lambda _: Answer(b"x" * 200, drip=0.02)) as (url, asked),
        pytest.raises(BadInput, match="answers too slowly"),
    ):
        get(url)
    assert len(asked) == 1


def test_between_two_requests_it_waits_and_longer_where_a_server_is_busy(monkeypatch):
    monkeypatch.setattr(fetching, "BACKOFF_S", 2.0)
    waits = []
    with (
        serving(lambda a: Answer(b"here") if a.times > 1 else Answer(status=503)) as (url, _),
        Fetcher(pause=0.5, wait=waits.append) as fetcher,
    ):
        assert fetcher.get(url + "/a") == fetcher.get(url + "/b") == b"here"
    assert waits == [2.0, 4.0, 0.5, 2.0, 4.0]


def test_an_error_told_in_the_reply_is_read_where_that_is_the_custom():
    answer = Answer(b"<error/>", status=404, headers={"Content-Type": "text/xml; charset=UTF-8"})
    with serving(lambda _: answer) as (url, _):
        assert get(url, tells="xml") == b"<error/>"
        with pytest.raises(BadInput, match=r"answers with an error \(404\); is it the right address"):
            get(url)


def test_a_redirect_is_followed_on_the_same_server():
    def answer(a):
        return Answer(b"there") if a.path == "/new" else Answer(status=301, headers={"Location": "/new"})

    with serving(answer) as (url, _):
        assert get(url + "/old") == b"there"


@pytest.mark.parametrize(
    "location", ["http://127.0.0.2/x", "https://example.org/", "file:///etc/passwd", "http://127.0.0.1:1/", "//evil/"]
)
def test_a_redirect_to_elsewhere_is_not_followed(location):
    with serving(lambda _: Answer(status=302, headers={"Location": location})) as (url, asked):
        with pytest.raises(BadInput, match=r"another server|no address"):
            get(url)
        assert len(asked) == 1


def test_redirects_in_circles_end():
    with (
        serving(lambda _: Answer(status=302, headers={"Location": "/"})) as (url, asked),
        pytest.raises(BadInput, match="without end"),
    ):
        get(url)
    assert len(asked) == fetching.REDIRECTS + 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_server_that_wants_a_key_says_so(status):
    with serving(lambda _: Answer(status=status)) as (url, asked):
        with pytest.raises(BadInput, match="give the key"):
            get(url)
        assert len(asked) == 1


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "file:///etc/passwd", "a.example", "http://", "http://a b/", "http://a:99999/", "javascript:1", "http://[x"]
)  # fmt: skip
def test_only_addresses_of_web_servers_are_read(url):
    with pytest.raises(BadInput, match="no address to read from"):
        check_address(url)


def test_an_address_is_shown_without_what_is_secret_in_it():
    assert shown("https://user:word@a.example:8443/v1/works?api_key=1#x") == "https://a.example:8443/v1/works"
