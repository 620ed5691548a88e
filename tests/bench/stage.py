"""What is measured, running: servers, roles and press as processes of their own in a temporary folder.

Everything is started by the code that `dateline up` uses, PostgreSQL with every fsync. A guardian stops it all should
the bench itself be killed.
"""

import contextlib
import json
import os
import re
import shutil
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import Popen
from typing import Any

from services.core import schema
from services.core.settings import PREFIX, settings
from services.embedded import account
from services.embedded.guardian import Guardian
from services.embedded.home import Home, open_home
from services.embedded.postgres import postgres_server
from services.embedded.prepare import load_starter
from services.embedded.process import Child, Server, spawn, stop, wait_ready
from services.embedded.roles import role_children
from services.embedded.valkey import valkey_server
from tests.bench import cpu
from tests.bench.database import Database
from tests.bench.figures import BenchError
from tests.fixtures.roles import free_port

ROOT = Path(__file__).parents[2]
ROLES = ("ingest", "classify", "scheduler", "api")
SETTINGS = {
    "FETCH_ALLOW": "127.0.0.0/8",
    "FETCH_INTERVAL_MIN": "1",  # what the feeds' own dates suggest is hours: nothing is due but when the bench says so
    "FETCH_INTERVAL_MAX": "1d",
    "RATE_LIMIT": "999999",  # everybody is counted, and nobody is refused
    "FETCH_HOST_PAUSE": "0.1",  # a feed that is asked every second must not wait for its host
}
_QUIET_S, _QUIET_CPU_S = 0.5, 0.1
_KEEP_COUNT = (
    "-c",
    "shared_preload_libraries=pg_stat_statements",
    "-c",
    "pg_stat_statements.track_utility=on",
)
_PRESS = re.compile(r"list (http://\S+)/opml")


def eventually(condition: Callable[[], Any], *, seconds: float, what: str, every: float = 0.05) -> Any:
    """The first true answer of `condition`. Raises BenchError when none comes within `seconds`."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            raise BenchError(f"{what} did not happen within {seconds:.0f} s; load {os.getloadavg()[0]:.1f}.")
        time.sleep(every)
    return found


@dataclass(slots=True)
class Stage:
    """Processes by name, and where to ask them. `leaders` are the trees whose CPU time is Dateline's."""

    folder: Path
    home: Home
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")
    guardian: Guardian = field(default_factory=Guardian)
    running: dict[str, tuple[Child, Popen[bytes]]] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    press: str = ""
    feeds: list[str] = field(default_factory=list)
    database: Database = field(init=False)

    @property
    def leaders(self) -> dict[str, int]:
        """Process numbers of everything of Dateline's, servers included; neither press nor yardsticks."""
        ours = {name: pid.pid for name, (_, pid) in self.running.items()}
        return {name: ours[name] for name in (*ROLES, "postgres", "valkey") if name in ours}

    def cpu(self) -> dict[str, float]:
        """CPU seconds so far by name; what PostgreSQL spends on the bench's own questions is not in it."""
        spent = cpu.all_seconds(self.leaders)
        if "postgres" in spent:
            spent["postgres"] -= cpu.alone(self.database.backend)
        return spent

    def start(self, *children: Child) -> None:
        """Start processes side by side and wait until all of them answer."""
        for child in children:
            with self._log(child).open("ab") as output:
                process = spawn(child, output)
            self.running[child.name] = (child, process)
            self.guardian.watch(process.pid, child.death_signal)
        for child in children:
            wait_ready(child, self.running[child.name][1], self._log(child))

    def stop(self, name: str) -> None:
        """End a process and all it started at once, unasked: the bench keeps nothing, so nothing need be put in order."""
        child, process = self.running.pop(name)
        self.guardian.forget(process.pid)
        stop(replace(child, stop_signal=child.force_signal), process)

    def _log(self, child: Child) -> Path:
        return self.folder / f"{child.name}.log"

    def wait_alive(self, roles: set[str]) -> None:
        """Until each of these workers has given a sign of life."""
        eventually(lambda: roles <= self.database.beating(), seconds=40, what=f"A sign of life of {roles}")

    def wait_quiet(self, seconds: float = 20) -> None:
        """Until our processes use next to no CPU; after `seconds` without that, go on and let it be noise."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            before = sum(self.cpu().values())
            time.sleep(_QUIET_S)
            if sum(self.cpu().values()) - before < _QUIET_CPU_S:
                return

    def slugs(self) -> dict[str, str]:
        """Whose feed is at an address: the names that the desk of the press knows outlets by, in their order."""
        return {row["feed"]: slug for slug, row in self.ask_press("/stats.json").items()}

    def requests(self) -> tuple[int, int]:
        """Requests for feeds and answers 304 that the press has counted so far."""
        rows = self.ask_press("/stats.json").values()
        return sum(row["requests"] for row in rows), sum(row["not_modified"] for row in rows)

    def ask_press(self, path: str, *, post: bool = False) -> Any:
        """What the desk of the press answers."""
        asked = urllib.request.Request(self.press + path, method="POST" if post else "GET")
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)

    def get(self, path: str, **headers: str) -> tuple[bytes, Mapping[str, str]]:
        """Body and headers of what the API answers with 200 or 304; headers are asked for as `If_None_Match`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(f"http://{self.address}{path}", headers=named)
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:
                return answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            if error.code == 304:
                return b"", error.headers
            raise


