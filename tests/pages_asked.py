"""What is asked of the pages when they are looked through for what is confidential: see test_confidential.

The pages show the public part of every text, whoever reads them; a partner's page shows officers its contact.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from network import LATE, SUMMARY, Network

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


def _with(more: dict[str, Any], *urls: str) -> Callable[[Network], Asked]:
    return lambda _: [(url, PAGE | more) for url in urls]


def _requests(more: str = "", form: dict[str, str] | None = None) -> Callable[[Network], Asked]:
    def asked(_: Network) -> Asked:
        offices = ("", "?organisation=ott-cusco", "?organisation=ott-tacna")
        return [(f"/desk/requests{more}{at}", PAGE | ({"data": form} if form is not None else {})) for at in offices]

    return asked


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
    ("GET", "/login"): _with({}, "/login"),
    ("POST", "/login"): _with({"data": {"key": "tk_no"}}, "/login"),
    ("POST", "/logout"): _with({"data": {}}, "/logout"),
}
