"""What the doctor says of webhooks: which do not get through, and since when."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, text

from services.core.db import watching
from services.core.health.finding import Finding, many
from services.core.latest import EPOCH_SQL
from services.core.webhooks import set_back

LONG_S = 3600
"""An address that has failed for so long needs somebody; before that it is tried again by itself."""

_TROUBLE = text(
    f"""
    SELECT id, name, paused_reason, paused_by, error, extract(epoch FROM now() - failing_since) AS failing_s,
           epoch = here AND coalesce(pending_seq, seq) BETWEEN floor AND greatest(head, floor) AS has_place
    FROM webhooks, (SELECT {EPOCH_SQL} AS here, floor, (SELECT coalesce(max(seq), 0) FROM changes) AS head FROM stream_state) AS stream
    WHERE paused_reason IS NOT NULL OR failures > 0 ORDER BY paused_reason IS NULL, failing_since, id
    """  # noqa: S608 - an expression of ours
)


def look() -> Iterator[Finding]:
    """Webhooks in trouble, where there are any."""
    with watching() as session:
        found = session.execute(_TROUBLE).all()
    paused = [row for row in found if row.paused_reason is not None]
    failing = [row for row in found if row.paused_reason is None]
    if paused:
        first = paused[0]
        yield Finding(
            "webhooks",
            ok=False,
            says=f"{many(len(paused), 'webhook')} paused, such as {first.name}: {_way_on(first)}",
        )
    if failing:
        first = failing[0]
        minutes = int(first.failing_s or 0) // 60
        yield Finding(
            "webhooks",
            ok=(first.failing_s or 0) < LONG_S,
            says=f"{many(len(failing), 'webhook')} failing, {first.name} for {minutes} min: {first.error}"
            f" `dateline webhooks show {first.name}` tells of every attempt.",
        )


def _way_on(row: Row[Any]) -> str:
    """Why it is paused, and the command that lets it go on: no other does."""
    told = [row.paused_reason]
    if not row.has_place and set_back(row.id) != row.paused_reason:
        told.append(set_back(row.id))
    if row.has_place:
        told.append(f"`dateline webhooks resume {row.name}` goes on where it stopped.")
    elif row.paused_by is not None:
        told.append(f"Then `dateline webhooks resume {row.name}`.")
    return " ".join(told)
