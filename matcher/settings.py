"""Settings: one table of all of them, read at the door (`main()` and `create_app()`).

A setting comes from the environment (`TINKUY_PORT=8080`), else from the file that TINKUY_CONFIG names
(TOML, `port = 8080`), else it is its default. A value that is not allowed is refused with its name.
"""

import difflib
import logging
import tomllib
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_cache_path

from matcher.errors import BadInput
from matcher.language import N_, languages
from matcher.setting_kinds import (
    ADDRESS,
    CANDIDATES,
    CONTACT,
    FILE,
    FOLDER,
    HOST,
    ORIGINS,
    RATE,
    SIZE,
    SWITCH,
    TABLE_FILE,
    TEXT,
    Kind,
    one_of,
    whole,
)

log = logging.getLogger(__name__)
CHECKOUT = Path(__file__).resolve().parent.parent
PREFIX = "TINKUY_"
CONFIG = "TINKUY_CONFIG"
# Of the shell's completion, and of our tests.
FOREIGN = {CONFIG, "TINKUY_COMPLETE", "TINKUY_TEST_POSTGRES", "TINKUY_SCREENSHOTS"}


def setting(kind: Kind, about: str, *, name: str = "", default: str = "", secret: bool = False) -> dict[str, Any]:
    """Return what is told of a setting.

    :param name: in the file; in the environment it is TINKUY_ and the name in capitals. That of the field without it.
    :param default: as people are shown it, where the value itself tells less.
    :param secret: never shown, nor repeated in an error.
    """
    return {"kind": kind, "about": about, "name": name, "default": default, "secret": secret}


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie, and what the user chose; each field is a row of the table of settings.

    `origin`: field -> where its value is from: the variable, or the file and its name there. Defaults are absent.
    """

    home: Path = field(metadata=setting(FOLDER, N_("Database, snapshots, locks"), default="indexes/"))
    cache: Path = field(
        metadata=setting(FOLDER, N_("Converted model, cached vectors"), default="~/.cache/tinkuy (Linux)")
    )
    model: str | None = field(
        default=None,
        metadata=setting(
            TEXT, N_("A sentence-transformers folder or hub name; not set: the bundled multilingual-e5-small")
        ),
    )
    passages: Literal["float32", "int8"] = field(
        default="int8",
        metadata=setting(
            one_of("int8", "float32"),
            N_("Numbers that the model reads stored texts with: int8, about twice as fast, or float32"),
        ),
    )
    weights: Path | None = field(
        default=None,
        metadata=setting(
            FILE,
            N_(
                "Another weights file; not set: weights.toml in the home folder, which the administration page writes, "
                "else matcher/weights.toml"
            ),
        ),
    )
    macro_regions: Path | None = field(
        default=None,
        metadata=setting(TABLE_FILE, N_("Another table of macro-regions; not set: matcher/macro_regions.csv")),
    )
    language: str = field(
        default="es", metadata=setting(one_of(*languages()), N_("Language of the interface"), name="lang")
    )
    database_url: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            ADDRESS, N_("Address of the database; not set: the SQLite file tinkuy.db in the home folder"), secret=True
        ),
    )
    candidates: str | None = field(
        default=None,
        metadata=setting(
            CANDIDATES,
            N_(
                "Engine that proposes texts to be scored; not set: the snapshot's own indexes. One Qdrant, or several "
                "that share the texts out, separated by spaces (docs/QDRANT.md)"
            ),
        ),
    )
    candidates_key: str | None = field(
        default=None, repr=False, metadata=setting(TEXT, N_("API key of that engine"), secret=True)
    )
    contact: str | None = field(
        default=None,
        metadata=setting(
            CONTACT, N_("Whom people ask to have their record changed or removed: an e-mail address or a web page")
        ),
    )
    host: str = field(default="127.0.0.1", metadata=setting(HOST, N_("Address that the server listens on")))
    port: int = field(default=8000, metadata=setting(whole(1, 65535), N_("Port that the server listens on")))
    workers: int = field(default=1, metadata=setting(whole(1, 64), N_("Processes that answer")))
    shutdown_s: int = field(
        default=30, metadata=setting(whole(1, 3600), N_("Seconds that running requests have to end at shutdown"))
    )
    log_format: str = field(
        default="json", metadata=setting(one_of("json", "text"), N_("Log lines for machines (json) or for people"))
    )
    log_level: str = field(
        default="info",
        metadata=setting(one_of("debug", "info", "warning", "error"), N_("What is logged, from here up")),
    )
    public_reading: bool = field(
        default=True, metadata=setting(SWITCH, N_("Whether anybody may ask and read public records without a key"))
    )
    rate_questions: str = field(
        default="120/minute", metadata=setting(RATE, N_("Questions and reads of one key or address"))
    )
    rate_writes: str = field(default="300/minute", metadata=setting(RATE, N_("Writes of one key or address")))
    max_body: int = field(default=2**20, metadata=setting(SIZE, N_("Largest body of a request"), default="1 MiB"))
    cors_origins: tuple[str, ...] = field(
        default=(), metadata=setting(ORIGINS, N_("Sites whose pages may call the API from a browser; not set: none"))
    )
    proxy: bool = field(
        default=False,
        metadata=setting(SWITCH, N_("Whether a reverse proxy stands before it, whose X-Forwarded-For is believed")),
    )
    complete_after_sync: str = field(
        default="yes",
        metadata=setting(
            one_of("yes", "codes", "no"),
            N_(
                "Whether `tinkuy sync` makes whole what it has read, as `tinkuy complete --no-codes` does (seconds for "
                "thousands of records); codes: also sectors and fields of texts, for which the model reads each new "
                "text once (minutes for thousands)"
            ),
        ),
    )
    origin: Mapping[str, str] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the TINKUY_* variables, and the file that TINKUY_CONFIG names.

        An empty value is none. A variable that is no setting is warned of; in the file it is an error.

        :raises BadInput: a value that is not allowed, or a file that cannot be read.
        """
        path = environment.get(CONFIG)
        in_file = _file(Path(path).expanduser()) if path else {}
        for name in environment:
            if name.startswith(PREFIX) and name not in FOREIGN | set(VARIABLES):
                log.warning("%s is no setting%s", name, _nearest(name, list(VARIABLES)))
        values: dict[str, Any] = {
            "home": CHECKOUT / "indexes",
            "cache": user_cache_path("tinkuy"),
        }
        origin = {}
        for variable, row in VARIABLES.items():
            name = name_of(row)
            if environment.get(variable):
                text, where = environment[variable], variable
            elif in_file.get(name):
                text, where = in_file[name], f"{path}: {name}"
            else:
                continue
            values[row.name] = _value(row, text, where)
            origin[row.name] = where
        return cls(**values, origin=origin)

    def overridden(self, options: Mapping[str, str]) -> "Settings":
        """Return these settings with those that were given on the command line, by field.

        :raises BadInput: a value that is not allowed.
        """
        rows = {row.name: row for row in TABLE}
        given = {name: f"--{name.replace('_', '-')}" for name in options}
        values: dict[str, Any] = {name: _value(rows[name], text, given[name]) for name, text in options.items()}
        return replace(self, **values, origin={**self.origin, **given})

    @property
    def database(self) -> Path:
        """The SQLite file that holds the records where no database's address is given."""
        return self.home / "tinkuy.db"

    @property
    def reports(self) -> Path:
        """The folder of the evaluation report that the pages show."""
        return self.home / "reports"

    @property
    def weights_home(self) -> Path:
        """The weights file that is written where no other is named."""
        return self.weights or self.home / "weights.toml"

    def weights_file(self) -> Path | None:
        """Return the weights file in force now; None is the shipped one."""
        return self.weights_home if self.weights or self.weights_home.exists() else None

    @property
    def vectors(self) -> Path:
        """The file of cached vectors."""
        return self.cache / "vectors.sqlite"


