"""Regions, countries, cities and the kilometres between them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.errors import NotFound
from matcher.places import (
    country_name,
    country_of,
    find_country,
    find_region,
    kilometres,
    locate,
    misspelt_region,
    region_codes,
    region_name,
)

LIMA, CUSCO, TACNA = (-12.0464, -77.0428), (-13.5319, -71.9675), (-18.0146, -70.2536)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("PE-CUS", "PE-CUS"),
        (" pe-cus ", "PE-CUS"),
        ("Cusco", "PE-CUS"),
        ("cuzco", "PE-CUS"),
        ("ANCASH", "PE-ANC"),
        ("Áncash", "PE-ANC"),
        ("junin", "PE-JUN"),
        ("Región San Martín", "PE-SAM"),
        ("departamento de Puno", "PE-PUN"),
        ("Madre de Dios", "PE-MDD"),
        ("Departamento de Madre de Dios", "PE-MDD"),
        ("Departamento de La Libertad", "PE-LAL"),
        ("Provincia Constitucional del Callao", "PE-CAL"),
        ("PROVINCIA  CONSTITUCIONAL DEL CALLAO", "PE-CAL"),
        ("Gobierno Regional de Puno", "PE-PUN"),
        ("Dpto. Tacna", "PE-TAC"),
        ("Department of Cuzco", "PE-CUS"),
        ("Región Metropolitana de Santiago", "CL-RM"),  # the word is part of the name
        ("CL-RM", "CL-RM"),
    ],
)
def test_a_region_goes_by_code_or_name_with_or_without_accents(text, code):
    assert find_region(text) == code


@pytest.mark.parametrize("text", ["PE-LMA", "pe-lma", "PE-LIM", "Lima", "Lima Metropolitana"])
def test_both_limas_are_one_region(text):
    assert find_region(text) == "PE-LIM"


def test_perus_regions_are_twenty_four_departments_and_callao():
    letters = "AMA ANC APU ARE AYA CAJ CAL CUS HUC HUV ICA JUN LAL LAM LIM LOR MDD MOQ PAS PIU PUN SAM TAC TUM UCA"
    codes = [f"PE-{three}" for three in letters.split()]
    assert region_codes("PE") == codes
    assert all(find_region(region_name(code)) == code for code in codes)


def test_a_namesake_at_home_wins_unless_a_country_is_given():
    # Amazonas is a region of Peru, Brazil and Colombia; La Libertad of Peru and El Salvador.
    assert find_region("Amazonas") == "PE-AMA"
    assert find_region("Amazonas", "BR") == "BR-AM"
    assert find_region("Amazonas", "CO") == "CO-AMA"
    assert find_region("La Libertad") == "PE-LAL"
    assert find_region("La Libertad", "SV") == "SV-LI"


def test_a_name_of_several_countries_is_refused_with_all_of_them():
    with pytest.raises(NotFound) as error:
        find_region("Córdoba")
    for code in ("AR-X", "CO-COR", "ES-CO"):
        assert f"({code})" in str(error.value)
    assert find_region("cordoba", "AR") == "AR-X"


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(NotFound, match=r"'Arequipaa' is not known.*Nearest: Arequipa$"):
        find_region("Arequipaa")
    # Of two regions in the world that have one name only their codes tell; at home the name is enough.
    with pytest.raises(NotFound, match=r"Nearest: La Rioja \(AR-F\), La Rioja \(ES-LO\), .*, Tarija$"):
        find_region("Rioja")
    with pytest.raises(NotFound, match="Nearest: -"):
        find_region("qwxyz")
    with pytest.raises(NotFound):
        find_region("")
    with pytest.raises(NotFound):
        find_region("Cusco", "CL")


def test_what_a_name_means_in_english_is_no_name():
    # The package calls Atlántida of Honduras "Atlantis", La Paz "Peace", Durazno "Peach", Puerto Plata "Silver Port".
    for text in ("Atlantis", "Peace", "Peach", "Silver Port", "Hot Waters", "Holy Faith"):
        with pytest.raises(NotFound):
            find_region(text)
    for text, code in (
        ("Atlántida", "HN-AT"),
        ("Havana", "CU-03"),
        ("Lisbon", "PT-11"),
        ("Mexico City", "MX-CMX"),
        ("Caracas", "VE-A"),
        ("Andalusia", "ES-AN"),
        ("Bavaria", "DE-BY"),
    ):
        assert find_region(text) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Tacan", "PE-TAC"), ("Arequipaa", "PE-ARE"), ("Ayacuhco", "PE-AYA"), ("San Marin", "PE-SAM"),
        ("Madre de Deos", "PE-MDD"), ("Cajamraac", None), ("Ic", None), ("Atlantis", None), ("Lisboo", "PT-11"),
        ("Aija", None), ("Pisco", None), ("Casma", None), ("", None), ("Qwxyz", None),  # provinces are no slips
    ],
)  # fmt: skip
def test_a_slip_of_the_pen_is_one_letter_and_two_of_long_names(text, code):
    assert misspelt_region(text) == code


def test_slips_in_the_names_of_perus_regions_are_never_taken_for_another():
    for code in region_codes("PE"):
        name = region_name(code)
        for i in (each for each in range(1, len(name)) if " " not in name[each - 1 : each + 1]):
            swapped = name[: i - 1] + name[i] + name[i - 1] + name[i + 1 :]
            for typed in (name[:i] + name[i + 1 :], name[:i] + name[i - 1 :], swapped):
                assert misspelt_region(typed) in (code, None)
                assert len(name) < 7 or misspelt_region(typed) == code


def test_region_names_are_spanish_in_peru_and_unknown_codes_stay():
    assert region_name("PE-HUV") == "Huancavelica"
    assert region_name("PE-AYA") == "Ayacucho"
    assert region_name("XX-YYY") == "XX-YYY"


@pytest.mark.parametrize(
    ("text", "code"),
    [("pe", "PE"), ("Perú", "PE"), ("peru", "PE"), ("Brasil", "BR"), ("Brazil", "BR"), ("alemania", "DE")],
)
def test_a_country_goes_by_code_or_by_its_spanish_or_english_name(text, code):
    assert find_country(text) == code


def test_country_names_and_unknown_countries():
    assert country_name("DE", "es") == "Alemania"
    assert country_name("DE", "en") == "Germany"
    assert country_name("QQ", "en") == "QQ"
    assert country_of("PE-CUS") == "PE"
    assert country_of(None) is None
    with pytest.raises(NotFound, match="'Wakanda'"):
        find_country("Wakanda")


def law_of_cosines(a, b):
    """The great circle by another formula than the code's: spherical law of cosines, 6371.0088 km."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, p)) for p in (a, b))
    cosine = math.sin(lat1) * math.sin(lat2) + math.cos(lat1) * math.cos(lat2) * math.cos(lon1 - lon2)
    return 6371.0088 * math.acos(max(-1.0, min(1.0, cosine)))


