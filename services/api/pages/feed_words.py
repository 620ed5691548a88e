"""One feed in words: its state, what is remembered of it, what each fetch brought. Pure.

The page of a feed and `dateline feeds show` say the same sentences. Text between `backticks` is to be set as code.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from services.api import words
from services.api.pages.feed_shapes import LEFT_ALONE, FeedRow, FetchRow, Push, WholeFeed

MOVE_TIMES, MOVE_DAYS = 3, 3
"""As `ingest.moves` has it: how often in a row and for how many days a permanent redirect must have been the same."""
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something remembered of a feed. `bad`: somebody should look at it."""

    name: str
    says: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Facts under one heading; `key` names it in addresses."""

    key: str
    title: str
    facts: list[Fact]


def at(moment: datetime, now: datetime) -> str:
    """A moment as short as it stays clear: "12:40 UTC" today, with its date on other days."""
    clock = f"{moment:%H:%M} UTC"
    if moment.date() == now.date():
        return clock
    year = "" if moment.year == now.year else f" {moment.year}"
    return f"{moment.day} {moment:%B}{year}, {clock}"


def ago(moment: datetime | None, now: datetime) -> str:
    """How long ago and when: "3 hours ago (09:00 UTC)"; "never"."""
    if moment is None:
        return "Never."
    passed = f"{words.span(now - moment)} ago" if now - moment >= timedelta(minutes=1) else "Just now"
    return f"{passed} ({at(moment, now)})."


def state_sentence(feed: FeedRow, now: datetime) -> str:
    """Why the feed is in its state, with what to do where somebody can do something."""
    match feed.state:
        case "paused":
            return f"Not asked any more: {_ended(feed.paused_reason)} `dateline feeds refresh {feed.id}` resumes it."
        case "failing":
            last = f"last good answer {words.age(feed.ok_at, now)}" if feed.ok_at else "never a good answer"
            error = _ended(feed.error or "no reason noted")
            return f"{words.counted(feed.failures, 'failure')} in a row, {last}: {error}"
        case "late":
            return f"Due {words.age(feed.next_check_at, now)} and not asked since."
        case "new":
            return "Not asked yet."
        case "quiet":
            return f"It answers, and has brought {silence(feed, now)}."
    return f"It answered {words.age(feed.ok_at, now)}." if feed.ok_at else "It was asked and is well."


def silence(feed: FeedRow, now: datetime) -> str:
    """How long a feed has brought nothing new, and how long is usual: "nothing new for 3 days; …"."""
    lasts = f"nothing new for {words.span(now - feed.new_at)}" if feed.new_at else "nothing yet"
    usual = f"; up to {seconds(feed.usual_s)} of silence are usual" if feed.usual_s else ""
    return lasts + usual


def _ended(sentence: str | None) -> str:
    text = (sentence or "no reason noted").strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _sentence(text: str | None) -> str:
    ended = _ended(text)
    return ended[:1].upper() + ended[1:]


def seconds(length: int) -> str:
    """A length of time given in seconds, in words."""
    return words.span(timedelta(seconds=length))


def facts(whole: WholeFeed, now: datetime) -> list[Group]:
    """Everything remembered of a feed but for its gaps and fetches, in an order for reading."""
    feed = whole.feed
    return [
        Group("next", "Next look", _next_look(feed, now)),
        Group("news", "What it brings", _news(whole, now)),
        Group("address", "Address", _address(whole, now)),
        Group("terms", "How it is asked", _terms(feed, whole.push, now)),
    ]


def _next_look(feed: FeedRow, now: datetime) -> list[Fact]:
    if feed.paused_reason is not None:
        return [Fact("When", "Never, while it is paused.")]
    if feed.next_check_at > now:
        when = f"In {words.span(feed.next_check_at - now)} ({at(feed.next_check_at, now)})."
    else:
        when = f"Due for {words.span(now - feed.next_check_at)}."
    found = [Fact("When", when, bad=feed.state == "late")]
    if feed.pace_reason:
        found.append(Fact("Why then", _sentence(feed.pace_reason)))
    found += [
        Fact("Learned pace", f"Every {seconds(feed.interval_s)}."),
        Fact("Publisher's wish", _wishes(feed)),
    ]
    if feed.host_free_at > now + LEFT_ALONE:
        found.append(Fact("Host", f"{feed.host} is left alone until {at(feed.host_free_at, now)}.", bad=True))
    return found


def _wishes(feed: FeedRow) -> str:
    wishes = []
    if feed.wish_s:
        wishes.append(f"not more often than every {seconds(feed.wish_s)}")
    if feed.skip_hours:
        wishes.append(f"not {hours(feed.skip_hours)} UTC (skipHours)")
    if feed.skip_days:
        days = [DAYS[day] for day in sorted(set(feed.skip_days)) if 0 <= day < len(DAYS)]
        wishes.append(f"not on {words.listed(days)} (skipDays)" if days else "")
    told = "; ".join(filter(None, wishes))
    return f"{told[:1].upper()}{told[1:]}." if told else "The feed states none."


def hours(skipped: Sequence[int]) -> str:
    """Hours of the day as ranges.

    >>> hours([0, 1, 2, 22, 23, 7])
    'from 00:00 to 03:00, from 07:00 to 08:00 and from 22:00 to 24:00'
    """
    found = sorted(set(skipped))
    starts = [found[0], *(later for earlier, later in pairwise(found) if later - earlier > 1)]
    ends = [*(earlier for earlier, later in pairwise(found) if later - earlier > 1), found[-1]]
    return words.listed([f"from {a:02}:00 to {b + 1:02}:00" for a, b in zip(starts, ends, strict=True)])


def _news(whole: WholeFeed, now: datetime) -> list[Fact]:
    feed = whole.feed
    found = [
        Fact("Last good answer", ago(feed.ok_at, now), bad=feed.state == "failing"),
        Fact("Last news", ago(feed.new_at, now), bad=feed.state == "quiet"),
    ]
    if feed.usual_s:
        then = f"; it is called quiet from {at(feed.quiet_at, now)} on" if feed.quiet_at else ""
        found.append(Fact("Usual silence", f"Up to {seconds(feed.usual_s)}{then}."))
    else:
        found.append(Fact("Usual silence", "Not known yet."))
    of_it = (
        "1 article of it is"
        if whole.articles == 1
        else f"{words.counted(whole.articles, 'article')} of it are"
    )
    found.append(Fact("Articles", f"{of_it} kept."))
    if feed.window:
        lasts = f", which is what it publishes in {seconds(feed.window_s)}" if feed.window_s else ""
        found.append(
            Fact("Window", f"Its last body held {words.counted(feed.window, 'entry', 'entries')}{lasts}.")
        )
    if whole.differences:
        told = words.counted(whole.differences, "body", "bodies")
        found.append(
            Fact("Parsers", f"{told} of it read differently by the two parsers; kept for a test.", bad=True)
        )
    return found


def _address(whole: WholeFeed, now: datetime) -> list[Fact]:
    feed = whole.feed
    country = f", {feed.country}" if feed.country else ""
    found = [Fact("Publisher", f"{feed.source_name} ({feed.source}{country})")]
    if feed.site_url:
        found.append(Fact("Site", words.public_url(feed.site_url)))
    kind = [feed.format or "format not known yet", feed.language or "language not named"]
    found.append(Fact("Reads as", ", ".join(kind)))
    if hints := [hint for hint in (feed.region_hint, feed.topic_hint) if hint]:
        found.append(Fact("Hints", ", ".join(hints)))
    found.append(Fact("Added", ago(feed.added_at, now)))
    found += [
        Fact("Former address", f"{words.public_url(former.url)}, until {at(former.since, now)}")
        for former in whole.former
    ]
    if feed.moved_to:
        found.append(Fact("Redirect", _redirect(feed, now)))
    if feed.replacement_url:
        offered = words.public_url(feed.replacement_url)
        says = f"Its site offers {offered} instead: `dateline feeds replace {feed.id}` takes it."
        found.append(Fact("Replacement", says, bad=True))
    elif feed.sought_at:
        found.append(
            Fact("Replacement", f"Its site offers none; last looked for: {ago(feed.sought_at, now)}")
        )
    return found


def _redirect(feed: FeedRow, now: datetime) -> str:
    times = words.counted(feed.moved_times, "time")
    since = f" since {at(feed.moved_since, now)}" if feed.moved_since else ""
    where = words.public_url(feed.moved_to or "")
    return f"It has answered from {where} {times}{since}; believed after {MOVE_TIMES} times over {MOVE_DAYS} days."


def _terms(feed: FeedRow, push: Push | None, now: datetime) -> list[Fact]:
    found = [Fact("Validators", _validators(feed), bad=feed.validators_lie)]
    if feed.full_at:
        found.append(Fact("Last whole body", ago(feed.full_at, now)))
    return [*found, _pushed(feed, push, now)]


def _validators(feed: FeedRow) -> str:
    if feed.validators_lie:
        return "Its server said “not modified” of a body that was: every look asks for the whole."
    kept = [name for name, value in (("ETag", feed.etag), ("Last-Modified", feed.last_modified)) if value]
    if kept:
        return f"{words.listed(kept)} {'are' if len(kept) > 1 else 'is'} kept and sent back, so that nothing new costs no body."
    if feed.ok_at is None:
        return "Not known yet."
    return "It gave neither ETag nor Last-Modified: every look brings the whole body."


def _pushed(feed: FeedRow, push: Push | None, now: datetime) -> Fact:
    if push is None:
        named = f"It names the hub {words.public_url(feed.hub_url)}; not subscribed." if feed.hub_url else ""
        return Fact("Push", named or "It names no hub: it is polled.")
    hub = words.public_url(push.hub)
    missed = (
        f" Looks of our own found news {words.counted(push.missed, 'time')} that no push had told."
        if push.missed
        else ""
    )
    until = f" until {at(push.lease_until, now)}" if push.lease_until else ""
    last = f"; last push {words.age(push.pushed_at, now)}" if push.pushed_at else "; no push came yet"
    told = {
        "wanted": f"To be subscribed at {hub}.",
        "asked": f"{hub} was asked and has not confirmed yet.",
        "active": f"Subscribed at {hub}{until}{last}.{missed}",
        "denied": f"{hub} refuses: {_ended(push.reason)} It is polled.",
        "ended": f"The subscription at {hub} ended: it is polled.",
    }
    return Fact("Push", told.get(push.state, push.state), bad=push.state == "denied" or push.missed > 0)


def brought(fetch: FetchRow) -> str:
    """What one fetch brought, or why it brought nothing, in a line."""
    if fetch.error:
        return fetch.error
    found = fetch.brought
    counts = [f"{found[name]} {name}" for name in ("new", "again", "unchanged") if found.get(name)]
    if reasons := skipped(found):
        counts.append(f"{len(reasons)} skipped")
    return ", ".join(counts) or ("nothing new" if fetch.outcome != "new-body" else "no entries")


def skipped(found: Mapping[str, Any]) -> list[str]:
    """Why entries were left out, one reason each."""
    return [str(reason) for reason in found.get("skipped") or ()]


def reasons_of(fetch: FetchRow) -> str:
    """Why entries were left out, each kind of reason once with its number; empty when none was.

    What follows a colon (an address) is what one entry had, and no part of the kind.
    """
    kinds = Counter(reason.partition(": ")[0] for reason in skipped(fetch.brought))
    return ", ".join(f"{kind} ({n})" if n > 1 else kind for kind, n in kinds.most_common())


def weight(count: int) -> str:
    """Bytes as people say them.

    >>> weight(0), weight(900), weight(12_345), weight(3_400_000)
    ('0', '900 B', '12 kB', '3.4 MB')
    """
    if count < 1000:
        return f"{count} B" if count else "0"
    return f"{count / 1000:.0f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
