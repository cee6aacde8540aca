"""What each term is said to come from, read against records worked out by hand."""

import datetime as dt
import math

import numpy as np
import pytest

from matcher.language import translator
from matcher.reasons import REASONS, Told, reason
from matcher.records import GuessedSector, Outcome, Partner, Query, Side, Stage
from matcher.signals import Signals
from matcher.weights import RULE_OF

HERE = Partner("here", Side.SUPPLY, "Facultad textil", "faculty", "PE", "PE-CUS", "Cusco", ("C13",))
AWAY = Partner("away", Side.SUPPLY, "Instituto", "institute", "PE", "PE-ARE")
ABROAD = Partner("abroad", Side.SUPPLY, "Instituto", "institute", "CL")
NOWHERE = Partner("nowhere", Side.SUPPLY, "Instituto", "institute")
FIRM = Partner("firm", Side.DEMAND, "Taller", "firm", "PE", "PE-CUS")
CUSCO = Query("x", Side.SUPPLY, region="PE-CUS", sectors=("C13",))
PERU = Query("x", Side.SUPPLY, countries=("PE",))
BARE = Query("x", Side.SUPPLY)


def outcome(stage: Stage, region: str | None = "PE-CUS", sector: str = "C13", day: str = "2024-01-01") -> Outcome:
    name = f"{stage}{region}{sector}{day}"
    return Outcome(name, "here", stage, "firm", dt.date.fromisoformat(day), region and region[:2], region, (sector,))


def said(signal, value=0.0, partner=HERE, query=CUSCO, km=math.nan, sector=None, record=(), language="en") -> str:
    signals = Signals({signal: np.array([value])}, np.array([km]), (sector,), np.array([len(record)]))
    return reason(signal, Told(value, 0, partner, query, signals, record, translator(language), language))


def test_every_signal_has_a_reason():
    assert set(RULE_OF) - set(REASONS) == set()


@pytest.mark.parametrize(
    ("value", "english", "spanish"),
    [
        (4.0, "its texts fit your question very well", "sus textos responden muy bien a su pregunta"),
        (3.0, "its texts fit your question", "sus textos responden a su pregunta"),
        (1.5, "its texts fit your question a little", "sus textos responden un poco a su pregunta"),
        (-2.0, "its texts hardly speak of your question", "sus textos apenas hablan de su pregunta"),
    ],
)
def test_texts(value, english, spanish):
    assert (said("text", value), said("text", value, language="es")) == (english, spanish)


@pytest.mark.parametrize(
    ("partner", "query", "km", "english", "spanish"),
    [
        (HERE, CUSCO, 0, "in your region, Cusco", "en su región, Cusco"),
        (AWAY, CUSCO, 320.4, "320 km from you, in Arequipa", "a 320 km de usted, en Arequipa"),
        (ABROAD, CUSCO, 2101, "far away: 2101 km from you, in Chile", "lejos: a 2101 km de usted, en Chile"),
        (AWAY, PERU, 764, "764 km from your country's capital, in Arequipa", "a 764 km de la capital de su país, en Arequipa"),
        (HERE, PERU, 0.2, "in your country's capital", "en la capital de su país"),
        (NOWHERE, CUSCO, math.nan, "distance unknown", "distancia desconocida"),
    ],
)  # fmt: skip
def test_distance(partner, query, km, english, spanish):
    assert said("distance", 0, partner, query, km) == english
    assert said("distance", 0, partner, query, km, language="es") == spanish


@pytest.mark.parametrize(
    ("signal", "value", "partner", "query", "expected"),
    [
        ("same_region", 1, HERE, CUSCO, "en su región, Cusco"),
        ("same_region", 0, AWAY, CUSCO, "en otra región, Arequipa"),
        ("same_region", 0, ABROAD, CUSCO, "no se conoce su región"),
        ("same_region", 0, HERE, PERU, "usted no indicó región"),
        ("same_country", 1, AWAY, PERU, "en su país, Perú"),
        ("same_country", 0, ABROAD, CUSCO, "en otro país, Chile"),
        ("same_country", 0, NOWHERE, CUSCO, "no se conoce su país"),
        ("same_country", 0, HERE, BARE, "usted no indicó país"),
    ],
)
def test_region_and_country(signal, value, partner, query, expected):
    assert said(signal, value, partner, query, language="es") == expected


@pytest.mark.parametrize(
    ("value", "code", "query", "expected"),
    [
        (1.0, "C13", CUSCO, "trabaja en su sector: fabricación de productos textiles"),
        (0.8, "C1311", CUSCO, "trabaja en su sector: fabricación de productos textiles"),  # a class of that division
        (0.2, "C28", CUSCO, "trabaja en otra rama de industrias manufactureras: fabricación de maquinaria y equipo n.c.p."),
        (0.0, None, CUSCO, "no consta trabajo en su sector"),
        (0.0, None, BARE, "usted no indicó sector"),
    ],
)  # fmt: skip
def test_sector(value, code, query, expected):
    assert said("sector", value, query=query, sector=code, language="es") == expected


