"""The tables, one file per noun. Rows do not leave the modules that query them."""

from sqlalchemy.orm import configure_mappers

from services.core.models.articles import AddressState, Article, ArticleUrl, SearchState, Sighting
from services.core.models.base import Base
from services.core.models.copies import Copy, Fingerprint, Judgement
from services.core.models.desk import Correction, DeskRequest, Draft, Publication, Relabelling, Token
from services.core.models.feeds import (
    Feed,
    FeedAlias,
    Fetch,
    Gap,
    Host,
    ParseDifference,
    Source,
    Subscription,
)
from services.core.models.labels import ArticleLabel, Rulebook
from services.core.models.operations import Backlog, Beat, Meter
from services.core.models.stories import Story, StoryArticle, StoryState, StoryStep, TrendScope
from services.core.models.stream import Change, StreamState
from services.core.models.webhooks import Webhook, WebhookAttempt

configure_mappers()
"""Now, and not at the first statement: a worker's thread that gives signs of life may be in the middle of that when processes are
forked, and each of them would wait for ever for a lock whose holder it has not.
"""

__all__ = [
    "AddressState",
    "Article",
    "ArticleLabel",
    "ArticleUrl",
    "Backlog",
    "Base",
    "Beat",
    "Change",
    "Copy",
    "Correction",
    "DeskRequest",
    "Draft",
    "Feed",
    "FeedAlias",
    "Fetch",
    "Fingerprint",
    "Gap",
    "Host",
    "Judgement",
    "Meter",
    "ParseDifference",
    "Publication",
    "Relabelling",
    "Rulebook",
    "SearchState",
    "Sighting",
    "Source",
    "Story",
    "StoryArticle",
    "StoryState",
    "StoryStep",
    "StreamState",
    "Subscription",
    "Token",
    "TrendScope",
    "Webhook",
    "WebhookAttempt",
]
