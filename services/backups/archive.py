"""What a file is: a backup of Dateline, of which schema, written by which PostgreSQL. Nothing is changed by looking."""

import re
from dataclasses import dataclass
from pathlib import Path

from services.backups.tools import Tools, newest_tools, run, said_by
from services.core import schema
from services.core.errors import ConfigurationError, InvalidInputError

MAGIC = b"PGDMP"


@dataclass(frozen=True, slots=True)
class Archive:
    """A backup: its file, the version of its schema, and the major version of the pg_dump that wrote it."""

    file: Path
    revision: str
    dumped_by: int
    made: str


def look_at(file: Path, url: str) -> Archive:
    """What `file` is. Raises InvalidInputError, in one sentence: not there, no backup, cut short, of another program,
    of a newer Dateline; ConfigurationError: by a newer PostgreSQL than the programs of this machine.
    """
    try:
        with file.open("rb") as opened:
            head = opened.read(len(MAGIC))
    except OSError as error:
        raise InvalidInputError(f"{file} cannot be read: {error.strerror}.") from error
    if head != MAGIC:
        raise InvalidInputError(f"{file} is no backup: `dateline backup FILE` makes one.")
    tools = newest_tools()
    listed = run(tools.command("pg_restore", "--list", str(file)))
    if listed.returncode != 0:
        said = said_by(listed.stderr)
        if "unsupported version" in said:
            raise ConfigurationError(
                f"{file} was written by a newer PostgreSQL than the programs of this machine, {tools.version}: install newer ones."
            )
        raise InvalidInputError(f"{file} cannot be read as a backup, it may be cut short ({said}).")
    contents = listed.stdout.decode("utf-8", "replace")
    archive = Archive(
        file, _revision(tools, file), _dumped_by(contents), _word(contents, "Archive created at")
    )
    _refuse_unknown(archive, url)
    return archive


def _revision(tools: Tools, file: Path) -> str:
    """The row of `alembic_version` in the archive."""
    script = run(tools.command("pg_restore", "--data-only", "--table=alembic_version", "--file=-", str(file)))
    if script.returncode != 0:
        raise InvalidInputError(
            f"{file} cannot be read as a backup, it may be cut short ({said_by(script.stderr)})."
        )
    found = re.search(rb"^COPY [^\n]*alembic_version[^\n]*\n(\S+)\n\\\.$", script.stdout, re.MULTILINE)
    if found is None:
        raise InvalidInputError(
            f"{file} is a backup of a PostgreSQL database, and not of Dateline: it names no schema."
        )
    return found[1].decode()


def _refuse_unknown(archive: Archive, url: str) -> None:
    if archive.revision not in schema.known(url):
        raise InvalidInputError(
            f"{archive.file} has schema {archive.revision}, which this version of Dateline does not know: restore it with the "
            "version that made it, or a newer one."
        )


def _dumped_by(contents: str) -> int:
    return int(re.split(r"\D", _word(contents, "Dumped by pg_dump version") or "0")[0] or 0)


def _word(contents: str, name: str) -> str:
    found = re.search(rf"^;\s+{name}:? (.+)$", contents, re.MULTILINE)
    return found[1].strip() if found else ""
