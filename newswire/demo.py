"""Shows Dateline on the fictional press: starts both, passes signals on, and ends both."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from newswire.press import Press

_GRACE_SECONDS = 20.0
_KEEP_SECONDS = 30.0
_KEPT = "press.json"
"""In the demo's folder: what its press showed last. One that opened with other columns would seem to have published all of them
unseen, and every feed a gap.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A press and a Dateline that reads it, with data in a folder of its own."""

    home: Path
    plan: Mapping[str, object]

    async def run(self) -> int:
        """Runs until a signal or until Dateline ends; returns Dateline's exit code."""
        async with Press(**self.plan, kept=self._before()) as press, self._kept(press):
            with tempfile.TemporaryDirectory(prefix="newswire-") as folder:
                feeds = Path(folder) / "press.opml"
                feeds.write_text(press.opml(), encoding="utf-8")
                print(
                    f"{len(press.outlets)} fictional outlets publish on loopback, some of them broken or copying each other;"
                    " within seconds their news stands on Dateline's front page, once each and by region,"
                    f" and goes on moving (what is true: {press.url}/truth.json).",
                    flush=True,
                )
                return await self._watch(feeds)

    async def _watch(self, feeds: Path) -> int:
        # A session of its own: a Ctrl-C in the terminal reaches the child once, from us, and not twice.
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "services",
            "up",
            "--feeds",
            str(feeds),
            env=self._environment(),
            start_new_session=True,
        )
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _pass_on, child, number)
        try:
            return await child.wait()
        finally:
            await _end(child)

    def _before(self) -> Mapping[str, object] | None:
        try:
            found = json.loads((self.home / _KEPT).read_bytes())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    @asynccontextmanager
    async def _kept(self, press: Press) -> AsyncIterator[None]:
        """Keeps what the press shows: now and then, since nobody is asked before a kill, and at the end."""

        async def now_and_then() -> None:
            while True:
                await asyncio.sleep(_KEEP_SECONDS)
                self._keep(press)

        keeping = asyncio.create_task(now_and_then())
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            self._keep(press)

    def _keep(self, press: Press) -> None:
        if not self.home.is_dir():
            return  # Dateline has not begun: there is nobody who has seen anything
        part = self.home / f".{_KEPT}.part"
        part.write_text(json.dumps(press.kept()), encoding="utf-8")
        part.replace(self.home / _KEPT)

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "DATELINE_HOME": str(self.home.resolve()),
            "DATELINE_PUBLIC_URL": _reached_at(os.environ.get("DATELINE_BIND", "127.0.0.1:8000")),
            "DATELINE_FETCH_ALLOW": "127.0.0.0/8",
            "DATELINE_FETCH_INTERVAL_MIN": "2",
            "DATELINE_FETCH_INTERVAL_MAX": "15",
        }


def _reached_at(bind: str) -> str:
    """Where the press's hub finds Dateline: an address for everybody is loopback's too."""
    host, _, port = bind.rpartition(":")
    loopback = {"0.0.0.0": "127.0.0.1", "localhost": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - compared, not bound
    return f"http://{loopback.get(host, host)}:{port}"


def _pass_on(child: asyncio.subprocess.Process, number: int) -> None:
    if child.returncode is None:
        child.send_signal(number)


async def _end(child: asyncio.subprocess.Process) -> None:
    """Asks the child to end and waits; one that does not hear is killed."""
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _GRACE_SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()
