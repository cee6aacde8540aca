"""What all pages share: who is let in and how, in which language, with which headers, and how errors look."""

import re
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from network import Network, network

from api.web import words
from api.web.session import local
from matcher.weights import RULE_OF

PAGE = {"Accept": "text/html,application/xhtml+xml"}


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def client(site: Network) -> TestClient:
    client = site.client()
    client.headers.update(PAGE)
    return client


def token(site: Network, who: str) -> str:
    return site.keys[who]["Authorization"].removeprefix("Bearer ")


def sign_in(client: TestClient, key: str, **more: str) -> int:
    answer = client.post(
        "/login", data={"key": key, **more}, headers={"Origin": "http://testserver"}, follow_redirects=False
    )
    return answer.status_code


def test_pages_speak_spanish_until_english_is_chosen_which_is_remembered(client):
    assert '<html lang="es"' in client.get("/").text
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en"' in client.get("/").text
    assert '<html lang="en"' in client.get("/?lang=quechua").text


def test_the_switch_of_language_keeps_the_question(client):
    text = client.get("/", params={"q": "colores & lana"}).text
    assert 'href="/?q=colores+%26+lana&amp;lang=en"' in text or 'href="/?q=colores+%26+lana&lang=en"' in text.replace(
        "&amp;", "&"
    )


def test_a_page_allows_no_script_or_style_but_ours(client):
    answer = client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert re.findall(r"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.text) == []


def test_static_files_may_be_kept_and_change_their_address_with_what_they_say(client):
    address = re.search(r'href="(/static/tinkuy\.css\?[0-9a-f]{12})"', client.get("/").text).group(1)
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/tinkuy.css").headers["cache-control"] == "no-cache"
    assert client.get("/static/../app.py").status_code == 404


def test_what_is_long_travels_small(client):
    address = re.search(r'src="(/static/vendor/htmx[^"]+)"', client.get("/").text).group(1)
    answer = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["content-length"]) < len(answer.content) / 2


def test_whoever_signs_in_is_known_on_every_page_until_they_sign_out(client, site):
    assert sign_in(client, token(site, "officer")) == 303
    assert client.get("/v1/whoami").json()["role"] == "officer"
    assert client.post("/logout", headers={"Origin": "http://testserver"}, follow_redirects=False).status_code == 303
    assert client.get("/v1/whoami").json()["role"] == "reader"


def test_the_cookie_is_out_of_reach_of_scripts_and_of_other_sites(client, site):
    answer = client.post("/login", data={"key": token(site, "officer")}, follow_redirects=False)
    kept = answer.headers["set-cookie"].lower()
    assert "httponly" in kept
    assert "samesite=lax" in kept
    assert "max-age" not in kept
    stays = client.post("/login", data={"key": token(site, "officer"), "stay": "true"}, follow_redirects=False)
    assert "max-age=2592000" in stays.headers["set-cookie"].lower()


def test_a_key_that_is_not_valid_is_told_on_the_page_and_not_kept(client):
    answer = client.post("/login", data={"key": "tk_000000000000_" + "x" * 43}, follow_redirects=False)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text


def test_a_key_that_was_revoked_since_is_forgotten_by_the_browser(client):
    client.cookies.set("tinkuy_key", "tk_000000000000_" + "x" * 43)
    answer = client.get("/")
    assert answer.status_code == 401
    assert 'tinkuy_key=""' in answer.headers["set-cookie"]
    assert "Iniciar sesión" in answer.text


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ({"Origin": "https://elsewhere.example"}, 403),
        ({}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Origin": "http://testserver"}, 303),
    ],
)
def test_a_page_of_another_site_cannot_act_with_the_browsers_key(client, site, origin, status):
    client.cookies.set("tinkuy_key", token(site, "officer"))
    assert client.post("/logout", headers=origin, follow_redirects=False).status_code == status


def test_programs_are_told_problems_and_people_pages(client):
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "<h1>" in page.text
    assert client.get("/nowhere", headers={"Accept": "*/*"}).headers["content-type"] == "application/problem+json"
    assert client.get("/v1/nowhere").headers["content-type"] == "application/problem+json"
    piece = client.get("/nowhere", headers={"HX-Request": "true"})
    assert "<html" not in piece.text
    assert piece.headers["hx-retarget"] == "#notice"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("/desk?x=1", "/desk?x=1"), ("https://elsewhere.example/", "/"), ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"), ("javascript:alert(1)", "/"), ("/a\r\nSet-Cookie: b", "/"), ("", "/"),
    ],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(given, found):
    assert local(given) == found


def test_every_term_of_the_sum_has_its_words():
    assert set(words.SIGNALS) == {*RULE_OF, "exposure"}
