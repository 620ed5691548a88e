"""The unprivileged account PostgreSQL runs under when Dateline itself runs as root (it refuses root)."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass

from services.core.errors import ConfigurationError

ACCOUNT = "dateline"
_FALLBACK = "nobody"


@dataclass(frozen=True, slots=True)
class Account:
    """A system account by its numbers, as `subprocess` and `chown` want them."""

    name: str
    uid: int
    gid: int


def is_root() -> bool:
    """Whether this process has user id 0."""
    return os.geteuid() == 0


def server_account(name: str = ACCOUNT, *, create: bool = True) -> Account:
    """The account `name`, made as a system user where possible, else `nobody`.

    `nobody` may own other things on the machine, so it is only the second choice.
    Raises ConfigurationError where neither exists.
    """
    found = _look_up(name)
    if found is None and create and _create(name):
        found = _look_up(name)
    found = found or _look_up(_FALLBACK)
    if found is None:
        raise ConfigurationError(
            f"PostgreSQL refuses to run as root and there is no account {name!r} or {_FALLBACK!r} to run it "
            f"under: make one with `useradd --system {name}`, or run Dateline as an ordinary user."
        )
    return found


def _look_up(name: str) -> Account | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return None if entry.pw_uid == 0 else Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _create(name: str) -> bool:
    useradd = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if useradd is None:
        return False
    asked = [useradd, "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    done = subprocess.run([*asked, "--shell", "/usr/sbin/nologin", name], capture_output=True, check=False)
    return done.returncode == 0
