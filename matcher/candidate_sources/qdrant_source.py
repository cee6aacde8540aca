"""Candidates out of Qdrant: both legs of one side, from the collection of the very snapshot that is open here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.contract import Found, Wanted
from matcher.candidate_sources.qdrant_address import Connection
from matcher.candidate_sources.qdrant_schema import DENSE, SCHEMA, WORDS, Label, alias, alias_before, condition
from matcher.encode import Vectors
from matcher.errors import SnapshotMismatch
from matcher.language import N_
from matcher.records import Side

MIN_EF = 512  # neighbours that HNSW holds as near at least
OVERSAMPLING = 1.25  # copies of 8 bits found for each vector that is wanted; as FAISS's SQ8 needs it (eval/SOURCES.md)


@dataclass(frozen=True)
class QdrantSource:
    """Asks the collection `name`, which holds the base or a part of it."""

    connection: Connection
    name: str
    base: Base

    @classmethod
    def open(cls, connection: Connection, base: Base, label: Label) -> "QdrantSource":
        """Find the collection of a snapshot among the one that serves and the one before it.

        Both may be asked, so that processes which have not yet opened a new snapshot go on with the old one.

        :raises SnapshotMismatch: neither is of this snapshot, or not as this version writes it.
        :raises CandidatesAway: Qdrant cannot be reached.
        """
        name = found(connection, label.snapshot, label.side)
        theirs = labelled(connection, name)
        ours = label.metadata()["tinkuy"]
        if theirs != ours:
            differs = ", ".join(
                f"{key} {theirs.get(key)!r} / {ours[key]!r}" for key in ours if theirs.get(key) != ours[key]
            )
            raise SnapshotMismatch(
                N_(
                    "collection {name} of Qdrant at {where} is not what snapshot {ours} needs ({differs}): "
                    "run `tinkuy index --to` again"
                ),
                name=name,
                where=connection.where,
                ours=label.snapshot,
                differs=differs,
            )
        return cls(connection, name, base)

    def dense(self, vector: Vectors, count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        if count < 1 or not len(self.base.vectors):
            return Found.nothing()
        return self._asked(np.asarray(vector, np.float32), DENSE, count, wanted)

    def lexical(self, stems: Mapping[str, int], count: int, wanted: Wanted) -> Found:
        """See CandidateSource."""
        from qdrant_client import models

        number = self.base.stem_number
        known = sorted((number[stem], float(times)) for stem, times in stems.items() if stem in number)
        if count < 1 or not known:
            return Found.nothing()
        words = models.SparseVector(indices=[stem for stem, _ in known], values=[times for _, times in known])
        windows, scores = self._asked(words, WORDS, count, wanted)
        return Found(self.base.window_text[windows], scores)

    def _asked(self, query: Any, leg: str, count: int, wanted: Wanted) -> Found:
        with self.connection.asking():
            points = self.connection.client.query_points(
                self.name,
                query=query,
                using=leg,
                query_filter=condition(self.base, wanted),
                search_params=None if self.connection.local or leg == WORDS else _parameters(count),
                limit=count,
                with_payload=False,
            ).points
        rows = np.array([point.id for point in points], np.int64)
        scores = np.array([point.score for point in points], float)
        if leg == WORDS:
            rows, scores = rows[scores > 0], scores[scores > 0]
        return Found.best(rows, scores, count)


def found(connection: Connection, snapshot: str, side: Side) -> str:
    """Return the name of the collection of a snapshot that serves, or did before.

    :raises SnapshotMismatch: there is none.
    :raises CandidatesAway: Qdrant cannot be reached.
    """
    with connection.asking():
        aliases = {str(each.alias_name): str(each.collection_name) for each in connection.client.get_aliases().aliases}
    ours = (alias(connection.prefix, side), alias_before(connection.prefix, side))
    names = [aliases[name] for name in ours if name in aliases]
    theirs = [labelled(connection, name).get("snapshot", "?") for name in names]
    for name, id_ in zip(names, theirs, strict=True):
        if id_ == snapshot:
            return name
    if not names:
        raise SnapshotMismatch(
            N_("Qdrant at {where} has nothing under {name} yet: run `tinkuy index --to`"),
            where=connection.where,
            name=alias(connection.prefix, side),
        )
    raise SnapshotMismatch(
        N_("Qdrant at {where} serves snapshot {theirs}, here {ours} is open: run `tinkuy index --to`"),
        where=connection.where,
        theirs=", ".join(theirs),
        ours=snapshot,
    )


def labelled(connection: Connection, name: str) -> dict[str, Any]:
    """Return what a collection says of itself; nothing where it is not ours.

    :raises CandidatesAway: Qdrant cannot be reached.
    """
    with connection.asking():
        metadata = connection.client.get_collection(name).config.metadata
    label = (metadata or {}).get("tinkuy")
    return dict(label) if isinstance(label, dict) else {"schema": SCHEMA}


def _parameters(count: int) -> Any:
    from qdrant_client import models

    return models.SearchParams(
        hnsw_ef=max(count, MIN_EF),
        quantization=models.QuantizationSearchParams(rescore=True, oversampling=OVERSAMPLING),
    )
