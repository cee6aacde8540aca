"""One organisation under many spellings: the key that all spellings of a Peruvian organisation's name share.

Accents, punctuation, articles, spaces and doubled letters do not tell two organisations apart, as they do not in the
register of companies; nor does what follows the legal form, mostly the name once more (`TELARES DEL SUR SOCIEDAD
ANONIMA CERRADA - TELARES S.A.C.`). S.A., S.A.A. and S.A.C. are one form, between which a company may move.
Keys are exact: what is only alike is for people, or for a comparison that knows more than the name.
"""

import html
import re
from functools import lru_cache

from matcher.text import fold

# After folding, with punctuation as spaces. The ends are open where the portals cut long names.
_FORMS = (
    (
        "eirl",
        r"empresa individual de (?:respon\w*|resp|r)(?: lim\w*| ltda)?|e ?i ?r ?l(?:tda)?",
    ),
    (
        "srl",
        r"soc\w* (?:comer ?\w* )?de (?:respon\w+|resp|r) (?:lim\w*|ltda)|soc com (?:de )?res\w* l\w*"
        r"|s c ?r ?l|scrl|s ?r ?l(?:tda)?|s r ltda|soc\w* civil de respon\w+ (?:lim\w*|ltda)",
    ),
    ("sa", r"sociedad anonima(?: (?:cerr\w*|abierta))?|s ?a ?[ac]|s ?a"),
)
_FORM = re.compile(r"(?<=\w) (?:" + "|".join(f"(?P<{name}>{pattern})" for name, pattern in _FORMS) + r")(?= |$)")
_WORDS = {
    "nac": "nacional", "univ": "universidad", "inst": "instituto", "asoc": "asociacion", "coop": "cooperativa",
    "cia": "compania", "hnos": "hermanos",
}  # fmt: skip
_LESSER = frozenset("de del la las el los y e en".split())  # noqa: SIM905
_COOPERATIVE = re.compile(r"\b(?:ltda|limitada)\b.*$")
_APART = re.compile(r"\s+[-–_/]\s*|\s*[-–_/]\s+|\s*\(")  # before a short name
_SHORT = 8  # letters, below which a name cannot spare one
_DOUBLED = re.compile(r"([^lr\W\d])\1+|(.)\2{2,}")  # `ll` and `rr` are letters of their own


@lru_cache(100_000)
def key_of(name: str) -> str:
    """Return what all spellings of a name share: letters and digits, and the kind of legal form if there is one.

    `Cía. Textil "El Sol" S. A. C.` and `COMPAÑIA TEXTIL EL SOL SAC - EL SOL SAC` are `companiatextilsol sa`.
    """
    text = fold(html.unescape(html.unescape(name)))
    text = re.sub(r"['´`’\"?]", "", text).replace("&", " y ")
    plain = _plain(text)
    form = _FORM.search(plain)
    if form:
        core, kind = plain[: form.start()], f" {form.lastgroup}"
    else:
        core, kind = _without_short_name(text), ""
        if core.startswith("cooperativa"):
            core = _COOPERATIVE.sub("", core)
    words = [_WORDS.get(word, word) for word in core.split()]
    telling = _DOUBLED.sub(lambda match: match[1] or match[2], "".join(word for word in words if word not in _LESSER))
    if len(telling) < _SHORT:  # `N & A` is not `NA`
        telling = "".join(words)
    return (telling or plain.replace(" ", "")) + kind


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.replace("_", " ")))


def _without_short_name(text: str) -> str:
    """Return a name without the initials at its end: `Universidad Nacional de Ingenieria - UNI`."""
    parts = _APART.split(text)
    while len(parts) > 1 and _shortens(_plain(parts[-1]), _plain(" ".join(parts[:-1]))):
        parts.pop()
    words = _plain(" ".join(parts)).split()
    if len(words) > 2 and words[-1] == "".join(word[0] for word in words[:-1] if word not in _LESSER):
        words.pop()
    return " ".join(words)


def _shortens(short: str, name: str) -> bool:
    """Tell whether a word is made of a name's letters in their order, begun with a word's first; a place is not."""
    if " " in short:
        return False
    if not any(word.startswith(short[:1]) for word in name.split()):
        return False
    letters = iter(name.replace(" ", ""))
    return all(letter in letters for letter in short)
