"""The search for feeds around a page, step by step: announced ones, linked ones, and only if there is none, guesses.

Nothing is fetched here. Each step yields the address it wants and is sent the answer to it.
"""

from collections.abc import Awaitable, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TypeVar

from services.core.errors import InvalidInputError
from services.core.text import fold_title, plain_text
from services.core.urls import canonical_url, check_http_url
from services.ingest.discover.addresses import MOST_GUESSES, robots_of, spellings, usual_places
from services.ingest.discover.page import Candidate, Origin, candidates, is_of_comments
from services.ingest.discover.robots import Robots
from services.ingest.entry import FetchResponse, ParsedFeed
from services.ingest.parsers import NotAFeedError, charset, parse

MOST = 10
"""Candidates that are looked at, unless more are asked for."""

STALE = timedelta(days=90)
"""A feed without anything newer stands behind one that has."""

_SLACK = timedelta(minutes=5)
_SAME = 0.6
"""Share of its entries that a feed has in common with another one, from which on they are the same feed twice."""
_PAGES = 2
"""Pages of feeds (`/rss` often is one) that are looked through when the page itself offers none."""
_ORDER: dict[Origin, int] = {"address": 0, "link": 1, "anchor": 2, "guess": 2}
_MAX_TITLE = 500


@dataclass(frozen=True, slots=True)
class Offer:
    """A feed that was found and looked at. `keys` and `titles` are those of its entries, in their comparable form.

    `url` is the address to add: where a permanent redirect led, else as it was found. `same_as`: the address of a better
    offer with the same entries.
    """

    url: str
    format: str
    title: str
    site_url: str | None
    language: str | None
    entries: int
    newest_at: datetime | None
    origin: Origin
    comments: bool = False
    keys: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What a search came to: offers, best first; announced or linked addresses that were not looked at; in sentences, why
    others are no offers; guesses that robots.txt forbids.
    """

    offers: tuple[Offer, ...] = ()
    unseen: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


Result = TypeVar("Result")
Asking = Generator[str, FetchResponse, Result]
"""A search: yields addresses, is sent what they answer, and returns a Result."""


async def drive(search: Asking[Result], answer: Callable[[str], Awaitable[FetchResponse]]) -> Result:
    """Run a search to its end; `answer` fetches what it asks for."""
    try:
        url = next(search)
        while True:
            url = search.send(await answer(url))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]  # what the generator returns


def arrive(urls: Sequence[str]) -> Asking[tuple[str, FetchResponse]]:
    """The first of the addresses that answers at all, with its answer; where none does, the first with its error."""
    first: tuple[str, FetchResponse] | None = None
    for url in urls:
        answer = yield url
        if answer.error_kind is None:
            return url, answer
        first = first or (url, answer)
    assert first is not None  # noqa: S101 - `addresses` gives at least one
    return first


def offer_of(
    url: str, answer: FetchResponse, *, now: datetime, origin: Origin = "address", comments: bool = False
) -> Offer:
    """What was asked for at `url`, as an offer. Raises NotAFeedError with a sentence where it is no feed."""
    if answer.error_kind is not None or answer.status != 200:
        raise NotAFeedError("empty", answer.error or f"{url} answers {answer.status}.")
    return offer_from(
        url,
        answer,
        parse(answer.body, content_type=answer.headers.get("content-type"), url=answer.url),
        now=now,
        origin=origin,
        comments=comments,
    )


def offer_from(
    url: str,
    answer: FetchResponse,
    parsed: ParsedFeed,
    *,
    now: datetime,
    origin: Origin = "address",
    comments: bool = False,
) -> Offer:
    """The offer that a document read already comes to."""
    dates = [e.published_at for e in parsed.entries if e.published_at and e.published_at <= now + _SLACK]
    title = plain_text(parsed.title, limit=_MAX_TITLE)
    return Offer(
        url=answer.permanent_url or url,
        format=parsed.format,
        title=title,
        site_url=_site(parsed.site_url),
        language=parsed.language,
        entries=len(parsed.entries),
        newest_at=max(dates, default=None),
        origin=origin,
        comments=comments or is_of_comments(url, title),
        keys=frozenset(canonical_url(e.url) for e in parsed.entries if e.url),
        titles=frozenset(fold_title(plain_text(e.title, limit=_MAX_TITLE)) for e in parsed.entries) - {""},
    )


def look_around(
    page: FetchResponse, *, now: datetime, most: int = MOST, robots: Robots | None = None
) -> Asking[Found]:
    """The feeds that a page offers, each looked at, best first.

    At most `most` candidates are asked for. Only where none of them is a feed, pages of feeds that it links to are
    looked through, and then the usual places of its site are tried: five at most, those that robots.txt allows, which
    is asked for then unless it is at hand (`robots`).
    """
    search = _Search(now, most)
    search.asked.update(spellings(page.url))
    yield from search.check(_offered(page))
    for linked in search.pages[:_PAGES]:
        if not search.offers:
            yield from search.check(_offered(linked))
    if not search.offers:
        yield from search.guess(page.url, robots)
    return Found(
        ranked(search.offers, now=now), tuple(search.unseen), tuple(search.refused), tuple(search.forbidden)
    )


@dataclass(slots=True)
class _Search:
    """What is known so far. `left`: candidates that may still be asked for."""

    now: datetime
    left: int
    asked: set[str] = field(default_factory=set)
    offers: list[Offer] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    pages: list[FetchResponse] = field(default_factory=list)

    def check(self, offered: Iterable[Candidate]) -> Asking[None]:
        """Ask for each candidate that was not asked for yet."""
        for candidate in offered:
            if candidate.url in self.asked:
                continue
            if self.left <= 0:
                self.unseen.append(candidate.url)
                continue
            self.left -= 1
            yield from self._ask(candidate)

    def guess(self, page: str, robots: Robots | None) -> Asking[None]:
        """Try the usual places until one is a feed."""
        if robots is None:
            answer = yield robots_of(page)
            robots = Robots(answer.status, answer.body)
        tried = 0
        for url in usual_places(page):
            if not robots.allow(url):
                self.forbidden.append(url)
            elif url not in self.asked and tried < MOST_GUESSES and not self.offers:
                tried += 1
                yield from self._ask(Candidate(url, "guess"))

    def _ask(self, candidate: Candidate) -> Asking[None]:
        self.asked.update(spellings(candidate.url))
        answer = yield candidate.url
        try:
            offer = offer_of(
                candidate.url, answer, now=self.now, origin=candidate.origin, comments=candidate.comments
            )
        except NotAFeedError as error:
            if error.kind == "html":
                self.pages.append(answer)
            if candidate.origin != "guess":
                self.refused.append(
                    f"{candidate.url}: {error}" if candidate.url not in str(error) else str(error)
                )
            return
        if all(offer.url != other.url for other in self.offers):
            self.offers.append(offer)


def ranked(offers: Iterable[Offer], *, now: datetime) -> tuple[Offer, ...]:
    """Best first: no comments, not empty, alive, announced; then as the page has them. Doubles are marked as such."""
    kept: list[Offer] = []
    for offer in sorted(
        offers, key=lambda o: (o.comments, not o.entries, _is_stale(o, now), _ORDER[o.origin])
    ):
        twin = next((other for other in kept if other.same_as is None and _is_same(offer, other)), None)
        kept.append(replace(offer, same_as=twin.url) if twin else offer)
    return tuple(kept)


def _is_stale(offer: Offer, now: datetime) -> bool:
    return offer.newest_at is not None and offer.newest_at < now - STALE


def _is_same(offer: Offer, other: Offer) -> bool:
    smaller = min(len(offer.keys), len(other.keys))
    return smaller > 0 and len(offer.keys & other.keys) / smaller >= _SAME


def _offered(page: FetchResponse) -> tuple[Candidate, ...]:
    text = charset.decode(page.body, content_type=page.headers.get("content-type")).text
    return candidates(text, url=page.url)


def _site(url: str | None) -> str | None:
    try:
        return check_http_url(url) if url else None
    except InvalidInputError:
        return None
