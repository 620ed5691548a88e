"""Which feeds a web page offers (pure): autodiscovery links, and addresses that look like feeds.

What has to be fetched on the way is asked for and not fetched: a search is a generator that yields addresses and is
sent the answers, so that a command, a job and a test drive the same one.
"""

from services.ingest.discover.addresses import addresses, robots_of, spellings, usual_places
from services.ingest.discover.page import Candidate, candidates, is_like_a_feed, is_of_comments
from services.ingest.discover.robots import Robots
from services.ingest.discover.search import (
    Asking,
    Found,
    Offer,
    arrive,
    drive,
    look_around,
    offer_of,
)
from services.ingest.discover.successor import Lost, on_offer, successor

__all__ = [
    "Asking",
    "Candidate",
    "Found",
    "Lost",
    "Offer",
    "Robots",
    "addresses",
    "arrive",
    "candidates",
    "drive",
    "is_like_a_feed",
    "is_of_comments",
    "look_around",
    "offer_of",
    "on_offer",
    "robots_of",
    "spellings",
    "successor",
    "usual_places",
]
