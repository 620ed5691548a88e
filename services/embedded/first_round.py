"""How far the first look at every feed has come, for whoever watches the start."""

from dataclasses import dataclass

import psycopg


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """The first round over all feeds: how many there are, were tried, failed; how many articles are stored."""

    total: int
    done: int
    failed: int
    articles: int


_FIRST_ROUND = (
    "SELECT count(*), count(*) FILTER (WHERE checked_at IS NOT NULL OR paused_reason IS NOT NULL), "
    "count(*) FILTER (WHERE error IS NOT NULL), (SELECT count(*) FROM articles) FROM feeds"
)


def first_round(database_url: str) -> RoundProgress:
    """How far the first look at every feed has come; asked about once a second, so one cheap query."""
    with psycopg.connect(database_url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        row = connection.execute(_FIRST_ROUND).fetchone()
    return RoundProgress(*(row or (0, 0, 0, 0)))