TABLE: tuple[Field[Any], ...] = tuple(f for f in fields(Settings) if "kind" in f.metadata)


def name_of(row: Field[Any]) -> str:
    """Return a setting's name in the file."""
    return str(row.metadata["name"] or row.name)


def variable_of(row: Field[Any]) -> str:
    """Return a setting's name in the environment."""
    return PREFIX + name_of(row).upper()


VARIABLES = {variable_of(row): row for row in TABLE}


def _value(row: Field[Any], text: str, where: str) -> object:
    kind: Kind = row.metadata["kind"]
    try:
        return kind.read(text.strip())
    except (ValueError, KeyError, RuntimeError):  # the last where there is no home folder for ~
        pass  # what was given may be a secret: no error carries another's text on
    if row.metadata["secret"]:
        raise BadInput(N_("{name} is not understood; allowed: {allowed}"), name=where, allowed=kind.allowed)
    raise BadInput(N_("{name} is {found!r}; allowed: {allowed}"), name=where, found=text[:200], allowed=kind.allowed)


def _file(path: Path) -> dict[str, str]:
    """Return name -> text of a file of settings."""
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise BadInput(N_("settings file {path} cannot be read: {reason}"), path=path, reason=reason) from error
    except tomllib.TOMLDecodeError as error:  # tells line and column, and no value
        raise BadInput(N_("settings file {path} cannot be read: {reason}"), path=path, reason=error) from error
    except ValueError:
        raise BadInput(N_("settings file {path} cannot be read: {reason}"), path=path, reason="UTF-8") from None
    known = [name_of(row) for row in TABLE]
    for name in found:
        if name not in known:
            raise BadInput(
                N_("settings file {path}: {name!r} is no setting{nearest}"),
                path=path,
                name=name,
                nearest=_nearest(name, known),
            )
    return {name: _text(value) for name, value in found.items()}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _nearest(name: str, known: list[str]) -> str:
    return "".join(f" ({near}?)" for near in difflib.get_close_matches(name, known, 1))
