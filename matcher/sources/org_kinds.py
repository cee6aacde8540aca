"""What an organisation is, by what its system calls it or by the words of its name; so on which side it stands."""

import re
from functools import lru_cache

from matcher.records import Side
from matcher.text import fold

DEMAND = frozenset({"firm", "cooperative", "association", "municipality"})
# The end of a type's address, folded -> our kind; CERIF's own vocabulary and PerúCRIS's.
TYPES = {
    "university": "university", "universitycollege": "university", "highereducation": "university",
    "academicinstitute": "university", "ensenanzasuperior": "university",
    "researchinstitute": "institute", "strategicresearchinstitute": "institute",
    "commercial": "firm", "company": "firm", "sme": "firm", "industry": "firm", "empresas": "firm",
    "nationalhealthservice": "hospital", "hospital": "hospital",
    "government": "government", "gobierno": "government", "localauthority": "municipality",
    "intergovernmental": "intergovernmental",
    "grupodeinvestigacion": "group", "researchgroup": "group", "laboratorio": "laboratory", "laboratory": "laboratory",
    "facultad": "faculty", "faculty": "faculty", "department": "faculty",
    "centrodeinvestigacion": "institute", "institutodeinvestigacion": "institute",
}  # fmt: skip
RESEARCH_LINE = "lineadeinvestigacion"  # a type that is no organisation at all
# A legal form makes a firm of a group or a laboratory, but not of a university. Short ones end a name; what is written
# out may stand before a short name.
_SHORT_FORM = r"\b(s ?a ?c|s ?a ?a|s ?a|e ?i ?r ?l|s ?r ?l|ltda|s ?p ?a|gmbh|inc|ltd|llc|s ?l|b ?v)( s)?$"
_LONG_FORM = r"\bsociedad (anonima|comercial|civil|administradora)\b|\bde responsabilidad limitada\b"
_DOTTED_FORM = re.compile(r"\bs\. ?a\.|\bs\. ?r\. ?l\.|\be\. ?i\. ?r\. ?l\.")  # with its dots, it may stand anywhere
_UNIVERSITY = r"\b(universi\w+|politecnic\w*|polytechnic|hochschule|escola superior|college|uni)\b"
# The first that fits; in Spanish, English, Portuguese and what universities elsewhere call themselves.
NAMES = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("cooperative", r"\b(cooperativa|cooperative)\b"),
        ("firm", rf"^(?!.*{_UNIVERSITY}).*({_SHORT_FORM}|{_LONG_FORM})"),
        ("laboratory", r"\b(laborator\w*|lab)\b"),
        ("group", r"\b(grupo|group|equipo) "),
        ("faculty", r"\b(facultad|faculty|faculdade|escuela profesional|departamento|department|school of)\b"),
        ("university", _UNIVERSITY),
        ("technology_centre", r"\b(cite\w*|cet|centro de innovacion|tecnologico)\b|\btechnology cent"),
        ("hospital", r"\b(hospital\w*|clinic|clinica|instituto nacional de enfermedades)\b"),
        ("institute", r"\b(institut\w*|centro internacional|centro de (investigacion|estudios))|\bresearch cent"),
        (
            "municipality",
            r"\b(municip\w+|ayuntamiento|alcaldia|gobierno regional|prefeitura|city council|town of)\b",
        ),
        ("association", r"\b(asociacion|association|camara|gremio|society|sociedad|junta|comunidad)\b"),
        ("association", r"\bcentral de organizaciones\b"),
        ("institute", r"\b(museum|museo)\b"),
        ("firm", r"\b(industrias?|empresa|compania|company|corporacion|corporation|consorcio)\b"),
        ("government", r"\b(ministerio|ministry|direccion regional|gerencia regional|superintendencia)\b"),
    )
)  # fmt: skip


@lru_cache(20_000)
def kind_of_organisation(name: str, types: tuple[str, ...] = ()) -> str:
    """Return what an organisation is; `other` where neither its types nor its name tell."""
    for type_ in types:
        kind = TYPES.get(re.sub(r"[^a-z]", "", fold(type_.rsplit("#", 1)[-1].rsplit("/", 1)[-1])))
        # A faculty may be called higher education, too: its name tells more.
        if kind and not (kind == "university" and _by_name(name) in ("faculty", "laboratory", "group")):
            return kind
    return _by_name(name) or "other"


def firm_unless_told(name: str) -> tuple[Side, str]:
    """Return side and kind of somebody who asks for help with innovation: a firm where the name tells nothing else."""
    kind = _by_name(name) or "firm"
    return side_of(kind), kind


def side_of(kind: str) -> Side:
    """Return on which side an organisation of a kind stands; who is known by research alone can do research."""
    return Side.DEMAND if kind in DEMAND else Side.SUPPLY


def _by_name(name: str) -> str | None:
    folded = fold(name)
    plain = re.sub(r"[^a-z0-9]+", " ", folded).strip()
    kind = next((kind for kind, pattern in NAMES if pattern.search(plain)), None)
    return "firm" if kind not in ("university", "cooperative") and _DOTTED_FORM.search(folded) else kind
