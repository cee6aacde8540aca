"""What is done to words before anything is compared: cleaning, sentences, language, stems."""

import html
import re
import unicodedata
from collections.abc import Collection, Iterator
from functools import cache, lru_cache

import nh3
import Stemmer
from bm25s.stopwords import STOPWORDS_EN, STOPWORDS_SPANISH
from py3langid.langid import MODEL_FILE, LanguageIdentifier

LANGUAGES = ("es", "en", "pt")  # those that detection tells apart
STEMMED = {"es": "spanish", "en": "english", "pt": "portuguese"}
# Words of asking and offering, and pronouns that the list lacks: they say that one seeks, not what.
ASKING = frozenset(
    """necesito necesita necesitan necesitamos nesesito nesesitamos quiero quiere queremos quisiera quisieramos
    busco buscamos ayuda ayude ayuden ayudar alguien hola gracias favor puedo puede pueden podemos hacer hago
    ofrezco ofrecemos need needs want wants looking help someone please can could would offer thanks
    hello i me my you your he she we us our they them their what do does have has am all""".split()  # noqa: SIM905
)
# Words that ask or count, which the stop words lack.
EMPTY = frozenset(
    "cuanto cuantos cuanta cuantas cual cuales nadie nada toda todas todo cada asi bien".split()  # noqa: SIM905
)
# Only what is a tag of HTML: `T<Tmax` and `<ana@uni.edu.pe>` are not.
_TAG = re.compile(
    r"<!--|</?(?:[abipqsu]|abbr|address|article|aside|audio|b[dl]o|big|blockquote|body|br|button|canvas|caption|center"
    r"|cite|code|col|dd|del|details|dfn|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|h[1-6r]"
    r"|head|header|html|iframe|img|input|ins|kbd|label|legend|li|link|main|mark|meta|nav|noscript|object|ol|option"
    r"|picture|pre|script|section|select|small|source|span|strike|strong|style|su[bp]|summary|svg|table|tbody|td"
    r"|template|textarea|tfoot|th|thead|time|title|tr|tt|ul|var|video)(?=[\s/>])[^<>]*>",
    re.IGNORECASE,
)
# Tags that end a line: without them `<p>Uno</p><p>dos</p>` would run together.
_BLOCK = re.compile(
    r"<(?=/?(?:address|article|aside|blockquote|br|caption|dd|div|dl|dt|figcaption|footer|h[1-6]|header|hr|li|main|nav"
    r"|ol|p|pre|section|table|td|th|tr|ul)\b)",
    re.IGNORECASE,
)
_HALF = re.compile(r"[\ud800-\udfff]")  # half of a surrogate pair, which no text may hold
# Latin-1's printable characters but for markup's, which need no other normal form: to delete them is the quickest test.
_PLAIN = bytes(code for code in range(256) if chr(code).isprintable() and chr(code) not in "<&")
_PASSES = 4  # markup may itself be escaped inside markup
_ENTITY = re.compile(r"&(?:#\d+|#x[\da-f]+|[a-z]+\d*);", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*")
# A sentence ends at . ! ? ; or a line's end, before white space and something that is no small letter.
_SENTENCE_END = re.compile(r"(?<=[.!?;…])\s+(?=[^\sa-záéíóúüñ])|\s*\n+\s*")


def is_clean(text: str) -> bool:
    """Tell at once, as of most texts, that there is nothing to do: no markup, one line, single spaces, NFC."""
    try:
        plain = not text.encode("latin-1").translate(None, _PLAIN)
    except UnicodeEncodeError:  # a dash, another alphabet
        plain = text.isprintable() and "<" not in text and "&" not in text and unicodedata.is_normalized("NFC", text)
    return plain and "  " not in text and text[:1] != " " and text[-1:] != " "


def clean(text: str) -> str:
    """Return `text` without markup, entities, control characters and doubled white space, in NFC.

    Line ends survive as single ones, since they separate sentences.
    """
    text = text.strip()
    if is_clean(text):
        return text
    if not text.isascii():
        text = _HALF.sub(" ", text)
    for _ in range(_PASSES):
        if _TAG.search(text):
            text = html.unescape(nh3.clean(_BLOCK.sub("\n<", text), tags=set()))
        elif (plain := _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)) != text:
            text = plain
        else:
            break
    else:
        text = text.replace("<", " ").replace("&", " ")  # escaped deeper than anyone does in good faith
    text = unicodedata.normalize("NFC", text)
    lines = (_single_spaces(line) for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def _single_spaces(line: str) -> str:
    if is_clean(line):
        return line
    plain = " ".join(line.split())
    if plain.isprintable():
        return plain
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())


