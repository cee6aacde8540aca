"""What is confidential leaves by no path: every endpoint, command, export, log, error and file is looked through.

A path that is new must be added to ASKED (or to FILES and the commands), else the first test fails.
"""

import datetime as dt
import gzip
import io
import json
import logging
import stat
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import click
import pages_asked
import pytest
from network import (
    CALLERS,
    CONTACT,
    GONE,
    HIDDEN,
    INSIDERS,
    LATE,
    NEED,
    REACHING,
    SECRET,
    SUMMARY,
    TOLD,
    WITHDRAWN,
    Network,
    endpoints,
    network,
)
from sqlalchemy.exc import IntegrityError

from matcher import cli, parts
from matcher.index.snapshot import current_id
from matcher.records import Evidence, Outcome, Partner, Side, Stage
from matcher.store import audit, organisations, runs, source_records, sources
from matcher.store.source_records import Note
from matcher.store.store import Store

PARTNER_IDS = ("taller", "oregano", "unsaac", "retirado", "nadie")
EVIDENCE_IDS = ("taller-1", "taller-2", "taller-3", "retirado-1", "unsaac-1", "nadie")
OUTCOME_IDS = ("o1", "o9", "nadie")
FORMATS = ("", "csv", "xlsx", "json")
OFFICES = ("", "ott-cusco", "ott-tacna")
TABLES = ("regions", "sectors", "needs", "flows", "specialisations", "chains")
Asked = list[tuple[str, dict[str, object]]]  # (URL, further arguments of the client)
STALE = {"If-Match": '"0"'}
ANY = {"If-Match": "*"}


def _questions(_: Network) -> Asked:
    """Questions in both directions, in words of the summaries and of the secret itself."""
    texts = (SUMMARY, LATE.summary, NEED.text, f"{SECRET} {CONTACT} {GONE}")
    asked: Asked = [
        ("/v1/matches", {"json": {"text": text, "seeks": seeks, "k": 50, "lang": lang}})
        for text in texts
        for seeks in ("supply", "demand")
        for lang in ("es", "en")
    ]
    more = {"json": {"text": SUMMARY, "seeks": "demand", "k": 50}}
    return asked + [("/v1/matches", more | {"params": {"format": f}}) for f in FORMATS[1:]]


def _plain(*urls: str) -> Callable[[Network], Asked]:
    return lambda _: [(url, {}) for url in urls]


def _lists(url: str, *filters: str) -> Callable[[Network], Asked]:
    return lambda _: [(f"{url}?limit=200&{each}", {}) for each in ("", *filters)]


def _at_desks(*urls: str, **more: object) -> Callable[[Network], Asked]:
    """Ask at each office's desk; {0} and {1} are its introductions, {2} its search, {3} and {4} its news."""

    def asked(found: Network) -> Asked:
        every: Asked = []
        for url in urls:
            for office in OFFICES:
                kept = found.desks[office or "ott-cusco"]
                path = url.format(*kept.introductions, kept.search, *kept.news)
                every.append((f"{path}{'&' if '?' in path else '?'}{f'organisation={office}' if office else ''}", more))
        return every

    return asked


def _as_files(*urls: str) -> Callable[[Network], Asked]:
    return _at_desks(*(f"{url}{'&' if '?' in url else '?'}format={f}" if f else url for url in urls for f in FORMATS))


def _feeds(ending: str) -> Callable[[Network], Asked]:
    return lambda found: [(f"/v1/feeds/{desk.feed}.{ending}", {}) for desk in found.desks.values()]


def _writes(kind: str, ids: tuple[str, ...], body: dict[str, object], **more: object) -> Callable[[Network], Asked]:
    return lambda _: [(f"/v1/{kind}/{id_}", {"json": body, **more}) for id_ in ids]


PARTNER = {"side": "demand", "name": "Otro", "kind": "firm"}
TEXT = {"partners": ["taller", "retirado"], "kind": "need", "text": "Otro."}
OUTCOME = {"partner": "unsaac", "counterpart": "retirado", "stage": "met"}
ROWS = "".join(
    json.dumps({"type": type_, "id": id_, **body}) + "\n"
    for type_, ids, body in (
        ("partner", PARTNER_IDS, {"version": 0, "region": "PE-CUS"}),
        ("evidence", EVIDENCE_IDS, {"version": 0, "confidential": False}),
        ("evidence", EVIDENCE_IDS, {"version": 0, "delete": True}),
        ("outcome", OUTCOME_IDS, {"version": 0, "stage": "agreed"}),
    )
    for id_ in ids
)
SHORTLIST = "/v1/shortlists/{evidence_id:path}"
ENTRY = SHORTLIST + "/partners/{partner_id:path}"
ENTRIES = ("/v1/shortlists/taller-2/partners/unsaac", "/v1/shortlists/retirado-1/partners/unsaac")
SEARCH = {"name": "Tintes", "text": SUMMARY, "seeks": "demand", "threshold": 0}

