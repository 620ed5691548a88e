"""What a running `dateline up` leaves in its data folder, so that commands beside it find its servers and its API and go by its settings."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

RUNNING_FILE = "run/urls.json"
"""Written below the home by `dateline up` while it runs."""
SERVERS = ("database_url", "redis_url")
"""Those that it runs itself."""


def told(home: Path, names: Iterable[str]) -> dict[str, str]:
    """What was left under these names; nothing when nobody runs there."""
    try:
        found = json.loads((home / RUNNING_FILE).read_text())
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: str(found[name]) for name in names if name in found}


def keeps(home: Path, *, database_url: str | None) -> bool:
    """Whether a `dateline up` runs here and keeps the roles that work on this database: it starts again whoever ends."""
    found = told(home, ("database_url",)) if database_url else {}
    return bool(found) and _place(found["database_url"]) == _place(database_url or "")


def _place(url: str) -> str:
    """An address without the driver: `postgresql+psycopg://` is one of the spellings that settings allow."""
    return url.partition("://")[2]


def running_below(home: Path) -> Path | None:
    """A folder directly below the home that `dateline up` runs in, the demo's above all; None when there is none."""
    homes = (file.parents[1] for file in sorted(home.glob(f"*/{RUNNING_FILE}")))
    return next((found for found in homes if told(found, SERVERS)), None)
