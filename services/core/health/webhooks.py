"""What the doctor says of webhooks: which do not get through, and since when."""

from collections.abc import Iterator

from sqlalchemy import text

from services.core.db import watching
from services.core.health.finding import Finding, many

LONG_S = 3600
"""An address that has failed for so long needs somebody; before that it is tried again by itself."""

_TROUBLE = text(
    """
    SELECT name, paused_reason, error, extract(epoch FROM now() - failing_since) AS failing_s
    FROM webhooks WHERE paused_reason IS NOT NULL OR failures > 0 ORDER BY paused_reason IS NULL, failing_since, id
    """
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
            says=f"{many(len(paused), 'webhook')} paused, such as {first.name}: {first.paused_reason}"
            f" `dateline webhooks resume {first.name}` goes on where it stopped.",
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
