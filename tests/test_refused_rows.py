"""Why a row is refused, told to people: their words, no codes and no names of ours."""

import pytest
from browser import CODES

from api.web.refused_rows import TYPED, heading, why
from matcher.errors import BadInput
from matcher.language import translator
from matcher.sources.columns import SIDES, SIZES, STAGES
from matcher.sources.reading import Refusal
from matcher.sources.table import read
from matcher.store.import_runs import Refused
from matcher.text import fold

SHEET = """lado;nombre;region;sectores;tamaño
ofrece;Uno;;;
oferta;;;;
oferta;Tres;Cuzcoo;;
oferta;Cuatro;;textilez;
demanda;Cinco;;;enorme
"""


@pytest.fixture
def refused(tmp_path) -> list[Refused]:
    path = tmp_path / "socios.csv"
    path.write_text(SHEET, "utf-8")
    return [Refused.of(row) for row in read([path]) if isinstance(row, Refusal)]


def test_reasons_in_spanish(refused):
    say = translator("es")
    assert [(each.row, heading(each.column, say), why(each, say)) for each in refused] == [
        (2, "lado", "lado: 'ofrece' no es uno de oferta, demanda"),
        (3, "nombre", "nombre: vacío"),
        (4, "Región", "no se conoce la región 'Cuzcoo'; dé su nombre o su código ISO 3166-2. Parecidas: Cusco"),
        (5, "sectores", "no se conoce el sector 'textilez'; dé su nombre o su código CIIU Rev. 4. Parecidos: textiles, textil"),
        (6, "tamaño", "tamaño: 'enorme' no es uno de micro, pequeña, mediana, grande"),
    ]  # fmt: skip


def test_reasons_in_english_show_no_code(refused):
    say = translator("en")
    told = [why(each, say) for each in refused]
    assert told[0] == "lado: 'ofrece' is not one of supply, demand"
    assert [CODES.findall(each) for each in told] == [[]] * 5


def test_a_column_that_the_file_lacks_is_told_in_words():
    error = BadInput("{columns}: empty", columns="name, side")
    lacking = Refused.of(Refusal("x.csv", 2, error, ""))
    assert why(lacking, translator("es")) == "Nombre, Lado: vacío"
    assert why(lacking, translator("en")) == "Name, Side: empty"


@pytest.mark.parametrize("language", ["es", "en"])
def test_what_is_said_may_be_typed(language):
    say = translator(language)
    known = SIDES | SIZES | STAGES
    assert {code: known[fold(say(word))] for code, word in TYPED.items()} == {code: code for code in TYPED}
    assert set(TYPED) == set(known.values())
