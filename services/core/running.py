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


def running_below(home: Path) -> Path | None:
    """A folder directly below the home that `dateline up` runs in, the demo's above all; None when there is none."""
    homes = (file.parents[1] for file in sorted(home.glob(f"*/{RUNNING_FILE}")))
    return next((found for found in homes if told(found, SERVERS)), None)
