"""`python -m eval identity`, `sectors`, `fields`, `places`, `languages`: what they print."""

import runpy
import sys
from pathlib import Path

import pytest
from conftest import FakeEncoder

from matcher import parts

HEAD = "half,same,why,name,country,region,city,identifiers,other_name,other_country,other_region,other_city,other_identifiers"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setenv("TINKUY_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(parts, "open_encoder", lambda settings, **options: FakeEncoder())

    def call(*arguments: object) -> str:
        monkeypatch.setattr(sys, "argv", ["eval", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_module("eval", run_name="__main__")
        told = capsys.readouterr()
        assert stopped.value.code in (0, 2)
        return told.out if stopped.value.code == 0 else told.err

    return call


def test_precision_and_recall_by_threshold(command, tmp_path):
    sheet = tmp_path / "pairs.csv"
    rows = [
        "mine,yes,,Gloria S.A.,PE,,,,GLORIA SA,PE,,,",  # likeness 1
        "mine,yes,,Universidade de São Paulo,BR,,,,Universidade Federal de São Paulo,BR,,,",  # 3 of 4 words; wrongly judged
        "mine,no,,Gloria S.A.,PE,,,,Gloria S.A.,CL,,,",  # 0
        "mine,unclear,,Uno,PE,,,,Dos,PE,,,",  # does not count
    ]
    sheet.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    out = command("identity", sheet, "--pairs")
    assert "| mine (2 of 3 one) | 0.7 | 2 | 2 | 1.000 | 1.000 |" in out
    assert "| mine (2 of 3 one) | 0.9 | 1 | 1 | 1.000 | 0.500 |" in out
    assert "mine: one, likeness 0.75: Universidade de São Paulo | Universidade Federal de São Paulo" in out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("half,same\n", "columns name, country"),
        (f"{HEAD}\nx,maybe" + 11 * ",", "line 2: same must be yes, no or unclear"),
    ],
)
def test_a_sheet_that_cannot_be_read(command, tmp_path, text, said):
    sheet = tmp_path / "pairs.csv"
    sheet.write_text(text, encoding="utf-8")
    assert said in command("identity", sheet)


def test_regions_from_addresses_and_codes(command, tmp_path):
    file = tmp_path / "places.csv"
    file.write_text(
        'region,address,code\nCUSCO,"Av. Uno 1, Cusco",080101\nPUNO,"Jr. Dos 2, Cusco",210101\nNA,Lima,150101\nTACNA,,\n',
        encoding="utf-8",
    )
    out = command("places", file, "--region", "region", "--address", "address", "--ubigeo", "code")
    assert "3 of 4 rows give a region of PE" in out
    assert "| address | 2 | 2 | 1 | 2 | 1 |" in out
    assert "| ubigeo | 2 | 2 | 2 | 2 | 2 |" in out
    assert "columns nowhere are missing" in command("places", file, "--region", "nowhere")


def test_languages_of_short_texts(command):
    out = command("languages")
    shares = {
        line.split("|")[2].strip(): float(line.split("|")[4]) for line in out.splitlines() if "| py3langid |" in line
    }
    assert set(shares) == {"en", "es", "pt"}
    assert min(shares.values()) >= 0.85
    assert command("languages", "--capitals").count("| 50 |") >= 3


@pytest.mark.parametrize("what", ["sectors", "fields"])
def test_codes_guessed_on_a_folder_of_tables(command, what):
    folder = Path(__file__).resolve().parents[1] / "data" / "demo"
    out = command(what, folder)
    assert f"{ {'sectors': 1018, 'fields': 566}[what] } texts with {what}" in out
    assert "| titles alone | 0.5 |" in out


def test_a_folder_without_codes_is_refused(command, tmp_path):
    (tmp_path / "socios.csv").write_text("id,side,name,kind\np,supply,Uno,firm\n", encoding="utf-8")
    assert "no text has a code" in command("sectors", tmp_path)
