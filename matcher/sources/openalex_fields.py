"""OpenAlex's fields of research in the OECD's FORD classification, as far as one surely lies in the other.

OpenAlex's 26 fields and their subfields are Scopus' ASJC codes. A field that belongs to two of FORD's is told by its
subfield, or, where that is of no help, by the major field (one digit) alone; some are left out.
"""

from collections.abc import Mapping

FIELDS: Mapping[str, str] = {
    "12": "6", "13": "1.6", "14": "5.2", "15": "2.4", "16": "1.4", "17": "1.2", "19": "1.5", "20": "5.2", "21": "2",
    "22": "2", "25": "2.5", "26": "1.1", "27": "3", "28": "3.1", "29": "3.3", "30": "3.1", "31": "1.3", "32": "5.1",
    "33": "5", "34": "4.3", "35": "3.2", "36": "3.3",
}  # fmt: skip
SUBFIELDS: Mapping[str, str] = {
    # Agricultural and biological sciences: agronomy, food, forestry, horticulture, plants, soil
    "1102": "4.1", "1105": "1.6", "1106": "2.11", "1107": "4.1", "1108": "4.1", "1110": "1.6", "1111": "4.1",
    "1912": "1.3",  # space and planetary science
    "2103": "2.7", "2104": "2.3",  # fuels; nuclear energy
    # Engineering: aerospace, cars, medicine, civil works, control, electricity, machines, oceans, building
    "2202": "2.3", "2203": "2.3", "2204": "2.6", "2205": "2.1", "2207": "2.2", "2208": "2.2", "2210": "2.3",
    "2212": "2.7", "2215": "2.1",
    # Environment: ecology, chemistry, engineering, change, pollution, water
    "2303": "1.6", "2304": "1.5", "2305": "2.7", "2306": "1.5", "2310": "1.5", "2312": "1.5",
    "2403": "3.1", "2404": "1.6", "2405": "3.3", "2406": "1.6",  # immunology, microbes, parasites, viruses
    # Social sciences: education, geography and planning, law, communication, politics
    "3304": "5.3", "3305": "5.7", "3308": "5.5", "3315": "5.8", "3320": "5.6",
}  # fmt: skip


def ford(field: str, subfield: str) -> tuple[str, ...]:
    """Return the FORD code of a field and subfield, by the numbers at the end of their ids; () where none is sure."""
    found = SUBFIELDS.get(subfield) or FIELDS.get(field)
    return (found,) if found else ()
