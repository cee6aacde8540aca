"""What an organisation is: by its types, by the words of its name; a legal form says more than most words."""

import pytest

from matcher.records import Side
from matcher.sources.org_kinds import firm_unless_told, kind_of_organisation


@pytest.mark.parametrize(
    ("name", "side", "kind"),
    [
        ("UNIVERSIDAD NACIONAL DE LA PUNA", Side.SUPPLY, "university"),
        ("UNIVERSIDAD DEL VALLE S.A.C.", Side.SUPPLY, "university"),  # a legal form makes no firm of it
        ("Frutos del Valle S.A.C.", Side.DEMAND, "firm"),
        ("TEXTIL UNO SOCIEDAD ANONIMA CERRADA - TEXTIL UNO S.A.C", Side.DEMAND, "firm"),
        ("Minera Dos S. A.", Side.DEMAND, "firm"),
        ("INSTITUTO DE BELLEZA LUZ E.I.R.L.", Side.DEMAND, "firm"),  # nor does the word make an institute
        ("COOPERATIVA AGRARIA CAFETALERA LOS ANDES LTDA", Side.DEMAND, "cooperative"),
        ("CITE TEXTIL CAMELIDOS", Side.SUPPLY, "technology_centre"),
        ("CITEMADERA NORTE", Side.SUPPLY, "technology_centre"),
        ("INSTITUTO TECNOLOGICO DE LA PRODUCCION - ITP", Side.SUPPLY, "technology_centre"),
        ("INSTITUTO DEL MAR", Side.SUPPLY, "institute"),
        ("Centro Internacional de la Quinua", Side.SUPPLY, "institute"),
        ("ASOCIACIÓN DE ALPAQUEROS DE ALTURA", Side.DEMAND, "association"),
        ("MUNICIPALIDAD DISTRITAL DE ARRIBA", Side.DEMAND, "municipality"),
        ("GRUPO ANDINO UNO S.A.C.", Side.DEMAND, "firm"),
        ("Laboratorios del Sur E.I.R.L.", Side.DEMAND, "firm"),
        ("DOS S.A. LABORATORIOS FARMACEUTICOS", Side.DEMAND, "firm"),
        ("TEJIDOS TRES SOCIEDAD ANONIMA CERRADA", Side.DEMAND, "firm"),
        ("CONSULTAS CUATRO SOCIEDAD CIVIL DE RESPONSABILIDAD LIMITADA", Side.DEMAND, "firm"),
        ("Sociedad Científica del Altiplano", Side.DEMAND, "association"),
        ("Grupo de Suelos, Universidad del Valle", Side.SUPPLY, "group"),
        ("Panadería Doña Flor", Side.DEMAND, "firm"),  # nothing known: a firm
    ],
)
def test_the_name_tells_firm_unless_told(name, side, kind):
    assert firm_unless_told(name) == (side, kind)


@pytest.mark.parametrize(
    ("name", "types", "kind"),
    [
        ("Universidad Nacional Ilustrativa", (), "university"),
        ("Laboratorio de Suelos", ("https://purl.org/x#ensenanzaSuperior",), "laboratory"),
        ("Springerle", ("https://w3id.org/cerif/vocab/OrganisationTypes#Commercial",), "firm"),
        ("Tejidos Ilustrativos S.A.C.", (), "firm"),
        ("CITE Textil", (), "technology_centre"),
        ("Hospital Regional", (), "hospital"),
        ("Municipalidad Distrital", (), "municipality"),
        ("Ayuntamiento de Abajo", (), "municipality"),
        ("Municipio de Abajo", (), "municipality"),
        ("Grupo de Suelos", ("https://w3id.org/cerif/vocab/OrganisationTypes#ResearchGroup",), "group"),
        ("Panadería Doña Flor", (), "other"),
        ("ΕΘΝΙΚΟ", (), "other"),
    ],
)
def test_kinds_are_told_by_types_and_then_by_names(name, types, kind):
    assert kind_of_organisation(name, types) == kind
