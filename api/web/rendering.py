"""Templates: one environment, and what every page is given."""

import datetime as dt
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.datastructures import QueryParams

from api.web import words
from matcher.access import Caller, Role
from matcher.language import Translate, languages, translator
from matcher.places import country_name, region_name
from matcher.sectors import sector_name

HERE = Path(__file__).parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "lang"
YEAR_S = 365 * 24 * 3600
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DATA = ("/v1", "/healthz", "/readyz", "/metrics", "/docs", "/openapi.json")  # where programs ask, and no person


def wants_page(request: Request) -> bool:
    """Tell whether a person's browser asks, and not for data."""
    if request.url.path.startswith(DATA):
        return False
    return is_partial(request) or "text/html" in request.headers.get("accept", "")


def is_partial(request: Request) -> bool:
    """Tell whether htmx asks for a piece of a page; going back in history it asks for the whole."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def language_of(request: Request) -> str:
    """Return the page's language: that of `?lang=`, else the one chosen before, else the installation's."""
    for chosen in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in languages():
            return chosen
    language: str = request.app.state.settings.language
    return language


def say_of(request: Request) -> Translate:
    """Return the translation to the page's language."""
    return translator(language_of(request))


def render(
    request: Request, template: str, status: int = 200, headers: Mapping[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """Return a page, or a piece of one.

    :param template: of `templates/`. It is given `values`, and of the request: `language`, `caller`, `path`,
        `here` (address with its question, without language), `partial`, `_`.
    """
    language = language_of(request)
    caller: Caller | None = getattr(request.state, "caller", None)
    text = (
        _environment()
        .get_template(template)
        .render(
            values
            | {
                "request": request,
                "language": language,
                "languages": languages(),
                "_": translator(language),
                "caller": caller,
                "path": request.url.path,
                "here": _without_language(request),
                "partial": is_partial(request),
            }
        )
    )
    told = {"Content-Security-Policy": POLICY, "Vary": "HX-Request, Cookie", "Content-Language": language}
    response = HTMLResponse(text, status, told | dict(headers or {}))
    if request.query_params.get("lang") == language:
        response.set_cookie(LANGUAGE_COOKIE, language, max_age=YEAR_S, samesite="lax", httponly=True)
    return response


def error_page(request: Request, status: int, detail: str) -> HTMLResponse:
    """Return what went wrong as a page; to htmx as a notice at the top of the page that is open."""
    if is_partial(request):
        # whatever part of an ordinary answer the page would have taken
        headers = {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML show:top", "HX-Reselect": "[role=alert]"}
        return render(request, "notice.html", status, headers, detail=detail)
    return render(request, "error.html", status, detail=detail, code=status)


def _without_language(request: Request) -> str:
    """Return the address that was asked, ready to have `lang=` put behind it."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    path = request.url.path if request.method == "GET" else "/"
    return f"{path}?{QueryParams(kept)}&" if kept else f"{path}?"


@cache
def static_url(name: str) -> str:
    """Return the address of a file in `static/`; it changes with what the file says, so that it may be kept."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?{digest}"


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals.update(static=static_url, Role=Role)
    made.filters.update(
        number=_number,
        percent=_percent,
        day=_day,
        sector=_sector,
        region=lambda code: region_name(code) if code else "",
        country=_country,
        kind=_word(words.KINDS),
        side=_word(words.SIDES),
        stage=_word(words.STAGES),
        size=_word(words.SIZES),
        role=_word(words.ROLES),
        signal=_word(words.SIGNALS),
        language_name=_word(words.LANGUAGES),
    )
    return made


def locale_of(language: str) -> str:
    """Return where numbers and days are written as people here do: in Spanish as in America, 1,018.5."""
    return {"es": "es_419"}.get(language, language)


@pass_context
def _number(context: Context, value: float, digits: int = 0) -> str:
    return format_decimal(round(value, digits), format=f"#,##0.{'#' * digits}", locale=locale_of(context["language"]))


@pass_context
def _percent(context: Context, value: float) -> str:
    return format_percent(value, locale=locale_of(context["language"]))


@pass_context
def _day(context: Context, value: dt.date | dt.datetime | None) -> str:
    return format_date(value, format="medium", locale=locale_of(context["language"])) if value else ""


@pass_context
def _sector(context: Context, code: str) -> str:
    return sector_name(code, context["language"])


@pass_context
def _country(context: Context, code: str | None) -> str:
    return country_name(code, context["language"]) if code else ""


def _word(table: Mapping[str, str]) -> Any:
    """Return a filter from a code of ours to its word; an unknown code stays as it is."""

    @pass_context
    def said(context: Context, code: str | None) -> str:
        return context["_"](table[code]) if code and code in table else code or ""

    return said
