"""What children say: cut into lines, on the screen under their name, in a log file each.

Nothing here may stop the supervisor: a screen that is gone or does not take more loses lines, the log
keeps them; a log that cannot be written is given up after one sentence.
"""

import contextlib
import os
import select
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TextIO

_LONGEST_LINE = 65_536
_LOG_BYTES = 10 * 2**20
_LOGS_KEPT = 3
_ERASE = b"\r\x1b[K"
# A pipe or terminal that `select` calls writable takes this much without blocking (POSIX' PIPE_BUF on Linux).
_WRITE_BYTES = 4096


class Lines:
    """Bytes in, whole lines out; a line without end is cut at 64 KiB."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The lines that `data` completes, without their ends."""
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            yield line.rstrip(b"\r")
        while len(self._rest) >= _LONGEST_LINE:
            yield self._rest[:_LONGEST_LINE]
            self._rest = self._rest[_LONGEST_LINE:]

    def end(self) -> Iterator[bytes]:
        """What is left when nothing more will come."""
        if self._rest:
            yield self._rest
        self._rest = b""


class LogFile:
    """A log that is appended to, and renamed `.1`, `.2`, … when it has grown to `limit` bytes."""

    def __init__(self, path: Path, *, limit: int = _LOG_BYTES, kept: int = _LOGS_KEPT) -> None:
        self.path = path
        self._limit, self._kept = limit, kept
        self._file: BinaryIO | None = None
        with contextlib.suppress(OSError):
            self._file = path.open("ab")

    def write(self, line: bytes) -> None:
        """Append one line; on an error (a full disk) the log is given up and Dateline goes on."""
        if self._file is None:
            return
        try:
            self._file.write(line + b"\n")
            self._file.flush()
            if self._file.tell() >= self._limit:
                self._turn()
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file; later lines are dropped."""
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):
                file.close()

    def _turn(self) -> None:
        self.close()
        for number in range(self._kept - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.rename(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.rename(self.path.with_name(f"{self.path.name}.1"))
        self._file = self.path.open("ab")


class Screen:
    """Standard output with, on a terminal, one line at the bottom that is rewritten in place."""

    def __init__(self, stream: TextIO) -> None:
        self.is_terminal = stream.isatty()
        self._status = b""
        self._lost = 0
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
        try:
            self._fd = stream.fileno()
        except (OSError, ValueError):  # a closed or replaced stream
            self._fd = -1

    def say(self, text: str) -> None:
        """One line of our own."""
        self.line(text.encode("utf-8", "replace"))

    def line(self, line: bytes) -> None:
        """One line, above the status line if there is one."""
        lost = f"({self._lost} lines not shown; they are in the logs)\n".encode() if self._lost else b""
        erase = _ERASE if self._status else b""
        if self._write(erase + lost + line + b"\n" + self._status):
            self._lost = 0
        else:
            self._lost += 1

    def status(self, text: str) -> None:
        """Rewrite the bottom line in place; an empty text takes it away. Only on a terminal."""
        if self.is_terminal:
            self._status = text.encode()
            self._write(_ERASE + self._status)

    def _write(self, data: bytes) -> bool:
        """Write without ever waiting for a reader; False when it does not take `data` now."""
        while data and self._fd >= 0:
            try:
                if not select.select([], [self._fd], [], 0)[1]:
                    return False
                data = data[os.write(self._fd, data[:_WRITE_BYTES]) :]
            except OSError:  # the terminal or the reader of the pipe is gone: go on without
                self._fd = -1
        return True
