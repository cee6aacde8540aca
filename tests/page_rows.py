"""The pages' rows of the table of access."""

import io
from collections.abc import Iterator

from access_rows import (
    ALL_200,
    CONTRIBUTORS,
    OFFICERS,
    Row,
    a_firm,
    a_search,
    an_entry,
    an_introduction,
    desk,
    nothing,
    own_desk,
    some_news,
)  # fmt: skip
from network import Network

from matcher import upload_files, uploads
from matcher.access import EVERYTHING, Caller, Role
from matcher.upload_files import Draft
from matcher.uploads import Plan

AT = "?organisation=ott-cusco"
AT_WEAVERS = "?organisation=tejedoras"


def page_rows() -> Iterator[Row]:
    """Return the rows of all pages."""
    yield Row("GET", "/", ALL_200)
    yield Row("GET", "/login", ALL_200)
    yield Row("POST", "/login", (401,) * 7, form={"key": "tk_no"}, fresh=401)
    yield Row("POST", "/logout", (303,) * 7, form={})
    yield from figure_rows()
    yield from desk_rows()
    yield from _upload_rows()
    yield from _admin_rows()


def figure_rows() -> Iterator[Row]:
    """Return the rows of key figures and quality."""
    yield Row("GET", "/regions/figures", ALL_200)
    cusco = (403, 403, 403, 403, 200, 403, 200)
    yield Row("GET", "/regions/figures", cusco, "/regions/figures?office=ott-cusco&table=desk-days&format=json")
    yield Row("GET", "/quality", ALL_200)
    yield Row("GET", "/quality/report", (404,) * 7, fresh=404)


def desk_rows() -> Iterator[Row]:
    """Return the rows of the officer's desk: each office's own, and admins' who name it."""
    yield Row("GET", "/desk", (403, 403, 403, 403, 200, 200, 200))  # an admin chooses the office there
    yield Row("GET", "/desk", desk(), "/desk" + AT)
    for path in (
        "/desk/board",
        "/desk/shortlist",
        "/desk/introductions",
        "/desk/inbox",
        "/desk/searches",
        "/desk/search",
    ):
        yield Row("GET", path, OFFICERS, fresh=200)
        yield Row("GET", path, desk(), path + AT)
    yield Row("GET", "/desk/text", OFFICERS, "/desk/text?evidence=taller-1", fresh=200)
    yield Row("GET", "/desk/text", desk(), "/desk/text?evidence=taller-1&organisation=ott-cusco")
    two = "evidence=taller-1&partner=unsaac&partner=pucp"
    yield Row("GET", "/desk/compare", OFFICERS, f"/desk/compare?{two}", fresh=200)
    yield Row("GET", "/desk/compare", desk(), f"/desk/compare?{two}&organisation=ott-cusco")
    meeting = "supply=unsaac&demand=taller&evidence=taller-1"
    yield Row("GET", "/desk/draft", OFFICERS, f"/desk/draft?{meeting}", fresh=200)
    yield Row("GET", "/desk/draft", desk(), f"/desk/draft?{meeting}&organisation=ott-cusco")
    yield Row("GET", "/desk/introduction", own_desk(), "/desk/introduction?id=NEW", before=an_introduction, fresh=404)
    yield Row("GET", "/desk/introduction", desk(), f"/desk/introduction{AT}&id=NEW", before=an_introduction)
    done, entry = (403, 403, 403, 403, 303, 303, 422), {"evidence": "NEW-1", "partner": "unsaac"}
    meet = {"evidence": "NEW-1", "supply": "unsaac", "demand": "NEW"}
    search = {"name": "nuevo", "q": "Tinte de prueba para lana."}
    for path, form, before in (
        ("/desk/seen", {}, nothing), ("/desk/shortlist", entry, a_firm), ("/desk/propose", meet, a_firm),
        ("/desk/search", search, a_search),
    ):  # fmt: skip
        yield Row("POST", path, done, form=form, before=before, fresh=303)
        yield Row("POST", path, desk(303), path + AT, form=form, before=before)
    kept = {**entry, "version": "0"}  # what is there has another version: whoever may get so far is told
    at_own = (403, 403, 403, 403, 412, 404, 422)
    for path, form, before in (
        ("/desk/shortlist/remove", kept, an_entry),
        ("/desk/step", {"id": "NEW", "to": "sent", "version": "0"}, an_introduction),
        ("/desk/search/remove", {"id": "NEW", "version": "0"}, a_search),
        ("/desk/search/feed", {"id": "NEW", "version": "0"}, a_search),
    ):  # fmt: skip
        yield Row("POST", path, at_own, form=form, before=before, fresh=404)
        yield Row("POST", path, desk(412), path + AT, form=form, before=before)
    yield Row(
        "POST",
        "/desk/inbox/read",
        (403, 403, 403, 403, 303, 404, 422),
        form={"ids": "NEW"},
        before=some_news,
        fresh=404,
    )
    yield Row("POST", "/desk/inbox/read", desk(303), "/desk/inbox/read" + AT, form={"ids": "NEW"}, before=some_news)


