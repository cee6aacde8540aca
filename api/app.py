"""The application factory."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi_offline import FastAPIOffline

from api import description, problems
from api.envelope import Envelope
from api.requests import Accounting
from api.routes import router
from api.security import Guard
from api.web import pages
from api.web.assets import Kept
from api.web.rendering import STATIC
from matcher.coverage_file import CoverageFile
from matcher.coverage_job import CoverageJob
from matcher.errors import DatabaseAway, SnapshotError
from matcher.live import LiveEngine
from matcher.logs import configure
from matcher.parts import open_live_engine, open_store
from matcher.settings import Settings
from matcher.store.store import Store

log = logging.getLogger(__name__)
ABOUT = (
    "Enlaza lo que las universidades pueden hacer con lo que las empresas necesitan. "
    "/ Links what universities can do with what firms need."
)


def create_app(live: LiveEngine | None = None, store: Store | None = None) -> FastAPI:
    """Return the application.

    :param live: what answers; without it, it is made from the TINKUY_* environment when the server
        starts, so that the model is loaded once.
    :param store: the database; made from the environment likewise.
    """
    settings = Settings.read(os.environ)
    if live is None:  # a server of its own, or a worker of one
        configure(settings.log_format, settings.log_level)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store = store or await run_in_threadpool(open_store, settings)
        app.state.live = live or await run_in_threadpool(open_live_engine, settings, app.state.store)
        try:
            await run_in_threadpool(lambda: app.state.live.current().prepare())
        except (
            SnapshotError,
            DatabaseAway,
        ) as error:  # the server starts all the same; /readyz says why it can't answer
            log.warning("%s", error)
        try:
            yield
        finally:  # requests have ended: what runs beside them ends, then the database is let go
            await run_in_threadpool(app.state.coverage.close)
            await run_in_threadpool(app.state.live.close)
            app.state.store.close()

    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="Tinkuy",
        version=version("tinkuy"),
        description=ABOUT,
        lifespan=lifespan,
    )
    app.state.settings = settings
    app.state.coverage = CoverageJob(CoverageFile(settings.home), lambda: app.state.live.current())
    app.include_router(router)
    app.include_router(pages.router)
    app.mount("/static", Kept(directory=STATIC), name="static")
    app.add_middleware(GZipMiddleware, minimum_size=1000)
    app.add_middleware(Guard, settings=settings)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["*"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type", "If-Match", "Idempotency-Key", "X-Request-ID"],
            expose_headers=["ETag", "Link", "Location", "Retry-After", "X-Request-ID"],
        )
    app.add_middleware(Accounting)
    app.add_middleware(Envelope, proxy=settings.proxy)  # added last, so that it is the outermost
    problems.install(app)
    description.describe(app)
    return app
