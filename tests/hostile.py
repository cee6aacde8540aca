"""An installation in which whatever people can write is a script, and the addresses of all pages that may show it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from conftest import EVIDENCE, PARTNERS
from network import Network, network

from matcher.quality import FIGURES, PAGE, keep
from matcher.records import Evidence, Partner, Side
from matcher.store import sameness, sources
from matcher.store.desk_views import now
from matcher.store.tables import InboxRow

NASTY = """"><script>alert(1)</script><img src=x onerror=alert(2)><b onmouseover='alert(3)'>"""
SHOWN = "alert(1)"  # what must be read on a page that shows such a text
ID = "malo\"'><img src=x>"  # ids come from people's tables
TEXT = f"Teñido de fibra de alpaca {NASTY}. Otra."
AT = "organisation=ott-cusco"
SAID = quote(NASTY)
# Pages on which no text of anybody's stands; what is asked of them may still be anything.
SILENT: dict[str, tuple[str, ...]] = {
    "/login": (f"/login?onward={SAID}",),
    "/thanks": (f"/thanks?onward={SAID}",),
    "/regions": (f"/regions?sector={SAID}",),
    "/regions/figures": (f"/regions/figures?region={SAID}&sector={SAID}", "/regions/figures"),
    "/admin/settings": ("/admin/settings",),
    "/admin/weights": (f"/admin/weights?saved={SAID}", "/admin/weights"),
    "/admin/weights/change": (f"/admin/weights/change?w_bias={SAID}",),
    "/admin/weights/preview": (f"/admin/weights/preview?data=own&w_bias={SAID}", "/admin/weights/preview?data=demo"),
    "/quality/report": ("/quality/report",),  # shown as it was written, where nothing runs
}
# What is no page but a file to be kept.
FILES = {
    "/answer.{type_}", "/saved.{type_}", "/regions/data/{table}", "/desk/upload/template",
    "/desk/upload/preview/{draft_id}/refusals", "/desk/upload/{run_id}/refusals",
}  # fmt: skip


@dataclass(frozen=True)
class Hostile:
    """The installation; addresses by route, each of which must show what was written; who saved a partner."""

    network: Network
    pages: dict[str, tuple[str, ...]]
    saved: str  # the cookie of a visitor's list


@contextmanager
def hostile(folder: Path) -> Iterator[Hostile]:
    """Give an installation where every name, text, note, label and file is a script."""
    with network(folder) as found:
        _records(found)
        client = found.client()
        client.headers.update({"Accept": "text/html", **found.keys["admin"]})

        def post(url: str, **form: str) -> str:
            answer = client.post(url, data=form, headers={"Origin": "http://testserver"}, follow_redirects=False)
            assert answer.status_code == 303, (url, answer.text)
            return answer.headers["location"]

        post(f"/desk/shortlist?{AT}", evidence="taller-1", partner=ID, note=NASTY)
        met = {"evidence": "taller-1", "supply": "unsaac", "demand": "taller", "note": NASTY}
        (introduction,) = parse_qs(urlsplit(post(f"/desk/propose?{AT}", **met)).query)["moved"]
        post(f"/desk/step?{AT}", id=introduction, to="declined", version=_version(found, introduction), reason=NASTY)
        post(f"/desk/search?{AT}", name=NASTY, q=f"Tintes {NASTY}")
        letter = {"question": NASTY, "who": NASTY, "company": NASTY, "contact": NASTY, "consent": "true"}
        post("/introduction", partner="unsaac", **letter)
        post("/unfit", partner="unsaac", reason="other", words=NASTY)
        post("/admin/organisations", name=NASTY)
        post("/admin/organisations/ott-tacna", name=NASTY)
        client.post("/admin/keys", data={"role": "officer", "organisation": "ott-cusco", "label": NASTY})
        draft, run = _uploads(client)
        post("/saved", action="add", partner=ID)
        keep(found.home / "reports", {PAGE: f"<p>{NASTY}</p>", FIGURES: json.dumps(_report())})
        _news(found)
        with found.store.noting() as session:
            sources.add(session, sources.Source("malo", "table", files=(f"{NASTY}.csv",), created=now()))
        found.live.catch_up()
        yield Hostile(found, _pages(introduction, draft, run), client.cookies["saved"])


def _records(found: Network) -> None:
    found.write(
        Partner(ID, Side.SUPPLY, NASTY, "group", "PE", "PE-CUS", NASTY, ("C13",), url="javascript:alert(4)", contact=NASTY),
        Evidence("malo-1", (ID,), "capability", TEXT, NASTY, "es", source=NASTY, sectors=("C13",)),
        replace(PARTNERS[0], name=f"Facultad {NASTY}", city=NASTY, owner="ott-cusco"),
        replace(PARTNERS[4], name=f"Taller {NASTY}", owner="ott-cusco"),
        replace(EVIDENCE[0], title=f"Tintes {NASTY}", text=EVIDENCE[0].text + NASTY, source=NASTY),
        replace(EVIDENCE[5], title=NASTY, text=EVIDENCE[5].text + NASTY),
        Partner("malo-2", Side.SUPPLY, f"{NASTY} 2", "group", "PE", "PE-CUS"),
        Evidence("malo-2", (ID,), "capability", TEXT, NASTY, "es", source=f"{NASTY} 2", sectors=("C13",)),
    )  # fmt: skip
    with found.store.writing() as writer:  # a pair that is asked about, two that are one, texts that say the same
        sameness.ask(writer.session, ID, "unsaac", 0.8, "name")
        writer.join("malo-2", ID)
        writer.link("malo-2", "malo-1", 1.0)
    found.live.catch_up()


