"""Logging: one JSON line an event, or a readable one on a terminal. Called once by each role."""

import logging
import sys
import time
import warnings

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter

PRETTY = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def _json_lines() -> logging.Formatter:
    """Time in UTC (RFC 3339), level, logger and message, and whatever a call adds as `extra`."""
    formatter = JsonFormatter(
        "%(asctime)s %(levelname)s %(name)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%SZ",
        rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        json_ensure_ascii=False,
    )
    formatter.converter = time.gmtime
    return formatter


def configure(*, level: str, log_format: str) -> None:
    """Send every logger to standard error in the format asked for (`auto`, `json`, `pretty`)."""
    handler = logging.StreamHandler(sys.stderr)
    pretty = log_format == "pretty" or (log_format == "auto" and sys.stderr.isatty())
    if pretty:
        handler.setFormatter(logging.Formatter(PRETTY, datefmt="%H:%M:%S"))
    else:
        handler.setFormatter(_json_lines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    warnings.filterwarnings(
        "ignore", message="You're running the worker with superuser"
    )  # it is about pickle
    for noisy in (
        "celery.worker.consumer",
        "celery.worker.strategy",
        "celery.app.trace",
        "kombu",
        "aiohttp.access",
        "alembic",
    ):
        logging.getLogger(noisy).setLevel(logging.WARNING)
