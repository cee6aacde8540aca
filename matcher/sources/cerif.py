"""CERIF-XML, both profiles (PerúCRIS and OpenAIRE): what a research information system tells of units and their work.

Names of elements mean the same in both profiles and in all their versions; they are read without their namespaces.
"""

from matcher.sources.cerif_units import read_person, read_unit
from matcher.sources.cerif_works import SHAPES, read_work
from matcher.sources.repository import Found, Repository
from matcher.sources.xml_stream import Element

# Entities that hold nothing for Tinkuy -> what they are called in a summary.
SKIPPED = {"Funding": "funding", "Event": "event", "Service": "service", "Medium": "file", "ClassScheme": "vocabulary"}
ENTITIES = ("OrgUnit", "Person", *SHAPES, *SKIPPED)
PROFILES = ("https://purl.org/pe-repo/cerif-profile/", "https://www.openaire.eu/cerif-profile/")  # and a version

# Elements of an entity that are passed over on purpose: (parent, child) -> why. `*` is any parent.
# What stands in one of them is passed over with it.
PASSED = {
    **dict.fromkeys(
        [("Publication", n) for n in ("Volume", "Issue", "StartPage", "EndPage", "Number", "Edition", "NameAbbreviation",
                                      "ISBN", "ISSN", "ISI-Number", "ZDB-ID", "SCP-Number", "PMCID")],
        "how a work is cited: the link back says it",
    ),
    **dict.fromkeys([("*", "Access"), ("*", "Version"), ("*", "VersionInfo"), ("*", "FileLocations")],
                    "of the file, not of what is in it; metadata are public"),
    **dict.fromkeys([("*", "OriginatesFrom"), ("*", "PartOf"), ("*", "References"), ("*", "Predecessor"), ("*", "Uses"),
                     ("*", "GeneratedBy"), ("*", "OutputFrom"), ("*", "PresentedAt"), ("*", "Coverage")],
                    "another record, which comes by itself"),
    **dict.fromkeys([("*", "Funded"), ("*", "OAMandate"), ("*", "Status"), ("*", "AcquisitionAmount")],
                    "money and rules of a funder"),
    **dict.fromkeys([("Project", "ResearchLine"), ("Equipment", "ResearchLine")], "a line of research, which comes by itself"),
    **dict.fromkeys([("Project", "geoLocations")], "where field work was done, which is no place of a partner"),
    **dict.fromkeys([("Project", "EndDate")], "the start tells when"),
    **dict.fromkeys([("Person", n) for n in ("Gender", "ORCID", "ResearcherID", "ScopusAuthorID", "AlternativeScopusAuthorID",
                                             "AlternativeORCID", "ISNI", "DAI", "Identifier", "OtherNames")],
                    "of a person: not needed to reach a unit"),
    **dict.fromkeys([("Author", "DisplayName"), ("Publisher", "DisplayName"), ("*", "Jurors"), ("Qualification", "Title"),
                     ("Qualification", "Type"), ("Qualification", "Discipline")], "people and degrees"),
    **dict.fromkeys([("PostAddress", "StreetAddress"), ("PostAddress", "PostalCode")], "finer than a city"),
    **dict.fromkeys([("Patent", "CountryCode"), ("Patent", "Issuer"), ("Patent", "PatentNumber"),
                     ("Equipment", "ManufacturingCountry")], "of the office or the maker, not of whose it is"),
    **dict.fromkeys([("*", n) for n in SKIPPED], "holds nothing for Tinkuy"),
    ("*", "Person"): "people in a work: only their units are its partners",
    ("PublishedIn", "Publication"): "a journal or book: of it only the title is read, for the source",
}  # fmt: skip
# Elements that are read only where another, which says it better, is missing: (parent, child) -> which.
SECOND = {
    **dict.fromkeys([("*", "Acronym")], "Title or Name"),
    **dict.fromkeys([("*", "Language")], "xml:lang of title and text"),
    ("Patent", "RegistrationDate"): "ApprovalDate or PublicationDate",
    ("Equipment", "ManufacturingDate"): "AcquisitionDate",
    ("PostAddress", "AddressProvince"): "AddressLocality",
    ("OrgUnit", "UbiGeo"): "AddressRegion",
    ("Project", "Team"): "units in Consortium",
    ("Patent", "Inventors"): "units in Holders",
    **dict.fromkeys([("Publication", n) for n in ("Advisors", "Editors", "Publishers", "InSupportOf")], "units in Authors"),
    ("Product", "Publishers"): "units in Creators",
    ("Person", "Affiliation"): "an affiliation that has not ended",
}


def entity(element: Element) -> str | None:
    """Return which CERIF entity an element is; None where it is none."""
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace[1:].startswith(PROFILES) and name in ENTITIES else None


def read(name: str, element: Element, repository: Repository, sets: tuple[str, ...] = ()) -> Found | str:
    """Return what an entity holds; or, where it holds nothing for Tinkuy, a word for it.

    :param name: one of ENTITIES.
    :raises BadInput: it lacks what a record needs.
    """
    if name in SHAPES:
        return read_work(name, element, repository, sets)
    if name == "OrgUnit":
        return read_unit(element, repository)
    if name == "Person":
        return read_person(element, repository)
    return SKIPPED[name]
