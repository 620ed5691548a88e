"""What an address would bring, before anything is stored."""

from datetime import datetime
from typing import Any

from services.core.settings import Settings
from services.ingest import asks, schedule
from services.ingest.clean import Skipped, clean_entry
from services.ingest.entry import Entry, FetchRequest
from services.ingest.fetch import Limits, fetch, open_session
from services.ingest.parsers import NotAFeedError, parse
from services.ingest.refresh import user_agent


async def check_url(url: str, conf: Settings, *, now: datetime) -> dict[str, Any]:
    """Fetch `url` once; format, title, entries as they would be stored, problems in sentences, seconds between looks."""
    report: dict[str, Any] = {
        "format": None, "title": None, "site_url": None, "language": None, "entries": [], "problems": [], "interval_s": None,
    }  # fmt: skip
    async with open_session(allow=conf.fetch_allow, user_agent=user_agent(conf)) as session:
        response = await fetch(session, FetchRequest(0, url), limits=Limits(total_s=conf.fetch_timeout))
    if response.error is not None or response.status != 200:
        report["problems"].append(response.error or f"{url} answers {response.status}.")
        return report
    try:
        parsed = parse(response.body, content_type=response.headers.get("content-type"), url=response.url)
    except NotAFeedError as error:
        report["problems"].append(str(error))
        return report
    cleaned = [clean_entry(raw, feed_language=parsed.language, now=now) for raw in parsed.entries]
    asked = asks.wish(response.headers, feed_interval_s=parsed.interval_s, now=now)
    bounds = schedule.Limits(conf.fetch_interval_min, conf.fetch_interval_max)
    report |= {
        "format": parsed.format,
        "title": parsed.title,
        "site_url": parsed.site_url,
        "language": parsed.language,
        "entries": [_shown(e) for e in cleaned if isinstance(e, Entry)],
        "interval_s": max(
            asked, schedule.first_interval([e for e in cleaned if isinstance(e, Entry)], bounds)
        ),
    }
    report["problems"] += [*parsed.problems, *(s.reason for s in cleaned if isinstance(s, Skipped))]
    return report


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.guid,
        "url": entry.url,
        "title": entry.title,
        "teaser": entry.teaser,
        "published_at": entry.published_at.isoformat() if entry.published_at else None,
        "authors": list(entry.authors),
        "language": entry.language,
    }
