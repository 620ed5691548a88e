"""The jobs of classify. A hint names no article: the worker that gets it claims what waits."""

from services.classify.label import label_waiting
from services.core.broker import job
from services.core.queues import Job


@job(Job.LABEL_ARTICLES)
def label_articles() -> None:
    """Label what waits."""
    label_waiting()
