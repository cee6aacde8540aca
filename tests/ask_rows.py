"""The rows of the table of access of asking, reading and writing to an office."""

from collections.abc import Iterator

from access_rows import ALL_200, OFFICERS, Row, desk
from network import Network

from matcher.store import intake
from matcher.store.intake import Asked, Kind, State


def a_request(found: Network, _: str) -> str:
    """Somebody asks the weavers' office for an introduction to their workshop."""
    asked = Asked(Kind.INTRODUCTION, "Tinte firme.", partner="taller", who="Q", contact="q@x.example", consent=True)
    with found.store.noting() as session:
        return intake.add(session, asked, found.office("ott-cusco"))


def a_handled_request(found: Network, new: str) -> str:
    """And the office has seen to it."""
    id_ = a_request(found, new)
    with found.store.noting() as session:
        intake.settle(session, found.office("ott-cusco"), id_, State.TAKEN)
    return id_


def found_rows() -> Iterator[Row]:
    """A record of the weavers' that an officer of theirs, and the admin, may edit; no value was found out about it."""
    said = {"kind": "partner", "record": "taller", "field": "region"}
    yield Row("POST", "/found/wrong", (403, 403, 403, 403, 404, 403, 404), form=said)
    yield Row("POST", "/found/again", (403, 403, 403, 403, 303, 403, 303), form=said)


def ask_rows() -> Iterator[Row]:
    """Asking, reading and writing to an office are everybody's; what was written is officers', each at their desk."""
    yield Row("GET", "/answer.{type_}", ALL_200, "/answer.csv?q=tinte")
    yield Row("GET", "/partners/{partner_id:path}", ALL_200, "/partners/taller")
    yield Row("GET", "/evidence/{evidence_id:path}", ALL_200, "/evidence/taller-2")
    # What was found out is taken back by whoever may edit the record, from officers up; nothing was, of these.
    yield from found_rows()
    yield Row("GET", "/saved", ALL_200)
    yield Row("GET", "/saved.{type_}", ALL_200, "/saved.xlsx")
    yield Row("POST", "/saved", (303,) * 7, form={"action": "add", "partner": "unsaac"})
    yield Row("GET", "/introduction", ALL_200, "/introduction?partner=unsaac")
    yield Row("GET", "/unfit", ALL_200, "/unfit?partner=unsaac")
    yield Row("GET", "/thanks", ALL_200)
    asked = {"question": "Tinte.", "who": "Q", "contact": "q@x.example", "consent": "true", "partner": "unsaac"}
    yield Row("POST", "/introduction", (303,) * 7, form=asked)
    yield Row("POST", "/introduction", (422,) * 7, form=asked | {"consent": ""})
    yield Row("POST", "/unfit", (303,) * 7, form={"partner": "unsaac", "reason": "too_far"})
    at = "?organisation=ott-cusco"
    yield Row("GET", "/desk/requests", OFFICERS, fresh=200)
    yield Row("GET", "/desk/requests", desk(), "/desk/requests" + at)
    one = "/desk/requests/{intake_id}/"
    taken = {"name": "Nueva", "summary": "Resumen."}
    for what, form, before in (
        ("take", taken, a_request), ("discard", {}, a_request), ("delete", {}, a_handled_request),
    ):  # fmt: skip
        url = f"/desk/requests/NEW/{what}"
        yield Row("POST", one + what, (403, 403, 403, 403, 303, 404, 422), url, form=form, before=before, fresh=404)
        yield Row("POST", one + what, desk(303), url + at, form=form, before=before)
    yield from _api_rows(asked, at)


def _api_rows(asked: dict[str, str], at: str) -> Iterator[Row]:
    """The same for programs."""
    path = "/v1/requests"
    yield Row("POST", path, (202,) * 7, json=asked | {"consent": True})
    yield Row("POST", path, (422,) * 7, json=asked | {"consent": False})
    yield Row("GET", path, OFFICERS, fresh=200)
    yield Row("GET", path, desk(), path + at)
    one = path + "/{intake_id}"
    for method, what, body, done, before in (
        ("POST", "/take", {"name": "Nueva", "summary": "Resumen."}, 201, a_request),
        ("POST", "/discard", None, 204, a_request),
        ("DELETE", "", None, 204, a_handled_request),
    ):
        url = f"{path}/NEW{what}"
        yield Row(method, one + what, (403, 403, 403, 403, done, 404, 422), url, body, before, fresh=404)
        yield Row(method, one + what, desk(done), url + at, body, before)
