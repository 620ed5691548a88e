"""WebSub, the subscriber's side: ask hubs to push, renew before a lease ends, fall back to polling."""

from sqlalchemy.orm import Session

BATCH = 20
"""Done by one job."""


def waiting(_session: Session) -> int:
    """How many subscriptions are to be asked for or renewed this moment, counted up to 101."""
    return 0


def renew_due() -> int:
    """Ask the hubs of those; how many took the request."""
    return 0
