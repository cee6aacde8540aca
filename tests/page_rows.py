"""The pages' rows of the table of access."""

from collections.abc import Iterator

from access_rows import ALL_200, Row
from ask_rows import ask_rows
from desk_rows import desk_rows
from upload_rows import admin_rows, upload_rows


def page_rows() -> Iterator[Row]:
    """Return the rows of all pages."""
    yield Row("GET", "/", ALL_200)
    yield Row("GET", "/login", ALL_200)
    yield Row("POST", "/login", (401,) * 7, form={"key": "tk_no"}, fresh=401)
    yield Row("POST", "/logout", (303,) * 7, form={})
    yield from ask_rows()
    yield from region_rows()
    yield from figure_rows()
    yield from desk_rows()
    yield from upload_rows()
    yield from admin_rows()


def figure_rows() -> Iterator[Row]:
    """Return the rows of key figures and quality."""
    yield Row("GET", "/regions/figures", ALL_200)
    cusco = (403, 403, 403, 403, 200, 403, 200)
    yield Row("GET", "/regions/figures", cusco, "/regions/figures?office=ott-cusco&table=desk-days&format=json")
    yield Row("GET", "/quality", ALL_200)
    yield Row("GET", "/quality/report", (404,) * 7, fresh=404)


def region_rows() -> Iterator[Row]:
    """The regional picture is everybody's."""
    yield Row("GET", "/regions", ALL_200)
    yield Row("GET", "/regions/needs", ALL_200)
    yield Row("GET", "/regions/data/{table}", ALL_200, "/regions/data/needs?format=json")
    yield Row("GET", "/regions/{code}", ALL_200, "/regions/PE-CUS")
    yield Row("GET", "/regions/{code}", ALL_200, "/regions/noroeste?by=macro")