TEXTS = ("taller-1", "taller-2", "taller-3", "retirado-1", "unsaac-1")
# The officer's desk, as pages and as what htmx asks of them.
DESK_PAGES: dict[tuple[str, str], Callable[[Network], Asked]] = {
    ("GET", "/desk"): _at_desks(
        *(f"/desk?side={side}{more}" for side in Side for more in (
            "", "&format=csv", "&format=xlsx", "&words=alpaca", "&new=true", "&sector=C14&region=PE-CUS",
        )),
    ),
    ("GET", "/desk/text"): _at_desks(*(f"/desk/text?evidence={id_}{more}" for id_ in TEXTS for more in ("", "&format=csv", "&format=xlsx"))),
    ("GET", "/desk/compare"): _at_desks(*(
        f"/desk/compare?evidence={id_}&{two}" for id_ in TEXTS
        for two in ("partner=unsaac&partner=unjbg", "partner=taller&partner=oregano", "partner=retirado&partner=taller")
    )),
    ("GET", "/desk/draft"): _at_desks(*(
        f"/desk/draft?{of}&text_language={language}" for language in ("es", "en")
        for of in ("introduction={0}", "introduction={1}", *(f"evidence={id_}&supply=unsaac&demand=taller" for id_ in TEXTS),
                   "supply=unsaac&demand=retirado")
    )),
    ("GET", "/desk/board"): _at_desks("/desk/board", "/desk/board?moved={0}", "/desk/board?moved={1}&done=noted"),
    ("GET", "/desk/shortlist"): _as_files("/desk/shortlist"),
    ("GET", "/desk/introductions"): _as_files("/desk/introductions", "/desk/introductions?stage=met"),
    ("GET", "/desk/introduction"): _at_desks("/desk/introduction?id={0}", "/desk/introduction?id={1}&to=declined"),
    ("GET", "/desk/inbox"): _as_files("/desk/inbox", "/desk/inbox?unread=true", "/desk/inbox?search={2}"),
    ("GET", "/desk/searches"): _as_files("/desk/searches"),
    ("GET", "/desk/search"): _at_desks("/desk/search", "/desk/search?id={2}", *(f"/desk/search?evidence={id_}" for id_ in TEXTS)),
    ("POST", "/desk/seen"): _at_desks("/desk/seen", data={}),
    ("POST", "/desk/shortlist"): _at_desks(
        "/desk/shortlist", data={"evidence": "taller-2", "partner": "unsaac", "note": "nota"}, headers={"HX-Request": "true"}
    ),
    ("POST", "/desk/shortlist/remove"): _at_desks(
        "/desk/shortlist/remove", data={"evidence": "retirado-1", "partner": "unsaac", "version": "0"}
    ),
    ("POST", "/desk/propose"): _at_desks(
        "/desk/propose", data={"evidence": "taller-2", "supply": "unsaac", "demand": "retirado"}
    ),
    ("POST", "/desk/note"): _at_desks("/desk/note", data={"id": "nadie", "note": "x", "version": "0"}),
    ("POST", "/desk/step"): lambda found: [
        (f"/desk/step?organisation={office}", {"data": {"id": id_, "to": to, "version": "0"}})
        for office, desk in found.desks.items() for id_ in desk.introductions for to in ("declined", "project")
    ],
    ("POST", "/desk/inbox/read"): _at_desks("/desk/inbox/read", data={"ids": "999999"}),
    ("POST", "/desk/search"): _at_desks("/desk/search", data={"name": "", "evidence": "taller-3"}),
    ("POST", "/desk/search/remove"): _at_desks("/desk/search/remove", data={"id": "nadie", "version": "0"}),
    ("POST", "/desk/search/feed"): _at_desks("/desk/search/feed", data={"id": "nadie", "version": "0"}),
}  # fmt: skip

