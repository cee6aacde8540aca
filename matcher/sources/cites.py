"""The public CITEs (Peru's centres of productive innovation and technology transfer, of the ITP) and where they sit.

Their projects are the ITP's, whose address is in Lima; a title names the centre, in many spellings.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from matcher.places import PERU
from matcher.text import fold


class Cite(NamedTuple):
    """A centre. `named`: how texts call it after folding, what may stand between its words left out."""

    name: str
    region: str
    named: str


# The names are those of the ITP's network; a seat is the region of the centre itself, not of its technical units.
CITES = (
    Cite("CITEccal Lima", "PE-LIM", r"ccal lima"),
    Cite("CITEccal Trujillo", "PE-LAL", r"ccal trujillo"),
    Cite("CITEccal Arequipa", "PE-ARE", r"ccal arequipa"),
    Cite("CITEmadera", "PE-LIM", r"madera"),
    Cite("CITEforestal Pucallpa", "PE-UCA", r"forestal.* pucallpa"),
    Cite("CITEproductivo Maynas", "PE-LOR", r"productivo.* maynas"),
    Cite("CITEproductivo Madre de Dios", "PE-MDD", r"productivo.* madre de dios"),
    Cite("CITEpesquero Callao", "PE-CAL", r"pesquero.* callao"),
    Cite("CITEpesquero Ilo", "PE-MOQ", r"pesquero.* ilo"),
    Cite("CITEpesquero Piura", "PE-PIU", r"pesquero.* piura"),
    Cite("CITEpesquero Amazónico Pucallpa", "PE-UCA", r"pesquero.* pucallpa"),
    Cite("CITEacuícola Ahuashiyacu", "PE-SAM", r"(?:acuicola|pesquero).* ahuashiyacu"),
    Cite("CITEagroindustrial Ica", "PE-ICA", r"agroindustrial ica"),
    Cite("CITEagroindustrial Moquegua", "PE-MOQ", r"agroindustrial moquegua"),
    Cite("CITEagroindustrial Majes", "PE-ARE", r"agroindustrial majes"),
    Cite("CITEagroindustrial Chavimochic", "PE-LAL", r"agroindustrial chavimochic"),
    Cite("CITEagroindustrial Huallaga", "PE-HUC", r"agroindustrial huallaga"),
    Cite("CITEagroindustrial Oxapampa", "PE-PAS", r"agroindustrial oxapampa"),
    Cite("CITEagroindustrial VRAEM", "PE-CUS", r"agroindustrial vraem"),
    Cite("CITEtextil Camélidos Arequipa", "PE-ARE", r"textil camelidos.* arequipa"),
    Cite("CITEtextil Camélidos Cusco", "PE-CUS", r"textil camelidos.* cusco"),
    Cite("CITEtextil Camélidos Puno", "PE-PUN", r"textil camelidos.* puno"),
)
_BETWEEN = 8  # words that may stand within a centre's name: `CITEproductivo in the chains of … of Madre de Dios`
_NAMED = tuple(
    (cite, re.compile(r"\bcite ?" + cite.named.replace(".*", rf"(?: \w+){{0,{_BETWEEN * 2}}}") + r"\b"))
    for cite in CITES
)
_REGIONS = {fold(name): code for code, name in PERU.items()}
_REGION = re.compile(
    r"\bregion(?:es)?(?: de| del)? (?P<first>{names})(?P<more>(?: y|,| e)? (?:{names}))*".format(
        names="|".join(sorted(_REGIONS, key=len, reverse=True))
    )
)


@lru_cache(10_000)
def cites_in(text: str) -> tuple[Cite, ...]:
    """Return the public CITEs that a text names, in the table's order."""
    plain = _plain(text)
    if "cite" not in plain:
        return ()
    return tuple(cite for cite, pattern in _NAMED if pattern.search(plain))


def region_in(text: str) -> str | None:
    """Return the one region of Peru that a text speaks of as a region; None of several, or of none."""
    found = {_REGIONS[name] for match in _REGION.finditer(_plain(text)) for name in _names(match[0])}
    return found.pop() if len(found) == 1 else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _names(text: str) -> list[str]:
    return re.findall("|".join(sorted(_REGIONS, key=len, reverse=True)), text)
