"""A small OAI-PMH 2.0 repository on loopback, written to the protocol's specification, that fails where it is told to.

Records are illustrative. Lists are ordered by datestamp; a resumption token names where the list goes on.
"""

import gzip
import re
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
STAMP = "2026-05-07T12:00:00Z"
DC = "http://www.openarchives.org/OAI/2.0/oai_dc/"
PERUCRIS = "https://purl.org/pe-repo/cerif-profile/1.0/"


@dataclass(frozen=True)
class Kept:
    """A record of the repository. `metadata`: by prefix; None: deleted."""

    number: int
    stamp: str
    metadata: dict[str, str] | None
    sets: tuple[str, ...] = ("todo",)

    @property
    def identifier(self) -> str:
        return f"oai:cris.example.edu:Projects/{self.number}"


def project(number: int, stamp: str = "", title: str = "Secado solar de orégano") -> Kept:
    """Return an illustrative project in CERIF-XML and Dublin Core."""
    cerif = (
        f'<Project xmlns="{PERUCRIS}" id="Projects/{number}"><Title xml:lang="es">{title} {number}</Title>'
        f'<Consortium><Coordinator><OrgUnit id="OrgUnits/{number % 7}"><Name xml:lang="es">Universidad ilustrativa '
        f"{number % 7}</Name></OrgUnit></Coordinator></Consortium></Project>"
    )
    dc = (
        f'<oai_dc:dc xmlns:oai_dc="{DC}" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>{title} {number}</dc:title>'
        f"<dc:language>spa</dc:language><dc:publisher>Universidad ilustrativa</dc:publisher></oai_dc:dc>"
    )
    day, second = 1 + number // 1000, number % 60
    return Kept(
        number,
        stamp or f"2026-03-{day:02d}T10:{number % 1000 // 60:02d}:{second:02d}Z",
        {"cerif_perucris": cerif, "oai_dc": dc},
    )


