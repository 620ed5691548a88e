"""The jobs of ingest. A hint names no feed: the worker that gets it claims what is due."""

from services.core.broker import job
from services.core.queues import Job
from services.ingest.refresh import refresh_due


@job(Job.FETCH_FEEDS)
def fetch_feeds() -> None:
    """Fetch what is due."""
    refresh_due()
