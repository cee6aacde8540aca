"""The rows of the table of access of uploads and administration."""

import io
from collections.abc import Iterator

from access_rows import CONTRIBUTORS, Row
from network import Network

from matcher import upload_files, uploads
from matcher.access import EVERYTHING, Caller, Role
from matcher.upload_files import Draft
from matcher.uploads import Plan

AT_WEAVERS = "?organisation=tejedoras"
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


def upload_rows() -> Iterator[Row]:
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


def admin_rows() -> Iterator[Row]:
    """Administration is the admin's."""

    def admins(done: int) -> tuple[int, ...]:
        return (403,) * 6 + (done,)

    for page in (
        "",
        "/keys",
        "/organisations",
        "/sources",
        "/imports",
        "/same",
        "/settings",
        "/audit",
        "/weights",
        "/weights/change",
    ):
        yield Row("GET", f"/admin{page}", admins(200))
    yield Row("GET", "/admin/weights/preview", admins(200))
    yield Row("POST", "/admin/keys", admins(422), form={"role": "officer"})  # without an organisation
    yield Row("POST", "/admin/keys/{key_id}/revoke", admins(404), "/admin/keys/nobody/revoke", form={})
    yield Row("POST", "/admin/organisations", admins(303), form={"name": "Taller NEW"})
    one = "/admin/organisations/{organisation_id}"
    named = {"name": "Tejedoras", "office": "ott-cusco"}
    yield Row("POST", one, admins(303), "/admin/organisations/tejedoras", form=named)
    ask = "/admin/sources/{name}/answer"
    yield Row("POST", ask, admins(404), "/admin/sources/nothing/answer", form={"say": "keep"})
    pair = {"a": "nobody", "b": "nothing", "say": "two"}
    yield Row("POST", "/admin/same/answer", admins(409), form=pair)
    yield Row("POST", "/admin/same/split", admins(409), form={"partner": "nobody"})
    yield Row("POST", "/admin/same/two", admins(409), form={"text": "nothing"})
    yield Row("POST", "/admin/weights", admins(422), form={"w_bias": "none"})
    yield Row("POST", "/admin/weights/back", admins(422), form={})  # there are none before
