"""The embedded PostgreSQL: made once, run in the foreground as our child, reached by a unix socket alone."""

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path
from urllib.parse import quote

import psycopg

from services.core.errors import ConfigurationError, UnavailableError
from services.embedded import account as accounts
from services.embedded.home import Home
from services.embedded.orphans import end_orphan
from services.embedded.place import SERVICE_ROOT, Place, own_place, service_place
from services.embedded.process import Child, Running, Server, start
from services.embedded.programs import PostgresBinaries, find_postgres

DATABASE = "dateline"
SUPERUSER = "dateline"

# Given on the command line, so that a newer Dateline brings its own values to an old data folder.
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "64MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",  # a laptop's disk is no spinning one
    "wal_compression": "on",
    "wal_level": "minimal",  # nobody replicates from an embedded server
    "max_wal_senders": "0",
    "max_wal_size": "512MB",
    "synchronous_commit": "on",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "TimeZone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    "log_checkpoints": "off",
    "log_line_prefix": "",
    "cluster_name": "dateline",
}
_CARELESS = {"fsync": "off", "full_page_writes": "off", "wal_compression": "off"}
"""For tests: a power cut may destroy the data, and everything else is as before. Commits are still written before they are answered: else the end
of a server takes back what followers have been told.
"""


def postgres_server(
    home: Home,
    *,
    durable: bool = True,
    account: accounts.Account | None = None,
    below: Path = SERVICE_ROOT,
    binaries: PostgresBinaries | None = None,
) -> Server:
    """How to run the PostgreSQL of `home`, its data folder made where it is missing (seconds, once).

    As root it runs as `account` (default: `dateline`, made if need be) from a folder `below`.
    `durable=False` leaves out every fsync. Raises ConfigurationError: no binaries, no place, a data folder
    of another major version.
    """
    binaries = binaries or find_postgres()
    if accounts.is_root():
        place = service_place(home, binaries, account or accounts.server_account(), below)
    else:
        place = own_place(home, binaries)
    _ensure_data(place, durable=durable)
    return Server(child=_child(place, durable=durable), url=_url(place.run, DATABASE), data=place.data)


def start_postgres(home: Home, *, durable: bool = True, below: Path = SERVICE_ROOT) -> Running:
    """Start the PostgreSQL of `home`; it answers and holds the database `dateline` when this returns.

    Raises ConfigurationError as `postgres_server`, UnavailableError when it does not start.
    """
    server = postgres_server(home, durable=durable, below=below)
    return start(server, home.log / "postgres.log")


def _child(place: Place, *, durable: bool) -> Child:
    settings = _SETTINGS | {} if durable else _SETTINGS | _CARELESS
    run = str(place.run).replace('"', '""')
    settings["unix_socket_directories"] = f'"{run}"'
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return Child(
        name="postgres",
        argv=(str(place.binaries.bin / "postgres"), "-D", str(place.data), *options),
        env=_environment(place),
        cwd=place.data,
        account=place.account,
        before=partial(_clear_way, place),
        ready=partial(_is_ready, place.run),
        ready_seconds=120.0,  # after a crash it first reads its log
        stop_signal=signal.SIGINT,  # fast shutdown: ends sessions, leaves a clean folder
        death_signal=signal.SIGINT,
        force_signal=signal.SIGQUIT,  # immediate shutdown: the next start recovers
        stop_seconds=4.0,
        tier=0,
        shown=False,
    )


def _environment(place: Place) -> dict[str, str]:
    """Nothing of the caller's: no PG* variable, library path or locale of theirs may steer the server."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "HOME": str(place.data.parent)}


def _url(run: Path, database: str) -> str:
    return f"postgresql+psycopg://{SUPERUSER}@/{database}?host={quote(str(run), safe='/')}"


def _ensure_data(place: Place, *, durable: bool) -> None:
    version = place.data / "PG_VERSION"
    if not version.exists():
        _make_data(place, durable=durable)
    held = version.read_text().strip()
    if held != str(place.binaries.major):
        raise ConfigurationError(
            f"{place.data} holds data of PostgreSQL {held} and the programs found are {place.binaries.version}: "
            f"install the programs of {held} again and dump the database (`pg_dump`) to restore into an "
            "empty DATELINE_HOME, or set DATELINE_DATABASE_URL."
        )


def _make_data(place: Place, *, durable: bool) -> None:
    """`initdb` beside the final name, then rename: a start cut short leaves nothing half made in use."""
    part = place.data.with_name(f".{place.data.name}.new")
    said = ""
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700)
        if place.account is not None:
            os.chown(part, place.account.uid, place.account.gid)
        for locale in ("C.UTF-8", "C"):  # macOS has no C.UTF-8
            made = _initdb(place, part, locale, durable=durable)
            if made.returncode == 0:
                part.rename(place.data)
                return
            said = (
                " / ".join(line for line in made.stderr.splitlines() if "error" in line.lower())
                or made.stderr
            )
    except (OSError, subprocess.SubprocessError) as error:  # no room; or a root that may not become others
        said = str(error)
    shutil.rmtree(part, ignore_errors=True)
    raise UnavailableError(
        f"PostgreSQL could not make its data folder {place.data}: {said.strip()}; mend that, "
        "or set DATELINE_HOME to another folder, or DATELINE_DATABASE_URL."
    )


def _initdb(place: Place, folder: Path, locale: str, *, durable: bool) -> subprocess.CompletedProcess[str]:
    account = place.account
    argv = [str(place.binaries.bin / "initdb"), "-D", str(folder), "--encoding=UTF8", f"--locale={locale}"]
    argv += ["--auth=trust", f"--username={SUPERUSER}", "--no-instructions"]
    return subprocess.run(
        [*argv, *([] if durable else ["--no-sync"])],
        env=_environment(place),
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def _is_ready(run: Path) -> bool:
    """Whether the server answers; makes the database `dateline` where it is missing."""
    try:
        with psycopg.connect(
            host=str(run), user=SUPERUSER, dbname="postgres", connect_timeout=5, autocommit=True
        ) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone()
            if known is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
    except psycopg.OperationalError:
        return False
    return True


def _clear_way(place: Place) -> None:
    """Deal with what an earlier run left: end a server that still runs on these data, drop its lock files.

    PostgreSQL does so itself unless the number in the file belongs to a living process, anybody's; then it refuses.
    """
    pid_file = place.data / "postmaster.pid"
    if not Path("/proc/self").exists():
        return
    end_orphan(pid_file, works_in=place.data, signals=(signal.SIGINT, signal.SIGQUIT))
    for lock in (pid_file, place.run / ".s.PGSQL.5432.lock"):
        lock.unlink(missing_ok=True)
