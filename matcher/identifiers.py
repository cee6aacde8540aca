"""Identifiers of organisations in public registers: `scheme:value`, by which two sources know the same one."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from stdnum import isni
from stdnum.pe import ruc

from matcher.errors import NotFound
from matcher.language import N_

_CROCKFORD = "0123456789abcdefghjkmnpqrstvwxyz"  # Base 32 without i, l, o, u


def ror_is_valid(value: str) -> bool:
    """Tell whether the two digits at the end of a ROR id are right: ISO 7064 mod 97-10 over the other seven."""
    number = 0
    for letter in value[:7]:
        number = number * 32 + _CROCKFORD.index(letter)
    return 98 - number * 100 % 97 == int(value[7:])


@dataclass(frozen=True, slots=True)
class Scheme:
    """A register. `found`: what its values look like, alone or in an address; `page`: where one is shown."""

    name: str
    found: str
    is_valid: Callable[[str], bool] = bool
    page: str | None = None


# In the order in which two partners are compared: what names one organisation most surely first.
SCHEMES = {
    scheme.name: scheme
    for scheme in (
        Scheme(
            "ror", r"(?:(?:https?://)?ror\.org/)?(0[a-hj-km-np-tv-z0-9]{6}\d{2})", ror_is_valid, "https://ror.org/{}"
        ),
        Scheme("ruc", r"([12]\d{10})", ruc.is_valid),  # Peru's tax register
        Scheme("grid", r"(?:https?://(?:www\.)?grid\.ac/institutes/)?(grid\.\d+\.[0-9a-f]{1,2})"),
        Scheme(
            "wikidata",
            r"(?:https?://(?:www\.)?wikidata\.org/(?:wiki|entity)/)?(q[1-9]\d*)",
            page="https://www.wikidata.org/wiki/{}",
        ),
        Scheme(
            "isni",
            r"(?:https?://(?:www\.)?isni\.org/(?:isni/)?)?(\d{4} ?\d{4} ?\d{4} ?\d{3}[\dx])",
            isni.is_valid,
            "https://isni.org/isni/{}",
        ),
        Scheme("openalex", r"(?:https?://openalex\.org/)?(i\d+)", page="https://openalex.org/{}"),
        Scheme(
            "fundref",
            r"(?:(?:https?://(?:dx\.)?doi\.org/)?10\.13039/)?([1-9]\d{5,14})",
            page="https://doi.org/10.13039/{}",
        ),
        Scheme("pic", r"([1-9]\d{8})"),  # the European Union's participants
    )
}
_UPPER = ("wikidata", "openalex", "isni")  # whose letters are written large


def find_identifier(text: str) -> str:
    """Return `scheme:value` in its one form: of `ROR: https://ror.org/04CPXJV19` this is `ror:04cpxjv19`.

    :raises NotFound: no register that is known, or a value that it cannot have given.
    """
    scheme, _, value = text.partition(":")
    named = SCHEMES.get(scheme.strip().lower())
    if named is None:  # an address, or a value that says itself whose it is
        found = [s.name for s in (SCHEMES["ror"], SCHEMES["grid"]) if read(s.name, text)]
        found += [s.name for s in SCHEMES.values() if "://" in text and read(s.name, text)]
        named, value = (SCHEMES[found[0]], text) if found else (None, text)
    made = read(named.name, value) if named else None
    if made is None:
        raise NotFound(
            N_("{found!r} is no identifier that is known; write scheme:value, the schemes are {known}"),
            found=text[:100],
            known=", ".join(SCHEMES),
        )
    return made


def read(scheme: str, value: str) -> str | None:
    """Return the identifier that a value, or an address, is in a scheme; None where it cannot be one."""
    match = re.fullmatch(SCHEMES[scheme].found, value.strip().lower())
    plain = match[1].replace(" ", "") if match else ""
    if not plain or not SCHEMES[scheme].is_valid(plain.upper() if scheme == "isni" else plain):
        return None
    return f"{scheme}:{plain.upper() if scheme in _UPPER else plain}"


def page_of(identifier: str) -> str | None:
    """Return the address at which a register shows what it knows of an identifier; None where it has none."""
    scheme, _, value = identifier.partition(":")
    page = SCHEMES[scheme].page if scheme in SCHEMES else None
    return page.format(value) if page else None