def test_kilometres_of_known_arcs():
    # A quarter of a meridian: pi/2 x 6371.0088 = 10007.557; a degree of the equator: /90 = 111.195
    found = kilometres([(90, 0), (0, 1), (0, 180), (0, 0), (math.nan, 0)], (0, 0))
    assert found[:4] == pytest.approx([10007.557, 111.195, 20015.114, 0], abs=0.001)
    assert math.isnan(found[4])


def test_kilometres_between_peruvian_cities():
    # By hand, Lima - Cusco: mean latitude 12.79, dlat 1.4855 x 111.195 = 165.2,
    # dlon 5.0753 x 111.195 x cos 12.79 = 550.3; sqrt(165.2^2 + 550.3^2) = 574.6
    assert kilometres([CUSCO], LIMA)[0] == pytest.approx(574.6, abs=0.5)
    assert kilometres([LIMA, TACNA], CUSCO) == pytest.approx(
        [law_of_cosines(p, CUSCO) for p in (LIMA, TACNA)], abs=1e-6
    )


POINT = st.tuples(st.floats(-89, 89), st.floats(-180, 180))


@settings(max_examples=50, deadline=None)
@given(POINT, POINT)
def test_kilometres_agree_with_the_law_of_cosines_both_ways(a, b):
    there, back = kilometres([a], b)[0], kilometres([b], a)[0]
    assert there == pytest.approx(back, abs=1e-6)
    assert there == pytest.approx(law_of_cosines(a, b), abs=0.2)  # its cosine loses digits where points are near


def test_locate_prefers_the_city_then_the_region_then_the_capital():
    assert locate("PE", "PE-CUS", "Cusco") == pytest.approx(CUSCO, abs=0.05)
    assert locate("PE", None, "cusco") == pytest.approx(CUSCO, abs=0.05)
    # The package's point of the region Cusco: 12.5 S 72.5 W
    assert locate("PE", "PE-CUS", None) == (-12.5, -72.5)
    assert locate(None, "PE-CUS", "a village nobody lists") == (-12.5, -72.5)
    assert locate("PE", None, None) == pytest.approx(LIMA, abs=0.05)
    assert locate("PE", None, "a village nobody lists") == pytest.approx(LIMA, abs=0.05)


def test_a_city_far_from_its_region_is_not_believed():
    # Tumbes lies some 1,300 km from the region Cusco.
    assert locate("PE", "PE-CUS", "Tumbes") == (-12.5, -72.5)


def test_nothing_known_is_no_point():
    assert locate(None, None, None) is None
    assert locate(None, None, "Cusco") is None  # without a country, a name is anybody's
    assert locate("QQ", None, None) is None
