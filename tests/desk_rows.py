"""The rows of the table of access of the officer's desk."""

from collections.abc import Iterator

from access_rows import OFFICERS, Row, a_firm, a_search, an_entry, an_introduction, desk, nothing, own_desk, some_news

AT = "?organisation=ott-cusco"


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
        ("/desk/note", {"id": "NEW", "note": "x", "version": "0"}, an_introduction),
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
