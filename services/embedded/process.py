"""One child process: how it is described, started, waited for and stopped. Nothing here decides when."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from services.core import clock
from services.core.errors import UnavailableError
from services.embedded.account import Account
from services.embedded.deathsig import die_with_parent

Output = IO[bytes] | int

_LOOK_EVERY = 0.03


def _always() -> bool:
    return True


def _nothing() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A program to keep running.

    `before` runs in the parent before every start, `ready` tells whether it answers; both may raise a
    DatelineError. It is asked to stop with `stop_signal` and has `stop_seconds`; then `force_signal`, and
    SIGKILL to its whole group. `death_signal` is what it gets should the supervisor end without stopping it.
    Of two tiers the lower starts first and stops last. Not `shown`: what it says goes to its log only. One that is
    `watched` says that it goes on (`core.liveness.notify`), and is ended and started again when it does not.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    account: Account | None = None
    before: Callable[[], None] = field(default=_nothing)
    ready: Callable[[], bool] = field(default=_always)
    ready_seconds: float = 60.0
    stop_signal: signal.Signals = signal.SIGTERM
    force_signal: signal.Signals = signal.SIGKILL
    death_signal: signal.Signals = signal.SIGKILL
    stop_seconds: float = 5.0
    tier: int = 1
    shown: bool = True
    watched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that can be started: the child, the URL clients use, the folder where its data lie."""

    child: Child
    url: str
    data: Path


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, until `stop`."""

    server: Server
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        """What clients connect to."""
        return self.server.url

    def stop(self) -> None:
        """Ask the server to end, then insist; returns when no process of it is left."""
        stop(self.server.child, self.process)


def spawn(child: Child, output: Output) -> subprocess.Popen[bytes]:
    """Start `child` in a session of its own (so that Ctrl-C does not reach it) that ends with this process.

    `output` takes what it writes. Call from the main thread (see `deathsig`).
    Raises UnavailableError when the program cannot be started.
    """
    child.before()
    account = child.account
    try:
        return subprocess.Popen(
            child.argv,
            env=dict(child.env),
            cwd=child.cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent(child.death_signal),  # noqa: PLW1509 - one prctl, and no other place for it
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
    except (OSError, subprocess.SubprocessError) as error:
        who = "" if account is None else f" as {account.name}"
        raise UnavailableError(f"{child.name} cannot be started{who}: {child.argv[0]}: {error}.") from error


def wait_ready(child: Child, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when `child` answers. Raises UnavailableError, with the end of `log`, when it does not."""
    deadline = clock.monotonic() + child.ready_seconds
    while not child.ready():
        if has_ended(process):
            raise UnavailableError(f"{child.name} ended while starting: {last_words(log)}")
        if clock.monotonic() > deadline:
            stop(child, process)
            raise UnavailableError(f"{child.name} did not answer in {child.ready_seconds:g} s; see {log}.")
        time.sleep(_LOOK_EVERY)


def start(server: Server, log: Path) -> Running:
    """Start `server` with its output appended to `log` and wait until it answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = spawn(server.child, output)
    try:
        wait_ready(server.child, process, log)
    except BaseException:
        stop(server.child, process)
        raise
    return Running(server, process)


def stop(child: Child, process: subprocess.Popen[bytes]) -> None:
    """Stop `child`, insisting step by step, and sweep what is left of its group."""
    for number, seconds in ((child.stop_signal, child.stop_seconds), (child.force_signal, 3.0)):
        if not has_ended(process):
            send(process, number)
            _wait_end(process, seconds)
    finish(process)


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a process that is not reaped; `Popen.send_signal` might reap it and free its group's number."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the process is over; unlike `poll` it leaves its number reserved until `finish`."""
    if process.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def finish(process: subprocess.Popen[bytes]) -> int:
    """Kill what is left of the process and its group, reap it, return its exit code.

    The group goes first: while its leader is not reaped its number cannot belong to anybody else.
    """
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def last_words(log: Path, lines: int = 5) -> str:
    """The end of a log as one line, for the sentence that says why a server did not start."""
    try:
        text = log.read_bytes()[-4096:].decode("utf-8", "replace")
    except OSError:
        text = ""
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return " / ".join(said[-lines:]) or f"it said nothing (see {log})."


def _wait_end(process: subprocess.Popen[bytes], seconds: float) -> None:
    deadline = clock.monotonic() + seconds
    while not has_ended(process) and clock.monotonic() < deadline:
        time.sleep(_LOOK_EVERY)