def calm_capitals(text: str) -> str:
    """Return a text that is written all in capitals in small letters: encoders read those better."""
    letters = [c for c in text if c.isalpha()]
    if len(letters) < 8 or sum(c.isupper() for c in letters) < 0.8 * len(letters):
        return text
    return text.lower()


def fold(text: str) -> str:
    """Return `text` in small letters without accents: `Ñandú` -> `nandu`."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def words(text: str) -> list[tuple[int, int]]:
    """Return the words of `text` as (start, end), in characters."""
    return [match.span() for match in word_matches(text)]


def word_matches(text: str) -> Iterator[re.Match[str]]:
    """Yield the words of `text` as they are found, for whoever wants words and places at once."""
    return _WORD.finditer(text)


def whole_character(text: str, end: int) -> int:
    """Return `end`, or where the character before it ends: accents may stand behind their letter."""
    while 0 < end < len(text) and (unicodedata.category(text[end]).startswith("M") or text[end] == "\u200d"):
        end += 1
    return end


def sentences(text: str) -> list[tuple[int, int]]:
    """Return the sentences of `text` as (start, end), in characters; none is empty."""
    spans, start = [], 0
    for end in [*_SENTENCE_END.finditer(text), None]:
        stop = end.start() if end else len(text)
        if text[start:stop].strip():
            spans.append((start, stop))
        start = end.end() if end else stop
    return spans


@cache
def stop_words() -> frozenset[str]:
    """Return the Spanish and English stop words and the words of asking, folded."""
    return frozenset(fold(word) for word in (*STOPWORDS_SPANISH, *STOPWORDS_EN, *ASKING))


@cache
def _stemmer(language: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(STEMMED[language])


@lru_cache(100_000)
def _stem(word: str, language: str) -> str:
    # Folded before it is stemmed, so that `exportación` and `exportacion` meet.
    return str(_stemmer(language).stemWord(word)) if language in STEMMED else word


def stems(text: str, language: str | None) -> list[str]:
    """Return the folded stems of `text` in their order, without stop words.

    :param language: ISO 639-1; words of a language without stemmer are only folded.
    """
    folded = (fold(text[start:end]) for start, end in words(text))
    return [_stem(w, language or "es") for w in folded if w not in stop_words() and (len(w) > 1 or w.isdigit())]


class Stems(dict[str, str]):
    """Word as it is written -> its folded stem in a language, nothing of a stop word; words are added as they come."""

    MOST = 100_000

    def __init__(self, language: str | None) -> None:
        self.language = language

    def __missing__(self, word: str) -> str:
        if len(self) >= self.MOST:
            self.clear()
        self[word] = stem = next(iter(stems(word, self.language)), "")
        return stem


@cache
def stems_of(language: str | None) -> Stems:
    """Return the stems of a language's words, for whoever looks at every word of many texts."""
    return Stems(language)


def query_stems(text: str) -> list[str]:
    """Return each word's Spanish and English stems (one where they agree).

    Texts of either language are then found without knowing that of the question.
    """
    return [s for pair in zip(stems(text, "es"), stems(text, "en"), strict=True) for s in dict.fromkeys(pair)]


@lru_cache(100_000)
def word_stems(word: str) -> tuple[str, ...]:
    """Return the same of one word; words come again and again."""
    return tuple(query_stems(word))


def telling_words(text: str) -> dict[str, tuple[int, int]]:
    """Return the words that say what a text is about, in small letters, and where each stands first; no names."""
    found: dict[str, tuple[int, int]] = {}
    shouted = text.isupper()
    for i, match in enumerate(word_matches(text)):
        written = match[0]
        word = _telling(written)
        named = i > 0 and written[0].isupper() and not shouted
        if word and not named and word not in found:
            found[word] = match.span()
    return found


@lru_cache(100_000)
def _telling(written: str) -> str:
    """Return a word in small letters, or nothing where it says little."""
    word = written.lower()
    tells = len(written) > 2 and word.isalpha() and bool(word_stems(word)) and fold(word) not in EMPTY
    return word if tells else ""


@cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages(list(LANGUAGES))
    return identifier


def detect_language(text: str, among: Collection[str] = LANGUAGES) -> str | None:
    """Return the likeliest of LANGUAGES that are `among`, or None where `text` has no letters.

    Short Spanish looks like Portuguese ("secado de orégano"): name the languages that can be expected.
    """
    if not any(c.isalpha() for c in text):
        return None
    ranked = _identifier().rank(text.lower())
    return next((str(language) for language, _ in ranked if language in among), str(ranked[0][0]))
