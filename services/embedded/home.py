"""The data folder (`DATELINE_HOME`): made private, checked, locked by one `dateline up` at a time."""

import fcntl
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.core.errors import ConfigurationError

_SOCKET_PATH_BYTES = 103
"""Longest path of a unix socket, the strictest of our systems (macOS 104 with the final zero, Linux 108)."""
_LONGEST_SOCKET_NAME = ".s.PGSQL.5432"
_SHORT_ROOT = Path("/tmp")  # noqa: S108 - short on every system, unlike TMPDIR; the folder below is checked


@dataclass(frozen=True, slots=True)
class Home:
    """A data folder that exists and can be written, with the names of what lies in it."""

    path: Path
    run: Path
    """Folder of the unix sockets; elsewhere when `path` is too long for one."""

    @property
    def log(self) -> Path:
        """Folder of one log a child."""
        return self.path / "log"

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data; as root a link to where they really lie."""
        return self.path / "postgresql"

    @property
    def valkey(self) -> Path:
        """The broker's append-only file."""
        return self.path / "valkey"


def open_home(path: Path) -> Home:
    """Make `path` (mode 700) where it is missing, and check that it is ours to write.

    Raises ConfigurationError, in one sentence, when it is not a folder, not ours or cannot be written.
    """
    home = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - not resolve(): a link stays as it was named
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = home.stat().st_uid
    except (FileExistsError, NotADirectoryError) as error:
        raise _refused(home, f"{error.filename or home} is no folder") from error
    except OSError as error:
        raise _refused(home, f"it cannot be made ({error.strerror})") from error
    if owner != os.geteuid():
        raise _refused(home, f"it belongs to user id {owner} and this is user id {os.geteuid()}")
    try:
        for name in ("log", "run"):
            (home / name).mkdir(mode=0o700, exist_ok=True)
        probe = home / "run" / f".probe.{os.getpid()}"
        probe.touch()  # root may pass every check of modes and still not write: try it
        probe.unlink()
    except OSError as error:
        raise _refused(home, f"it cannot be written ({error.strerror})") from error
    return Home(home, _run_folder(home))


@contextmanager
def locked(home: Home) -> Iterator[None]:
    """Hold `home` alone. Raises ConfigurationError that names the process which holds it already.

    The kernel gives the lock back however we end; children do not inherit it.
    """
    descriptor = os.open(home.path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "of unknown number"
            raise ConfigurationError(
                f"The data folder {home.path} is in use by another `dateline up` (process {holder}): "
                "stop that one, or set DATELINE_HOME to another folder."
            ) from error
        except OSError as error:
            raise _refused(home.path, f"its file system knows no locks ({error.strerror})") from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def fits_socket(folder: Path) -> bool:
    """Whether a unix socket in `folder` keeps within the system's limit of about a hundred bytes."""
    return len(os.fsencode(folder / _LONGEST_SOCKET_NAME)) <= _SOCKET_PATH_BYTES


def name_of(path: Path) -> str:
    """A short name that belongs to `path` alone."""
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:12]


def private_folder(folder: Path) -> Path:
    """Make `folder` with mode 700, or accept it if it is just that and ours. Raises ConfigurationError.

    For folders whose parent others may write: whoever made the name first must not own our sockets.
    """
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise ConfigurationError(
            f"The folder {folder} for sockets cannot be made ({error.strerror})."
        ) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise ConfigurationError(
            f"{folder} should be a private folder of user id {os.geteuid()} for sockets and is not: remove it, "
            "or set DATELINE_HOME to a shorter path, which needs no such folder."
        )
    return folder


def _run_folder(home: Path) -> Path:
    if fits_socket(home / "run"):
        return home / "run"
    return private_folder(_SHORT_ROOT / f"dateline-{os.geteuid()}-{name_of(home)}")


def _refused(home: Path, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"The data folder {home} cannot be used: {why}; set DATELINE_HOME to a folder of your own."
    )
