"""Where PostgreSQL's files lie and who runs it: in the data folder, or, as root, in a place of its own.

PostgreSQL refuses to run as root. An unprivileged account cannot reach into root's home or data folder,
and no mode of any folder on the way is to be opened for it: so as root the programs are copied, and the
data kept, below /var/lib/dateline in a folder of that account, and `DATELINE_HOME` holds a link there.
"""

import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from services.core.errors import ConfigurationError
from services.embedded.account import Account
from services.embedded.home import Home, fits_socket, name_of
from services.embedded.programs import PostgresBinaries, copy_postgres

SERVICE_ROOT = Path("/var/lib/dateline")


@dataclass(frozen=True, slots=True)
class Place:
    """Everything PostgreSQL needs on disk: `run` (its socket) and `data` belong to `account`, or to us if None."""

    data: Path
    run: Path
    binaries: PostgresBinaries
    account: Account | None


def own_place(home: Home, binaries: PostgresBinaries) -> Place:
    """An ordinary user's place: everything in the data folder."""
    return Place(home.postgres, home.run, binaries, None)


def service_place(
    home: Home, binaries: PostgresBinaries, account: Account, below: Path = SERVICE_ROOT
) -> Place:
    """Root's place for `home`, made where it is missing: mode 700, owned by `account`, linked from `home`.

    No folder that exists already changes its mode. Raises ConfigurationError when the place cannot be made,
    cannot be reached by `account`, or belongs to another home.
    """
    try:
        folder = _linked_folder(home, below) or _new_folder(home, account, below)
        _check_way(folder.parent, account)
        run = folder / "run"
        if not run.is_dir():
            run.mkdir(mode=0o700)
            os.chown(run, account.uid, account.gid)
        if not fits_socket(run):
            raise ConfigurationError(f"The path {run} is too long for a socket: choose a shorter one.")
        return Place(folder / "data", run, copy_postgres(binaries, folder), account)
    except OSError as error:
        why = error.strerror or error.args[0]
        raise ConfigurationError(
            f"As root, PostgreSQL needs a folder of its own below {below}, which cannot be made ({why}): "
            "run Dateline as an ordinary user, or set DATELINE_DATABASE_URL."
        ) from error


def _linked_folder(home: Home, below: Path) -> Path | None:
    """The folder that `home` has been using, by its link. A home that was copied or moved is refused."""
    if not home.postgres.is_symlink():
        if home.postgres.exists():
            raise ConfigurationError(
                f"{home.postgres} holds data of a PostgreSQL that was not run by root: run Dateline as the user "
                "it was made by, or set DATELINE_HOME to another folder."
            )
        return None
    folder = home.postgres.readlink().parent
    if folder.parent != below or not folder.name.startswith(name_of(home.path)):
        raise ConfigurationError(
            f"{home.postgres} leads to {folder}, the database of another data folder: this one was moved or "
            "copied; move it back, or remove the link to begin with an empty database."
        )
    return folder if folder.is_dir() else None


def _new_folder(home: Home, account: Account, below: Path) -> Path:
    """A folder nobody used before: a data folder that was removed and made anew begins with an empty database."""
    if not below.exists():
        below.mkdir(parents=True)
        below.chmod(0o711)  # ours, and just made: the account must get through whatever our umask
    for number in count(1):
        folder = below / (name_of(home.path) + (f"-{number}" if number > 1 else ""))
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        break
    os.chown(folder, account.uid, account.gid)
    home.postgres.unlink(missing_ok=True)
    home.postgres.symlink_to(folder / "data")
    return folder


def _check_way(folder: Path, account: Account) -> None:
    """Refuse a way that `account` cannot walk: opening folders of others is not ours to do."""
    for step in [folder, *folder.parents]:
        found = step.stat()
        owned = found.st_uid == account.uid and found.st_mode & 0o100
        shared = found.st_gid == account.gid and found.st_mode & 0o010
        if not (owned or shared or found.st_mode & 0o001):
            raise ConfigurationError(
                f"The account {account.name} cannot reach {folder}: {step} is closed to it; open it for others "
                f"(chmod o+x {step}), run Dateline as an ordinary user, or set DATELINE_DATABASE_URL."
            )