@pytest.mark.parametrize(
    ("code", "rest"),
    [
        (None, "no work in it on record"),
        ("C13", "it works in it"),
        ("C28", "it works in a related one: Manufacture of machinery and equipment n.e.c."),
    ],
)
def test_a_deduced_sector_is_said_to_be_deduced(code, rest):
    signals = Signals({"sector": np.zeros(1)}, np.zeros(1), (code,), np.zeros(1, int), GuessedSector("C13", 0.6))
    said = reason("sector", Told(0.6 if code else 0, 0, HERE, BARE, signals, (), str, "en"))
    assert said == f"your sector seems to be Manufacture of textiles (deduced from your text); {rest}"


RECORD = [
    outcome(Stage.PROJECT),
    outcome(Stage.PROJECT, day="2024-02-01"),
    outcome(Stage.PROJECT, "PE-LIM", "C28"),
    outcome(Stage.MET, "PE-LIM", "A01"),
    outcome(Stage.INTRODUCED, "CL-RM"),
    outcome(Stage.DECLINED),  # counts for nothing
]


def test_the_track_record_is_told_by_stage():
    assert said("track_record", record=RECORD) == "3 projects, 1 meeting and 1 introduction with firms"
    assert said("track_record", record=RECORD, language="es") == "3 proyectos, 1 reunión y 1 presentación con empresas"
    assert said("track_record", record=RECORD[:1], language="es") == "1 proyecto con empresas"
    two = [outcome(s, day=d) for s in (Stage.MET, Stage.AGREED) for d in ("2024-01-01", "2024-02-01")]
    assert said("track_record", record=two, language="es") == "2 acuerdos y 2 reuniones con empresas"
    assert said("track_record", partner=FIRM, record=RECORD[:1], language="es") == (
        "1 proyecto con universidades o institutos"
    )


def test_nothing_on_record_is_said_plainly():
    declined = [outcome(Stage.DECLINED)]
    assert said("track_record", record=declined, language="es") == "aún no constan proyectos ni reuniones con empresas"
    assert said("track_record", partner=FIRM, language="es") == (
        "aún no constan proyectos ni reuniones con universidades o institutos"
    )
    assert said("track_record_near", record=declined, language="es") == "no constan proyectos en su región, Cusco"
    assert said("track_record_near", query=PERU, language="es") == "no constan proyectos en su país, Perú"
    assert said("track_record_sector", record=declined, language="es") == "no constan proyectos en su sector"


def test_what_came_after_the_day_of_the_question_is_not_told():
    then = Query("x", Side.SUPPLY, region="PE-CUS", date=dt.date(2024, 1, 15))
    assert said("track_record", query=then, record=RECORD[:2]) == "1 project with firms"
    assert said("track_record_near", query=then, record=RECORD[:2]) == "1 project in your region, Cusco"


def test_the_track_record_near():
    assert said("track_record_near", record=RECORD, language="es") == "2 proyectos en su región, Cusco"
    assert said("track_record_near", query=PERU, record=RECORD, language="es") == (
        "3 proyectos y 1 reunión en su país, Perú"
    )
    assert said("track_record_near", query=BARE, record=RECORD) == "you gave neither region nor country"


def test_the_track_record_in_the_sector():
    assert said("track_record_sector", record=RECORD, language="es") == (
        "2 proyectos y 1 presentación con empresas de su sector; 1 proyecto en otras ramas de industrias manufactureras"
    )
    assert said("track_record_sector", partner=FIRM, record=RECORD[:2]) == "2 projects in your sector"
    assert said("track_record_sector", query=BARE, record=RECORD) == "you gave no sector"


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, "no tiene textos registrados"), (1, "tiene un texto registrado"), (12, "tiene 12 textos registrados")],
)
def test_experience(count, expected):
    assert said("experience", math.log1p(count), language="es") == expected


@pytest.mark.parametrize(
    ("signal", "value", "expected"),
    [
        ("profile", 1.0, "su trabajo en conjunto trata de esto"),
        ("profile", 0.9, "su trabajo en conjunto dice poco aquí"),
        ("profile", -1.0, "su trabajo en conjunto trata de otras cosas"),
        ("collaboration", 0.0, "no constan trabajos hechos con otros"),
        ("collaboration", math.log1p(1), "un trabajo hecho con otros"),
        ("collaboration", math.log1p(7), "7 trabajos hechos con otros"),
    ],
)
def test_profile_and_collaboration(signal, value, expected):
    assert said(signal, value, language="es") == expected
