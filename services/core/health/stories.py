"""What the doctor says of stories: how far behind the stream they are."""

from collections.abc import Iterator

from sqlalchemy import text

from services.core.db import watching
from services.core.health.finding import Finding

OLD_CHANGE_S = 120
"""A change on which nobody has decided for so long is something wrong."""
_COUNTED = 10_000

_BEHIND = text(
    """
    SELECT count(*) AS changes, coalesce(extract(epoch FROM now() - min(c.at)), 0) AS oldest
    FROM (SELECT at FROM changes WHERE seq > (SELECT seq FROM story_state) ORDER BY seq LIMIT :most) c
    """
)


def look() -> Iterator[Finding]:
    """Whether stories keep up with the stream."""
    with watching() as session:
        found = session.execute(_BEHIND, {"most": _COUNTED}).one()
    counted = (
        "1 change of the stream waits"
        if found.changes == 1
        else f"{found.changes:,} changes of the stream wait"
    )
    more = "more than " if found.changes == _COUNTED else ""
    well = found.oldest < OLD_CHANGE_S
    says = (
        f"{more}{counted} to be decided on, the oldest for {int(found.oldest)} s"
        if found.changes
        else "are decided up to the newest change"
    )
    yield Finding(
        "stories",
        ok=well,
        says=says if well else says + ": is `dateline worker stories` running? See its log.",
    )
