"""Every setting, in one table: name, kind, default, help. `.env`, the environment and `_FILE` are read here only."""

import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from services.core.errors import ConfigurationError

PREFIX = "DATELINE_"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Settings:
    """What one process runs with. Durations are seconds."""

    home: Path
    database_url: str | None
    redis_url: str | None
    bind: str
    feeds: Path | None
    admin_token: str | None
    fetch_allow: tuple[Network, ...]
    fetch_interval_min: int
    fetch_interval_max: int
    fetch_host_pause: float
    fetch_batch: int
    fetch_timeout: int
    contact_url: str
    retention_days: int
    worker_processes: int
    scheduler_tick: float
    log_level: str
    log_format: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One row of the table. `read` turns the text into the value or raises ValueError with what was expected."""

    field: str
    read: Callable[[str], Any]
    default: str | None
    help: str
    secret: bool = False

    @property
    def name(self) -> str:
        """The environment variable."""
        return PREFIX + self.field.upper()


def _duration(text: str) -> int:
    """Whole seconds from `900`, `15m`, `1h` or `1d`."""
    found = re.fullmatch(r"(\d+)\s*([smhd]?)", text.strip())
    if not found or int(found[1]) == 0:
        msg = "a duration such as 900, 15m, 1h or 1d"
        raise ValueError(msg)
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]]


def _positive(text: str) -> int:
    if not text.strip().isdecimal() or int(text) < 1:
        raise ValueError("a whole number from 1 on")
    return int(text)


def _pause(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 3600:
        raise ValueError("seconds from 0 to 3600")
    return value


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError:
        raise ValueError("comma-separated networks such as 127.0.0.0/8,10.1.0.0/16") from None


def _bind(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError("host:port, such as 127.0.0.1:8000")
    return text


def _database(text: str) -> str:
    """A PostgreSQL address in any of its usual spellings, with the driver we ship."""
    scheme, colon, rest = text.partition("://")
    if not colon or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
        raise ValueError("postgresql://user:password@host:5432/database")
    return "postgresql+psycopg://" + rest


def _redis(text: str) -> str:
    if not re.match(r"(rediss?|unix)://", text):
        raise ValueError("redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return read


def _path(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _url(text: str) -> str:
    if not re.match(r"https?://[^\s/]+", text):
        raise ValueError("an http or https address")
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting("home", _path, "var", "Folder of the embedded database, queue and logs."),
    Setting("database_url", _database, None, "PostgreSQL of your own; embedded when empty.", secret=True),
    Setting("redis_url", _redis, None, "Redis or Valkey of your own; embedded when empty.", secret=True),
    Setting("bind", _bind, "127.0.0.1:8000", "Where the API and the pages listen."),
    Setting("feeds", _path, None, "OPML list loaded at the first start instead of the starter list."),
    Setting("admin_token", str, None, "Token for the desk side of the API.", secret=True),
    Setting("fetch_allow", _networks, "", "Networks that fetching may reach although they are not public."),
    Setting("fetch_interval_min", _duration, "15m", "Shortest time between two looks at one feed."),
    Setting("fetch_interval_max", _duration, "1d", "Longest time between two looks at one feed."),
    Setting(
        "fetch_host_pause", _pause, "1", "Seconds between the end of one request to a host and the next."
    ),
    Setting("fetch_batch", _positive, "20", "Feeds that one ingest job fetches at the same time."),
    Setting("fetch_timeout", _duration, "20", "Time one fetch may take in total, redirects included."),
    Setting(
        "contact_url", _url, "https://dateline.example/about", "Page named to publishers in the User-Agent."
    ),
    Setting(
        "retention_days", _positive, "90", "Days that articles are kept after they were last seen in a feed."
    ),
    Setting(
        "worker_processes", _positive, str(max(1, min(os.cpu_count() or 1, 4))), "Processes of one worker."
    ),
    Setting("scheduler_tick", _pause, "0.5", "Seconds between two looks for due feeds and waiting articles."),
    Setting("log_level", _one_of("debug", "info", "warning", "error"), "info", "How much is logged."),
    Setting("log_format", _one_of("auto", "json", "pretty"), "auto", "JSON lines, or pretty on a terminal."),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `default`, `.env`, `environment`, `file PATH` or `running`."""

    setting: Setting
    value: Any
    origin: str


def explain(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> list[Origin]:
    """Every setting with its value and where it came from.

    Raises ConfigurationError for a value that cannot be read, a secret file that cannot be opened, or a
    name with our prefix that is no setting (a typing error would otherwise be silent).
    """
    known = {s.name for s in SETTINGS} | {s.name + "_FILE" for s in SETTINGS}
    for name in [*environ, *dotenv]:
        if name.startswith(PREFIX) and name not in known:
            raise ConfigurationError(f"{name} is no setting of Dateline; `dateline settings` lists them all.")
    return [_origin(setting, environ, dotenv) for setting in SETTINGS]


def _origin(setting: Setting, environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> Origin:
    text, origin = _text_of(setting, environ, dotenv)
    if not text:
        text, origin = setting.default, "default"
    if text is None:
        return Origin(setting, None, "default")
    try:
        return Origin(setting, setting.read(text), origin)
    except ValueError as error:
        shown = "its value" if setting.secret else repr(text)
        raise ConfigurationError(f"{setting.name}: {shown} ({origin}) is not {error}.") from None


def _text_of(
    setting: Setting, environ: Mapping[str, str], dotenv: Mapping[str, str | None]
) -> tuple[str | None, str]:
    for source, label in ((environ, "environment"), (dotenv, ".env")):
        if source.get(setting.name):
            return source[setting.name], label
        file = source.get(setting.name + "_FILE")
        if file:
            try:
                return Path(file).read_text().strip(), f"file {file}"
            except OSError as error:
                raise ConfigurationError(
                    f"{setting.name}_FILE: {file} cannot be read: {error.strerror}."
                ) from None
    return None, "default"


RUNNING_FILE = "run/urls.json"
"""Written below the home by `dateline up` while it runs, so that other commands find its servers."""


def _running(home: Path) -> dict[str, str]:
    try:
        found = json.loads((home / RUNNING_FILE).read_text())
        os.kill(int(found["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {key: str(found[key]) for key in ("database_url", "redis_url") if key in found}


def load(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> Settings:
    """The settings of this process; addresses of a running `dateline up` fill what is not configured."""
    values = {o.setting.field: o.value for o in explain(environ, dotenv)}
    if values["fetch_interval_min"] > values["fetch_interval_max"]:
        raise ConfigurationError("DATELINE_FETCH_INTERVAL_MIN is longer than DATELINE_FETCH_INTERVAL_MAX.")
    for key, url in _running(values["home"]).items():
        values[key] = values[key] or url
    return Settings(**values)


def dotenv_here() -> dict[str, str | None]:
    """What the `.env` of the working folder says; nothing when there is none."""
    return dict(dotenv_values(".env"))


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ, dotenv_here())
