"""XML that is damaged, hostile or not valid: refused within limits, and told in plain words."""

import gzip
from pathlib import Path

import pytest
from oai_files import FIXTURES, read

from matcher.errors import BadInput
from matcher.sources import oai, xml_schema, xml_stream
from matcher.sources.pages import Asked
from matcher.sources.reading import Refusal, Row


def hostile(tmp_path: Path, text: str | bytes, name: str = "x.xml") -> str:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BadInput) as caught:
        read(path)
    return str(caught.value)


OPEN = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><ListRecords>'


def test_entities_and_document_types_are_refused(tmp_path):
    laughs = (
        '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    )
    assert "document type" in hostile(tmp_path, f"{laughs}{OPEN}&c;</ListRecords></OAI-PMH>")
    outside = '<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    assert "document type" in hostile(tmp_path, f"{outside}{OPEN}&a;</ListRecords></OAI-PMH>")
    assert "document type" in hostile(
        tmp_path, f'<!DOCTYPE a SYSTEM "http://example.org/a.dtd">{OPEN}</ListRecords></OAI-PMH>'
    )
    assert "document type" in hostile(tmp_path, f"{outside}{OPEN}&a;</ListRecords></OAI-PMH>".encode("utf-16"))


def test_deep_nesting_is_refused(tmp_path):
    assert "depth" in hostile(tmp_path, OPEN + "<a>" * 100_000)


def test_an_element_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(xml_stream, "MAX_ELEMENT", 100_000)
    assert "larger than" in hostile(tmp_path, OPEN + "<record>" + "<a/>" * 100_000)
    assert "larger than" in hostile(tmp_path, gzip.compress(OPEN.encode() + b" " * 10**8), "x.xml.gz")


@pytest.mark.parametrize("text", [b"", b"hola", b"\0\1\2", b"<a", "año".encode("utf-16"), b"\xff\xfe<", b"<a></b>"])
def test_what_is_no_xml_is_refused(tmp_path, text):
    assert "x.xml" in hostile(tmp_path, text)


def test_xml_of_something_else_holds_no_record(tmp_path):
    assert "no record that is known" in hostile(tmp_path, "<html><body/></html>")


def test_a_damaged_pack_is_refused(tmp_path):
    assert "x.xml.gz" in hostile(tmp_path, gzip.compress(b"<a/>" * 1000)[:30], "x.xml.gz")
    assert "x.xml.gz" in hostile(tmp_path, b"no pack", "x.xml.gz")


def test_a_file_that_breaks_off_is_told_and_the_others_are_read(tmp_path):
    whole = (FIXTURES / "perucris.xml").read_text(encoding="utf-8")
    at = whole.index("<Patent ")
    (tmp_path / "a.xml").write_text(whole[:at], encoding="utf-8")
    (tmp_path / "b.xml").write_text(whole, encoding="utf-8")
    pages = list(oai.read(Asked((tmp_path,))))
    rows = [row for page in pages for row in page.rows]
    assert [row.file for row in rows] == ["a.xml"] * 6 + ["b.xml"] * 12
    assert isinstance(rows[5], Refusal)
    assert "not well-formed" in rows[5].reason
    assert all(page.partial for page in pages)  # what is missing is not gone


def test_a_declared_encoding_is_believed_and_a_wrong_one_refused(tmp_path):
    text = f'{OPEN}<record><header><identifier>oai:r:1</identifier></header><metadata><Project xmlns="https://purl.org/pe-repo/cerif-profile/1.0/" id="1"><Title xml:lang="es">Orégano</Title></Project></metadata></record></ListRecords></OAI-PMH>'
    path = tmp_path / "l.xml"
    path.write_bytes(f'<?xml version="1.0" encoding="ISO-8859-1"?>{text}'.encode("latin-1"))
    assert read(path, partner="Universidad")[0].records[0].title == "Orégano"
    assert "not well-formed" in hostile(tmp_path, f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode("latin-1"))


def test_metadata_of_an_unknown_format_are_refused_by_name(tmp_path):
    path = tmp_path / "x.xml"
    path.write_text(
        f'{OPEN}<record><header><identifier>oai:r:1</identifier></header><metadata><mods xmlns="http://www.loc.gov/mods/v3"/></metadata></record></ListRecords></OAI-PMH>'
    )
    (row,) = read(path)
    assert "http://www.loc.gov/mods/v3" in row.reason


# Validation.

SMALL = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="https://purl.org/pe-repo/cerif-profile/1.0/"
 elementFormDefault="qualified">{}<xs:element name="Project"><xs:complexType><xs:sequence>
 <xs:element name="Title" type="xs:string" maxOccurs="unbounded"/></xs:sequence><xs:attribute name="id"/></xs:complexType></xs:element></xs:schema>"""
PROJECT = '<Project xmlns="https://purl.org/pe-repo/cerif-profile/1.0/" id="{}">\n<Title>x</Title>{}</Project>'


def test_what_is_not_valid_is_refused_with_line_and_reason(tmp_path):
    (tmp_path / "s.xsd").write_text(SMALL.format(""))
    (tmp_path / "p.xml").write_text(f"<all>{PROJECT.format(1, '')}\n{PROJECT.format(2, '<Colour/>')}</all>")
    good, bad = read(tmp_path / "p.xml", schema=str(tmp_path / "s.xsd"), partner="Universidad")
    assert isinstance(good, Row)
    assert "line 4" in bad.reason
    assert "Colour" in bad.reason


def test_parts_of_a_schema_are_never_fetched_and_those_missing_are_named(tmp_path):
    path = tmp_path / "s.xsd"
    path.write_text(
        SMALL.format(
            '<xs:include schemaLocation="http://127.0.0.1:9/a.xsd"/><xs:include schemaLocation="../../etc/b.xsd"/>'
        )
    )
    assert xml_schema.missing_parts(path) == ["../../etc/b.xsd", "http://127.0.0.1:9/a.xsd"]
    path.write_text(SMALL.format('<xs:include schemaLocation="a.xsd"/><xs:element name="B" type="Unknown"/>'))
    with pytest.raises(BadInput, match=r"missing: a\.xsd"):
        xml_schema.checker(path)


@pytest.mark.parametrize("text", ["<a/>", "no", '<!DOCTYPE a [<!ENTITY x "y">]><a/>'])
def test_what_is_no_schema_is_refused(tmp_path, text):
    (tmp_path / "s.xsd").write_text(text)
    with pytest.raises(BadInput, match=r"s\.xsd"):
        xml_schema.checker(tmp_path / "s.xsd")


# The official samples.
