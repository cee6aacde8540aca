"""CERIF-XML, both profiles (PerúCRIS and OpenAIRE): what a research information system tells of units and their work.

Names of elements mean the same in both profiles and in all their versions; they are read without their namespaces.
"""

from matcher.language import N_
from matcher.sources.cerif_units import read_person, read_unit
from matcher.sources.cerif_works import SHAPES, read_work
from matcher.sources.repository import Found, Repository
from matcher.sources.xml_stream import Element

# Entities that hold nothing for Tinkuy -> what they are called in a summary.
SKIPPED = {
    "Funding": N_("funding"), "Event": N_("event"), "Service": N_("service"), "Medium": N_("file"),
    "ClassScheme": N_("vocabulary"),
}  # fmt: skip
ENTITIES = ("OrgUnit", "Person", *SHAPES, *SKIPPED)
PROFILES = ("https://purl.org/pe-repo/cerif-profile/", "https://www.openaire.eu/cerif-profile/")  # and a version

# Elements of an entity that are passed over on purpose: (parent, child) -> why. `*` is any parent.
# What stands in one of them is passed over with it.
_REASONS: dict[str, tuple[tuple[str, str], ...]] = {
    "how a work is cited: the link back says it": (
        ("Publication", "Volume Issue StartPage EndPage Number Edition NameAbbreviation"),
        ("Publication", "ISBN ISSN ISI-Number ZDB-ID SCP-Number PMCID"),
    ),
    "of the file, not of what is in it; metadata are public": (("*", "Access Version VersionInfo FileLocations"),),
    "another record, which comes by itself": (
        ("*", "OriginatesFrom PartOf References Predecessor Uses GeneratedBy OutputFrom PresentedAt Coverage"),
        ("Project", "ResearchLine"),
        ("Equipment", "ResearchLine"),
    ),
    "money and rules of a funder": (("*", "Funded OAMandate Status AcquisitionAmount"),),
    "where field work was done, which is no place of a partner": (("Project", "geoLocations"),),
    "the start tells when": (("Project", "EndDate"),),
    "of a person: not needed to reach a unit": (
        ("Person", "Gender ORCID AlternativeORCID ResearcherID ScopusAuthorID AlternativeScopusAuthorID"),
        ("Person", "ISNI DAI Identifier OtherNames"),
    ),
    "people and degrees": (
        ("*", "Jurors"),
        ("Author", "DisplayName"),
        ("Publisher", "DisplayName"),
        ("Qualification", "Title Type Discipline"),
    ),
    "people in a work: only their units are its partners": (("*", "Person"),),
    "finer than a city": (("PostAddress", "StreetAddress PostalCode"),),
    "of the office or the maker, not of whose it is": (
        ("Patent", "CountryCode Issuer PatentNumber"),
        ("Equipment", "ManufacturingCountry"),
    ),
    "a journal or book: of it only the title is read, for the source": (("PublishedIn", "Publication"),),
    "holds nothing for Tinkuy": (("*", " ".join(SKIPPED)),),
}
PASSED = {(parent, child): why for why, told in _REASONS.items() for parent, names in told for child in names.split()}
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
    **dict.fromkeys(
        [("Publication", n) for n in ("Advisors", "Editors", "Publishers", "InSupportOf")], "units in Authors"
    ),
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