def _version(found: Network, introduction: str) -> str:
    from matcher.store import introductions

    with found.store.reading() as session:
        return str(introductions.introduction(session, "ott-cusco", introduction).version)


def _uploads(client) -> tuple[str, str]:
    """Upload a spreadsheet twice: one that waits to be confirmed, one that is written."""
    cell = NASTY.replace('"', '""')
    found = []
    for n in (1, 2):
        file = {
            "file": (
                f"{NASTY.replace('/', '')}.csv",
                f'lado;nombre;region\noferta;"{cell} {n}";"{cell}"\noferta;"{cell} {n}";\n'.encode(),
                "text/csv",
            )
        }
        answer = client.post(f"/desk/upload?{AT}", files=file, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        found.append(urlsplit(answer.headers["location"]).path)
    page = client.get(f"{found[1]}?{AT}").text
    digest = page.partition('name="digest" value="')[2].partition('"')[0]
    run = client.post(f"{found[1]}?{AT}", data={"digest": digest}, follow_redirects=False)
    return found[0], urlsplit(run.headers["location"]).path


def _report() -> dict[str, object]:
    from test_quality_page import GOOD

    report = json.loads(json.dumps(GOOD)) | {"model": NASTY, "version": NASTY, "command": NASTY}
    report["folders"][0] |= {"name": NASTY, "primary": "RR"}
    report["folders"][0]["baseline"] |= {"name": NASTY}
    return report


def _news(found: Network) -> None:
    from matcher.store import searches

    with found.store.writing() as writer:
        search = next(s for s in searches.searches(writer.session, "ott-cusco") if SHOWN in s.name)
        writer.session.add(
            InboxRow(search=search.id, evidence="malo-1", partner=ID, probability=0.5, at=now(), read=None)
        )


def _pages(introduction: str, draft: str, run: str) -> dict[str, tuple[str, ...]]:
    """Return the addresses of each route that shows what somebody wrote."""
    mean, two = urlencode({"partner": ID}), urlencode([("partner", "unsaac"), ("partner", ID)])
    like = "evidence=taller-1"
    return {
        "/": ("/?q=fibra+de+alpaca", f"/?q={SAID}", f"/?q=alpaca&region={SAID}&sector={SAID}", "/?like=taller-1"),
        "/partners/{partner_id:path}": ("/partners/unsaac", f"/partners/{quote(ID)}"),
        "/evidence/{evidence_id:path}": ("/evidence/malo-1", "/evidence/taller-1"),
        "/saved": ("/saved",),
        "/introduction": (f"/introduction?{mean}&q={SAID}",),
        "/unfit": (f"/unfit?{mean}&q={SAID}",),
        "/quality": ("/quality",),
        "/regions/needs": ("/regions/needs?standing=all",),
        "/regions/{code}": ("/regions/PE-CUS",),
        "/desk": (f"/desk?{AT}", f"/desk?side=demand&{AT}", f"/desk?words={SAID}&{AT}", "/desk"),
        "/desk/text": (f"/desk/text?evidence=unsaac-1&{AT}", f"/desk/text?{like}&{AT}"),
        "/desk/board": (f"/desk/board?{AT}&moved={introduction}",),
        "/desk/shortlist": (f"/desk/shortlist?{AT}",),
        "/desk/introductions": (f"/desk/introductions?{AT}",),
        "/desk/introduction": (f"/desk/introduction?{AT}&id={introduction}",),
        "/desk/compare": (f"/desk/compare?{like}&{two}&{AT}",),
        "/desk/draft": (f"/desk/draft?{AT}&introduction={introduction}",),
        "/desk/inbox": (f"/desk/inbox?{AT}",),
        "/desk/searches": (f"/desk/searches?{AT}",),
        "/desk/search": (f"/desk/search?{AT}&q={SAID}", f"/desk/search?{AT}&{like}"),
        "/desk/requests": (f"/desk/requests?{AT}",),
        "/desk/upload": (f"/desk/upload?{AT}",),
        "/desk/upload/preview/{draft_id}": (f"{draft}?{AT}",),
        "/desk/upload/{run_id}": (f"{run}?{AT}",),
        "/admin": ("/admin",),
        "/admin/keys": ("/admin/keys",),
        "/admin/organisations": ("/admin/organisations",),
        "/admin/imports": ("/admin/imports",),
        "/admin/sources": ("/admin/sources",),
        "/admin/same": ("/admin/same",),
        "/admin/audit": (f"/admin/audit?record={SAID}",),
    }