# (method, path) -> what is asked of it. Writes are such that they change nothing that others look for.
ASKED: dict[tuple[str, str], Callable[[Network], Asked]] = {
    **{("GET", path): _plain(path) for path in (
        "/healthz", "/readyz", "/metrics", "/docs", "/docs/oauth2-redirect", "/openapi.json", "/v1/whoami",
        "/v1/regions", "/v1/sectors",
    )},
    ("POST", "/v1/matches"): _questions,
    ("GET", "/v1/partners"): _lists("/v1/partners", f"text={GONE[:-1]}", "owner=tejedoras", "side=demand"),
    ("GET", "/v1/evidence"): _lists("/v1/evidence", "confidential=true", "partner=retirado", "owner=tejedoras"),
    ("GET", "/v1/outcomes"): _lists("/v1/outcomes", "counterpart=taller", "owner=tejedoras"),
    ("GET", "/v1/partners/{partner_id:path}"): _plain(*(f"/v1/partners/{id_}" for id_ in PARTNER_IDS)),
    ("GET", "/v1/evidence/{evidence_id:path}"): _plain(*(f"/v1/evidence/{id_}" for id_ in EVIDENCE_IDS)),
    ("GET", "/v1/outcomes/{outcome_id:path}"): _plain(*(f"/v1/outcomes/{id_}" for id_ in OUTCOME_IDS)),
    ("POST", "/v1/partners"): lambda _: [("/v1/partners", {"json": {"id": id_, **PARTNER}}) for id_ in PARTNER_IDS[:4]],
    ("POST", "/v1/evidence"): lambda _: [("/v1/evidence", {"json": {"id": id_, **TEXT}}) for id_ in EVIDENCE_IDS[:5]],
    ("POST", "/v1/outcomes"): lambda _: [("/v1/outcomes", {"json": {"id": id_, **OUTCOME}}) for id_ in OUTCOME_IDS[:2]],
    ("PUT", "/v1/partners/{id_:path}"): _writes("partners", PARTNER_IDS[:4], PARTNER),
    ("PUT", "/v1/evidence/{id_:path}"): _writes("evidence", EVIDENCE_IDS[:5], TEXT, headers=STALE),
    ("PUT", "/v1/outcomes/{id_:path}"): _writes("outcomes", OUTCOME_IDS[:2], OUTCOME),
    ("PATCH", "/v1/partners/{id_:path}"): _writes("partners", PARTNER_IDS[:4], {"side": "nada"}, headers=ANY),
    ("PATCH", "/v1/evidence/{id_:path}"): _writes("evidence", ("taller-2", "taller-3"), {"kind": "need"}, headers=ANY),
    ("PATCH", "/v1/outcomes/{id_:path}"): _writes("outcomes", ("o9",), {"stage": "met"}, headers=ANY),
    ("DELETE", "/v1/partners/{id_:path}"): _writes("partners", PARTNER_IDS, {}, headers=STALE),
    ("DELETE", "/v1/evidence/{id_:path}"): _writes("evidence", EVIDENCE_IDS, {}, headers=STALE),
    ("DELETE", "/v1/outcomes/{id_:path}"): _writes("outcomes", OUTCOME_IDS, {}, headers=STALE),
    ("POST", "/v1/bulk"): lambda _: [
        (url, {"content": ROWS, "headers": {"Content-Type": "application/x-ndjson"}})
        for url in ("/v1/bulk", "/v1/bulk?atomic=true")
    ],
    ("GET", "/v1/evidence/{evidence_id:path}/matches"): lambda _: [
        (f"/v1/evidence/{id_}/matches", {"params": {"k": 50, **({"format": f} if f else {})}})
        for id_ in EVIDENCE_IDS
        for f in FORMATS
    ],
    ("POST", "/v1/evidence/{evidence_id:path}/matches"): lambda _: [
        (f"/v1/evidence/{id_}/matches", {"json": {"k": 50, "spread": True}}) for id_ in EVIDENCE_IDS
    ],
    # Erasing what is there is test_erasure's; here only its refusals could tell something.
    ("POST", "/v1/partners/{partner_id:path}/erasure"): _plain("/v1/partners/nadie/erasure"),
    ("GET", "/v1/shortlists"): _as_files("/v1/shortlists"),
    ("GET", SHORTLIST): _as_files("/v1/shortlists/taller-2", "/v1/shortlists/retirado-1"),
    ("GET", ENTRY): _at_desks(*ENTRIES),
    ("PUT", ENTRY): _at_desks(*ENTRIES, "/v1/shortlists/taller-3/partners/unsaac", json={"note": "nota"}),
    ("DELETE", ENTRY): _at_desks(*ENTRIES, headers=STALE),
    ("GET", "/v1/introductions"): _as_files("/v1/introductions"),
    ("POST", "/v1/introductions"): _at_desks(
        "/v1/introductions", json={"supply": "unsaac", "demand": "taller", "evidence": "taller-2"}
    ),
    ("GET", "/v1/introductions/{introduction_id}"): _at_desks("/v1/introductions/{0}", "/v1/introductions/{1}"),
    ("POST", "/v1/introductions/{introduction_id}/steps"): _at_desks(
        "/v1/introductions/{0}/steps", "/v1/introductions/{1}/steps", json={"to": "project"}
    ),
    ("GET", "/v1/searches"): _at_desks("/v1/searches"),
    ("POST", "/v1/searches"): _at_desks(
        "/v1/searches", json={"name": "Como la suya", "evidence_id": "taller-3", "threshold": 0}
    ),
    ("GET", "/v1/searches/{search_id}"): _at_desks("/v1/searches/{2}"),
    ("PUT", "/v1/searches/{search_id}"): _at_desks("/v1/searches/{2}", json=SEARCH),
    ("DELETE", "/v1/searches/{search_id}"): _at_desks("/v1/searches/{2}", headers=STALE),
    ("POST", "/v1/searches/{search_id}/feed"): _at_desks("/v1/searches/{2}/feed", headers=STALE),
    ("GET", "/v1/inbox"): _as_files("/v1/inbox"),
    ("POST", "/v1/inbox/read"): _at_desks("/v1/inbox/read", json={"ids": [2**30]}),
    **pages_asked.ASKED,
    ("GET", "/v1/feeds/{feed}.json"): _feeds("json"),
    ("GET", "/v1/feeds/{feed}.atom"): _feeds("atom"),
    ("GET", "/login"): _plain("/login"),
    ("POST", "/login"): lambda _: [("/login", {"data": {"key": "tk_no"}})],
    ("POST", "/logout"): _plain("/logout"),
    **DESK_PAGES,
    ("GET", "/regions"): _plain("/regions", "/regions?lang=en&show=supply&all=true", "/regions?sector=C14&near=0"),
    ("GET", "/regions/{code}"): _plain("/regions/PE-CUS", "/regions/PE-TAC?lang=en", "/regions/PE-LIM"),
    ("GET", "/regions/needs"): _plain(
        *(f"/regions/needs?standing={s}" for s in ("gap", "near", "elsewhere", "unmet", "all")),
        "/regions/needs?region=PE-CUS&standing=all&lang=en",
    ),
    ("GET", "/regions/data/{table}"): _plain(
        *(f"/regions/data/{table}?format={f}" for table in TABLES for f in FORMATS[1:])
    ),
}  # fmt: skip
# What shows what is private to those who may see it; nobody else's answer may hold it.
PRIVATE = {
    ("GET", path)
    for path in (
        "/v1/partners", "/v1/evidence", "/v1/outcomes", "/v1/partners/{partner_id:path}",
        "/v1/evidence/{evidence_id:path}", "/v1/outcomes/{outcome_id:path}", "/desk", "/desk/text", "/desk/draft",
        *pages_asked.PRIVATE,
    )
}  # fmt: skip


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with network(tmp_path_factory.mktemp("network")) as found:
        _a_source_that_asks(found)
        yield found


