"""What people read of what was found out about records: fields, values, by what."""

from matcher.fields import names as field_names
from matcher.language import N_
from matcher.places import country_name, region_name
from matcher.sectors import sector_name

FIELDS = {
    "country": N_("Country"), "region": N_("Region"), "city": N_("City"), "size": N_("Size"), "url": N_("Web"),
    "sectors": N_("Sector"), "fields": N_("Field of science"), "language": N_("Language"), "title": N_("Title"),
    "text": N_("Text"),
}  # fmt: skip
METHODS = {
    "region": N_("from the region"), "city": N_("from the city"), "mended": N_("mended spelling"),
    "py3langid": N_("from its words"), "text": N_("from what it says"),
}  # fmt: skip
HOW = {"identifier": N_("by an identifier"), "name": N_("by name and place"), "person": N_("said by a person")}
LANGUAGES = {"es": N_("Spanish (es)"), "en": N_("English (en)"), "pt": N_("Portuguese (pt)")}
LONGEST = 160  # characters of a text


def value_words(field: str, value: str | tuple[str, ...], language: str) -> str:
    """Return a value as people read it; the name of a language is a message."""
    if isinstance(value, tuple):
        return "; ".join(_code_name(field, code, language) for code in value)
    if field == "country":
        return country_name(value, language)
    if field == "region":
        return region_name(value)
    if field == "language":
        return LANGUAGES.get(value, value)
    return value if len(value) <= LONGEST else value[: LONGEST - 1].rstrip() + "…"


def _code_name(field: str, code: str, language: str) -> str:
    if field == "sectors":
        return sector_name(code, language)
    both = field_names().get(code)
    return both[0 if language == "es" else 1] if both else code
