"""What the doctor says of memory: workers of which the kernel has ended processes."""

from collections.abc import Iterator

from sqlalchemy import text

from services.core import oom
from services.core.db import watching
from services.core.health.finding import Finding

_ENDED = text(
    f"""
    SELECT role, split_part(name, ':', 1) AS host, (detail #>> '{{{oom.TOLD},kills}}')::int AS kills,
           (detail #>> '{{{oom.TOLD},limit}}')::bigint AS "limit",
           extract(epoch FROM now() - (detail #>> '{{{oom.TOLD},at}}')::timestamptz)::float8 AS ago
    FROM beats WHERE (detail #>> '{{{oom.TOLD},at}}')::timestamptz > now() - interval '1 hour' ORDER BY ago
    """  # noqa: S608 - a constant of ours
)


def look() -> Iterator[Finding]:
    """Workers that lost processes for want of memory within the last hour; nothing where none did."""
    with watching() as session:
        rows = session.execute(_ENDED).all()
    for row in rows:
        yield Finding(
            "memory",
            ok=False,
            says=f"the kernel ended {row.kills:,} {'process' if row.kills == 1 else 'processes'} of worker {row.role} on {row.host} for want of memory, "
            f"last {row.ago / 60:.0f} min ago; {oom.remedy(row.role, row.limit)}.",
        )