SHEET = "lado,nombre\noferta,Taller {name}\n"


def a_draft(found: Network, new: str) -> str:
    """A spreadsheet of the weavers' contributor waits to be confirmed."""
    return _draft(found, new)[0].id


def _draft(found: Network, new: str) -> tuple[Draft, Plan, Caller]:
    key = found.keys["contributor"].get("Authorization", "").partition("_")[2].partition("_")[0]
    caller = (
        Caller(Role.CONTRIBUTOR, "tejedoras", frozenset(), key) if key else EVERYTHING
    )  # nobody's where it is fresh
    content = io.BytesIO(SHEET.format(name=new).encode())
    draft = upload_files.keep(found.home, "socios.csv", content, uploads.owner_of(caller))
    plan = uploads.preview(found.store, caller, draft)
    draft.note(plan.to_json())
    return draft, plan, caller


def an_upload(found: Network, new: str) -> str:
    """The weavers have uploaded something."""
    draft, plan, caller = _draft(found, new)
    return uploads.confirm(found.store, caller, draft, plan.digest)


def _upload_rows() -> Iterator[Row]:
    """Uploads are the organisation's: contributors and officers of it, and admins who name it."""
    page = "/desk/upload"
    own = (403, 403, 200, 200, 200, 200, 422)  # an admin must say whose
    of_weavers = (403, 403, 200, 403, 403, 403, 200)
    yield Row("GET", page, own, fresh=200)
    yield Row("GET", page, of_weavers, page + AT_WEAVERS)
    yield Row("GET", page + "/template", CONTRIBUTORS)
    yield Row("POST", page, (403, 403, 422, 422, 422, 422, 422), form={"file": "no file"})
    only = (403, 403, 200, 404, 404, 404, 422)  # the very caller who uploaded it
    draft = page + "/preview/{draft_id}"
    yield Row("GET", draft, only, f"{page}/preview/NEW", before=a_draft, fresh=200)
    yield Row("GET", draft + "/refusals", only, f"{page}/preview/NEW/refusals", before=a_draft, fresh=200)
    once = (403, 403, 303, 404, 404, 404, 422)
    yield Row("POST", draft, once, f"{page}/preview/NEW", before=a_draft, form={"digest": "x"}, fresh=303)
    run, url = page + "/{run_id}", f"{page}/NEW"
    theirs = (403, 403, 200, 404, 404, 404, 422)
    yield Row("GET", run, theirs, url, before=an_upload, fresh=200)
    yield Row("GET", run, of_weavers, url + AT_WEAVERS, before=an_upload)
    yield Row("GET", run + "/refusals", theirs, url + "/refusals", before=an_upload, fresh=200)
    yield Row("POST", run + "/undo", once, url + "/undo", before=an_upload, form={}, fresh=303)


def _admin_rows() -> Iterator[Row]:
    """Administration is the admin's."""

    def admins(done: int) -> tuple[int, ...]:
        return (403,) * 6 + (done,)

    for page in ("", "/keys", "/organisations", "/imports", "/settings", "/audit", "/weights", "/weights/change"):
        yield Row("GET", f"/admin{page}", admins(200))
    yield Row("GET", "/admin/weights/preview", admins(200))
    yield Row("POST", "/admin/keys", admins(422), form={"role": "officer"})  # without an organisation
    yield Row("POST", "/admin/keys/{key_id}/revoke", admins(404), "/admin/keys/nobody/revoke", form={})
    yield Row("POST", "/admin/organisations", admins(303), form={"name": "Taller NEW"})
    one = "/admin/organisations/{organisation_id}"
    named = {"name": "Tejedoras", "office": "ott-cusco"}
    yield Row("POST", one, admins(303), "/admin/organisations/tejedoras", form=named)
    yield Row("POST", "/admin/weights", admins(422), form={"w_bias": "none"})
    yield Row("POST", "/admin/weights/back", admins(422), form={})  # there are none before
