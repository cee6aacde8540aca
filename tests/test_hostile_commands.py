"""Hostile files and servers through the commands: refused within limits, told by name and in one line, nothing written."""

import gzip
import io
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from oai_server import Repository, project
from oai_server import serving as repository_at
from openpyxl import Workbook

from matcher.cli import main
from matcher.sources import fetching, json_text, orcid_files, reading, vivo_graph
from matcher.store.store import Store

SECRET = "file:///etc/hostname"
LAUGHS = '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = f'<!DOCTYPE r [<!ENTITY c SYSTEM "{SECRET}">]>'
OAI = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>{}</ListRecords></OAI-PMH>'
RDF = '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{}</rdf:RDF>'
DEEP_XML = "<a>" * 100_000
DEEP_JSON = "[" * 200_000
LARGE = b" " * 3_000_000  # above the limit that these tests set


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    for module in (reading, json_text, orcid_files, vivo_graph):
        monkeypatch.setattr(module, "MAX_FILE", 1_000_000)
    monkeypatch.setattr(fetching, "BACKOFF_S", 0.0)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def tinkuy(capsys):
    def run(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--lang", "en"])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out, told.err

    return run


def zipped(**parts: bytes) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            packed.writestr(name.replace("__", "/").replace("_", "."), data)
    return whole.getvalue()


def tarred(data: bytes) -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w:gz") as packed:
        part = tarfile.TarInfo("a.xml")
        part.size = len(data)
        packed.addfile(part, io.BytesIO(data))
    return whole.getvalue()


def workbook(sheet: bytes) -> bytes:
    book, plain, whole = Workbook(), io.BytesIO(), io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if "sheet1" in name else old.read(name))
    return whole.getvalue()


def sheet(rows: bytes, head: str = "") -> bytes:
    opened = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return head.encode() + opened + rows + b"</sheetData></worksheet>"


WORK = json.dumps({"id": "https://openalex.org/W1"}).encode()
# What is tried: the format, the file's name and content, and what is told of it.
FILES = [
    # Entities.
    ("oai-pmh", "x.xml", LAUGHS + OAI.format("&c;"), "document type"),
    ("oai-pmh", "x.xml", OUTSIDE + OAI.format("&c;"), "document type"),
    ("oai-pmh", "x.xml.gz", gzip.compress((OUTSIDE + OAI.format("&c;")).encode()), "document type"),
    ("vivo", "x.rdf", LAUGHS + RDF.format("&c;"), "document type"),
    ("vivo", "x.rdf", OUTSIDE + RDF.format("&c;"), "document type"),
    ("table", "x.xlsx", workbook(sheet(b"<row><c><v>&c;</v></c></row>", LAUGHS)), "x.xlsx"),
    ("table", "x.xlsx", workbook(sheet(b"<row><c><v>&c;</v></c></row>", OUTSIDE)), "x.xlsx"),
    # Depth.
    ("oai-pmh", "x.xml", OAI[: OAI.index("{")] + DEEP_XML, "not well-formed"),
    ("vivo", "x.rdf", RDF[: RDF.index("{")] + DEEP_XML, "x.rdf"),
    ("vivo", "x.ttl", "<a:a> <a:b> " + "[ <a:b> " * 50_000, "x.ttl"),
    ("vivo", "x.ttl", "<a:a> <a:b> " + "(" * 50_000, "x.ttl"),
    ("table", "x.xlsx", workbook(sheet(b"<row>" * 30_000)), "x.xlsx"),
    ("openalex", "x.json", DEEP_JSON, "nested too deeply"),
    ("ror", "x.json", '[{"id": ' + DEEP_JSON, "nested too deeply"),
    ("orcid", "x.json", '{"a": ' * 100_000, "nested too deeply"),
    ("ocds", "x.json", '{"releases": [' + DEEP_JSON, "x.json"),
    # Packs.
    ("oai-pmh", "x.xml.gz", gzip.compress(OAI[: OAI.index("{")].encode() + b" " * 40_000_000), "Resource limit exceeded"),
    ("openalex", "x.json.gz", gzip.compress(b"[" + LARGE + b"]"), "unpacks to more than"),
    ("openalex", "x.gz", gzip.compress(b"\n" * 3_000_000 + WORK), "x.gz"),
    ("ror", "x.zip", zipped(ror_json=b"[" + LARGE + b"]"), "unpacks to more than"),
    ("orcid", "x.zip", zipped(a_xml=LARGE), "unpacks to more than"),
    ("orcid", "x.tar.gz", tarred(LARGE), "unpacks to more than"),
    ("vivo", "x.nt.gz", gzip.compress(b"# \n" * 1_000_000), "unpacks to more than"),
    ("vivo", "x.ttl.gz", gzip.compress(LARGE), "x.ttl.gz"),
    ("table", "x.xlsx", workbook(sheet(LARGE)), "x.xlsx"),
    ("table", "x.xlsx", zipped(x_xml=LARGE), "x.xlsx"),
    # Encodings.
    ("oai-pmh", "x.xml", ('<?xml version="1.0" encoding="UTF-8"?>' + OAI.format("ñ")).encode("latin-1"), "well-formed"),
    ("oai-pmh", "x.xml", '<?xml version="1.0" encoding="none-such"?><a/>', "x.xml"),
    ("openalex", "x.json", '[{"id": "W1"}]'.encode("utf-16"), "no JSON in UTF-8"),
    ("orcid", "x.json", '{"a": "ñ"}'.encode("latin-1"), "x.json"),
    ("vivo", "x.ttl", '<a:a> <a:b> "ñ" .'.encode("latin-1"), "x.ttl"),
    ("vivo", "x.rdf", RDF.format("").encode("utf-16"), "x.rdf"),
    ("table", "x.csv", "lado,nombre\noferta,Ñ\n".encode("utf-16")[2:], "x.csv"),
    ("table", "x.csv", "lado,nombre\noferta,Ñ\n".encode("cp037"), "x.csv"),
]  # fmt: skip


