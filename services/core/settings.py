"""Every setting, in one table: name, kind, default, help. `.env`, the environment and `_FILE` are read here only."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from services.core import running
from services.core import setting_kinds as kinds
from services.core.errors import ConfigurationError
from services.core.setting_kinds import Network

PREFIX = "DATELINE_"


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
    public_url: str | None
    url: str | None
    token: str | None
    parse_sample: float
    reading: str
    rate_limit: int
    rate_limit_token: int
    trusted_proxies: tuple[Network, ...]
    retention_days: int
    relabel_rate: int
    worker_processes: int
    scheduler_tick: float
    log_level: str
    log_format: str
    log_access: str


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


SETTINGS: tuple[Setting, ...] = (
    Setting("home", kinds.path, "var", "Folder of the embedded database, queue and logs."),
    Setting(
        "database_url", kinds.postgres_url, None, "PostgreSQL of your own; embedded when empty.", secret=True
    ),
    Setting(
        "redis_url", kinds.redis_url, None, "Redis or Valkey of your own; embedded when empty.", secret=True
    ),
    Setting("bind", kinds.host_and_port, "127.0.0.1:8000", "Where the API and the pages listen."),
    Setting("feeds", kinds.path, None, "OPML list loaded at the first start instead of the starter list."),
    Setting("admin_token", str, None, "Token for the desk side of the API.", secret=True),
    Setting(
        "fetch_allow", kinds.networks, "", "Networks that fetching may reach although they are not public."
    ),
    Setting("fetch_interval_min", kinds.duration, "15m", "Shortest time between two looks at one feed."),
    Setting("fetch_interval_max", kinds.duration, "1d", "Longest time between two looks at one feed."),
    Setting(
        "fetch_host_pause",
        kinds.seconds(0),
        "1",
        "Seconds between the end of one request to a host and the next.",
    ),
    Setting("fetch_batch", kinds.positive, "25", "Feeds that one ingest job fetches at the same time."),
    Setting(
        "fetch_timeout", kinds.short_duration, "20", "Time one fetch may take in total, redirects included."
    ),
    Setting(
        "contact_url",
        kinds.web_address,
        "https://dateline.example/about",
        "Page named to publishers in the User-Agent.",
    ),
    Setting(
        "public_url",
        kinds.web_address,
        None,
        "Address under which the world reaches the API, for links in feeds and for WebSub: no push without it.",
    ),
    Setting(
        "url", kinds.web_address, None, "Address of the API that commands ask; DATELINE_BIND when empty."
    ),
    Setting("token", str, None, "Token that commands ask the API with.", secret=True),
    Setting(
        "parse_sample",
        kinds.share,
        "0.001",
        "Share of bodies that feedparser reads once more, for comparison.",
    ),
    Setting(
        "reading", kinds.one_of("open", "token"), "open", "Whether anybody may read, or who has a token."
    ),
    Setting("rate_limit", kinds.whole, "600", "Requests a minute from one address; 0 for any number."),
    Setting("rate_limit_token", kinds.whole, "6000", "Requests a minute with one token; 0 for any number."),
    Setting(
        "trusted_proxies",
        kinds.networks,
        "127.0.0.0/8,::1/128",
        "Networks whose X-Forwarded-For is believed; what asks from there for itself is not limited.",
    ),
    Setting(
        "retention_days",
        kinds.days,
        "90",
        "Days that articles are kept, counted from their place in Latest.",
    ),
    Setting(
        "relabel_rate",
        kinds.positive,
        "300",
        "Articles a second that get their labels anew when another rulebook is published.",
    ),
    Setting(
        "worker_processes",
        kinds.processes,
        str(max(1, min(os.cpu_count() or 1, 4))),
        "Processes of one worker.",
    ),
    Setting(
        "scheduler_tick",
        kinds.seconds(0.05),
        "0.5",
        "Seconds between two looks for due feeds and waiting articles.",
    ),
    Setting("log_level", kinds.one_of("debug", "info", "warning", "error"), "info", "How much is logged."),
    Setting(
        "log_format", kinds.one_of("auto", "json", "pretty"), "auto", "JSON lines, or pretty on a terminal."
    ),
    Setting(
        "log_access",
        kinds.one_of("none", "made", "all"),
        "made",
        "Which answers of the API have a line: those it had to make, all, or none.",
    ),
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from: `default`, `.env`, `environment`, `file PATH` or `running`."""

    setting: Setting
    value: Any
    origin: str


