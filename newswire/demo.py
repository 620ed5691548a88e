"""Shows Dateline on the fictional press: starts both, passes signals on, and ends both."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from newswire.press import Press

_GRACE_SECONDS = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """A press and a Dateline that reads it, with data in a folder of its own."""

    home: Path
    plan: Mapping[str, object]

    async def run(self) -> int:
        """Runs until a signal or until Dateline ends; returns Dateline's exit code."""
        async with Press(**self.plan) as press:
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
