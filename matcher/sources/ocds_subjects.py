"""Which public tenders ask for research, development or technology: by their classification, else by their words.

Works never do. Goods do only where their title says so: who buys a microscope needs no partner. Services do by their
code in CPV (the European Union's list) or UNSPSC (the United Nations', of which Peru's CUBSO begins with eight
digits), or by words that only R&D is asked for with.
"""

import re
from functools import lru_cache

from matcher.text import fold

# The longest prefix that fits decides. In both lists the code of a division is followed by finer ones.
CPV = {
    "73": True,  # research and development services
    "722": True,  # programming of software, and advice on it; the rest of 72 keeps machines and nets running
    "7135": True,  # scientific and technical services beside engineering; other engineering of 71 plans works
    "716": True,  # technical testing, analysis and advice
}
UNSPSC = {
    "81": True,  # engineering, research and technology
    "811015": False,  # civil engineering and architecture: works are planned and watched over
    "8111": False,  # computers kept running, data stored, nets
    "811115": True,  # software and hardware engineering
    "811116": True,  # programming
    "811117": True,  # information systems designed
    "8112": False,  # economics
    "8116": False,  # access to and care of information technology
}
SCHEMES = {"CPV": CPV, "CPVS": CPV, "UNSPSC": UNSPSC, "CUBSO": UNSPSC}
_WORDS = re.compile(
    r"\bi ?\+ ?d\b|\br ?& ?d\b|\bp ?& ?d\b|\binvestigacion (?:aplicada|cientifica|tecnologica|experimental)\b"
    r"|\binvestigacion(?: tecnologica)? y (?:el )?desarrollo\b|\bdesarrollo (?:experimental|tecnologico)\b"
    r"|\binnovacion tecnologica\b|\btransferencia (?:de tecnologia|tecnologica)\b|\bprototipos?\b"
    r"|\bprueba de concepto\b"
    r"|\bcompra publica (?:de innovacion|innovadora|precomercial)\b|\bvigilancia tecnologica\b"
    r"|\bresearch and (?:technological )?development\b|\bapplied research\b|\bscientific research\b|\bprototypes?\b"
    r"|\bproof of concept\b|\bpre-?commercial procurement\b|\btechnology transfer\b|\bexperimental development\b"
    r"|\bpesquisa (?:aplicada|cientifica)\b|\bpesquisa e desenvolvimento\b"
    r"|\bdesenvolvimento (?:experimental|tecnologico)\b"
    r"|\bprototipagem\b|\bprova de conceito\b|\binovacao tecnologica\b"
)


@lru_cache(10_000)
def code_asks(scheme: str, code: str) -> bool:
    """Tell whether a code means research, development or technology: `CPV`, `73111000-3`; of unknown schemes never."""
    prefixes = SCHEMES.get(scheme.strip().upper(), {})
    digits = re.sub(r"\D", "", code)
    return next((prefixes[digits[:n]] for n in range(len(digits), 1, -1) if digits[:n] in prefixes), False)


def words_ask(text: str) -> bool:
    """Tell whether a text asks for research or development in so many words."""
    return bool(_WORDS.search(fold(text)))
