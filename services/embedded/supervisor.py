"""Keeps children alive and takes them down: one thread, one loop, no promise left to luck.

It must stay in the main thread of its process: signals arrive there, and a child's PDEATHSIG fires when
the thread that forked it ends (`deathsig`).
"""

import contextlib
import os
import selectors
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from subprocess import PIPE, Popen
from types import TracebackType
from typing import Self

from services.core import clock
from services.core.errors import DatelineError, UnavailableError
from services.core.liveness.vigil import Patience, carry_out
from services.embedded.guardian import Guardian
from services.embedded.output import Lines, LogFile, Screen
from services.embedded.process import Child, finish, has_ended, last_words, send, spawn
from services.embedded.signals import StopRequests
from services.embedded.watch import Watch, untold

STOP_SECONDS = 10.0
"""From the first signal until no process is left, whatever the children do."""
FIRST_DELAY, LONGEST_DELAY, STEADY_AFTER = 0.5, 10.0, 30.0
"""Seconds before a dead child starts again, doubling up to the second; after the third the count begins anew."""
_FORCE_SECONDS = 1.0
_LEAST_SECONDS = 1.5  # what a lower tier has for a clean end, however long the ones above it took
_LOOK_SECONDS = 0.2
_IF_AGAIN = " The log says where it stood; if that comes again and again, see `dateline doctor`, and what the machine is short of."
_READ_BYTES = 65_536
_LAST_READS = 64


@dataclass(slots=True)
class _Kept:
    """One child and how it fares."""

    child: Child
    log: LogFile
    watch: Watch | None = None
    process: Popen[bytes] | None = None
    lines: Lines = field(default_factory=Lines)
    started: float = 0.0
    delay: float = FIRST_DELAY
    again_at: float | None = None


