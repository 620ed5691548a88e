"""`python -m newswire` serves the press; `python -m newswire demo` shows Dateline reading it."""

import argparse
import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from newswire.demo import Demo
from newswire.outlets import OUTLETS
from newswire.press import Press

_NUMBERED_SINCE = 1_790_000_000  # in Unix seconds: keeps the numbers in addresses short


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns its exit code."""
    options = _parser().parse_args(arguments)
    plan = {
        "port": options.port,
        "every": options.every,
        "seed": 7 if options.seed is None else options.seed,
        "outlets": options.outlets,
        "broken": not options.sound,
        "feeds": options.feeds,
        "entries": options.entries,
    }
    try:
        if options.what == "demo":
            return asyncio.run(Demo(home=options.home, plan=plan | _afresh(options.seed)).run())
        return asyncio.run(_serve(plan, list_to=options.opml))
    except OSError as error:
        other = (
            "`make demo ARGS='--port 0'` takes a free port"
            if options.what == "demo"
            else "name another --port (0 takes a free one)"
        )
        print(
            f"The press cannot open: {error}. Another press runs there, a `make demo` perhaps: stop it, or {other}.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        return 0


def _afresh(seed: int | None) -> dict[str, int]:
    """A demo opened again on the same data must bring news: beside what its press showed before, other stories under addresses never
    used before.
    """
    opened = int(time.time()) - _NUMBERED_SINCE
    return {"first": opened, "seed": opened if seed is None else seed}


async def _serve(plan: dict[str, object], *, list_to: Path | None) -> int:
    """Serves until SIGINT or SIGTERM; one line says where."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Press(**plan) as press:
        if list_to is not None:
            _write(list_to, press.opml())
        count = len(press.outlets)
        print(
            f"Newswire: {count} outlets publish; list {press.opml_url}, truth {press.url}/truth.json",
            flush=True,
        )
        await stopped.wait()
    return 0


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m newswire",
        description="A fictional press on loopback that goes on publishing.",
        epilog="Example: python -m newswire --port 8765 --every 5 --opml press.opml",
    )
    parser.add_argument(
        "what",
        nargs="?",
        choices=("serve", "demo"),
        default="serve",
        help="serve (default), or demo with Dateline",
    )
    parser.add_argument(
        "--port", type=_natural, default=8765, help="port on loopback; 0 takes a free one (8765)"
    )
    parser.add_argument(
        "--every", type=_seconds, default=5.0, help="mean seconds between publications; 0 for none (5)"
    )
    parser.add_argument(
        "--seed", type=int, help="another seed tells other stories (7; a demo tells new ones each time)"
    )
    parser.add_argument(
        "--outlets", type=_natural, default=len(OUTLETS), help=f"working outlets ({len(OUTLETS)})"
    )
    parser.add_argument("--sound", action="store_true", help="leave the broken outlets out")
    parser.add_argument(
        "--feeds", type=_natural, default=0, help="for measurements: that many plain outlets instead"
    )
    parser.add_argument(
        "--entries",
        type=_natural,
        default=20,
        help="for measurements: entries in each of them (20); 0 mixes formats and sizes",
    )
    parser.add_argument("--opml", type=Path, help="write the list of feeds to this file and go on")
    parser.add_argument(
        "--home",
        type=Path,
        default=Path(os.environ.get("DATELINE_HOME") or "var/demo"),
        help="the demo's data folder (DATELINE_HOME, else var/demo)",
    )
    return parser


def _natural(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 65535")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
