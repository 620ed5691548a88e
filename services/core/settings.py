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
from urllib.parse import urlsplit

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


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_FETCH_AT_MOST = 60
"""A longer fetch would outlive the lease that a worker has on its feed (`ingest.store.leases`)."""


def _duration(text: str) -> int:
    """Whole seconds from `900`, `15m`, `1h` or `1d`; a year at most, so that no date runs over."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", text.strip(), re.ASCII)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= 366 * 86400:
        raise ValueError("a duration such as 900, 15m, 1h or 1d, a year at most")
    return seconds


def _short(text: str) -> int:
    seconds = _duration(text)
    if seconds > _FETCH_AT_MOST:
        raise ValueError(f"a duration of at most {_FETCH_AT_MOST} seconds")
    return seconds


def _positive(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or int(text) < 1:
        raise ValueError("a whole number from 1 to 999999")
    return int(text)


def _seconds(least: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value <= 3600:
            raise ValueError(f"seconds from {least:g} to 3600")
        return value

    return read


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError:
        raise ValueError("comma-separated networks such as 127.0.0.0/8,10.1.0.0/16") from None


def _bind(text: str) -> str:
    found = re.fullmatch(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", text)
    if not found or not 0 < int(found[1]) < 65536:
        raise ValueError("host:port, such as 127.0.0.1:8000")
    return text


def _has_sane_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def _database(text: str) -> str:
    """A PostgreSQL address in any of its usual spellings, with the driver we ship."""
    scheme, colon, rest = text.partition("://")
    if (
        not colon
        or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}
        or not _has_sane_port(text)
    ):
        raise ValueError("postgresql://user:password@host:5432/database")
    return "postgresql+psycopg://" + rest


def _redis(text: str) -> str:
    tcp = re.fullmatch(r"rediss?://[^/?\s]+(?:/[0-9]*)?(?:\?\S*)?", text) and _has_sane_port(text)
    if not tcp and not re.match(r"unix://[^\s]*/", text):
        raise ValueError("redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return text


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return read


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("a path; there is no such user") from None


def _url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+[!-~]*", text):
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
        "fetch_host_pause", _seconds(0), "1", "Seconds between the end of one request to a host and the next."
    ),
    Setting("fetch_batch", _positive, "20", "Feeds that one ingest job fetches at the same time."),
    Setting("fetch_timeout", _short, "20", "Time one fetch may take in total, redirects included."),
    Setting(
        "contact_url", _url, "https://dateline.example/about", "Page named to publishers in the User-Agent."
    ),
    Setting(
        "retention_days", _positive, "90", "Days that articles are kept after they were last seen in a feed."
    ),
    Setting(
        "worker_processes", _positive, str(max(1, min(os.cpu_count() or 1, 4))), "Processes of one worker."
    ),
    Setting(
        "scheduler_tick",
        _seconds(0.05),
        "0.5",
        "Seconds between two looks for due feeds and waiting articles.",
    ),
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
            except UnicodeDecodeError:
                raise ConfigurationError(f"{setting.name}_FILE: {file} is not text in UTF-8.") from None
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
    """What the `.env` of the working folder says; nothing when there is none.

    Raises ConfigurationError when it cannot be read.
    """
    try:
        return dict(dotenv_values(".env"))
    except UnicodeDecodeError:
        raise ConfigurationError(f"{Path('.env').absolute()} is not text in UTF-8.") from None
    except OSError as error:
        raise ConfigurationError(f"{Path('.env').absolute()} cannot be read: {error.strerror}.") from None


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return load(os.environ, dotenv_here())
