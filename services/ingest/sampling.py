"""Some bodies are read twice: whether the fast parser still says what the reference says of the feeds of today."""

import logging
import random
from collections.abc import Callable
from contextlib import suppress

from services.core.db import transaction
from services.core.errors import DatelineError
from services.ingest import parsing
from services.ingest.entry import ParsedFeed
from services.ingest.plan import FeedState
from services.ingest.store import differences

log = logging.getLogger(__name__)


def parser_for(feed: FeedState, *, share: float) -> Callable[..., ParsedFeed]:
    """`parsing.parse`, of whose answers `share` are compared with the reference; what differs is logged and kept.

    The answer is the fast one in any case: one body must not be read in two ways from one look to the next.
    """

    def parse(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
        parsed = parsing.parse(body, content_type=content_type, url=url)
        if random.random() < share:  # noqa: S311 - draws a sample, guards nothing
            found = parsing.compare(body, content_type=content_type, url=url, fast=parsed)
            if found:
                _keep(feed, found, body)
        return parsed

    return parse


def _keep(feed: FeedState, found: tuple[str, ...], body: bytes) -> None:
    """Best effort: a sample that is not kept costs nobody an article."""
    log.warning(
        "feed %s: the fast parser differs from the reference: %s", feed.id, found[0], extra={"feed": feed.id}
    )
    with suppress(DatelineError), transaction() as session:
        differences.keep(session, feed_id=feed.id, what=found, body=body)
