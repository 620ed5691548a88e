"""Queues, jobs, and which jobs an event starts. One table; compose, metrics and workers iterate it.

A message is a hint: "there may be work in this queue". It names no row, so a lost, doubled or late one
costs seconds and nothing else: the worker that gets it claims rows from the database.
"""

from enum import StrEnum

from services.core.events import (
    ArticlesCorrected,
    ArticlesJudged,
    ArticlesStored,
    DeskAsked,
    Event,
    FeedPushed,
    FeedsAdded,
    RulebookPublished,
    StreamAdvanced,
)


class Queue(StrEnum):
    """A list on the broker with workers of its own, so that one kind of work cannot starve another."""

    FETCH = "fetch"
    CLASSIFY = "classify"
    DESK = "desk"
    RELABEL = "relabel"
    STORIES = "stories"
    MAINTENANCE = "maintenance"


class Job(StrEnum):
    """A unit of work on a queue, named noun.verb. The function behind it is found by this name."""

    FETCH_FEEDS = "feeds.fetch"
    SEEK_REPLACEMENTS = "feeds.seek"
    RENEW_SUBSCRIPTIONS = "subscriptions.renew"
    EXPIRE_ARTICLES = "articles.expire"
    REKEY_ARTICLES = "articles.rekey"
    LABEL_ARTICLES = "articles.label"
    SERVE_DESK = "desk.serve"
    RELABEL_ARTICLES = "articles.relabel"
    REINDEX_ARTICLES = "articles.reindex"
    GROUP_STORIES = "stories.group"


QUEUE_OF: dict[Job, Queue] = {
    Job.FETCH_FEEDS: Queue.FETCH,
    Job.SEEK_REPLACEMENTS: Queue.MAINTENANCE,
    Job.RENEW_SUBSCRIPTIONS: Queue.MAINTENANCE,
    Job.EXPIRE_ARTICLES: Queue.MAINTENANCE,
    Job.REKEY_ARTICLES: Queue.MAINTENANCE,
    Job.LABEL_ARTICLES: Queue.CLASSIFY,
    Job.SERVE_DESK: Queue.DESK,
    Job.RELABEL_ARTICLES: Queue.RELABEL,
    Job.REINDEX_ARTICLES: Queue.RELABEL,
    Job.GROUP_STORIES: Queue.STORIES,
}

JOBS_FOR: dict[type[Event], tuple[Job, ...]] = {
    FeedsAdded: (Job.FETCH_FEEDS,),
    FeedPushed: (Job.FETCH_FEEDS,),
    ArticlesStored: (Job.LABEL_ARTICLES,),
    ArticlesCorrected: (Job.LABEL_ARTICLES,),
    ArticlesJudged: (Job.LABEL_ARTICLES, Job.GROUP_STORIES),
    RulebookPublished: (Job.RELABEL_ARTICLES,),
    DeskAsked: (Job.SERVE_DESK,),
    StreamAdvanced: (Job.GROUP_STORIES,),
}

ROLES: dict[str, tuple[Queue, ...]] = {
    "ingest": (Queue.FETCH, Queue.MAINTENANCE),
    "classify": (Queue.CLASSIFY, Queue.DESK, Queue.RELABEL),
    "stories": (Queue.STORIES,),
}
"""What `dateline worker ROLE` consumes."""

ALONE = frozenset({"stories"})
"""Roles whose work only one process at a time can do: a worker of these alone runs one, which keeps its memory while it lives."""

HINTS_AT_MOST = 4
"""More hints than this in one queue say nothing new."""


def hints_wanted(*, waiting: int, batch: int, queued: int) -> int:
    """How many hints to add for `waiting` rows worked on `batch` at a time, when `queued` hints lie there.

    >>> hints_wanted(waiting=0, batch=20, queued=0), hints_wanted(waiting=50, batch=20, queued=1)
    (0, 2)
    """
    return max(0, min(-(-waiting // batch), HINTS_AT_MOST) - queued)
