"""A snapshot goes into Qdrant: collections are filled beside those that serve, then the aliases move, all at once.

Killed at any moment it can be run again: a point has the number of its window, batches that are there already are left
out, and nothing is asked of a collection before an alias names it.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from matcher.candidate_sources.base import Base
from matcher.candidate_sources.qdrant_address import Connection
from matcher.candidate_sources.qdrant_schema import (
    DENSE,
    KEYWORDS,
    WORDS,
    Label,
    alias,
    alias_before,
    collection,
    is_ours,
    payloads,
)
from matcher.candidate_sources.qdrant_source import labelled
from matcher.encode import Progress
from matcher.errors import CandidatesAway, SnapshotMismatch
from matcher.index.rows import spread_out
from matcher.language import N_

log = logging.getLogger(__name__)
BATCH = 256  # points a request, as Qdrant advises (64 to 256)
LINKS, BUILD_EF = 16, 200  # of HNSW; 16 is Qdrant's own, and twice its candidates while building, for recall
QUANTILE = 0.99  # of a dimension's values that 8 bits cover
LOOK_S, LOOKS = 1.0, 3  # seconds between looks at whether the graph is built; looks in a row that must say so


def fill(
    connection: Connection,
    base: Base,
    label: Label,
    progress: Progress | None = None,
    *,
    shards: int | None = None,
    replicas: int | None = None,
    batch: int = BATCH,
) -> str:
    """Bring a side of a snapshot into its collection, as far as it is not there, and return the collection's name.

    :param shards, replicas: of a new collection; without them as the cluster is set up.
    :raises SnapshotMismatch: a collection of this name holds something else.
    :raises CandidatesAway: Qdrant cannot be reached, or does not keep all; run again, it goes on.
    """
    client, name = connection.client, collection(connection.prefix, label.side, label.snapshot)
    with connection.asking():
        if not client.collection_exists(name):
            _create(connection, name, label, shards, replicas)
        theirs = labelled(connection, name)
        if theirs != label.metadata()["tinkuy"]:
            raise SnapshotMismatch(
                N_("collection {name} of Qdrant at {where} holds something else: delete it, then run this again"),
                name=name,
                where=connection.where,
            )
        _index_payload(connection, name)
        first, last = label.first_last
        windows = base.side.windows_of(np.arange(first, last))
        done, anything = 0, client.count(name, exact=True).count > 0
        for texts, rows in _batches(base, first, last, batch):
            missing = set(rows)
            if anything:
                missing -= {each.id for each in client.retrieve(name, rows, with_payload=False)}
            points = [point for point in _points(base, texts) if point.id in missing]
            if points:
                client.upsert(name, points, wait=True)
            done += len(rows)
            if progress:
                progress(done, len(windows))
        there = client.count(name, exact=True).count
        if there != len(windows):
            raise CandidatesAway(
                N_("collection {name} of Qdrant at {where} has {there} of {wanted} points: run this again"),
                name=name,
                where=connection.where,
                there=there,
                wanted=len(windows),
            )
        _link(connection, name)
    return name


def switch(connection: Connection, names: Sequence[tuple[str, Label]]) -> None:
    """Let whole collections serve, all in one step, and delete those that serve neither now nor as the one before.

    :raises CandidatesAway: Qdrant cannot be reached.
    """
    from qdrant_client import models

    def pointing(name: str, to: str) -> Any:
        return models.CreateAliasOperation(create_alias=models.CreateAlias(alias_name=name, collection_name=to))

    client, prefix = connection.client, connection.prefix
    with connection.asking():
        aliases = {each.alias_name: each.collection_name for each in client.get_aliases().aliases}
        steps = []
        for name, label in names:
            now, before = alias(prefix, label.side), alias_before(prefix, label.side)
            if aliases.get(now) != name:
                if now in aliases:
                    steps.append(pointing(before, aliases[now]))
                steps.append(pointing(now, name))
        if steps:
            client.update_collection_aliases(change_aliases_operations=steps)
            log.info("Qdrant at %s serves %s", connection.where, ", ".join(name for name, _ in names))
        kept = {each.collection_name for each in client.get_aliases().aliases}
        for each in client.get_collections().collections:
            if each.name not in kept and any(is_ours(each.name, prefix, label.side) for _, label in names):
                client.delete_collection(each.name)


def _create(connection: Connection, name: str, label: Label, shards: int | None, replicas: int | None) -> None:
    """Make an empty collection that is quick to fill: vectors on the disk, their graph of neighbours built later."""
    from qdrant_client import models

    eight_bits = models.ScalarQuantizationConfig(type=models.ScalarType.INT8, quantile=QUANTILE, always_ram=True)
    connection.client.create_collection(
        name,
        vectors_config={
            DENSE: models.VectorParams(
                size=label.dimensions,
                distance=models.Distance.DOT,  # of unit vectors: their cosine, without changing them
                on_disk=True,
                hnsw_config=models.HnswConfigDiff(m=0, ef_construct=BUILD_EF),
                quantization_config=models.ScalarQuantization(scalar=eight_bits),
            )
        },
        sparse_vectors_config={WORDS: models.SparseVectorParams(index=models.SparseIndexParams(on_disk=False))},
        on_disk_payload=True,
        shard_number=shards,
        replication_factor=replicas,
        metadata=label.metadata(),
    )


def _index_payload(connection: Connection, name: str) -> None:
    """Have what filters ask for indexed: before the graph is built, which then has links for filters too."""
    from qdrant_client import models

    if connection.local:  # looks at everything
        return
    for field in KEYWORDS:
        connection.client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
    connection.client.create_payload_index(name, "day", models.PayloadSchemaType.INTEGER)


def _link(connection: Connection, name: str) -> None:
    """Have the graph of neighbours built, and wait until it is: what serves must be fast from the first question."""
    from qdrant_client import models

    if connection.local:  # compares with everything
        return
    links = models.VectorParamsDiff(hnsw_config=models.HnswConfigDiff(m=LINKS))
    connection.client.update_collection(name, vectors_config={DENSE: links})
    green = 0
    while green < LOOKS:
        time.sleep(LOOK_S)
        ready = connection.client.get_collection(name).status == models.CollectionStatus.GREEN
        green = green + 1 if ready else 0


def _batches(base: Base, first: int, last: int, size: int) -> Iterator[tuple[list[int], list[int]]]:
    """Yield rows of texts with those of their windows, some `size` windows at once; a text is never divided."""
    counts = base.side.windows.count[first:last]
    of_batch = (np.cumsum(counts) - counts) // size
    for texts in np.split(np.arange(first, last), np.flatnonzero(np.diff(of_batch)) + 1):
        if len(texts):
            yield texts.tolist(), base.side.windows_of(texts).tolist()


def _points(base: Base, texts: Sequence[int]) -> list[Any]:
    """Return the points of some texts: their windows."""
    from qdrant_client import models

    windows = base.side.windows
    points = []
    for row, payload in zip(texts, payloads(base, texts), strict=True):
        stems, weights = base.weights.of_text(row)
        first = True
        for window in spread_out(windows.first[[row]], windows.count[[row]]).tolist():
            vector: dict[str, Any] = {DENSE: base.vectors[window].tolist()}
            if first and stems:
                vector[WORDS] = models.SparseVector(indices=stems, values=weights)
            first = False
            points.append(models.PointStruct(id=window, vector=vector, payload=payload))
    return points
