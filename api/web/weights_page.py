"""The formula's weights in the pages: what each means, what a change would do, saving it, putting it back."""

import datetime as dt
import math
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from api.state import Admin, Current, Records, request_of
from api.web import words
from api.web.rendering import render, say_of
from matcher.access import Caller
from matcher.engine import Engine
from matcher.errors import BadInput, TinkuyError
from matcher.language import N_
from matcher.settings import Settings
from matcher.store import audit
from matcher.store.store import Store
from matcher.weights import RULE_OF, Weights

router = APIRouter(include_in_schema=False)
GROUPS = {
    None: N_("What the texts say"), "place": N_("Nearness"), "sector": N_("Sector"),
    "track_record": N_("What came of it before"), "experience": N_("Experience"),
}  # fmt: skip
START = N_("Where every score starts: lower makes all probabilities lower, and changes no order")


@dataclass(frozen=True, slots=True)
class Term:
    """One number of the formula. `most`: the end of its slider."""

    name: str
    words: str
    value: float
    most: float


@router.get("/admin/weights")
def weights_page(request: Request, engine: Current, _: Admin, saved: bool = False, back: bool = False) -> Response:
    """Show the weights in use, to be changed."""
    return _page(request, engine, saved=saved, back=back)


@router.get("/admin/weights/change")
def change_page(request: Request, engine: Current, _: Admin) -> Response:
    """Show the weights with numbers that were tried, to be changed further."""
    try:
        return _page(request, engine, given=_given(dict(request.query_params)))
    except TinkuyError as error:
        return _page(request, engine, 422, error=error.text(say_of(request)))


@router.get("/admin/weights/preview")
def preview(request: Request, engine: Current, _: Admin, data: Annotated[str, Query(max_length=20)] = "") -> Response:
    """Show what other weights would do to questions whose good answers are known."""
    from matcher import weights_edit, weights_preview

    base = weights_edit.digest(_settings(request).weights_file())
    given: dict[str, float] = {}
    try:
        given = _given(dict(request.query_params))
        weights = weights_edit.changed(engine.weights, given)
        with weights_preview.questions(engine, data == "own") as asked:
            found = weights_preview.effect(asked, engine.weights, weights)
    except TinkuyError as error:
        return _page(request, engine, 422, error=error.text(say_of(request)), given=given)
    about = {"bias": START} | words.ABOUT_SIGNALS
    now = {"bias": engine.weights.bias} | engine.weights.signals
    after = {"bias": weights.bias} | weights.signals
    changes = [(about[name], now[name], after[name]) for name in now if now[name] != after[name]]
    return render(
        request, "admin_weights_preview.html", effect=found, changes=changes, weights=after, base=base, data=data,
        query=request.url.query,
    )  # fmt: skip


@router.post("/admin/weights")
async def save(request: Request, engine: Current, store: Records, caller: Admin) -> Response:
    """Write the weights that were shown, and let them be in use."""
    from fastapi.concurrency import run_in_threadpool

    form = {name: str(value)[:100] for name, value in (await request.form()).items()}
    return await run_in_threadpool(_save, request, engine, store, caller, form)


@router.post("/admin/weights/back")
def put_back(request: Request, store: Records, caller: Admin, confirmed: Annotated[bool, Form()] = True) -> Response:
    """Let the weights before be in use again."""
    from matcher import weights_edit

    if confirmed:
        weights_edit.put_back(_settings(request))
        _note(request, store, caller)
    return RedirectResponse("/admin/weights?back=true", 303)


def _save(request: Request, engine: Engine, store: Store, caller: Caller, form: dict[str, str]) -> Response:
    from matcher import weights_edit

    settings = _settings(request)
    try:
        given = _given(form)
        start = Weights.load(settings.weights_file())
        weights = weights_edit.changed(start, given)
        weights_edit.save(settings, weights, form.get("base", ""), dt.datetime.now(dt.UTC).date())
    except TinkuyError as error:
        return _page(request, engine, 422, error=error.text(say_of(request)))
    _note(request, store, caller)
    return RedirectResponse("/admin/weights?saved=true", 303)


def _note(request: Request, store: Store, caller: Caller) -> None:
    from matcher import weights_edit

    request.app.state.live.reweigh()
    with store.noting() as session:
        digest = weights_edit.digest(_settings(request).weights_file())
        audit.record(session, caller, "change", "weights", digest[:12], request_of(request))


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _given(form: dict[str, str]) -> dict[str, float]:
    """Return the numbers of a form, by signal; a comma may stand for the point.

    :raises BadInput: one is no number.
    """
    found = {}
    for name in ("bias", *RULE_OF):
        text = form.get(f"w_{name}", "").strip().replace(",", ".")
        if not text:
            continue
        try:
            found[name] = round(float(text), 3)
        except ValueError:
            found[name] = math.nan
        if not math.isfinite(found[name]):
            raise BadInput(N_("{name}: {found!r} is no number"), name=name, found=text[:40])
    return found


def _page(
    request: Request,
    engine: Engine,
    status: int = 200,
    *,
    error: str = "",
    saved: bool = False,
    back: bool = False,
    given: dict[str, float] | None = None,
) -> Response:
    from matcher import weights_edit, weights_preview

    settings, weights = _settings(request), engine.weights
    shown = {"bias": weights.bias} | weights.signals | (given or {})
    groups = [
        (group, [Term(n, words.ABOUT_SIGNALS[n], shown[n], _most(shown[n])) for n in RULE_OF if RULE_OF[n] == rule])
        for rule, group in GROUPS.items()
    ]
    return render(
        request, "admin_weights.html", status, groups=groups, bias=Term("bias", START, shown["bias"], 0), error=error,
        saved=saved, back=back, own=weights_preview.has_own(engine), file=settings.weights_file(),
        target=settings.weights_home, can_put_back=weights_edit.can_put_back(settings),
    )  # fmt: skip


def _most(value: float) -> float:
    return max(2.0, math.ceil(2 * abs(value)))
