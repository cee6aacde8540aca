"""The words of RDF that VIVO's descriptions are written in, as far as Tinkuy reads them (VIVO 1.5 and later)."""

from collections.abc import Mapping

VIVO = "http://vivoweb.org/ontology/core#"
BIBO = "http://purl.org/ontology/bibo/"
FOAF = "http://xmlns.com/foaf/0.1/"
OBO = "http://purl.obolibrary.org/obo/"
VCARD = "http://www.w3.org/2006/vcard/ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
DCTERMS = "http://purl.org/dc/terms/"

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
NAMES = (RDFS + "label", FOAF + "name", DCTERMS + "title", "http://www.w3.org/2004/02/skos/core#prefLabel")
TEXTS = (BIBO + "abstract", VIVO + "abstract", VIVO + "description", VIVO + "overview", DCTERMS + "abstract")
DOI = BIBO + "doi"
PART_OF = (OBO + "BFO_0000050", VIVO + "subOrganizationWithin")
HAS_PART = (OBO + "BFO_0000051", VIVO + "hasSubOrganization")
LOCATED_IN = (OBO + "RO_0001025",)
DATE, DATE_TIME, INTERVAL = VIVO + "dateTimeValue", VIVO + "dateTime", VIVO + "dateTimeInterval"
START, END = VIVO + "start", VIVO + "end"
CONTACT, HAS_URL, URL = OBO + "ARG_2000028", VCARD + "hasURL", VCARD + "url"
HAS_ADDRESS, CITY, REGION = VCARD + "hasAddress", VCARD + "locality", VCARD + "region"
COUNTRY = (VCARD + "country", VCARD + "country-name")
SAME = (OWL + "sameAs", RDFS + "seeAlso")
# What ties people, organisations and what they do: through a position, an authorship or a role, in either direction.
LINKS = frozenset(
    (
        *(VIVO + name for name in ("relates", "relatedBy", "contributingRole", "roleContributesTo")),
        *(OBO + name for name in ("RO_0000052", "RO_0000053", "RO_0000056", "RO_0000057")),
        *(OBO + name for name in ("BFO_0000054", "BFO_0000055")),
        *(VIVO + name for name in ("authorInAuthorship", "linkedAuthor", "informationResourceInAuthorship")),
        *(VIVO + name for name in ("linkedInformationResource", "personInPosition", "positionForPerson")),
        *(VIVO + name for name in ("organizationForPosition", "positionInOrganization")),
        *(VIVO + name for name in ("hasEquipment", "equipmentFor")),
    )
)
KEPT = LINKS | {
    TYPE, *NAMES, *TEXTS, DOI, *PART_OF, *HAS_PART, *LOCATED_IN, DATE, DATE_TIME, INTERVAL, START, END,
    CONTACT, HAS_URL, URL, HAS_ADDRESS, CITY, REGION, *COUNTRY, *SAME,
}  # fmt: skip


def _words(space: str, **kinds: str) -> dict[str, str]:
    return {space + name: kind for kind, names in kinds.items() for name in names.split()}


# In the order in which they are believed, since things have several types; `""`: the name tells.
ORGANISATIONS: Mapping[str, str] = {
    **_words(VIVO, laboratory="Laboratory CoreLaboratory ServiceProvidingLaboratory", group="Team"),
    **_words(VIVO, faculty="AcademicDepartment Department Division School College Program"),
    **_words(VIVO, university="University", hospital="Hospital", firm="Company PrivateCompany"),
    **_words(VIVO, institute="Institute Center ResearchOrganization Museum Library"),
    **_words(VIVO, government="GovernmentAgency", association="Association Consortium Foundation StudentOrganization"),
    **_words(FOAF, group="Group"),
    FOAF + "Organization": "",
    VIVO + "ClinicalOrganization": "",
    VIVO + "ExtensionUnit": "",
}
NO_PARTNERS = frozenset((VIVO + "FundingOrganization", VIVO + "Publisher"))
EVIDENCE: Mapping[str, str] = {
    BIBO + "Patent": "patent",
    **_words(VIVO, equipment="Equipment", project="Grant Project Contract", service="Service"),
    **_words(OBO, equipment="ERO_0000004 OBI_0000968", service="ERO_0000005", technology="ERO_0000071"),
    **_words(
        BIBO,
        publication="AcademicArticle Article Book BookSection Chapter Document EditedBook Manual Report Thesis",
    ),
    **_words(
        VIVO, publication="ConferencePaper Review WorkingPaper CaseStudy Dataset ResearchProposal TechnicalReport"
    ),
}
PEOPLE = frozenset(
    (
        FOAF + "Person",
        *_words(VIVO, x="FacultyMember EmeritusFaculty EmeritusProfessor Student GraduateStudent UndergraduateStudent"),
        *_words(VIVO, x="Postdoc NonAcademic NonFacultyAcademic Librarian"),
    )
)
VENUES = frozenset((BIBO + "Journal", BIBO + "Magazine", BIBO + "Newspaper", BIBO + "Series", VIVO + "Database"))
