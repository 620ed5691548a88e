"""Schema, rules and feeds brought up to date in a process of its own: it reads every rule that there is, and what that takes goes with it.

The supervisor runs for weeks, and would keep a hundred megabytes for what took two seconds.
"""

import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

from services.core.errors import ConfigurationError, DatelineError
from services.embedded.deathsig import die_with_parent

DATABASE, FEEDS, AT_FIRST = "DATELINE_DATABASE_URL", "PREPARE_FEEDS", "PREPARE_AT_FIRST"
"""In the environment of that process: where, which list is added, and which one to an empty database."""
MISUSED = 2
"""Its exit code for what is set up wrongly; 1 for whatever else is refused, with the sentence on standard output."""


class Preparing:
    """That process. Started from the main thread; a context manager that leaves nothing running."""

    def __init__(self, env: Mapping[str, str], *, feeds: Path | None, at_first: Path | None) -> None:
        self._open = ExitStack()
        self._said = self._open.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the stack
        self._notes = self._open.enter_context(TemporaryFile())  # noqa: SIM115 - as above
        told = {name: str(file) for name, file in ((FEEDS, feeds), (AT_FIRST, at_first)) if file is not None}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.embedded.prepare"],
            env={**env, **told},
            stdin=subprocess.DEVNULL,
            stdout=self._said,
            stderr=self._notes,
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one prctl, as for every child
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._open.close()

    def done(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def result(self) -> list[str]:
        """What was left out, a sentence each. Raises DatelineError for what was refused, ConfigurationError where that is a setting."""
        code = self._process.wait()
        notes, said = _lines(self._notes), " ".join(_lines(self._said))
        if code == 0:
            return notes
        if said:
            raise (ConfigurationError if code == MISUSED else DatelineError)(said)
        why = f": {notes[-1]}" if notes else ""
        raise DatelineError(f"Bringing schema, rules and feeds up to date ended with exit code {code}{why}.")


def _lines(file: IO[bytes]) -> list[str]:
    file.seek(0)
    return file.read().decode("utf-8", "replace").splitlines()
