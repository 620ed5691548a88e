"""Write a backup: one snapshot of the database, taken while everything runs, whole or not at all."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from services.backups.tools import Target, Tools, connect, said_by, target_of, tools_for
from services.core import clock
from services.core.errors import ConfigurationError, InvalidInputError, UnavailableError

Progress = Callable[[int], None]
"""Told the bytes so far, several times a second."""
_LOOK_EVERY = 0.1


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was written. `bytes` is None for a pipe."""

    file: str
    bytes: int | None
    seconds: float
    schema: str


def backup(url: str, file: Path | None, *, force: bool, progress: Progress) -> Made:
    """Write everything in the database at `url` to `file` (None: standard output).

    The name appears when the bytes are on the disk. Mode 600: it holds the secrets of webhooks. Raises InvalidInputError where
    the file is there and not `force`, or cannot be written; ConfigurationError for a database without schema, or without
    fitting programs; UnavailableError when the server ends it.
    """
    if file is not None:
        _refuse_file(file, force=force)
    target = target_of(url)
    revision = _revision(url)
    tools = tools_for(at_least=target.major, what="The server")
    started = clock.monotonic()
    if file is None:
        _dump(tools, target, into=None, progress=progress)
        return Made("-", None, clock.monotonic() - started, revision)
    with _whole(file) as part:
        _dump(tools, target, into=part, progress=progress)
    return Made(str(file), file.stat().st_size, clock.monotonic() - started, revision)


def _refuse_file(file: Path, *, force: bool) -> None:
    if file.is_dir():
        raise InvalidInputError(f"{file} is a folder: name a file.")
    if file.exists() and not force:
        raise InvalidInputError(f"{file} is there already: name another file, or say --force to replace it.")


def _revision(url: str) -> str:
    with connect(url) as connection:
        there = connection.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
        row = (
            connection.execute("SELECT version_num FROM alembic_version").fetchone()
            if there and there[0]
            else None
        )
    if row is None:
        raise ConfigurationError("There is nothing to back up: the database has no schema of Dateline.")
    return str(row[0])


@contextmanager
def _whole(file: Path) -> Iterator[Path]:
    """A name beside `file`; its bytes reach the disk before it takes that name. Gone when anything fails."""
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield part
        for path in (part, part.parent):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            if path is part:
                part.rename(file)
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be written: {error.strerror}.") from error
    finally:
        part.unlink(missing_ok=True)


def _dump(tools: Tools, target: Target, *, into: Path | None, progress: Progress) -> None:
    words = ["--format=custom", "--compress=1", "--no-owner", "--no-privileges", "--lock-wait-timeout=10s"]
    words += [] if into is None else [f"--file={into}"]
    argv = tools.command("pg_dump", *words, f"--dbname={target.conninfo}")
    with TemporaryFile() as errors:
        output = sys.stdout.buffer if into is None else subprocess.DEVNULL
        process = subprocess.Popen(
            argv, env=dict(target.env), stdin=subprocess.DEVNULL, stdout=output, stderr=errors
        )
        try:
            while process.poll() is None:
                time.sleep(_LOOK_EVERY)
                if into is not None and into.exists():
                    progress(into.stat().st_size)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode != 0:
            errors.seek(0)
            raise UnavailableError(f"The backup was not made: {said_by(errors.read())}.")
