"""What the doctor says of the desk: requests that nobody does, and a relabelling that stands still."""

from collections.abc import Iterator

from sqlalchemy import text

from services.core.db import watching
from services.core.health.finding import Finding, many

OLD_REQUEST_S = 30
STILL_S = 60
"""A relabelling that could have gone on for so long, and did not, stands still."""

_DESK = text(
    """
    SELECT (SELECT count(*) FROM desk_requests WHERE state = 'waiting' AND created_at < now() - make_interval(secs => :old)) AS old,
           (SELECT count(*) FROM desk_requests WHERE state = 'failed' AND created_at > now() - interval '1 hour') AS failed,
           (SELECT version FROM relabellings WHERE finished_at IS NULL
                   AND next_at < now() - make_interval(secs => :still)) AS still,
           (SELECT looked FROM relabellings WHERE finished_at IS NULL) AS looked
    """
)


def look() -> Iterator[Finding]:
    """Only what is wrong or under way is told."""
    with watching() as session:
        found = session.execute(_DESK, {"old": OLD_REQUEST_S, "still": STILL_S}).one()
    if found.old:
        yield Finding(
            "desk",
            ok=False,
            says=f"{many(found.old, 'request')} of editors waited for more than {OLD_REQUEST_S} s: "
            "start more `dateline worker classify`, or see its log.",
        )
    if found.failed:
        yield Finding(
            "desk",
            ok=False,
            says=f"{many(found.failed, 'request')} of editors failed in the last hour: see the log of classify.",
        )
    if found.still:
        yield Finding(
            "relabelling",
            ok=False,
            says=f"by {found.still[:12]} has stood still for a minute: is `dateline worker classify` running?",
        )
    elif found.looked is not None:
        yield Finding("relabelling", ok=True, says=f"goes on, {many(found.looked, 'article')} so far")
