"""The command that serves: one process or several, until it is told to stop."""

import logging
import multiprocessing
import os
import shutil
import signal
import sys
from contextlib import closing

import click

from matcher import parts
from matcher.commands.context import Context, in_context, with_language
from matcher.index.snapshot import current_id
from matcher.language import N_
from matcher.macro_regions import MacroRegions
from matcher.settings import TABLE, Settings, variable_of
from matcher.store import keys
from matcher.weights import Weights

METRICS = "PROMETHEUS_MULTIPROC_DIR"
APPLICATION = "api.app:create_app"


@click.command("serve", help=N_("Start the server, on this machine only unless --host says otherwise."))
@click.option("--host", help=N_("Address to listen on (TINKUY_HOST; 127.0.0.1)."))
@click.option("--port", help=N_("Port to listen on (TINKUY_PORT; 8000)."))
@click.option("--workers", help=N_("Processes that answer (TINKUY_WORKERS; 1); they share the snapshot's memory."))
@click.option("--log-format", type=click.Choice(["json", "text"]), help=N_("Log lines for machines or for people (TINKUY_LOG_FORMAT; json)."))  # fmt: skip
@with_language
@in_context
def serve_command(context: Context, /, **options: str | None) -> None:
    """Serve the API."""
    import uvicorn

    from matcher.logs import configure

    settings = context.settings.overridden({name: value for name, value in options.items() if value})
    current_id(settings.home)  # without a snapshot there is nothing to serve: say so now
    MacroRegions.load(settings.macro_regions)
    Weights.load(settings.weights_file())  # as with whatever else is wrong before the model is loaded
    store = parts.open_store(settings)
    with closing(store), store.reading() as session:
        keys.may_listen(session, settings.host)
        open_to_all = keys.made(session).ever == 0
    configure(settings.log_format, settings.log_level)
    if open_to_all:
        warning = N_("No key was made yet: whoever uses this machine may read and change everything.")
        logging.getLogger(__name__).warning(context.say(warning))
    click.echo(
        context.say(N_("Tinkuy at http://{host}:{port} (open it in a browser; stop with Ctrl+C)")).format(
            host=settings.host, port=settings.port
        )
    )
    # Worker processes, and the application here, read their settings from the environment.
    os.environ.update({variable_of(row): value for row in TABLE if (value := options.get(row.name))})
    folder = settings.home / "metrics"
    if settings.workers > 1:
        shutil.rmtree(folder, ignore_errors=True)  # of the workers before
        folder.mkdir(parents=True)
        os.environ[METRICS] = str(folder)
        if sys.platform == "linux":  # elsewhere the system's libraries do not bear to be forked
            _share(settings)
    else:
        os.environ.pop(METRICS, None)
    uvicorn.run(
        APPLICATION,
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        proxy_headers=False,  # whom a proxy speaks for is ours to judge, see TINKUY_PROXY
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_s,
    )


def _share(settings: Settings) -> None:
    """Have workers forked from this process, which opens before what all of them can share."""
    import uvicorn._subprocess
    from uvicorn.importer import import_from_string

    import_from_string(APPLICATION)  # its modules are shared too
    if parts.share_with_forks(settings, settings.workers):
        os.register_at_fork(after_in_child=_stops_when_told)
        uvicorn._subprocess.spawn = multiprocessing.get_context("fork")  # type: ignore[assignment]


def _stops_when_told() -> None:
    """Undo what this process's parent does at a signal, until the worker has handlers of its own."""
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_DFL)
