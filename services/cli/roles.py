"""One role each, and all of them at once: what compose, systemd and `make run` start."""

import faulthandler
import os
from contextlib import suppress
from pathlib import Path

import click

from services.core import logs
from services.core.liveness import stopping
from services.core.queues import ROLES
from services.core.settings import configured, dotenv_here, settings


def _begin() -> None:
    """From here on a request to stop ends the process, and a fault leaves where each thread stood: SIGABRT too, by which who keeps it
    ends a process that hangs.
    """
    stopping.at_once()
    with suppress(OSError, ValueError, RuntimeError):  # there is no standard error to write to
        faulthandler.enable()


def _start_logging() -> None:
    conf = settings()
    logs.configure(level=conf.log_level, log_format=conf.log_format, secrets=(conf.admin_token,))


@click.command(epilog="Example: dateline up --feeds my-feeds.opml")
@click.option(
    "--feeds",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="OPML list to add; at the first start it takes the place of the starter list.",
)
def up(feeds: Path | None) -> None:
    """All roles on this machine, with an embedded PostgreSQL and Redis where none is configured.

    Ctrl-C stops all of it within seconds and loses nothing.
    """
    from services.embedded.up import up as start

    conf = configured(os.environ, dotenv_here())  # not what a run that was killed has left
    raise SystemExit(start(settings=conf, feeds=feeds))


@click.command(epilog="Example: DATELINE_BIND=0.0.0.0:8000 dateline api")
def api() -> None:
    """Serve the API and the pages on DATELINE_BIND."""
    _begin()
    from services.api.app import serve

    _start_logging()
    serve()


@click.command(epilog="Example: dateline scheduler")
def scheduler() -> None:
    """Hint at work that is due. Any number of copies may run; one is enough."""
    _begin()
    from services.scheduler import run_scheduler

    _start_logging()
    run_scheduler()


@click.command(epilog="Example: dateline worker ingest classify")
@click.argument("roles", nargs=-1, type=click.Choice(list(ROLES)))
def worker(roles: tuple[str, ...]) -> None:
    """Run jobs of the given ROLES (all of them when none is named)."""
    _begin()
    from services.worker import run_worker

    _start_logging()
    run_worker(roles or tuple(ROLES))


@click.command(epilog="Example: dateline migrate")
def migrate() -> None:
    """Bring the database to the newest schema; safe to run from several places at once.

    An empty database also gets the starter rulebook, and the feeds of DATELINE_FEEDS or the starter list.
    """
    from services.core import schema
    from services.core.db import database_url
    from services.embedded.prepare import load_starter

    url = database_url()
    schema.upgrade(url)
    had, newest = schema.versions(url)
    click.echo(f"The schema is at {had} (newest: {newest}).")
    load_starter(url, None, at_first=settings().feeds)