def explain(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> list[Origin]:
    """Every setting with its value and where it came from.

    Raises ConfigurationError for a value that cannot be read or does not go with another, a secret file that cannot be opened, or a
    name with our prefix that is no setting (a typing error would otherwise be silent).
    """
    known = {s.name for s in SETTINGS} | {s.name + "_FILE" for s in SETTINGS}
    for name in [*environ, *dotenv]:
        if name.startswith(PREFIX) and name not in known:
            raise ConfigurationError(f"{name} is no setting of Dateline; `dateline settings` lists them all.")
    found = [_origin(setting, environ, dotenv) for setting in SETTINGS]
    values = {origin.setting.field: origin.value for origin in found}
    if values["fetch_interval_min"] > values["fetch_interval_max"]:
        raise ConfigurationError("DATELINE_FETCH_INTERVAL_MIN is longer than DATELINE_FETCH_INTERVAL_MAX.")
    return found


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


SHARED = (
    "fetch_allow",
    "fetch_interval_min",
    "fetch_interval_max",
    "fetch_host_pause",
    "fetch_timeout",
    "contact_url",
    "public_url",
    "retention_days",
)
"""What commands go by as well as roles, and is no secret."""
_INTERVALS = {"fetch_interval_min", "fetch_interval_max"}  # checked against each other: of one place


def shared(conf: Settings) -> dict[str, str]:
    """What `dateline up` leaves of its settings for commands beside it, each as it would be configured."""
    values = {field: getattr(conf, field) for field in SHARED}
    return {
        field: ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
        for field, value in values.items()
        if value is not None
    }


def beside(found: list[Origin]) -> list[Origin]:
    """Settings with what a `dateline up` that runs on the same data folder says of those that are not configured."""
    fields = {origin.setting.field: origin for origin in found}
    told = running.told(fields["home"].value, (*running.SERVERS, *SHARED))
    own = {field for field, origin in fields.items() if origin.origin != "default"}
    if "database_url" in own and fields["database_url"].value != _told(fields["database_url"], told).value:
        own |= {*SHARED}  # its days of retention, say, are not those of another database
    own |= _INTERVALS if own & _INTERVALS else set()
    return [origin if origin.setting.field in own else _told(origin, told) for origin in found]


def _told(default: Origin, told: Mapping[str, str]) -> Origin:
    try:
        return Origin(default.setting, default.setting.read(told[default.setting.field]), "running")
    except (KeyError, ValueError):  # another version's: it does without that
        return default


def configured(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> Settings:
    """What is configured for this process, whatever runs beside it."""
    return Settings(**{o.setting.field: o.value for o in explain(environ, dotenv)})


def load(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> Settings:
    """The settings of this process; a running `dateline up` fills what is not configured."""
    return Settings(**{o.setting.field: o.value for o in beside(explain(environ, dotenv))})


def bind_beside(environ: Mapping[str, str], dotenv: Mapping[str, str | None]) -> str:
    """Where the API beside a command listens: on `bind`, and where that is not configured as a running `dateline up` has it.

    No part of `load`: whoever is about to listen goes by what is configured alone.
    """
    found = {o.setting.field: o for o in explain(environ, dotenv)}
    bind: str = found["bind"].value
    told = running.told(found["home"].value, ["bind"]) if found["bind"].origin == "default" else {}
    return told.get("bind", bind)


def dotenv_here() -> dict[str, str | None]:
    """What the `.env` of the working folder says. Raises ConfigurationError when it cannot be read."""
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
