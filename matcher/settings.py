"""Settings, read from the environment once, at the door (`main()` and `create_app()`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from matcher.errors import BadInput
from matcher.language import N_, languages

OFF = {"0", "no", "false", "off"}
CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where things lie, and what the user chose.

    :param home: database and snapshots (TINKUY_HOME; `indexes/` in the checkout).
    :param cache: converted model and vectors (TINKUY_CACHE; the user's cache folder).
    :param model: a sentence-transformers folder or hub name (TINKUY_MODEL); None is the bundled model.
    :param weights: a weights file (TINKUY_WEIGHTS); None is the shipped one.
    :param language: of the interface (TINKUY_LANG), Spanish by default.
    :param database_url: where the records are (TINKUY_DATABASE_URL); None is a SQLite file in `home`.
    :param public_reading: whether people without a key may ask and read (TINKUY_PUBLIC_READING), yes by default.
    :param rate_questions: of an address without a key (TINKUY_RATE_QUESTIONS), e.g. 120/minute; of a key 5 times that.
    :param rate_writes: of a key (TINKUY_RATE_WRITES), e.g. 300/minute.
    :param max_body: bytes of a request that are read at most (TINKUY_MAX_BODY); of a bulk request 20 times that.
    :param cors_origins: web sites whose pages may call the service (TINKUY_CORS_ORIGINS, by commas); none by default.
    :param proxy: whether a reverse proxy stands before it, whose X-Forwarded-For is believed (TINKUY_PROXY).
    """

    home: Path
    cache: Path
    model: str | None = None
    weights: Path | None = None
    language: str = "es"
    database_url: str | None = None
    public_reading: bool = True
    rate_questions: str = "120/minute"
    rate_writes: str = "300/minute"
    max_body: int = 2**20
    cors_origins: tuple[str, ...] = ()
    proxy: bool = False

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the TINKUY_* variables.

        :raises BadInput: TINKUY_LANG is no language of the interface.
        """
        language = environment.get("TINKUY_LANG") or "es"
        if language not in languages():
            raise BadInput(
                N_("TINKUY_LANG is {found!r}; languages are {known}"), found=language, known=", ".join(languages())
            )
        return cls(
            home=Path(environment.get("TINKUY_HOME") or CHECKOUT / "indexes").expanduser(),
            cache=Path(environment.get("TINKUY_CACHE") or user_cache_path("tinkuy")).expanduser(),
            model=environment.get("TINKUY_MODEL") or None,
            weights=Path(environment["TINKUY_WEIGHTS"]).expanduser() if environment.get("TINKUY_WEIGHTS") else None,
            language=language,
            database_url=environment.get("TINKUY_DATABASE_URL") or None,
            public_reading=(environment.get("TINKUY_PUBLIC_READING") or "1").lower() not in OFF,
            rate_questions=environment.get("TINKUY_RATE_QUESTIONS") or "120/minute",
            rate_writes=environment.get("TINKUY_RATE_WRITES") or "300/minute",
            max_body=int(environment.get("TINKUY_MAX_BODY") or 2**20),
            cors_origins=tuple(environment.get("TINKUY_CORS_ORIGINS", "").replace(",", " ").split()),
            proxy=(environment.get("TINKUY_PROXY") or "0").lower() not in OFF,
        )

    @property
    def database(self) -> Path:
        """The SQLite file that holds the records where no database's address is given."""
        return self.home / "tinkuy.db"

    @property
    def vectors(self) -> Path:
        """The file of cached vectors."""
        return self.cache / "vectors.sqlite"
