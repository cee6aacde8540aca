"""The application factory."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi_offline import FastAPIOffline

from api import problems
from api.routes import router
from api.schemas import ProblemOut
from matcher.errors import SnapshotError
from matcher.live import LiveEngine
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

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store = store or await run_in_threadpool(open_store, settings)
        app.state.live = live or await run_in_threadpool(open_live_engine, settings, app.state.store)
        try:
            await run_in_threadpool(app.state.live.current)
        except SnapshotError as error:  # the server starts all the same; /readyz says why it can't answer
            log.warning("%s", error)
        yield
        await run_in_threadpool(app.state.live.close)
        app.state.store.close()

    app: FastAPI = FastAPIOffline(
        redoc_url=None,
        title="Tinkuy",
        version=version("tinkuy"),
        description=ABOUT,
        lifespan=lifespan,
        responses={"4XX": {"model": ProblemOut, "content": {problems.MEDIA_TYPE: {}}}},
    )
    app.include_router(router)
    problems.install(app)
    return app