class Supervisor:
    """Use as a context: leaving it, however, stops every child in reverse order within ten seconds."""

    def __init__(
        self,
        *,
        logs: Path,
        run: Path | None = None,
        patience: Patience | None = None,
        screen: Screen | None = None,
    ) -> None:
        """`run`: the folder for sockets, by which watched children are heard, with so much `patience`; without it none is watched."""
        self._logs, self._run, self._patience = logs, run, patience or Patience()
        self.screen = screen or Screen(sys.stdout)
        self._kept: list[_Kept] = []
        self._guardian = Guardian()
        self._selector = selectors.DefaultSelector()
        self._requests = StopRequests()
        self._stopping = False

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal has asked for the end."""
        return self._requests.count > 0

    @property
    def guardian_pid(self) -> int | None:
        """Who ends the children should this process be killed."""
        return self._guardian.pid

    def __enter__(self) -> Self:
        self._requests.__enter__()
        self._selector.register(self._requests, selectors.EVENT_READ, None)
        self._guardian.look()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stop_all()
        finally:
            for kept in self._kept:
                if kept.watch is not None:
                    kept.watch.close()
            self._guardian.close()
            self._selector.close()
            self._requests.__exit__(kind, error, trace)

    def start(self, child: Child) -> None:
        """Start `child` and keep it running from now on. Raises UnavailableError when its program cannot start."""
        kept = _Kept(child, LogFile(self._logs / f"{child.name}.log"))
        if child.watched and self._run is not None:
            kept.watch = self._listen(child.name, self._run)
        self._spawn(kept)
        self._kept.append(kept)

    def wait_ready(self, *names: str) -> bool:
        """Run until the named children answer. False when asked to stop first.

        Raises UnavailableError with its last words when one of them ends, or its time is over.
        """
        waiting = [kept for kept in self._kept if kept.child.name in names]
        for kept in waiting:
            deadline = kept.started + kept.child.ready_seconds
            while not kept.child.ready():
                if self.asked_to_stop:
                    return False
                self._check_start(kept, deadline)
                self._step(0.03)
        return True

    def run(self, until: Callable[[], bool]) -> bool:
        """Keep the children running until `until()` says so. False when asked to stop first."""
        while not self.asked_to_stop:
            if until():
                return True
            self._step(_LOOK_SECONDS)
        return False

    def say(self, text: str) -> None:
        """One sentence of the supervisor's own, on the screen and in `supervisor.log`."""
        self.screen.say(text)
        with contextlib.suppress(OSError), (self._logs / "supervisor.log").open("a") as log:
            log.write(f"{clock.utc_now():%Y-%m-%d %H:%M:%S} {text}\n")

    def _listen(self, name: str, folder: Path) -> Watch | None:
        try:
            watch = Watch(name, folder, self._patience)
        except OSError as error:
            self.say(
                f"{name} is not ended should it hang: no socket can be made in {folder} ({error.strerror})."
            )
            return None
        self._selector.register(watch, selectors.EVENT_READ, watch)
        return watch

    def _spawn(self, kept: _Kept) -> None:
        kept.again_at, kept.started = None, clock.monotonic()
        env = untold(kept.child.env)
        if kept.watch is not None:
            kept.watch.begin()
            env = kept.watch.told(env)
        process = spawn(replace(kept.child, env=env), PIPE)
        self._guardian.watch(process.pid, kept.child.death_signal)
        kept.process, kept.lines = process, Lines()
        if process.stdout is not None:
            os.set_blocking(process.stdout.fileno(), False)
            self._selector.register(process.stdout, selectors.EVENT_READ, kept)

    def _step(self, seconds: float) -> None:
        """Wait for something to happen, at most `seconds`, and deal with it."""
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, _Kept):
                self._read(key.data)
            elif isinstance(key.data, Watch):
                key.data.hear()
            else:
                self._requests.clear()
        self._guardian.look()
        for kept in self._kept:
            if kept.process is not None and has_ended(kept.process):
                self._bury(kept)
            elif kept.process is not None and kept.watch is not None and not self._stopping:
                carry_out(kept.watch.look(), kept.process.pid)
            elif kept.again_at is not None and kept.again_at <= clock.monotonic() and not self._stopping:
                self._start_again(kept)

    def _read(self, kept: _Kept) -> bool:
        """Pass on what a child has said. False when it will say nothing more, or nothing now."""
        pipe = kept.process.stdout if kept.process is not None else None
        if pipe is None or pipe.closed:
            return False
        try:
            data = os.read(pipe.fileno(), _READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._selector.unregister(pipe)
            pipe.close()
        self._pass_on(kept, list(kept.lines.feed(data) if data else kept.lines.end()))
        return bool(data)

    def _pass_on(self, kept: _Kept, lines: list[bytes]) -> None:
        width = max((len(other.child.name) for other in self._kept), default=0)
        prefix = f"{kept.child.name:<{width}} | ".encode()
        hung = (
            kept.watch is not None and kept.watch.hung
        )  # then it writes where it stood, some forty lines: one sentence tells of them
        for line in lines:
            kept.log.write(line)
            if kept.child.shown and not hung:
                self.screen.line(prefix + line)

    def _bury(self, kept: _Kept) -> None:
        """Reap a child that has ended, with whatever is left of its group, and plan its return."""
        process = kept.process
        if process is None:
            return
        self._guardian.forget(process.pid)
        code = finish(process)
        for _ in range(_LAST_READS):
            if not self._read(kept):
                break
        if (
            process.stdout is not None and not process.stdout.closed
        ):  # somebody else still holds its other end
            self._selector.unregister(process.stdout)
            process.stdout.close()
        kept.process = None
        if not self._stopping and not self.asked_to_stop:
            hung = kept.watch.hung if kept.watch is not None else ""
            how = f"{hung} and was ended" if hung else _how(code)
            self._plan(kept, f"{kept.child.name} {how}", _IF_AGAIN if hung else "")

    def _plan(self, kept: _Kept, what: str, remedy: str = "") -> None:
        if clock.monotonic() - kept.started >= STEADY_AFTER:
            kept.delay = FIRST_DELAY
        self.say(f"{what}; it is started again in {kept.delay:g} s (log: {kept.log.path}).{remedy}")
        kept.again_at = clock.monotonic() + kept.delay
        kept.delay = min(kept.delay * 2, LONGEST_DELAY)

    def _start_again(self, kept: _Kept) -> None:
        try:
            self._spawn(kept)
        except DatelineError as error:
            self._plan(kept, str(error).rstrip("."))

    def _check_start(self, kept: _Kept, deadline: float) -> None:
        if kept.process is None:
            raise UnavailableError(f"{kept.child.name} ended while starting: {last_words(kept.log.path)}")
        if clock.monotonic() > deadline:
            raise UnavailableError(
                f"{kept.child.name} did not answer in {kept.child.ready_seconds:g} s; see {kept.log.path}."
            )

    def _stop_all(self) -> None:
        """Tier by tier from the top; a second signal leaves out the patience."""
        self._stopping = True
        end = clock.monotonic() + STOP_SECONDS - _FORCE_SECONDS
        tiers = sorted({kept.child.tier for kept in self._kept}, reverse=True)
        for place, tier in enumerate(tiers):
            members = [kept for kept in reversed(self._kept) if kept.child.tier == tier]
            lower = len(tiers) - place - 1
            longest = max(kept.child.stop_seconds for kept in members)
            deadline = min(clock.monotonic() + longest, end - lower * (_LEAST_SECONDS + _FORCE_SECONDS))
            self._signal(members, force=False)
            self._wait(members, deadline, patient=True)
            self._signal(members, force=True)
            self._wait(members, clock.monotonic() + _FORCE_SECONDS, patient=False)
            for kept in members:
                self._bury(kept)  # with SIGKILL to its group, if it is still there
                kept.log.close()

    def _signal(self, members: list[_Kept], *, force: bool) -> None:
        for kept in members:
            kept.again_at = None
            if kept.process is not None:
                send(kept.process, kept.child.force_signal if force else kept.child.stop_signal)

    def _wait(self, members: list[_Kept], deadline: float, *, patient: bool) -> None:
        asked = self._requests.count
        while any(kept.process is not None for kept in members) and clock.monotonic() < deadline:
            self._step(0.05)
            if patient and self._requests.count > asked:
                return


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