def _a_source_that_asks(found: Network) -> None:
    """A source gave the secrets once, and its last run did not find them."""
    secrets = [(Evidence, NEED.id), (Evidence, HIDDEN.id), (Partner, WITHDRAWN.id), (Partner, "taller")]
    with found.store.writing() as writer:
        sources.add(writer.session, sources.Source("repo", "table", files=("x.csv",)))
        source_records.keep(writer.session, "repo", {key: Note({}, seen=writer.version) for key in secrets}, {})
    with found.store.writing() as writer:
        run = runs.begin(writer.session, "repo", ["x.csv"], writer.version, 4, None)
        runs.end(writer.session, run, runs.State.ASKS, missing=4)


def test_every_endpoint_is_looked_through(installation: Network) -> None:
    assert set(ASKED) == endpoints(installation.app.routes)


def test_a_source_names_what_it_no_longer_gives(installation: Network) -> None:
    page = installation.client().get("/admin/sources", headers=installation.keys["admin"] | {"Accept": "text/html"})
    assert all(part in page.text for part in (SUMMARY, "retirado", "4 "))


def test_the_secrets_are_there_to_be_leaked(installation: Network) -> None:
    texts = {e.id: e for e in installation.store.evidence()}
    partners = {p.id: p for p in installation.store.partners()}
    outcomes = {o.id: o for o in installation.store.outcomes()}
    assert all(SECRET in part for part in (texts[NEED.id].text, texts[NEED.id].title, texts[NEED.id].source))
    assert SECRET in outcomes[TOLD.id].text
    assert CONTACT in partners["taller"].contact
    assert GONE in partners[WITHDRAWN.id].name
    assert GONE in texts[HIDDEN.id].text


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize(("method", "path"), sorted(ASKED), ids=lambda part: part)
def test_no_answer_holds_what_its_reader_may_not_see(
    installation: Network, method: str, path: str, caller: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = (method, path) in PRIVATE
    for url, more in ASKED[method, path](installation):
        headers = {**more.get("headers", {}), **installation.keys[caller]}
        response = installation.client().request(method, url, **{**more, "headers": headers})
        assert response.status_code < 500, response.text
        told = inside(response.content) + str(response.headers)
        asked = json.dumps(more.get("json"))  # an answer repeats its question
        if SECRET not in asked:
            assert SECRET not in told or (shown and caller in INSIDERS), url
        else:
            assert told.count(SECRET) == _repeated(response.json()), url
        if CONTACT not in asked:
            assert CONTACT not in told or (shown and caller in REACHING), url
            assert GONE not in told.replace(url, "") or (shown and caller in INSIDERS), url
    logged = caplog.text + "".join(str(r.__dict__) for r in caplog.records if r.name.startswith(("api", "matcher")))
    assert SECRET not in logged
    assert CONTACT not in logged
    assert GONE not in logged


def inside(content: bytes) -> str:
    """Return what an answer or a file says, unzipped where it is zipped."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as file:
            return "".join(file.read(name).decode() for name in file.namelist())
    return (gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content).decode(errors="replace")


def test_what_is_shown_as_private_is_shown_to_somebody(installation: Network) -> None:
    """Else the test above would find nothing because nothing is there."""
    for caller in CALLERS:
        client, key = installation.client(), installation.keys[caller]
        text, contact = client.get("/v1/evidence/taller-3", headers=key), client.get("/v1/partners/taller", headers=key)
        assert (SECRET in text.text) == (caller in INSIDERS)
        assert (CONTACT in contact.text) == (caller in REACHING)
    for format_ in FORMATS[1:]:
        for url in ("/v1/inbox", "/v1/shortlists", "/v1/introductions"):
            found = client.get(url, params={"format": format_, "organisation": "ott-cusco"}, headers=key)
            assert "taller-2" in inside(found.content), (url, format_)
    assert (
        SUMMARY
        in client.get(f"/v1/feeds/{installation.desks['ott-cusco'].feed}.json").json()["items"][0]["content_text"]
    )


def test_reading_what_only_a_role_opens_is_written_down(installation: Network) -> None:
    def read(caller: str, url: str) -> list[tuple[str, str | None]]:
        with installation.store.reading() as session:
            last = max((e.id for e in audit.entries(session, limit=10**6)), default=0)
        installation.client().get(url, headers=installation.keys[caller])
        with installation.store.reading() as session:
            new = [e for e in audit.entries(session, limit=10**6) if e.id > last]
        assert all((e.action, e.key is not None, e.request is not None) == ("read_private", True, True) for e in new)
        return [(e.kind, e.record) for e in new]

    assert read("officer", "/v1/evidence/taller-2") == [("evidence", "taller-2")]
    assert read("officer", "/v1/partners/taller") == [("partner", "taller")]
    assert read("other officer", "/v1/partners/taller") == [("partner", "taller")]
    assert read("officer", "/v1/evidence") == [("evidence", None)]
    assert read("admin", "/v1/outcomes/o9") == [("outcome", "o9")]
    assert read("admin", "/v1/partners") == [("partner", None)]
    for caller, url in (
        ("contributor", "/v1/evidence/taller-2"), ("contributor", "/v1/partners"), ("other officer", "/v1/evidence"),
        ("officer", "/v1/partners/unsaac"), ("reader", "/v1/partners/taller"), ("officer", "/v1/introductions?format=csv"),
    ):  # fmt: skip
        assert read(caller, url) == []


def _repeated(answer: dict) -> int:
    """Return how often an answer's own question says the secret: there it may stand, and nowhere else."""
    return json.dumps(answer["query"], ensure_ascii=False).count(SECRET) if "query" in answer else 0


def test_a_withdrawn_partner_and_its_texts_are_found_by_nobody(installation: Network) -> None:
    for caller in CALLERS:
        headers = installation.keys[caller]
        client = installation.client()
        assert client.get("/v1/evidence/retirado-1/matches", headers=headers).status_code == 404
        answer = client.post("/v1/matches", json={"text": HIDDEN.text, "seeks": "demand", "k": 50}, headers=headers)
        assert [m["partner"]["id"] for m in answer.json()["matches"]] == ["taller", "oregano"]


def test_a_confidential_need_is_matched_and_matches_by_its_summary_alone(installation: Network) -> None:
    client, before = installation.client(), len(installation.inner.encoded)
    need = client.get("/v1/evidence/taller-2/matches").json()
    assert need["query"]["text"] == SUMMARY
    assert need["query"]["title"] is None
    assert need["matches"][0]["partner"]["id"] == "unsaac"
    offer = client.get("/v1/evidence/unsaac-1/matches").json()
    workshop = next(m for m in offer["matches"] if m["partner"]["id"] == "taller")
    passage = next(p for p in workshop["passages"] if p["evidence_id"] == "taller-2")
    assert (passage["text"], passage["title"]) == (SUMMARY, None)
    assert SECRET not in " ".join(installation.inner.encoded[before:])


def test_one_written_after_the_snapshot_matches_by_its_summary_alone_too(installation: Network) -> None:
    snapshot = installation.home / "snapshots" / current_id(installation.home) / "evidence.jsonl"
    assert "taller-2" in snapshot.read_text(encoding="utf-8")
    assert "taller-3" not in snapshot.read_text(encoding="utf-8")
    client = installation.client()
    answer = client.post("/v1/matches", json={"text": LATE.summary, "seeks": "demand"}).json()
    assert answer["matches"][0]["partner"]["id"] == "taller"
    assert answer["matches"][0]["passages"][0]["evidence_id"] == "taller-3"
    assert answer["matches"][0]["passages"][0]["text"] == LATE.summary
    assert client.get("/v1/evidence/taller-3/matches").json()["query"]["text"] == LATE.summary


def test_another_secret_gives_the_same_answers(installation: Network, tmp_path: Path) -> None:
    def answers(found: Network) -> list[object]:
        client, told = found.client(), []
        for url, more in [*_questions(found)[:-3], ("/v1/evidence/taller-2/matches", {})]:
            answer = client.post(url, **more).json()
            told.append([(m["partner"]["id"], m["score"], m["passages"]) for m in answer["matches"]])
        return told

    with network(tmp_path) as other:
        for each in (NEED, LATE):
            other.write(replace(each, text="Algo muy distinto de drones.", title="Otro", source="otra"))
        other.live.catch_up()
        assert answers(other) == answers(installation)


def test_no_file_of_a_snapshot_nor_of_the_cache_holds_it(installation: Network) -> None:
    folders = [installation.home / "snapshots", installation.encoder.path.parent]
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any(SUMMARY.encode() in path.read_bytes() for path in files)
    for path in files:
        for marker in (SECRET, CONTACT, GONE):
            assert marker.encode() not in path.read_bytes(), (path, marker)


def test_no_text_of_it_was_ever_encoded(tmp_path: Path) -> None:
    with network(tmp_path) as found:
        encoded = " ".join(found.inner.encoded)
    assert SUMMARY in encoded
    assert not any(marker in encoded for marker in (SECRET, CONTACT, GONE))


# {0}, {1}: introductions of the weavers' office, {2}: its saved search; OUT: a folder of files to write.
COMMANDS = (
    ("match", SUMMARY, "--json"),
    ("match", SUMMARY, "--seeks", "demand"),
    ("match", LATE.summary, "--seeks", "demand", "--json"),
    *(("match", SUMMARY, "--seeks", "demand", "--output", f"OUT/lista.{f}") for f in FORMATS[1:]),
    ("match", "--evidence", "taller-2", "--json"),
    ("match", "--evidence", "taller-3"),
    ("match", "--evidence", "unsaac-1"),
    ("show", "taller", "--json"),
    ("show", "taller"),
    ("show", "taller-2", "--json"),
    ("show", "taller-3"),
    ("show", "retirado"),
    ("show", "retirado-1"),
    ("status", "--json"),
    ("status",),
    ("audit", "--json"),
    ("audit",),
    ("key", "list", "--json"),
    ("sources",),
    ("source", "show", "repo"),
    ("sync", "nadie"),
    ("complete", "--no-codes", "--dry-run"),
    ("same", "list"),
    ("same", "texts"),
    ("found", "list"),
    ("same", "join", "nadie", "taller"),
    ("same", "split", "nadie"),
    ("same", "apart", "nadie", "taller"),
    ("same", "two", "nadie"),
    ("found", "wrong", "nadie", "region"),
    ("found", "again", "nadie", "region"),
    ("key", "revoke", "nadie"),
    ("organisation", "list", "--json"),
    *(("record", "list", type_, *more) for type_ in ("partner", "evidence", "outcome") for more in ((), ("--json",))),
    ("record", "list", "partner", "--text", GONE[:-1]),
    *(("record", "show", "evidence", id_, "--json") for id_ in ("taller-2", "taller-3")),
    ("record", "show", "evidence", "taller-2"),
    ("record", "show", "partner", "taller"),
    ("record", "show", "outcome", "o9"),
    ("record", "show", "partner", "retirado"),
    ("record", "show", "evidence", "retirado-1"),
    ("record", "put", "OUT/filas.ndjson"),
    ("record", "delete", "evidence", "taller-2"),
    ("record", "delete", "partner", "retirado"),
    ("erase", "retirado"),
    *((name, "list", "--organisation", office) for name in ("shortlist", "introduction", "search") for office in OFFICES[1:]),
    ("shortlist", "list", "taller-2", "--organisation", "ott-cusco"),
    ("shortlist", "add", "taller-2", "unsaac", "--organisation", "ott-cusco"),
    ("shortlist", "add", "retirado-1", "lejos", "--organisation", "ott-cusco"),
    ("shortlist", "remove", "taller-2", "retirado", "--organisation", "ott-cusco"),
    ("introduction", "list", "{0}", "--organisation", "ott-cusco"),
    ("introduction", "list", "{1}", "--organisation", "ott-cusco"),
    ("introduction", "propose", "unsaac", "taller", "--evidence", "taller-2", "--organisation", "ott-cusco"),
    ("introduction", "propose", "unsaac", "retirado", "--organisation", "ott-cusco"),
    ("introduction", "step", "{1}", "project", "--organisation", "ott-cusco"),
    ("search", "add", "Otra", "--evidence", "taller-3", "--organisation", "ott-tacna"),
    ("search", "remove", "nadie", "--organisation", "ott-cusco"),
    ("search", "check"),
    *(("inbox", "--all", "--organisation", office) for office in OFFICES[1:]),
    *(
        ("export", "list", what, f"OUT/{what}.{f}", *(("--organisation", "ott-cusco") if what in ("introductions", "shortlist", "inbox") else ()))
        for what in ("partners", "evidence", "outcomes", "introductions", "shortlist", "inbox")
        for f in FORMATS[1:]
    ),
    ("db", "status"),
    ("db", "upgrade"),
    ("settings",),
    ("index",),
)  # fmt: skip
# What ends with an error, or asks first and is told no.
REFUSED = {"retirado", "retirado-1", "nadie", "propose", "step", "put", "delete", "erase"}
# What shows no record: `export benchmark` and `db backup` have tests of their own.
OTHERS = {
    "completion", "db backup", "db restore", "demo", "encode", "export benchmark", "import", "key create", "model",
    "organisation add", "organisation change", "serve", "source add", "source remove", "template", "tune",
}  # fmt: skip


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    """Yield the names of all commands."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield before + name


def test_every_command_is_looked_through() -> None:
    every = set(leaves(cli.commands))
    given = {name for name in every for c in COMMANDS if " ".join(c).startswith(name + " ") or " ".join(c) == name}
    assert every - given == OTHERS


@pytest.mark.parametrize("arguments", COMMANDS, ids=" ".join)
def test_no_command_prints_it(installation: Network, arguments, monkeypatch, capsys, caplog, tmp_path) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("TINKUY_HOME", str(installation.home))
    monkeypatch.setenv("TINKUY_LANG", "en")
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: installation.encoder)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda text: show_question(text) or "n")
    if "put" in arguments:
        (tmp_path / "filas.ndjson").write_text(ROWS, encoding="utf-8")
    desk = installation.desks["ott-cusco"]
    given = [part.replace("OUT", str(tmp_path)).format(*desk.introductions, desk.search) for part in arguments]
    with pytest.raises(SystemExit) as stopped:
        cli.main(given)
    assert (stopped.value.code == 0) == (not REFUSED.intersection(arguments))
    told = (
        "".join(capsys.readouterr()) + caplog.text + "".join(inside(path.read_bytes()) for path in tmp_path.iterdir())
    )
    for marker in (SECRET, CONTACT, GONE):
        assert marker not in told
    if "delete" in arguments or "erase" in arguments:
        assert arguments[-1] in told  # it did ask


def show_question(text: str) -> None:
    """Show a question as a terminal would."""
    click.echo(text)


def test_a_backup_holds_everything_and_is_its_owners_alone(
    installation: Network, tmp_path, monkeypatch, capsys
) -> None:
    monkeypatch.setenv("TINKUY_HOME", str(installation.home))
    with pytest.raises(SystemExit) as stopped:
        cli.main(["db", "backup", str(tmp_path / "copia.gz")])
    assert stopped.value.code == 0
    assert stat.S_IMODE((tmp_path / "copia.gz").stat().st_mode) == 0o600
    content = inside((tmp_path / "copia.gz").read_bytes())
    told = "".join(capsys.readouterr())
    for marker in (SECRET, CONTACT, GONE):
        assert marker in content
        assert marker not in told


def test_private_lists_of_the_console_are_written_down(installation: Network, monkeypatch, capsys) -> None:
    monkeypatch.setenv("TINKUY_HOME", str(installation.home))
    for arguments, marker in (
        (["record", "list", "evidence", "--private", "--json"], SECRET), (["record", "show", "partner", "taller", "--private"], CONTACT),
    ):  # fmt: skip
        with pytest.raises(SystemExit):
            cli.main(arguments)
        assert marker in capsys.readouterr().out
    with installation.store.reading() as session:
        last = [(e.action, e.kind, e.record, e.key) for e in audit.entries(session, limit=2)]
    assert last == [("read_private", "evidence", None, None), ("read_private", "partner", "taller", None)]


def test_no_export_holds_it(tmp_path: Path, monkeypatch) -> None:
    with network(tmp_path / "network") as found:
        day = dt.date(2024, 6, 1)
        firms = [Partner(f"firma{i}", Side.DEMAND, f"Firma {i}", "firm") for i in range(5)]
        needs = [Evidence(f"n{i}", (f"firma{i}",), "need", f"Necesidad {i}.", date=day) for i in range(5)]
        found.write(*firms, *needs, replace(NEED, date=day))
        served = [Outcome(f"s{i}", "unsaac", Stage.MET, f"firma{i}", dt.date(2024, 7, 1)) for i in range(5)]
        found.write(*served, replace(TOLD, date=dt.date(2024, 7, 1)))
        monkeypatch.setenv("TINKUY_HOME", str(found.home))
        with pytest.raises(SystemExit) as stopped:
            cli.main(["export", "benchmark", str(tmp_path / "out"), "--since", "2024-05-01"])
    assert stopped.value.code == 0
    exported = b"".join(
        gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in (tmp_path / "out").iterdir()
    )
    assert SUMMARY.encode() in exported
    for marker in (SECRET, CONTACT, GONE):
        assert marker.encode() not in exported


def test_an_error_of_the_database_does_not_quote_what_was_written(store: Store) -> None:
    broken = replace(NEED, kind=None)  # the database refuses it
    partner = Partner("taller", Side.DEMAND, "Taller", "firm")
    with store.noting() as session:
        organisations.add(session, "tejedoras", "Tejedoras")
    with store.writing() as writer:
        writer.put(partner)
    with pytest.raises(IntegrityError, match="kind") as error, store.writing() as writer:
        writer.put(broken)
    told = "".join(traceback.format_exception(error.value)) + repr(error.value)
    assert SECRET not in told
    assert SUMMARY not in told
