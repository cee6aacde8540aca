"""The name of an organisation taken apart: its words in one spelling, legal form, acronyms, other names."""

import html
import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from pathlib import Path

from matcher.spelling import sound
from matcher.text import fold

LONGEST_NAME = 400  # characters; what comes after them is no name
_ARTICLES = frozenset({"la", "las", "los", "el"})
SHORTEST_ACRONYM, LONGEST_ACRONYM = 3, 12  # letters
_BRACKETS = re.compile(r"\(([^()]*)\)")
# Between two names of one organisation: a dash with a space beside it or after a legal form, a slash, a comma.
_BETWEEN = re.compile(r"(\s+[-–—:]+\s*|\s*[-–—:]+\s+|(?<=cerrada)-|(?<=\.)-|\s*/\s*|\s*,\s+|\s*\|\s*)")
# A legal form that more words follow: TALLERES UNO S.A. TUSA
_AFTER_FORM = re.compile(
    r"\b(s\.\s?a\.\s?[ac]\.?|s\.\s?a\.|s\.\s?r\.\s?l\.?|e\.\s?i\.\s?r\.\s?l\.?|cerr+ada|limitada)\s+(?=[a-z]{3})"
)
_WORD = re.compile(r"[^\W_]+")
_SPELT_OUT = re.compile(r"\b(?:[^\W\d_]\.){2,}[^\W\d_]?\b")  # U.N.I.


@dataclass(frozen=True, slots=True)
class Words:
    """What `organisation_words.toml` says. `write`: spelling -> word; the others: words in that one spelling."""

    write: dict[str, str]
    empty: frozenset[str]
    generic: frozenset[str]
    light: frozenset[str]
    loose: frozenset[str]
    part: frozenset[str]
    legal: tuple[tuple[str, re.Pattern[str]], ...]


@dataclass(frozen=True, slots=True)
class Name:
    """A name taken apart. `tokens`: its words in one spelling; `legal`: its legal form, None where none is given.

    `acronyms`: short names given beside it, in small letters; `others`: longer names given beside it;
    `initials`: of its words, in the ways in which acronyms are made. `head`: the words before the organisation that
    it belongs to (the faculty of "Faculty, University"), which is in `tokens` too; empty where there is no such.
    """

    tokens: tuple[str, ...]
    legal: str | None
    acronyms: frozenset[str]
    others: tuple[tuple[str, ...], ...]
    initials: frozenset[str]
    head: tuple[str, ...] = ()


@cache
def known_words() -> Words:
    """Return the words of names that are known."""
    found = tomllib.loads(Path(__file__).with_name("organisation_words.toml").read_text(encoding="utf-8"))
    write = {_stem(spelling): _stem(word) for word, spellings in found["write"].items() for spelling in spellings}
    lists = {name: frozenset(_stem(word) for word in listed) for name, listed in found["words"].items()}
    legal = tuple(
        (each["form"], re.compile(rf"(?:^|[\s,.\-])\s*(?:{each['pattern']})[\s.,]*$")) for each in found["legal"]
    )
    return Words(write, lists["empty"], lists["generic"], lists["light"], lists["loose"], lists["part"], legal)


@lru_cache(200_000)
def parse(text: str) -> Name:
    """Take a name apart."""
    text = " ".join(html.unescape(html.unescape(text[: 2 * LONGEST_NAME])).split())[:LONGEST_NAME]
    plain = fold(text).replace("&", " y ").replace("'", "").replace("’", "")
    plain = _AFTER_FORM.sub(r"\1 - ", plain.replace('"', " ").strip(" .-"))
    pieces = _BETWEEN.split(_BRACKETS.sub(" - ", plain))
    found = [(pieces[i], i > 0 and "," in pieces[i - 1]) for i in range(0, len(pieces), 2)]
    found += [(inside, False) for inside in _BRACKETS.findall(plain)]
    segments = [(_segment(piece), comma) for piece, comma in found]
    segments = [each for each in segments if _telling(each[0][0])]
    if not segments:
        return Name((), None, frozenset(), (), frozenset())
    legal = next((form for (_, form), _ in segments if form), None)
    ended = segments[0][0][1] is not None
    return _assembled([(words, comma) for (words, _), comma in segments], legal, ended=ended)


