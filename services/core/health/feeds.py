"""What the doctor says of feeds: how many are in trouble, why they fail when a dozen do, what waits for a choice."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row, text

from services.core.db import watching
from services.core.health.finding import Finding, many

OLD_DUE_S = 600
"""A feed that was never asked may wait six times as long: a new list is asked politely, host by host."""
DOZEN = 12
"""So many feeds that fail for one reason may have that reason here rather than there."""
SHARE_WRONG = 0.05
"""From this share of the feeds on, what befalls single feeds every day is something wrong."""

FAILING_BECAUSE: Mapping[str, tuple[str, str]] = {
    "dns": ("their names do not resolve", "is this machine's DNS all right?"),
    "connect": (
        "no connection comes about",
        "may this machine reach the internet, or does a firewall hold it?",
    ),
    "timeout": (
        "they do not answer in time",
        "is this machine's line slow, or DATELINE_FETCH_TIMEOUT too short?",
    ),
    "tls": ("no secure connection comes about", "are this machine's clock and its certificates of today?"),
    "forbidden": (
        "their addresses are not public ones",
        "if they are meant, add their networks to DATELINE_FETCH_ALLOW.",
    ),
    "not-a-feed": ("they answer with something else", "does a proxy or a login page stand in between?"),
    "bot-wall": ("a wall against robots keeps us out", "does DATELINE_CONTACT_URL name a page of yours?"),
    "http-403": (
        "they refuse us",
        "does DATELINE_CONTACT_URL name a page of yours, and is this address banned?",
    ),
    "http-404": ("their pages are gone", "`dateline feeds list --state failing` names them."),
    "http-429": (
        "they ask us to come less often",
        "a longer DATELINE_FETCH_HOST_PAUSE asks hosts less often.",
    ),
    "http-4xx": ("they refuse the request", "`dateline feeds list --state failing` names them."),
    "http-5xx": (
        "their servers are broken at the moment",
        "it usually passes; they are asked less and less.",
    ),
    "protocol": ("their answers break off", "does a proxy or a firewall stand in between?"),
    "internal": ("of trouble of our own", "see the log of ingest."),
}
"""By kind of error: why feeds fail, and what to look at when many do."""

_FEEDS = text(
    """
    SELECT count(*) AS total, count(*) FILTER (WHERE paused_reason IS NULL) AS active,
           count(*) FILTER (WHERE failures > 0 AND paused_reason IS NULL) AS failing, count(paused_reason) AS paused,
           count(*) FILTER (WHERE replacement_url IS NOT NULL) AS offered,
           count(*) FILTER (WHERE quiet_at < now() AND failures = 0 AND paused_reason IS NULL) AS quiet,
           count(*) FILTER (WHERE overdue) AS overdue,
           coalesce(extract(epoch FROM now() - min(next_check_at) FILTER (WHERE overdue)), 0) AS oldest,
           (SELECT count(*) FROM gaps WHERE missed > 0 AND to_at > now() - interval '1 day') AS gaps,
           (SELECT count(DISTINCT feed_id) FROM gaps WHERE missed > 0 AND to_at > now() - interval '1 day') AS gapped,
           (SELECT coalesce(sum(missed), 0)::bigint FROM gaps WHERE to_at > now() - interval '1 day') AS missed
    FROM (SELECT f.*, f.paused_reason IS NULL AND f.lease_until < now() AND h.free_at <= now()
                 AND f.next_check_at
                   < now() - make_interval(secs => CASE WHEN f.checked_at IS NULL THEN 6 ELSE 1 END * :long) AS overdue
          FROM feeds f JOIN hosts h USING (host)) AS seen
    """
)
_KINDS = text(
    """
    SELECT coalesce(error_kind, 'unknown'), count(*) FROM feeds WHERE failures > 0 AND paused_reason IS NULL GROUP BY 1
    """
)


def look() -> Iterator[Finding]:
    """How many feeds are in trouble and why; what else there is to tell only where there is any."""
    with watching() as session:
        found = session.execute(_FEEDS, {"long": OLD_DUE_S}).one()
        kinds: dict[str, int] = {row[0]: row[1] for row in session.execute(_KINDS)}
    if found.total == 0:
        yield Finding("feeds", ok=False, says="there are none: `dateline feeds import FILE.opml` adds some.")
        return
    well = found.failing * 2 < found.total
    says = f"{many(found.total, 'feed')}, {found.failing} failing, {found.paused} paused"
    yield Finding(
        "feeds", ok=well, says=says if well else says + ": see `dateline feeds list --state failing`."
    )
    for kind, failing in dozens(kinds):
        well = failing < found.active * SHARE_WRONG
        yield Finding("failing", ok=well, says=f"{failing} feeds {why_they_fail(kind)}")
    yield from _of_feeds(found)


def _of_feeds(found: Row[Any]) -> Iterator[Finding]:
    """What is told only where there is any. What waits for a choice is told, and is nothing wrong."""
    bearable = found.active * SHARE_WRONG
    told = (
        (
            found.overdue,
            "due",
            False,
            (
                f"{_are(found.overdue, 'feed')} overdue, the oldest for {int(found.oldest or 0) // 60} min: "
                "start more `dateline worker ingest`, or see the log of ingest."
            ),
        ),
        (
            found.gaps,
            "gaps",
            found.gapped < bearable,
            (
                f"{many(found.gaps, 'gap')} in {many(found.gapped, 'feed')} in the last day, about {many(found.missed, 'item')} "
                "missed: a shorter DATELINE_FETCH_INTERVAL_MIN misses fewer; see /operator?need=gap."
            ),
        ),
        (
            found.offered,
            "replacements",
            True,
            (
                f"{_are(found.offered, 'feed')} offered another address: see /operator?need=replacement; "
                "`dateline feeds replace ID` takes it."
            ),
        ),
        (
            found.quiet,
            "quiet",
            found.quiet < max(DOZEN, bearable),
            (
                f"{_are(found.quiet, 'feed')} quiet against habit: look whether the site still publishes; "
                "`dateline feeds list --state quiet` names them."
            ),
        ),
    )
    yield from (Finding(name, ok=ok, says=says) for any_, name, ok, says in told if any_)


def _are(count: int, noun: str) -> str:
    return f"{many(count, noun)} {'is' if count == 1 else 'are'}"


def dozens(failing: Mapping[str, int]) -> list[tuple[str, int]]:
    """Of failing feeds by kind of error: kinds that befall a dozen or more, the most frequent first.

    Statuses without a row of their own count as their class.

    >>> dozens({"http-502": 7, "http-503": 8, "dns": 40, "tls": 3})
    [('dns', 40), ('http-5xx', 15)]
    """
    found: Counter[str] = Counter()
    for kind, feeds in failing.items():
        own = kind in FAILING_BECAUSE or not re.fullmatch("http-[45]..", kind)
        found[kind if own else f"{kind[:6]}xx"] += feeds
    return [(kind, feeds) for kind, feeds in found.most_common() if feeds >= DOZEN]


def why_they_fail(kind: str) -> str:
    """The end of a sentence on feeds that fail for one reason, with what to look at."""
    because, remedy = FAILING_BECAUSE.get(kind, ("", "`dateline feeds list --state failing` names them."))
    return f"fail because {because}: {remedy}" if because else f"fail with {kind!r}: {remedy}"
