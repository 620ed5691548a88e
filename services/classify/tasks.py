"""The jobs of classify. A hint names no article: the worker that gets it claims what waits."""

from services.classify.desk import serve_waiting
from services.classify.labelling.label import label_waiting, warm_up
from services.classify.labelling.reindex import reindex_stored
from services.classify.labelling.relabel import relabel_listed
from services.core.broker import job
from services.core.liveness.holder import holding
from services.core.pool import at_start_of_process
from services.core.queues import Job


@job(Job.LABEL_ARTICLES)
def label_articles() -> None:
    """Label what waits."""
    with holding():
        label_waiting()


@job(Job.SERVE_DESK)
def serve_desk() -> None:
    """Do what editors asked for."""
    with holding():
        serve_waiting()


@job(Job.RELABEL_ARTICLES)
def relabel_articles() -> None:
    """Go on with the relabelling that is under way."""
    relabel_listed()


@job(Job.REINDEX_ARTICLES)
def reindex_articles() -> None:
    """Go on with the walk that lets stored articles be found by other words."""
    reindex_stored()


at_start_of_process(warm_up)
