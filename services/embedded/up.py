"""`dateline up`: every role on this machine, on embedded servers where none are configured."""

import contextlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from services.core import clock
from services.core.errors import InvalidInputError
from services.core.running import RUNNING_FILE
from services.core.settings import Settings, shared
from services.embedded.admin import admin_token_file
from services.embedded.apart import Preparing
from services.embedded.aside import call_aside
from services.embedded.first_round import first_round
from services.embedded.home import Home, locked, open_home
from services.embedded.ports import check_port
from services.embedded.postgres import postgres_server
from services.embedded.process import Server
from services.embedded.progress import RoundTeller
from services.embedded.reach import check_broker, check_database
from services.embedded.roles import RoleMaker, role_children, role_environment, visible_address
from services.embedded.supervisor import Supervisor
from services.embedded.valkey import valkey_server

_ROUND_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """The database and the broker this run stands on; None: not known yet, an embedded one is started."""

    database_url: str | None
    redis_url: str | None


def up(*, settings: Settings, feeds: Path | None, roles: RoleMaker = role_children) -> int:
    """Run everything until a signal asks for the end; returns the exit code.

    `feeds` is a list to be added at any start, the one of the settings only to an empty database; `roles` says what is run on the
    servers. Raises ConfigurationError before
    anything is started: data folder, another `up`, port, missing programs, data of another version. Raises
    DatelineError, with everything stopped again, when a step of the start fails.
    """
    home = open_home(settings.home)
    with locked(home):
        check_port(settings.bind)
        configured = _configured(settings, home)
        if configured.database_url is None and not home.postgres.exists():
            _check_list(feeds or settings.feeds)
        admin_token = admin_token_file(home.path) if settings.admin_token is None else None
        with Supervisor(logs=home.log, run=home.run) as supervisor, _no_address_left(home):
            _run(supervisor, home, settings, configured, feeds=feeds, roles=roles, admin_token=admin_token)
            supervisor.screen.status("")
            supervisor.say("Stopping.")
        supervisor.say("Stopped; nothing is left running.")
    return 0


def _run(
    supervisor: Supervisor,
    home: Home,
    settings: Settings,
    configured: Addresses,
    *,
    feeds: Path | None,
    roles: RoleMaker,
    admin_token: Path | None,
) -> None:
    """The start, step by step, then supervision; every step gives up when a signal asks for the end."""
    started = clock.monotonic()
    found = _start_servers(supervisor, home, configured, settings)
    if found is None:
        return
    database_url, redis_url = found
    supervisor.screen.status("bringing schema, rules and feeds up to date")
    env = role_environment(settings, database_url=database_url, redis_url=redis_url, terminal=False)
    with Preparing(env, feeds=feeds, at_first=settings.feeds) as preparing:
        if not supervisor.run(until=preparing.done):
            return
        for left_out in preparing.result():
            supervisor.screen.say(left_out)
    supervisor.screen.status("starting the roles")
    terminal = supervisor.screen.is_terminal
    children = roles(
        settings,
        database_url=database_url,
        redis_url=redis_url,
        terminal=terminal,
        admin_token=admin_token,
    )
    for child in children:
        supervisor.start(child)
    if not supervisor.wait_ready(*(child.name for child in children)):
        return
    _welcome(supervisor, home, settings, admin_token, seconds=clock.monotonic() - started)
    _tell_first_round(supervisor, database_url)
    supervisor.run(until=_never)


def _check_list(file: Path | None) -> None:
    """Raises InvalidInputError for a list that a first start cannot read, before there is a database to put it into."""
    try:
        if file is not None:
            file.open("rb").close()
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.") from error


def _configured(settings: Settings, home: Home) -> Addresses:
    """What the settings name. What a run that was killed left in its file of addresses does not count."""
    left = home.path / RUNNING_FILE
    try:
        stale = set(json.loads(left.read_text()).values())
    except (OSError, ValueError, AttributeError, TypeError):
        stale = set()
    left.unlink(missing_ok=True)
    database_url, redis_url = (
        None if url in stale else url for url in (settings.database_url, settings.redis_url)
    )
    return Addresses(database_url, redis_url)


