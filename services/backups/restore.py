"""Put a backup in place of what the database holds: in one transaction, so that what fails changes nothing."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from time import sleep
from typing import IO, Any

from services.backups import statements
from services.backups.archive import Archive, look_at
from services.backups.backup import Progress
from services.backups.tools import APPLICATION, Target, Tools, connect, said_by, target_of, tools_for
from services.core import clock, schema
from services.core.errors import InvalidInputError, UnavailableError

_GONE_S, _LOOK_EVERY = 2.0, 0.1
"""Seconds that roles may still be connected for: the server notices a moment later that somebody who was stopped has gone."""
_CHUNK = 1 << 18
_SETTINGS_END = 4096
"""Within so many bytes the script's own settings are over."""
_NEWER_SETTING = b"SET transaction_timeout = 0;\n"
"""A line of pg_restore 17 and newer that older servers do not know."""
_SINCE = 17
_STATE = re.compile(r"(?<=:  )[0-9A-Z]{5}: ")
_DAMAGED = re.compile(r":  (?:22|23|42(?!501)|08P01)[0-9A-Z]*: ")
"""What a session says, with its SQLSTATE, of data that no pg_dump wrote: wrong values, rows that meet no constraint, no SQL."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored: when the backup was made, its schema, and the one that it has now."""

    file: str
    made: str
    schema_before: str
    schema: str
    articles: int
    feeds: int
    seconds: float


def restore(url: str, file: Path, *, force: bool, progress: Progress) -> Restored:
    """Replace what the database at `url` holds by `file`, bring its schema to the newest, and begin a new life of the stream.

    `force`: although roles are connected; they wait, and what they had in hand is dropped by its lease.
    Raises InvalidInputError (no backup, cut short, of a newer Dateline), ConfigurationError (no fitting programs, roles that run),
    UnavailableError: then nothing was changed.
    """
    started = clock.monotonic()
    archive = look_at(file, url)
    target = target_of(url)
    if not force:
        _refuse_roles(url)
    tools = tools_for(
        at_least=max(target.major, archive.dumped_by), what="The server, or the one of the backup,"
    )
    _load(tools, target, archive, progress)
    schema.upgrade(url)
    with connect(url) as connection:
        connection.execute("ANALYZE")
        row = connection.execute(statements.COUNTS).fetchone()
    articles, feeds, now = row if row is not None else (0, 0, "")
    return Restored(
        file=str(file), made=archive.made, schema_before=archive.revision, schema=str(now),
        articles=int(str(articles)), feeds=int(str(feeds)), seconds=clock.monotonic() - started,
    )  # fmt: skip


def new_epoch(url: str) -> None:
    """Begin a new life of the stream without touching anything else: after the database was set back in a way that leaves no trace."""
    with connect(url) as connection:
        connection.execute(statements.NEW_EPOCH)


def _refuse_roles(url: str) -> None:
    until, found = clock.monotonic() + _GONE_S, _connected(url)
    while found and clock.monotonic() < until:
        sleep(_LOOK_EVERY)
        found = _connected(url)
    if found:
        roles = ", ".join(f"{row[1]} of {row[0]}" for row in found)
        raise InvalidInputError(
            f"Dateline is running on this database ({roles} connected): stop it first, or say --force to restore under its hands."
        )


def _connected(url: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(statements.CONNECTED, (f"{APPLICATION}%",)).fetchall()


def _load(tools: Tools, target: Target, archive: Archive, progress: Progress) -> None:
    """The archive as a script, between ours, into one session. COMMIT is said only after the archive was read to its end."""
    script = tools.command(
        "pg_restore",
        "--schema=public",
        "--no-owner",
        "--no-privileges",
        "--clean",
        "--if-exists",
        "--file=-",
        str(archive.file),
    )
    session = tools.command(
        "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose", f"--dbname={target.conninfo}"
    )
    with TemporaryFile() as script_errors, TemporaryFile() as session_errors:
        reading = subprocess.Popen(
            script, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=script_errors
        )
        with _ended(reading):
            writing = subprocess.Popen(
                session,
                env=dict(target.env),
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=session_errors,
            )
            with _ended(writing):
                _pump(reading, writing, old_server=target.major < _SINCE, progress=progress)
                whole = reading.wait() == 0
                _finish(writing, commit=whole)
        if whole and writing.returncode == 0:
            return
        for errors in (script_errors, session_errors):
            errors.seek(0)
        if writing.returncode != 0 and (said := session_errors.read().strip()):
            _refuse_damaged(archive, said_by(said))
            raise UnavailableError(
                f"Nothing was restored, and nothing is changed: {_STATE.sub('', said_by(said))}."
            )
        raise _damaged(archive, said_by(script_errors.read()))


def _refuse_damaged(archive: Archive, said: str) -> None:
    if _DAMAGED.search(said):
        raise _damaged(archive, _STATE.sub("", said))


def _damaged(archive: Archive, said: str) -> InvalidInputError:
    return InvalidInputError(f"{archive.file} is cut short or damaged ({said}): nothing was changed.")


def _pump(
    reading: "subprocess.Popen[bytes]",
    writing: "subprocess.Popen[bytes]",
    *,
    old_server: bool,
    progress: Progress,
) -> None:
    source, sink = _pipe(reading.stdout), _pipe(writing.stdin)
    with suppress(BrokenPipeError):  # the session has ended, and has said why
        sink.write(statements.before().encode())
        head = source.read(_SETTINGS_END)
        sink.write(head.replace(_NEWER_SETTING, b"") if old_server else head)
        done = len(head)
        while chunk := source.read(_CHUNK):
            sink.write(chunk)
            done += len(chunk)
            progress(done)
        return
    reading.terminate()


def _finish(writing: "subprocess.Popen[bytes]", *, commit: bool) -> None:
    """The end of the session: with our last statements and COMMIT, or without, which undoes all of it."""
    sink = _pipe(writing.stdin)
    with suppress(BrokenPipeError):
        if commit:
            sink.write(statements.after().encode())
        sink.close()
    writing.wait()


@contextmanager
def _ended(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()
        process.wait()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # noqa: S101 - asked for when the process was started
    return pipe
