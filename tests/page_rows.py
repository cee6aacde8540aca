"""The pages' rows of the table of access."""

from collections.abc import Iterator

from access_rows import ALL_200, Row


def page_rows() -> Iterator[Row]:
    """Return the rows of all pages."""
    yield Row("GET", "/", ALL_200)
    yield Row("GET", "/login", ALL_200)
    yield Row("POST", "/login", (401,) * 7, form={"key": "tk_no"}, fresh=401)
    yield Row("POST", "/logout", (303,) * 7, form={})
    yield from _region_rows()


def _region_rows() -> Iterator[Row]:
    """The regional picture is everybody's."""
    yield Row("GET", "/regions", ALL_200)
    yield Row("GET", "/regions/needs", ALL_200)
    yield Row("GET", "/regions/data/{table}", ALL_200, "/regions/data/needs?format=json")
    yield Row("GET", "/regions/{code}", ALL_200, "/regions/PE-CUS")
