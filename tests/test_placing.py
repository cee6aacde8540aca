"""Regions from ubigeo codes, cities, provinces and addresses."""

import pytest

from matcher.placing import SURE, UBIGEO, from_address, from_city, from_province, from_ubigeo


def test_inei_counts_departments_in_the_order_of_the_alphabet():
    assert (UBIGEO["01"], UBIGEO["04"], UBIGEO["15"], UBIGEO["25"], len(UBIGEO)) == ("AMA", "ARE", "LIM", "UCA", 25)


@pytest.mark.parametrize(
    ("code", "region"),
    [("150130", "PE-LIM"), ("230302", "PE-TAC"), ("040104", "PE-ARE"), ("40104", "PE-ARE"), ("40104.0", "PE-ARE"), ("08", "PE-CUS"), ("0801", "PE-CUS")],
)  # fmt: skip
def test_a_ubigeo_names_its_department(code, region):
    found = from_ubigeo(code)
    assert found is not None
    assert (found.region, found.country, found.confidence) == (region, "PE", 1.0)


@pytest.mark.parametrize("code", ["", "990101", "15013", "abc", "1501301", "NA"])
def test_what_is_no_ubigeo_names_nothing(code):
    # 15013 is five digits: department 01 after the lost 0
    found = from_ubigeo(code)
    assert found is None if code != "15013" else found is not None and found.region == "PE-AMA"


@pytest.mark.parametrize(
    ("city", "country", "region"),
    [
        ("Chimbote", "PE", "PE-ANC"), ("Juliaca", "PE", "PE-PUN"), ("Iquitos", "PE", "PE-LOR"),
        ("Concepción", "CL", "CL-BI"), ("Medellín", "CO", "CO-ANT"), ("Campinas", "BR", "BR-SP"),
        ("Guadalajara", "MX", "MX-JAL"), ("Rosario", "AR", "AR-S"), ("Guayaquil", "EC", "EC-G"), ("Cochabamba", "BO", "BO-C"),
        ("Porto", "PT", "PT-13"),
    ],
)  # fmt: skip
def test_a_large_city_names_its_region_surely(city, country, region):
    found = from_city(city, country)
    assert found is not None
    assert found.region == region
    assert found.confidence >= SURE


def test_a_city_of_several_countries_is_told_by_how_many_live_there():
    found = from_city("Córdoba")
    assert found is not None
    assert found.region == "AR-X"  # 1.4 million people; Spain's has 0.3
    assert 0.6 < found.confidence < SURE


@pytest.mark.parametrize("city", ["San Miguel", "Miraflores", "San Isidro"])
def test_saints_are_never_sure(city):
    found = from_city(city, "PE")
    assert found is None or found.confidence < SURE


def test_provinces_of_peru():
    found = from_province("Leoncio Prado")
    assert found is not None
    assert (found.region, found.confidence >= SURE) == ("PE-HUC", True)
    assert from_province("Nowhere") is None


@pytest.mark.parametrize(
    ("address", "country", "region"),
    [
        ("Av. de la Cultura 733, Cusco", None, "PE-CUS"),
        ("Jr. Lima 350, Arequipa", "PE", "PE-ARE"),  # a street is named after another city
        ("Calle Lima 200 - Trujillo - La Libertad", "PE", "PE-LAL"),
        ("Castillo Grande, Leoncio Prado", "PE", "PE-HUC"),
        ("Km 21 carretera Cusco-Puno, Juliaca", "PE", "PE-PUN"),
        ("08000 Cusco", "PE", "PE-CUS"),
        ("Av. Vicuña Mackenna 4860, Macul, Santiago, Chile", None, "CL-RM"),
        ("Rua do Matão, 1010, São Paulo - SP, Brasil", None, "BR-SP"),
        ("Puno, Peru", None, "PE-PUN"),
    ],
)
def test_an_address_is_read_from_its_end(address, country, region):
    found = from_address(address, country)
    assert found is not None
    assert found.region == region
    assert found.confidence >= SURE


@pytest.mark.parametrize("address", ["", "Av. Universitaria 1801", "Jr. Cusco 123", "…", "12345"])
def test_streets_and_numbers_alone_say_nothing(address):
    assert from_address(address, "PE") is None


def test_an_address_that_names_two_regions_is_not_sure():
    found = from_address("Ucayali, Loreto, Cusco", "PE")
    assert found is not None
    assert found.confidence < SURE
