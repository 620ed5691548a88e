"""What the doctor says of memory: workers of which the kernel has ended processes."""

from collections.abc import Iterator

from sqlalchemy import text

from services.core.db import watching
from services.core.health.finding import Finding
from services.core.liveness import oom

_ENDED = text(
    f"""
    SELECT string_agg(DISTINCT role, '+' ORDER BY role) AS roles, host, max(kills) AS kills, max("limit") AS "limit", min(ago) AS ago
    FROM (
        SELECT role, split_part(name, ':', 1) AS host, coalesce(told ->> 'group', name) AS "group", (told ->> 'kills')::int AS kills,
               (told ->> 'limit')::bigint AS "limit", extract(epoch FROM now() - (told ->> 'at')::timestamptz)::float8 AS ago
        FROM (SELECT role, name, detail -> '{oom.TOLD}' AS told FROM beats WHERE detail ? '{oom.TOLD}') AS struck
    ) AS groups
    WHERE ago < 3600 GROUP BY host, "group" ORDER BY min(ago)
    """  # noqa: S608 - a constant of ours
)


def look() -> Iterator[Finding]:
    """Control groups that lost processes for want of memory within the last hour, with the workers in each; nothing where none did."""
    with watching() as session:
        rows = session.execute(_ENDED).all()
    for row in rows:
        ended = f"the kernel ended {row.kills:,} {'process' if row.kills == 1 else 'processes'}"
        *others, last = row.roles.split("+")
        whose = f"of worker {last} on {row.host}"
        if others:
            whose = f"among what shares a limit with the workers {', '.join(others)} and {last} on {row.host}"
        yield Finding(
            "memory",
            ok=False,
            says=f"{ended} {whose} for want of memory, last {row.ago / 60:.0f} min ago; {oom.remedy(row.roles, row.limit)}.",
        )