def _assembled(segments: list[tuple[tuple[str, ...], bool]], legal: str | None, *, ended: bool) -> Name:
    """Tell which of a name's segments are its name, which are short or other names.

    :param segments: words, and whether a comma stands before them. `ended`: the first has a legal form.
    """
    first = max(range(len(segments)), key=lambda i: (len(_telling(segments[i][0])) > 1, -i))
    whole = list(segments[first][0])
    main = list(_telling(segments[first][0]))
    acronyms, others = set(), []
    head: tuple[str, ...] = ()
    for i, (words, comma) in enumerate(segments):
        tokens = _telling(words)
        if i == first or set(tokens) <= set(main):
            continue
        if (
            len(tokens) == 1
            and len(main) > 1
            and _acronym_like(tokens[0])
            and (not comma or _made_of(tokens[0], whole))
        ):
            acronyms.add(tokens[0])
        elif not comma and (ended or i > first) and not known_words().part & {*tokens, *main}:
            others.append(tokens)
        else:  # a faculty, and its university
            head = head or tuple(main)
            main += tokens
            whole += words
    if len(main) > 2 and main[-1] in initials(tuple(whole[:-1])):
        acronyms.add(main.pop())
        whole.pop()
    if len(main) == 1 and len(segments) == 1:
        acronyms.add(main[0])
    return Name(tuple(main), legal, frozenset(acronyms), tuple(others), initials(tuple(whole)), head)


def _segment(piece: str) -> tuple[tuple[str, ...], str | None]:
    """Return a segment's words in one spelling, and its legal form; "" is an end that is none."""
    legal: str | None = None
    found = True
    while found:
        found = False
        for form, pattern in known_words().legal:
            match = pattern.search(piece)
            if match and piece[: match.start()].strip(" .,-"):
                piece, legal, found = piece[: match.start()], legal or form, True
                break
    return _words_of(piece), legal


def tokens_of(text: str) -> tuple[str, ...]:
    """Return the words of a folded text in one spelling, without those that say nothing."""
    return _telling(_words_of(text))


def _telling(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for word in words if word not in known_words().empty)


def _words_of(text: str) -> tuple[str, ...]:
    known = known_words()
    text = _SPELT_OUT.sub(lambda match: match[0].replace(".", ""), text)
    text = re.sub(r"\bcite(?=[a-z]{3})", "cite ", text)
    words = [known.write.get(stem, stem) for word in _WORD.findall(text) if (stem := _stem(word))]
    if len(words) > 2 and words[0] in ("u", "uni"):  # elsewhere these are letters, and a university's own acronym
        words[0] = "universidad"
    return tuple(words)


def _stem(word: str) -> str:
    """Return a word in the singular, roughly: `ciencias` and `ciencia` meet, `inversiones` and `inversion`."""
    if len(word) > 5 and word.endswith(("nes", "res", "les", "des")):
        return word[:-2]
    return word[:-1] if len(word) > 4 and word.endswith("s") and not word.endswith("ss") else word


def _acronym_like(word: str) -> bool:
    return SHORTEST_ACRONYM <= len(word) <= LONGEST_ACRONYM


def _made_of(acronym: str, words: list[str]) -> bool:
    return acronym in initials(tuple(words)) or is_short_for(acronym, _telling(tuple(words)))


@lru_cache(200_000)
def initials(words: tuple[str, ...]) -> frozenset[str]:
    """Return the acronyms that words make: of those that tell, with `la` and the like, of all; and without the last."""
    telling = _telling(words)
    if len(telling) < SHORTEST_ACRONYM - 1:
        return frozenset()
    articles = [word for word in words if word in telling or word in _ARTICLES]
    made = {"".join(word[0] for word in some) for some in (telling, telling[:-1], articles, words)}
    return frozenset(acronym for acronym in made if len(acronym) >= SHORTEST_ACRONYM)


def is_short_for(acronym: str, tokens: tuple[str, ...]) -> bool:
    """Tell whether an acronym is made of the beginnings of words, in their order, from the first on.

    `embrapa` of `empresa brasileira pesquisa agropecuaria`; every letter belongs to the beginning of a word.
    """
    reached = {0}
    for place, word in enumerate(tokens):
        extended = set(reached) if place else set()  # the first word takes part
        for start, length in product(reached, range(1, 5)):
            if acronym[start : start + length] and word.startswith(acronym[start : start + length]):
                extended.add(min(start + length, len(acronym)))
        reached = extended
    return len(acronym) in reached and len(acronym) >= SHORTEST_ACRONYM


@lru_cache(200_000)
def heard_as(word: str) -> str:
    """Return how a word sounds, without what names are spelt with beside Spanish: `hayduck` and `hayduk`."""
    return sound(word.replace("ck", "k").replace("y", "i").replace("ph", "f"))
