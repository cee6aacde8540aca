"""The tree of errors. Everything Tinkuy raises on purpose derives from TinkuyError.

TinkuyError
├── BadQuery          the question cannot be answered as asked (empty, too long, unknown code)
├── BadInput          a file or record cannot be read at all
├── Conflict          the record was changed meanwhile, or a step is not allowed from where things stand
│   └── Stale              it has another version than the writer expected
├── Unconditional     a record is to be changed without saying which version of it was read
├── TooLarge          more was sent at once than is taken
├── Denied            the caller may not do this
├── NotAuthenticated  nobody knows the caller's key, or one is needed
├── TooMany           the caller asked too often; `seconds` tells when to come back
├── NotFound          no such partner, evidence, need, region or sector
├── ModelMissing      the encoder's weights are nowhere to be had
├── ModuleMissing     a package that only some installations need is not installed
├── CandidatesAway    the engine that proposes candidates does not answer, or refuses
├── SnapshotError     there is no usable snapshot
│   ├── SnapshotMissing    nothing has been built yet
│   ├── SnapshotDamaged    a part is absent or its hash differs
│   └── SnapshotMismatch   built by another format or another model
├── DatabaseOutdated  the database has another shape than this version needs
├── DatabaseAway      the database does not answer now, or cannot keep what is written
├── BadWeights        the weights file cannot be used
└── Busy              another process holds the lock

A message is an English template with named values, so that it can be shown in the reader's
language (`error.text(translate)`) and logged in English (`str(error)`).
"""

from collections.abc import Callable


class TinkuyError(Exception):
    """A failure that a person can mend; says what, where and how.

    :param message: English template, marked for translation with `N_`.
    :param values: what fills the template's fields.
    """

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.message = message
        self.values = values

    def text(self, translate: Callable[[str], str]) -> str:
        """Return the message in the language of `translate`."""
        return translate(self.message).format(**self.values)


class BadQuery(TinkuyError):
    """The question cannot be answered as asked."""


class BadInput(TinkuyError):
    """A file or a record cannot be read."""


class Conflict(TinkuyError):
    """The record was changed meanwhile, or a step is not allowed from where things stand."""


class Stale(Conflict):
    """The record has another version than the writer expected."""


class Unconditional(TinkuyError):
    """A record is to be changed without saying which version of it was read."""


class TooLarge(TinkuyError):
    """More was sent at once than is taken."""


class Denied(TinkuyError):
    """The caller may not do this."""


class NotAuthenticated(TinkuyError):
    """A key is needed and none was given, or the one given is not valid."""


class TooMany(TinkuyError):
    """The caller asked too often; the value `seconds` tells when to come back."""


class NotFound(TinkuyError):
    """Nothing has that identifier."""


class ModelMissing(TinkuyError):
    """The encoder's weights are nowhere to be had."""


class ModuleMissing(TinkuyError):
    """A package that only some installations need is not installed."""


class CandidatesAway(TinkuyError):
    """The engine that proposes candidates does not answer, or refuses."""


class SnapshotError(TinkuyError):
    """There is no usable snapshot."""


class SnapshotMissing(SnapshotError):
    """No snapshot has been built."""


class SnapshotDamaged(SnapshotError):
    """A part of the snapshot is absent or altered."""


class SnapshotMismatch(SnapshotError):
    """The snapshot was built by another format or model."""


class DatabaseOutdated(TinkuyError):
    """The database has another shape than this version needs."""


class DatabaseAway(TinkuyError):
    """The database does not answer now, or cannot keep what is written."""


class BadWeights(TinkuyError):
    """The weights file cannot be used."""


class Busy(TinkuyError):
    """Another process is doing this now."""
