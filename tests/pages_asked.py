"""What is asked of the pages when they are looked through for what is confidential: see test_confidential.

The pages show the public part of every text, whoever reads them; a partner's page shows officers its contact.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from network import LATE, NEED, SUMMARY, Network

Asked = list[tuple[str, dict[str, Any]]]
PARTNERS = ("taller", "oregano", "unsaac", "retirado", "nadie")
TEXTS = ("taller-1", "taller-2", "taller-3", "retirado-1", "unsaac-1", "nadie")
SAVED = {
    "headers": {"Accept": "text/html", "Cookie": "saved=WyJ0YWxsZXIiLCJyZXRpcmFkbyIsInVuc2FhYyJd"}
}  # three of PARTNERS
LETTER = {"question": "Tinte.", "who": "Q", "contact": "q@x.example", "consent": "true"}
PAGE = {"headers": {"Accept": "text/html"}}
PRIVATE = ("/partners/{partner_id:path}",)  # shows a contact to those who may know it


def _questions(path: str) -> Callable[[Network], Asked]:
    said = [
        {"q": text, "seeks": seeks, "k": 50, "lang": lang}
        for text in (SUMMARY, LATE.summary)
        for seeks in ("supply", "demand")
        for lang in ("es", "en")
    ]
    like = [{"like": id_, "k": 50} for id_ in TEXTS]
    return lambda _: [(f"{path}?{urlencode(each)}", PAGE) for each in [*said, *like]]


def _each(path: str, ids: tuple[str, ...]) -> Callable[[Network], Asked]:
    return lambda _: [(path + id_, PAGE) for id_ in ids]


FOUND = {"kind": "evidence", "record": NEED.id, "field": "text"}  # nothing is found out about what is confidential


def _with(more: dict[str, Any], *urls: str) -> Callable[[Network], Asked]:
    return lambda _: [(url, PAGE | more) for url in urls]


def _requests(more: str = "", form: dict[str, str] | None = None) -> Callable[[Network], Asked]:
    def asked(_: Network) -> Asked:
        offices = ("", "?organisation=ott-cusco", "?organisation=ott-tacna")
        return [(f"/desk/requests{more}{at}", PAGE | ({"data": form} if form is not None else {})) for at in offices]

    return asked


def _at_offices(url: str, form: dict[str, str] | None = None) -> Callable[[Network], Asked]:
    more = PAGE | ({"data": form} if form is not None else {})
    whose = ("", *(f"?organisation={id_}" for id_ in ("ott-cusco", "ott-tacna", "tejedoras", "secadores")))
    return lambda _: [(url + at, more) for at in whose]


def _figures(_: Network) -> Asked:
    pages = [f"/regions/figures{more}" for more in ("", "?lang=en", "?office=ott-cusco", "?office=ott-tacna")]
    tables = [f"{page}{'&' if '?' in page else '?'}table=desk-days&format=json" for page in pages]
    return [(url, PAGE) for url in [*pages, *tables]]


ASKED: dict[tuple[str, str], Callable[[Network], Asked]] = {
    ("GET", "/"): lambda found: [("/", PAGE), *_questions("/")(found)],
    ("GET", "/answer.{type_}"): lambda f: [*_questions("/answer.csv")(f), *_questions("/answer.xlsx")(f)],
    ("GET", "/partners/{partner_id:path}"): _each("/partners/", PARTNERS),
    ("GET", "/evidence/{evidence_id:path}"): _each("/evidence/", TEXTS),
    ("GET", "/saved"): _with(SAVED, "/saved"),
    ("GET", "/saved.{type_}"): _with(SAVED, "/saved.csv", "/saved.xlsx"),
    ("POST", "/saved"): lambda _: [
        ("/saved", PAGE | {"data": {"action": "add", "partner": id_}, "follow_redirects": False}) for id_ in PARTNERS
    ],
    ("GET", "/introduction"): _each("/introduction?partner=", PARTNERS),
    ("GET", "/unfit"): _each("/unfit?partner=", PARTNERS),
    ("GET", "/thanks"): _with({}, "/thanks"),
    ("POST", "/introduction"): lambda _: [
        ("/introduction", PAGE | {"data": LETTER | {"partner": id_}}) for id_ in PARTNERS[:3]
    ],
    ("POST", "/unfit"): lambda _: [
        ("/unfit", PAGE | {"data": {"partner": id_, "reason": "other"}}) for id_ in PARTNERS[:3]
    ],
    ("GET", "/desk/requests"): _requests(),
    ("POST", "/desk/requests/{intake_id}/take"): _requests("/nadie/take", {"name": "Otra"}),
    ("POST", "/desk/requests/{intake_id}/discard"): _requests("/nadie/discard", {}),
    ("POST", "/desk/requests/{intake_id}/delete"): _requests("/nadie/delete", {}),
    ("POST", "/v1/requests"): lambda _: [
        ("/v1/requests", {"json": LETTER | {"consent": True, "partner": id_}}) for id_ in PARTNERS
    ],
    ("GET", "/v1/requests"): _at_offices("/v1/requests"),
    ("POST", "/v1/requests/{intake_id}/take"): lambda _: [("/v1/requests/nadie/take", {"json": {"name": "Otra"}})],
    ("POST", "/v1/requests/{intake_id}/discard"): lambda _: [("/v1/requests/nadie/discard", {})],
    ("DELETE", "/v1/requests/{intake_id}"): lambda _: [("/v1/requests/nadie", {})],
    ("GET", "/login"): _with({}, "/login"),
    ("POST", "/login"): _with({"data": {"key": "tk_no"}}, "/login"),
    ("POST", "/logout"): _with({"data": {}}, "/logout"),
    ("GET", "/quality"): _with({}, "/quality", "/quality?lang=en"),
    ("GET", "/quality/report"): _with({}, "/quality/report"),
    ("GET", "/regions/figures"): _figures,
    ("GET", "/desk/upload"): _at_offices("/desk/upload"),
    ("GET", "/desk/upload/template"): _with({}, "/desk/upload/template", "/desk/upload/template?sheet=partners"),
    ("POST", "/desk/upload"): _at_offices("/desk/upload", {"file": "none"}),
    ("GET", "/desk/upload/preview/{draft_id}"): _at_offices("/desk/upload/preview/nadie"),
    ("GET", "/desk/upload/preview/{draft_id}/refusals"): _at_offices("/desk/upload/preview/nadie/refusals"),
    ("POST", "/desk/upload/preview/{draft_id}"): _at_offices("/desk/upload/preview/nadie", {"digest": "x"}),
    ("GET", "/desk/upload/{run_id}"): _at_offices("/desk/upload/nadie"),
    ("GET", "/desk/upload/{run_id}/refusals"): _at_offices("/desk/upload/nadie/refusals"),
    ("POST", "/desk/upload/{run_id}/undo"): _at_offices("/desk/upload/nadie/undo", {}),
    ("GET", "/admin"): _with({}, "/admin"),
    ("GET", "/admin/keys"): _with({}, "/admin/keys"),
    ("POST", "/admin/keys"): _with({"data": {"role": "officer"}}, "/admin/keys"),
    ("POST", "/admin/keys/{key_id}/revoke"): _with({"data": {}}, "/admin/keys/nadie/revoke"),
    ("GET", "/admin/organisations"): _with({}, "/admin/organisations"),
    ("POST", "/admin/organisations"): _with({"data": {"name": ""}}, "/admin/organisations"),
    ("POST", "/admin/organisations/{organisation_id}"): _with({"data": {"name": ""}}, "/admin/organisations/tejedoras"),
    ("GET", "/admin/imports"): _with({}, "/admin/imports"),
    ("GET", "/admin/sources"): _with({}, "/admin/sources", "/admin/sources?lang=en"),
    ("POST", "/admin/sources/{name}/answer"): _with({"data": {"say": "keep"}}, "/admin/sources/nadie/answer"),
    ("GET", "/admin/same"): _with({}, "/admin/same", "/admin/same?lang=en"),
    ("POST", "/admin/same/answer"): _with({"data": {"a": "nadie", "b": "nadie", "say": "a"}}, "/admin/same/answer"),
    ("POST", "/admin/same/split"): _with({"data": {"partner": "nadie"}}, "/admin/same/split"),
    ("POST", "/admin/same/two"): _with({"data": {"text": NEED.id}}, "/admin/same/two"),
    ("POST", "/found/wrong"): _with({"data": FOUND}, "/found/wrong"),
    ("POST", "/found/again"): _with({"data": FOUND}, "/found/again"),
    ("GET", "/admin/settings"): _with({}, "/admin/settings"),
    ("GET", "/admin/audit"): _with({}, "/admin/audit", *(f"/admin/audit?record={id_}" for id_ in TEXTS + PARTNERS)),
    ("GET", "/admin/weights"): _with({}, "/admin/weights"),
    ("GET", "/admin/weights/change"): _with({}, "/admin/weights/change"),
    ("GET", "/admin/weights/preview"): _with({}, "/admin/weights/preview?data=own&w_bias=-5"),
    ("POST", "/admin/weights"): _with({"data": {"w_bias": "none"}}, "/admin/weights"),
    ("POST", "/admin/weights/back"): _with({"data": {}}, "/admin/weights/back"),
}
