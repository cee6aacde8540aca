"""Many records from a spreadsheet: the template, a preview, confirming it, and taking an upload back."""

import tempfile
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from api.desk_schemas import ID
from api.state import Contributor, Records, request_of
from api.web.refused_rows import FIELDS, file_of, heading, why
from api.web.rendering import language_of, render, say_of
from api.web.typed import InPath
from matcher import undoing, upload_files, uploads
from matcher.access import Caller
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_, Translate
from matcher.sources.columns import SHEETS
from matcher.sources.table_sheets import foreign
from matcher.sources.table_template import write_template
from matcher.store import import_runs, organisations
from matcher.store.import_runs import UNDO_DAYS, Refused
from matcher.store.offices import at_desk
from matcher.table_export import MEDIA_TYPE, Format
from matcher.upload_files import Draft
from matcher.uploads import MAX_ROWS, Changed, Plan

router = APIRouter(include_in_schema=False)
SHOWN = 50  # rows of each kind on the page; all of them are in the file
TYPES = {"partner": N_("partner"), "evidence": N_("text"), "outcome": N_("outcome")}
TABLES = {
    "partners": N_("Partners"), "evidence": N_("What they can do"), "needs": N_("Needs"), "outcomes": N_("Outcomes"),
}  # fmt: skip


def uploader(
    caller: Contributor, store: Records, organisation: Annotated[str | None, Query(max_length=300, pattern=ID)] = None
) -> Caller:
    """Return the caller as whoever the records will belong to.

    On an installation without keys that is nobody, as with `tinkuy import`.
    """
    return caller if caller.key is None else at_desk(store, caller, organisation)


Uploader = Annotated[Caller, Depends(uploader)]


@router.get("/desk/upload")
def upload_page(request: Request, store: Records, caller: Uploader) -> Response:
    """Show what can be uploaded, and what was."""
    return _page(request, store, caller)


@router.get("/desk/upload/template")
def template(
    request: Request,
    _: Contributor,
    format: Annotated[Format, Query()] = Format.XLSX,  # noqa: A002
    table: str = "evidence",
) -> Response:
    """Give the empty template: one workbook, or one table as CSV."""
    spanish = language_of(request) == "es"
    names = {sheet.name: sheet.spanish if spanish else sheet.name for sheet in SHEETS}
    if table not in names or format is Format.JSON:
        raise BadInput(N_("there is no such template"))
    with tempfile.TemporaryDirectory(prefix="tinkuy-template-") as folder:
        one = format is Format.XLSX
        name = ("plantilla.xlsx" if spanish else "template.xlsx") if one else f"{names[table]}.csv"
        path = Path(folder) / name
        write_template(path if one else path.parent, say_of(request), spanish=spanish)
        content = path.read_bytes()
    return _file(content, format, f"tinkuy-{name}")


@router.post("/desk/upload")
def upload(request: Request, store: Records, caller: Uploader, file: Annotated[UploadFile, File()]) -> Response:
    """Read a file, try what it would do, and go on to show that."""
    if not file.filename:
        return _page(request, store, caller, 422, say_of(request)(N_("Choose a file first.")))
    home = request.app.state.live.home
    draft = upload_files.keep(home, file.filename, file.file, uploads.owner_of(caller))
    try:
        draft.note(uploads.preview(store, caller, draft).to_json())
    except TinkuyError as error:
        draft.drop()
        return _page(request, store, caller, 422, error.text(say_of(request)))
    except BaseException:
        draft.drop()
        raise
    return _onward(request, f"/desk/upload/preview/{draft.id}")


@router.get("/desk/upload/preview/{draft_id}")
def preview(request: Request, caller: Uploader, draft_id: InPath, changed: bool = False) -> Response:
    """Show what an upload will do once it is confirmed."""
    draft = _draft(request, caller, draft_id)
    return render(
        request, "upload_preview.html", plan=_plan(draft), draft=draft, changed=changed, shown=SHOWN, fields=FIELDS,
        types=TYPES, at=_at(request), why=why, heading=heading, sheets=foreign(draft.file),
    )  # fmt: skip


@router.get("/desk/upload/preview/{draft_id}/refusals")
def preview_refusals(request: Request, caller: Uploader, draft_id: InPath) -> Response:
    """Give the rows that an upload would leave out, as a file."""
    refused = [item.refusal for item in _plan(_draft(request, caller, draft_id)).items if item.refusal]
    return _refusals(refused, say_of(request))


@router.post("/desk/upload/preview/{draft_id}")
def confirm(
    request: Request,
    store: Records,
    caller: Uploader,
    draft_id: InPath,
    digest: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Do what was shown; where that is no longer what would be done, show it anew."""
    draft = _draft(request, caller, draft_id)
    try:
        run = uploads.confirm(store, caller, draft, digest, request_of(request))
    except Changed as error:
        draft.note(error.plan.to_json())
        return _onward(request, f"/desk/upload/preview/{draft.id}", changed="true")
    draft.drop()
    return _onward(request, f"/desk/upload/{run}")


@router.get("/desk/upload/{run_id}")
def uploaded(request: Request, store: Records, caller: Uploader, run_id: InPath) -> Response:
    """Show what an upload did, and what became of it."""
    with store.reading() as session:
        run = import_runs.get(session, run_id, caller.organisation)
    return render(
        request, "upload_done.html", run=run, types=TYPES, fields=FIELDS, at=_at(request), days=UNDO_DAYS, shown=SHOWN,
        why=why, heading=heading,
    )  # fmt: skip


@router.get("/desk/upload/{run_id}/refusals")
def refusals(request: Request, store: Records, caller: Uploader, run_id: InPath) -> Response:
    """Give the rows that an upload left out, as a file."""
    with store.reading() as session:
        run = import_runs.get(session, run_id, caller.organisation)
    return _refusals(list(run.refusals), say_of(request))


@router.post("/desk/upload/{run_id}/undo")
def undo(request: Request, store: Records, caller: Uploader, run_id: InPath) -> Response:
    """Take an upload back as a whole."""
    run = undoing.undo(store, caller, run_id, request_of(request))
    return _onward(request, f"/desk/upload/{run.id}")


def _page(request: Request, store: Records, caller: Caller, status: int = 200, error: str = "") -> Response:
    with store.reading() as session:
        runs = import_runs.uploads(session, caller.organisation)
        known = {each.id: each.name for each in organisations.everyone(session)}
    return render(
        request, "upload.html", status, runs=runs, error=error, office=known.get(caller.organisation or "", ""),
        tables=TABLES, at=_at(request), rows=MAX_ROWS, days=UNDO_DAYS,
    )  # fmt: skip


def _draft(request: Request, caller: Caller, id_: str) -> Draft:
    return upload_files.find(request.app.state.live.home, id_, uploads.owner_of(caller))


def _plan(draft: Draft) -> Plan:
    return Plan.from_json(draft.plan())


def _at(request: Request, **more: str) -> str:
    """Return what stands behind every address of these pages: whose desk it is, where that is said, and more."""
    named = request.query_params.get("organisation")
    asked = ({"organisation": named} if named else {}) | more
    return f"?{urlencode(asked)}" if asked else ""


def _onward(request: Request, path: str, **more: str) -> Response:
    return RedirectResponse(path + _at(request, **more), 303)


def _refusals(refused: list[Refused], say: Translate) -> Response:
    return _file(file_of(refused, say), Format.CSV, "tinkuy-refusals.csv")


def _file(content: bytes, format_: Format, name: str) -> Response:
    headers: dict[str, Any] = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=MEDIA_TYPE[format_], headers=headers)