def told_of(tinkuy, format_: str, path: Path, home: Path) -> str:
    """Return what an import says of a file that it refuses, as a whole or all of whose rows it refuses."""
    code, out, err = tinkuy("import", format_, str(path))
    assert "Traceback" not in out + err
    said = out + err
    if code == 0:
        assert " 0 records added, 0 changed" in out
        said += (home / "refusals.csv").read_text(encoding="utf-8-sig")
    else:
        assert code == 2
        assert len([line for line in err.splitlines() if line.startswith("tinkuy: ")]) == 1
    return said


@pytest.mark.parametrize(
    ("format_", "name", "content", "words"), FILES, ids=[f"{i}-{f}-{n}" for i, (f, n, *_) in enumerate(FILES)]
)
def test_a_hostile_file_is_refused_by_name_and_nothing_is_written(tinkuy, tmp_path, format_, name, content, words):
    path, home = tmp_path / name, tmp_path / "own-home"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    said = told_of(tinkuy, format_, path, home)
    assert words in said
    assert name in said
    assert Path("/etc/hostname").read_text().strip() not in said
    store = Store.open(home / "tinkuy.db")
    assert store.partners() == store.evidence() == []


@pytest.mark.parametrize(("endless", "words"), [("same", "its list never ends"), ("empty", "its list never ends")])
def test_a_list_that_never_ends_stops_a_run(tinkuy, endless, words):
    repository = Repository([project(n) for n in range(10)], size=5, endless=endless)
    with repository_at(repository) as url:
        assert tinkuy("source", "add", "repo", "oai-pmh", url, "--option", "pause=0")[0] == 0
        code, _, err = tinkuy("sync", "repo")
    assert (code, words in err, url in err) == (2, True, True)
    assert len(repository.asked) < 30


def test_a_server_that_sends_entities_stops_a_run(tinkuy):
    body = (OUTSIDE + OAI.format("&c;")).encode()
    with repository_at(Repository([project(1)], body=body)) as url:
        tinkuy("source", "add", "repo", "oai-pmh", url, "--option", "pause=0")
        code, _, err = tinkuy("sync", "repo")
    assert (code, "document type" in err) == (2, True)


@pytest.mark.parametrize("packed", [False, True])
def test_a_reply_without_measure_stops_a_run(tinkuy, monkeypatch, packed):
    monkeypatch.setattr(fetching, "MAX_REPLY", 100_000)
    with repository_at(Repository([project(1, title="x" * 200_000)], packed=packed)) as url:
        tinkuy("source", "add", "repo", "oai-pmh", url, "--option", "pause=0")
        code, _, err = tinkuy("sync", "repo")
    assert (code, "answers with more than" in err) == (2, True)


MANY = 10_000_000


@pytest.mark.slow
@pytest.mark.parametrize("name", ["x.csv", "x.xlsx"])
def test_a_sheet_of_ten_million_rows_is_refused_in_little_memory(tmp_path, name):
    path = tmp_path / name
    if name.endswith("csv"):
        with path.open("wb") as file:
            file.write(b"lado,nombre\n")
            for _ in range(100):
                file.write(b"oferta,A\n" * (MANY // 100))
    else:
        path.write_bytes(workbook(sheet(b"<row/>" * MANY)))
    # Linux' own count at the end: that of `resource` begins with what this process holds.
    tell = "import atexit, re; atexit.register(lambda: print(re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())[1]))"
    command = [sys.executable, "-c", f"{tell}; from matcher.cli import main; main()", "import", "table", str(path)]
    environment = {**os.environ, "TINKUY_HOME": str(tmp_path / "h"), "TINKUY_LANG": "en"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"{name} has more than 1048576 rows or 3000000 filled cells: split it into several files" in done.stderr
    assert int(done.stdout.splitlines()[-1]) < 700 * 2**10  # KiB
