"""The interface's languages: English in the code, the others in `locale/<code>.po`."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po

Translate = Callable[[str], str]
LOCALE = Path(__file__).with_name("locale")


def N_(message: str) -> str:  # noqa: N802 - the name that message extractors look for
    """Mark a message for translation where it is written; it is translated where it is shown."""
    return message


@cache
def _catalogue(language: str) -> dict[str, str]:
    with (LOCALE / f"{language}.po").open("rb") as file:
        return {
            str(message.id): str(message.string)
            for message in read_po(file, locale=language)
            if message.id and message.string
        }


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that people can choose, Spanish first."""
    return tuple(sorted({path.stem for path in LOCALE.glob("*.po")} | {"en"}, key=lambda c: (c != "es", c)))


def translator(language: str) -> Translate:
    """Return a function from English messages to `language`; unknown messages stay English."""
    if language == "en" or language not in languages():
        return lambda message: message
    catalogue = _catalogue(language)
    return lambda message: catalogue.get(message, message)