def _start_servers(
    supervisor: Supervisor, home: Home, configured: Addresses, settings: Settings
) -> tuple[str, str] | None:
    """The URLs of database and broker, embedded ones started side by side. None when asked to stop meanwhile."""
    if configured.database_url is not None:
        check_database(configured.database_url)
    if configured.redis_url is not None:
        check_broker(configured.redis_url)
    broker = database = None
    if configured.redis_url is None:
        broker = _start(supervisor, valkey_server(home))
    if configured.database_url is None:
        supervisor.screen.status("starting PostgreSQL (its first start takes some seconds)")
        database = _start(supervisor, postgres_server(home))
    if not supervisor.wait_ready("valkey", "postgres"):
        return None
    supervisor.screen.status("")
    _leave_addresses(home, Addresses(database, broker), settings)
    return configured.database_url or str(database), configured.redis_url or str(broker)


def _start(supervisor: Supervisor, server: Server) -> str:
    supervisor.start(server.child)
    return server.url


def _leave_addresses(home: Home, embedded: Addresses, settings: Settings) -> None:
    """Let the other commands find our servers and the API while they run, and go by our settings. Whole or not at all: they may read at any moment."""
    known = {"database_url": embedded.database_url, "redis_url": embedded.redis_url}
    content = {
        "pid": os.getpid(),
        "bind": settings.bind,
        **shared(settings),
        **{name: url for name, url in known.items() if url is not None},
    }
    part = home.path / f"{RUNNING_FILE}.new"
    part.touch(mode=0o600)
    part.write_text(json.dumps(content))
    part.rename(home.path / RUNNING_FILE)


@contextmanager
def _no_address_left(home: Home) -> Iterator[None]:
    """Take the file of addresses away before the servers it names are stopped."""
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            (home.path / RUNNING_FILE).unlink(missing_ok=True)


def _welcome(
    supervisor: Supervisor, home: Home, settings: Settings, admin_token: Path | None, *, seconds: float
) -> None:
    front = f"http://{visible_address(settings.bind)}"
    supervisor.screen.status("")
    for line in (
        f"Dateline runs after {seconds:.1f} s.",
        f"  front page     {front}/",
        f"  newest items   {front}/v1/latest",
        f"  rules          {_desk(front, admin_token, terminal=supervisor.screen.is_terminal)}",
        f"  API reference  {front}/docs",
        f"  data and logs  {home.path}",
        "Ctrl-C stops all of it and loses nothing.",
    ):
        supervisor.screen.say(line)


def _desk(front: str, admin_token: Path | None, *, terminal: bool) -> str:
    """Where editors go. On a terminal the token stands behind the #, which a browser sends to nobody; elsewhere what is
    said ends in logs, so it names the command that prints the token.
    """
    if admin_token is None:
        return f"{front}/editor (sign in with DATELINE_ADMIN_TOKEN)"
    if terminal:
        return f"{front}/editor#{admin_token.read_text().strip()}"
    return f"{front}/editor (sign in with what `dateline tokens admin` prints)"


def _tell_first_round(supervisor: Supervisor, database_url: str) -> None:
    """Ask how far the first round is once a second, aside so that a slow database does not hold up the loop."""
    teller = RoundTeller(supervisor.screen, started=clock.monotonic())
    asked = call_aside(partial(first_round, database_url))
    next_time = clock.monotonic() + _ROUND_EVERY

    def over() -> bool:
        nonlocal asked, next_time
        now = clock.monotonic()
        if asked.done() and now >= next_time:
            if asked.exception() is None:  # else the database is away for a moment; its end is said elsewhere
                teller.tell(asked.result(), now=now)
            asked = call_aside(partial(first_round, database_url))
            next_time = now + _ROUND_EVERY
        return teller.over or teller.late(now)

    supervisor.run(until=over)
    teller.end()


def _never() -> bool:
    return False
