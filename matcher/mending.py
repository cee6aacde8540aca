"""A text as it is told: encodings mended, markup, LaTeX and boilerplate out, capitals calmed."""

import re
import tomllib
from functools import cache
from pathlib import Path

import ftfy

from matcher.latex import without_latex
from matcher.text import clean, fold

_MENDING = ftfy.TextFixerConfig(uncurl_quotes=False, normalization="NFC", unescape_html=False)
CAPITALS = 0.8  # of the letters; from here on a text is "written in capitals"
LONGEST_ACRONYM = 8
FEWEST = 8  # letters; shorter ones may be a name
_LABEL = re.compile(
    r"^\s*(?:abstract|summary|resumen(?: ejecutivo)?|resumo|description|descripci[oó]n|descri[cç][aã]o|title|t[ií]tulo)"
    r"\s*[:.\-–—]\s*(?=\S)",
    re.IGNORECASE,
)
_RIGHTS = re.compile(
    r"(?:copyright\b\s*)?(?:©|\(c\)|copyright\b)\W*(?:(?:19|20)\d\d|the authors?|los autores|os autores)\b"
    r"[^.\n]{0,120}(?:\.(?=\s|$)|$)"
    r"|(?:all rights reserved|todos los derechos reservados|todos os direitos reservados)\.?"
    r"|published by elsevier[^.\n]{0,60}(?:\.(?=\s|$)|$)"
    r"|this is an open access article[^.\n]{0,160}(?:\([^)]*\))?(?:\.(?=\s|$)|$)"
    r"|este es un art[ií]culo (?:de|en) acceso abierto[^.\n]{0,160}(?:\.(?=\s|$)|$)",
    re.IGNORECASE,
)
_WORD = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]\b|[^\W_]+(?:&[^\W_]+)*")  # S.A., R&D
_SMALL = frozenset(["a", "e", "o", "u", "y"])  # words of one letter
_SPECIES = frozenset({"sp", "spp", "var", "cv"})
LONGEST_NAME_PART = 3  # letters; inside quotation marks, longer words begin with a capital
_ROMAN = re.compile(r"(?:x{0,3})(?:ix|iv|v?i{0,3})", re.IGNORECASE)
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{2,5}")
_SENTENCE_END = re.compile(r"[.?!]\s|\n")


def mended(text: str) -> str:
    """Return a text as one would have typed it: one decoded wrongly is decoded again, markup and LaTeX are out.

    Line ends stay; a label before it ("Resumen:") and copyright lines are left out.
    """
    text = clean(without_latex(clean(ftfy.fix_text(text, _MENDING))))
    without_label = _LABEL.sub("", text)
    stripped = clean(_RIGHTS.sub(" ", without_label))
    return stripped or text


def mended_title(title: str) -> str:
    """Return a title mended, on one line, and in small letters where it is written all in capitals."""
    return sentence_case(" ".join(mended(title).split()))


def in_capitals(text: str) -> bool:
    """Tell whether a text is written in capitals."""
    letters = [c for c in text if c.isalpha()]
    return len(letters) >= FEWEST and sum(c.isupper() for c in letters) >= CAPITALS * len(letters)


def sentence_case(text: str) -> str:
    """Return a text that is all in capitals in small letters, acronyms, names and beginnings of sentences apart.

    An acronym is a known one, what stands alone in brackets, what has no vowel, or letters with digits (CO2).
    """
    if not in_capitals(text):
        return text
    written: list[str] = []
    end, quoted, dotted = 0, False, False
    for match in _WORD.finditer(text):
        word, before, after = match[0], text[end : match.start()], text[match.end() : match.end() + 1]
        quoted ^= before.count('"') % 2 == 1
        ended = bool(_SENTENCE_END.search(before[1:] if dotted else before))  # the stop of S.A. ends no sentence
        begins = not end or ended or (quoted and len(word) > LONGEST_NAME_PART)
        bracketed = before.endswith("(") and after == ")"
        written += [before, _cased(word, bracketed=bracketed, begins=begins)]
        end, dotted = match.end(), "." in word
    return "".join(written) + text[end:]


def _cased(word: str, *, bracketed: bool, begins: bool) -> str:
    acronyms, names = _kept()
    plain = fold(word)
    if word.upper() != word:  # it has small letters: whoever wrote them meant them
        return word
    if plain in names:
        return names[plain]
    if plain in _SPECIES:
        return word.lower()
    if plain.upper() in acronyms or (bracketed and 2 <= len(word) <= LONGEST_ACRONYM):
        return word
    if any(not c.isalpha() for c in word) or _CONSONANTS.fullmatch(plain):  # CO2, S.A.C., R&D
        return word
    if _ROMAN.fullmatch(plain) or (len(word) == 1 and plain not in _SMALL):
        return word
    return word.capitalize() if begins else word.lower()


@cache
def _kept() -> tuple[frozenset[str], dict[str, str]]:
    """Return acronyms in capitals, and folded name -> as it is written."""
    found = tomllib.loads(Path(__file__).with_name("acronyms.toml").read_text(encoding="utf-8"))
    return frozenset(found["acronyms"].split()), {fold(name): name for name in found["names"].split()}
