"""The table of settings as people read it: in the terminal with their values, and as a page of the documentation."""

from dataclasses import Field
from typing import Any

from matcher.language import Translate, translator
from matcher.settings import TABLE, Settings, name_of, variable_of
from matcher.store.database import url_of

HEAD = """# Settings · Ajustes

Made by `tinkuy settings --markdown`; don't edit it by hand. Each setting is an environment variable, or a line in the
TOML file that `TINKUY_CONFIG` names; the environment goes first. A wrong value is refused at start with the setting's
name and what is allowed; so is an unknown name in the file, while an unknown `TINKUY_…` variable is warned of.
`tinkuy settings` shows the values in force and where each comes from.

Cada ajuste es una variable de entorno, o una línea en el archivo TOML que nombra `TINKUY_CONFIG`; el entorno va
primero. Un valor incorrecto se rechaza al arrancar, con el nombre del ajuste y lo permitido.

| variable | in the file | allowed · permitido | default | meaning | significado |
|---|---|---|---|---|---|
"""


def shown(settings: Settings, row: Field[Any]) -> str:
    """Return a setting's value as it may be shown: no password."""
    value = getattr(settings, row.name)
    if value is None or value == ():
        return ""
    if row.metadata["secret"]:
        return url_of(value).render_as_string(hide_password=True)
    return _plain(value)


def lines(settings: Settings, say: Translate) -> list[tuple[str, str, str, str]]:
    """Return variable, value, where it comes from (empty: it is the default) and meaning of each setting."""
    return [
        (variable_of(row), shown(settings, row), settings.origin.get(row.name, ""), say(row.metadata["about"]))
        for row in TABLE
    ]


def markdown() -> str:
    """Return the page of the documentation."""
    spanish = translator("es")
    rows = [
        (
            f"`{variable_of(row)}`",
            f"`{name_of(row)}`",
            f"`{row.metadata['kind'].allowed}`",
            f"`{default}`" if (default := _default(row)) else "",
            row.metadata["about"],
            spanish(row.metadata["about"]),
        )
        for row in TABLE
    ]
    return HEAD + "".join(f"| {' | '.join(cells)} |\n" for cells in rows)


def _default(row: Field[Any]) -> str:
    return row.metadata["default"] or ("" if row.default in (None, ()) else _plain(row.default))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)
