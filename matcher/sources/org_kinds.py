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
# The first that fits; in Spanish, English, Portuguese and what universities elsewhere call themselves.
NAMES = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("laboratory", r"\b(laborator\w*|lab)\b"),
        ("group", r"\b(grupo|group|equipo) "),
        ("faculty", r"\b(facultad|faculty|faculdade|escuela profesional|departamento|department|school of)\b"),
        ("university", r"\b(universi\w+|politecnic\w*|polytechnic|hochschule|escola superior|college|uni)\b"),
        ("cooperative", r"\b(cooperativa|cooperative)\b"),
        ("firm", r"(\b(s ?a ?c|s ?a|e ?i ?r ?l|s ?r ?l|ltda|s ?p ?a|gmbh|inc|ltd|llc|s ?l|b ?v)( s)?$)"),
        ("technology_centre", r"(\bcite\w*\b|\bcet\b|\bcentro de innovacion\b|\btecnologico\b|\btechnology cent)"),
        ("hospital", r"\b(hospital|clinica|clinic|instituto nacional de enfermedades)\b"),
        ("institute", r"\b(institut\w*|centro internacional|centro de (investigacion|estudios)|museum|museo)\b"),
        ("institute", r"\bresearch cent"),
        ("municipality", r"\b(municipalidad|municipality|gobierno regional|prefeitura)\b"),
        ("firm", r"\b(industrias?|empresa|compania|company|corporacion|corporation|consorcio)\b"),
        ("association", r"\b(asociacion|association|camara|gremio|society|sociedad)\b"),
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


def side_of(kind: str) -> Side:
    """Return on which side an organisation of a kind stands; who is known by research alone can do research."""
    return Side.DEMAND if kind in DEMAND else Side.SUPPLY


def _by_name(name: str) -> str | None:
    plain = re.sub(r"[^a-z0-9]+", " ", fold(name)).strip()
    return next((kind for kind, pattern in NAMES if pattern.search(plain)), None)