@dataclass
class Repository:
    """What the server holds and how it fails. `asked`: the arguments of each request."""

    records: list[Kept]
    size: int = 100
    granularity: str = "YYYY-MM-DDThh:mm:ssZ"
    prefixes: tuple[str, ...] = ("oai_dc", "cerif_perucris")
    busy: dict[int, str] = field(default_factory=dict)  # request -> Retry-After of the 503 that it gets
    broken: dict[int, int] = field(default_factory=dict)  # offset of a page -> how often it is broken XML
    tokenless: bool = False  # a broken page is cut off before its token
    expired: dict[int, int] = field(default_factory=dict)  # offset -> how often its token has expired
    cut: dict[int, int] = field(default_factory=dict)  # offset -> how often the connection is cut in the middle
    endless: str = ""  # "same": one token again and again; "empty": new ones, and no records
    redirect: str = ""
    packed: bool = False
    status: int = 200
    kind: str = "text/xml; charset=UTF-8"
    body: bytes | None = None  # of every list
    asked: list[dict[str, str]] = field(default_factory=list)
    base: str = ""

    def lists(self) -> int:
        """Return how many lists were asked for."""
        return sum(each["verb"] == "ListRecords" for each in self.asked)

    def answer(self, given: dict[str, str]) -> str:
        verb = given.get("verb")
        if verb == "Identify":
            return (
                "<Identify><repositoryName>Repositorio ilustrativo</repositoryName><baseURL>http://x/</baseURL>"
                "<protocolVersion>2.0</protocolVersion><adminEmail>a@example.edu</adminEmail>"
                "<earliestDatestamp>2020-01-01T00:00:00Z</earliestDatestamp><deletedRecord>persistent</deletedRecord>"
                f"<granularity>{self.granularity}</granularity></Identify>"
            )
        if verb == "ListMetadataFormats":
            spaces = {"oai_dc": DC, "cerif_perucris": PERUCRIS}
            return "<ListMetadataFormats>" + "".join(
                f"<metadataFormat><metadataPrefix>{p}</metadataPrefix><schema>x</schema>"
                f"<metadataNamespace>{spaces[p]}</metadataNamespace></metadataFormat>"
                for p in self.prefixes
            ) + "</ListMetadataFormats>"  # fmt: skip
        if verb == "ListSets":
            return "<ListSets><set><setSpec>todo</setSpec><setName>Facultad ilustrativa</setName></set></ListSets>"
        if verb == "GetRecord":
            found = [r for r in self.records if r.identifier == given["identifier"]]
            if not found:
                return '<error code="idDoesNotExist">no such record</error>'
            return f"<GetRecord>{self.record(found[0], given['metadataPrefix'])}</GetRecord>"
        if verb != "ListRecords":
            return '<error code="badVerb">no such verb</error>'
        return self.list(given)

    def list(self, given: dict[str, str]) -> str:
        offset = 0
        if token := given.get("resumptionToken"):
            if set(given) != {"verb", "resumptionToken"}:
                return '<error code="badArgument">a token stands alone</error>'
            told, offset = (
                dict(part.split("=", 1) for part in token.split("|")[0].split(",") if part),
                int(token.split("|")[1]),
            )
            if self.expired.get(offset, 0) > 0:
                self.expired[offset] -= 1
                return '<error code="badResumptionToken">expired</error>'
        else:
            told = {k: v for k, v in given.items() if k in ("metadataPrefix", "set", "from", "until")}
        if told.get("metadataPrefix") not in self.prefixes:
            return '<error code="cannotDisseminateFormat">no such format</error>'
        size = len("2026-01-01") if "hh" not in self.granularity else 20
        for bound in ("from", "until"):
            if told.get(bound) and len(told[bound]) > size:
                return '<error code="badArgument">granularity</error>'
        found = [
            r
            for r in self.records
            if told.get("from", "") <= r.stamp[: len(told.get("from", "")) or None]
            and ("until" not in told or r.stamp[: len(told["until"])] <= told["until"])
            and ("set" not in told or told["set"] in r.sets)
        ]
        if not found:
            return '<error code="noRecordsMatch">nothing</error>'
        page = found[offset : offset + self.size]
        following = offset + self.size
        args = ",".join(f"{k}={v}" for k, v in told.items())
        token = f"{args}|{following}" if following < len(found) else ""
        if self.endless:
            token = (
                "metadataPrefix=cerif_perucris|0"
                if self.endless == "same"
                else f"metadataPrefix=cerif_perucris|{following}"
            )
            page = page if self.endless == "same" else []
        body = "".join(self.record(r, told["metadataPrefix"]) for r in page)
        if self.broken.get(offset, 0) > 0:
            self.broken[offset] -= 1
            body += (
                "<record><header><identifier>oai:x</identifier></header><metadata><a>fish & chips</metadata></record>"
            )
            if self.tokenless:
                return f"<ListRecords>{body}"
        return f'<ListRecords>{body}<resumptionToken completeListSize="{len(found)}" cursor="{offset}">{escape(token)}</resumptionToken></ListRecords>'

    def record(self, kept: Kept, prefix: str) -> str:
        status = "" if kept.metadata else ' status="deleted"'
        sets = "".join(f"<setSpec>{s}</setSpec>" for s in kept.sets)
        header = f"<header{status}><identifier>{kept.identifier}</identifier><datestamp>{kept.stamp}</datestamp>{sets}</header>"
        return f"<record>{header}{f'<metadata>{kept.metadata[prefix]}</metadata>' if kept.metadata else ''}</record>"


@contextmanager
def serving(repository: Repository) -> Iterator[str]:
    """Serve a repository on this machine's loopback address, and give its base address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            given = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if repository.redirect and parts.path == "/oai":
                self.send_response(302)
                self.send_header("Location", f"{repository.redirect}?{parts.query}")
                self.end_headers()
                return
            repository.asked.append(given)
            number = len(repository.asked)
            if number in repository.busy:
                self.send_response(503)
                self.send_header("Retry-After", repository.busy[number])
                self.end_headers()
                return
            data = f"{HEAD}<responseDate>{STAMP}</responseDate><request>{repository.base}</request>{repository.answer(given)}</OAI-PMH>".encode()
            if repository.body is not None and given.get("verb") == "ListRecords":
                data = repository.body
            if repository.packed:
                data = gzip.compress(data)
            self.send_response(repository.status)
            self.send_header("Content-Type", repository.kind)
            self.send_header("Content-Length", str(len(data)))
            if repository.packed:
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            at = re.search(r"\|(\d+)$", given.get("resumptionToken", ""))
            offset = int(at[1]) if at else 0
            if given.get("verb") == "ListRecords" and repository.cut.get(offset, 0) > 0:
                repository.cut[offset] -= 1
                data = data[: len(data) // 2]
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    repository.base = f"http://127.0.0.1:{server.server_address[1]}/oai"
    try:
        yield repository.base
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def counts(repository: Repository) -> Counter[str]:
    """Return how often each verb was asked."""
    return Counter(each.get("verb", "") for each in repository.asked)