@contextmanager
def open_stage(
    *,
    feeds: int,
    entries: int,
    roles: Sequence[str] = ROLES,
    statements: bool = False,
    decided: Mapping[str, str] = SETTINGS,
) -> Iterator[Stage]:
    """Everything running and quiet, the press's feeds and the starter rulebook loaded, nothing fetched yet.

    Works in a temporary folder (TMPDIR chooses the disk), which is gone afterwards with all that ran. `entries` 0: the mixture
    of formats and sizes. `roles`: those of Dateline's that are to run. `statements`: PostgreSQL keeps count of what it is asked.
    `decided`: settings that are not as in production.
    """
    folder = _folder()
    stage = Stage(folder, open_home(folder / "home"))
    before = Path.cwd()
    try:
        os.chdir(folder)  # no `.env` of anybody's may decide what is measured
        stage.guardian.look()
        _start_servers(stage, feeds=feeds, entries=entries, statements=statements, decided=decided)
        _start_roles(stage, roles)
        yield stage
    finally:
        for name in reversed(list(stage.running)):
            with contextlib.suppress(ProcessLookupError):
                stage.stop(name)
        stage.guardian.close()
        os.chdir(before)
        shutil.rmtree(folder, ignore_errors=True)


def plain_environment() -> dict[str, str]:
    """Ours without any setting of Dateline's, and able to import it from any folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def _press(stage: Stage, *, feeds: int, entries: int) -> Child:
    words = ("--port", "0", "--every", "0", "--feeds", str(feeds), "--entries", str(entries))
    return Child(
        name="press",
        argv=(sys.executable, "-m", "newswire", *words, "--opml", str(stage.folder / "press.opml")),
        env=plain_environment(),
        cwd=stage.folder,
        ready=lambda: _PRESS.search((stage.folder / "press.log").read_text()) is not None,
        ready_seconds=90.0,  # writing five hundred feeds takes ten on a quiet machine
    )


def _start_servers(
    stage: Stage, *, feeds: int, entries: int, statements: bool, decided: Mapping[str, str]
) -> None:
    runs_as = account.server_account(create=False) if account.is_root() else None
    postgres = postgres_server(stage.home, durable=True, account=runs_as, below=stage.folder / "service")
    valkey = valkey_server(stage.home)
    database = postgres.child
    if statements:
        database = replace(database, argv=(*database.argv, *_KEEP_COUNT))
    stage.start(database, valkey.child, _press(stage, feeds=feeds, entries=entries))
    _meet_press(stage)
    _set_environment(stage, postgres, valkey, decided)
    schema.upgrade(postgres.url)
    load_starter(postgres.url, stage.folder / "press.opml")
    stage.database = Database(postgres.url)
    stage.database.remember()


def _meet_press(stage: Stage) -> None:
    found = _PRESS.search((stage.folder / "press.log").read_text())
    stage.press = found[1] if found else ""
    listed = (stage.folder / "press.opml").read_text()
    stage.feeds = re.findall(r'xmlUrl="([^"]+)"', listed)
    if f"{stage.press}/o/" in listed:
        raise BenchError(
            "This system gives no loopback address to each feed (Linux does), so hosts would wait."
        )


def _set_environment(stage: Stage, postgres: Server, valkey: Server, chosen: Mapping[str, str]) -> None:
    """This process is set up like a role, as the code that it shares with them reads settings."""
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    decided = {"HOME": str(stage.home.path), "BIND": stage.address, **chosen}
    decided |= {"DATABASE_URL": postgres.url, "REDIS_URL": valkey.url}
    os.environ.update({PREFIX + name: value for name, value in decided.items()})
    settings.cache_clear()


def _start_roles(stage: Stage, roles: Sequence[str]) -> None:
    urls = {
        "database_url": os.environ[f"{PREFIX}DATABASE_URL"],
        "redis_url": os.environ[f"{PREFIX}REDIS_URL"],
    }
    for child in role_children(settings(), **urls, terminal=False):
        stage.children[child.name] = replace(
            child, env={**child.env, "PYTHONPATH": str(ROOT)}, cwd=stage.folder
        )
    stage.start(*(stage.children[name] for name in roles))
    stage.wait_alive(set(roles) - {"api"})
    stage.wait_quiet()


def _folder() -> Path:
    """A temporary folder with a short path that every account can walk into: as root PostgreSQL runs as another."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        walkable = all(step.stat().st_mode & 0o001 for step in (parent, *parent.parents))
        if walkable and os.access(parent, os.W_OK) and len(str(parent)) < 50:
            folder = Path(tempfile.mkdtemp(prefix="dateline-bench-", dir=parent)).resolve()
            folder.chmod(0o711)
            return folder
    raise BenchError(
        "No temporary folder that all accounts can reach: set TMPDIR to a short path that is open."
    )
