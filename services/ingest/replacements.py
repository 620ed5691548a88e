"""What dead feeds became: asks their sites for the feed they offer now, and offers it to the operator."""

from sqlalchemy.orm import Session

BATCH = 20
"""Done by one job."""


def waiting(_session: Session) -> int:
    """How many dead feeds are to be looked for this moment, counted up to 101."""
    return 0


def seek_due() -> int:
    """Look for each of them once; how many were found."""
    return 0
