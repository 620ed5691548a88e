"""Logging: one JSON line an event, or a readable one on a terminal. Called once by each role."""

import logging
import sys

from pythonjsonlogger.json import JsonFormatter

PRETTY = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def configure(*, level: str, log_format: str) -> None:
    """Send every logger to standard error in the format asked for (`auto`, `json`, `pretty`)."""
    handler = logging.StreamHandler(sys.stderr)
    pretty = log_format == "pretty" or (log_format == "auto" and sys.stderr.isatty())
    if pretty:
        handler.setFormatter(logging.Formatter(PRETTY, datefmt="%H:%M:%S"))
    else:
        handler.setFormatter(
            JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s", rename_fields={"asctime": "time"})
        )
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for noisy in ("celery.worker.strategy", "celery.app.trace", "kombu", "aiohttp.access", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
