"""The jobs of ingest. A hint names no feed: the worker that gets it claims what is due."""

from services.core.broker import job
from services.core.liveness.holder import holding
from services.core.queues import Job
from services.ingest.refresh import refresh_due
from services.ingest.rekeying import make_anew
from services.ingest.replacements import seek_due
from services.ingest.retention import let_go
from services.ingest.websub import renew_due


@job(Job.FETCH_FEEDS)
def fetch_feeds() -> None:
    """Fetch what is due."""
    with holding():
        refresh_due()


@job(Job.SEEK_REPLACEMENTS)
def seek_replacements() -> None:
    """Look for what dead feeds became."""
    with holding():
        seek_due()


@job(Job.RENEW_SUBSCRIPTIONS)
def renew_subscriptions() -> None:
    """Ask hubs to push what is not pushed yet, and to go on pushing what is."""
    with holding():
        renew_due()


@job(Job.EXPIRE_ARTICLES)
def expire_articles() -> None:
    """Let go of what is older than articles are kept."""
    let_go()


@job(Job.REKEY_ARTICLES)
def rekey_articles() -> None:
    """Give stored articles the keys of the rules in force."""
    make_anew()
