"""What Prometheus is told. Labels come from short fixed lists: routes, stages, verdicts; never from what people send.

With several workers (`serve --workers`) counters are summed over all of them, by files in a folder that the
command prepares; gauges are those of the worker that answers.
"""

import datetime as dt
import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.pool import QueuePool

from matcher.engine import Engine
from matcher.errors import TinkuyError
from matcher.live import LiveEngine
from matcher.records import MatchList, Query
from matcher.stopwatch import timed
from matcher.store.store import Store

MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
PARTNERS = (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000)

registry = CollectorRegistry()
requests = Counter("tinkuy_requests", "Requests", ("method", "route", "status"), registry=registry)
request_seconds = Histogram("tinkuy_request_seconds", "Time to answer", ("route",), buckets=SECONDS, registry=registry)
stage_seconds = Histogram(
    "tinkuy_stage_seconds", "Time of a question's stages", ("stage",), buckets=SECONDS, registry=registry
)
candidates = Histogram("tinkuy_candidates", "Partners that were scored", buckets=PARTNERS, registry=registry)
answers = Counter(
    "tinkuy_answers", "Answers: matches, or no_good_match where declined", ("verdict",), registry=registry
)


def answered(engine: Engine, query: Query, reader: str) -> MatchList:
    """Answer a question, and count what its answer took."""
    with timed() as watch:
        answer = engine.match(query, reader=reader)
    for stage, seconds in watch.seconds.items():
        stage_seconds.labels(stage).observe(seconds)
    candidates.observe(answer.candidates)
    answers.labels(answer.verdict.value).inc()
    return answer


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """Count a request. `route`: its template."""
    requests.labels(method if method in METHODS else "other", route, str(status)).inc()
    request_seconds.labels(route).observe(seconds)


def age_s(engine: Engine) -> float:
    """Return how old the snapshot is; never below 0, even where the clock has gone back since."""
    return max((dt.datetime.now(dt.UTC) - engine.snapshot.built).total_seconds(), 0.0)


def served_version(engine: Engine) -> int:
    """Return the database's version that an engine answers from."""
    return engine.snapshot.state.version


def exposition(live: LiveEngine, store: Store) -> bytes:
    """Return everything in Prometheus' text format."""
    now = CollectorRegistry()
    now.register(_Now(live, store))
    if os.environ.get(MULTIPROCESS):
        shared = CollectorRegistry()
        MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared) + generate_latest(now)
    ProcessCollector(registry=now)
    return generate_latest(registry) + generate_latest(now)


class _Now(Collector):
    """What is measured when it is asked for."""

    def __init__(self, live: LiveEngine, store: Store) -> None:
        self.live = live
        self.store = store

    def collect(self) -> Iterable[Metric]:
        """Give the gauges; those of a part that does not answer are absent, and its `tinkuy_up` is 0."""
        up = GaugeMetricFamily("tinkuy_up", "Whether a part answers", labels=["part"])
        version = engine = None
        try:
            version = self.store.version()
        except TinkuyError:
            up.add_metric(["database"], 0)
        else:
            up.add_metric(["database"], 1)
            yield GaugeMetricFamily("tinkuy_database_version", "Number of the last write", value=version)
        try:
            engine = self.live.current()
        except TinkuyError:
            up.add_metric(["snapshot"], 0)
        else:
            up.add_metric(["snapshot"], 1)
            served = served_version(engine)
            yield GaugeMetricFamily("tinkuy_index_version", "Version that answers are from", value=served)
            yield GaugeMetricFamily("tinkuy_index_age_seconds", "Age of the snapshot", value=age_s(engine))
            if version is not None:
                pending = max(version - served, 0)
                yield GaugeMetricFamily("tinkuy_pending_writes", "Writes that answers do not know yet", value=pending)
        yield up
        pool = self.store.engine.pool
        if isinstance(pool, QueuePool):
            held = GaugeMetricFamily("tinkuy_database_connections", "Connections of this worker", labels=["state"])
            held.add_metric(["used"], pool.checkedout())
            held.add_metric(["idle"], pool.checkedin())
            yield held
