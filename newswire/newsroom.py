"""The state of the press: what is published, where it is listed, what was corrected. No clock and no network: `now` is handed in."""

import random
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from newswire import addresses
from newswire.events import Event, event_of, is_open, report
from newswire.model import READABLE, Article, Listing, Outlet, Role, Story, Trouble
from newswire.places import codes_in
from newswire.stories import Storyteller

_COPIED_SHARE, _CARRIED_SHARE = 0.6, 0.35
_REPEATED_SHARE = 0.3
"""Of what a section shows, articles of the publisher's other sections."""
_REPORTED_SHARE = 0.5
"""How often an outlet takes up an event that others told, where there is one."""
_EVENTS = 60
_BACKGROUND = 60
_RETOLD = 12
_SECOND = timedelta(seconds=1)
_LONG_AGO = timedelta(days=365)
_CORRECTION = {
    "en": "Correction: an earlier version of this article carried a different headline.",
    "ru": "Исправление: в первоначальной версии статьи был другой заголовок.",
    "kk": "Түзету: мақаланың алғашқы нұсқасында тақырыбы басқаша болды.",
    "fr": "Correction : une version antérieure de cet article portait un autre titre.",
    "es": "Corrección: una versión anterior de este artículo llevaba otro título.",
    "tr": "Düzeltme: Bu haberin önceki sürümünde başlık farklıydı.",
    "ar": "تصحيح: حملت نسخة سابقة من هذا الخبر عنوانا مختلفا.",
    "zh": "更正：本文较早版本的标题有所不同。",
}


@dataclass(slots=True)
class Desk:
    """One outlet's feed: its lines (newest first), how often it changed and since when it stands as it is."""

    outlet: Outlet
    lines: deque[Listing]
    version: int
    changed: datetime


class Newsroom:
    """Publishes, copies, lists and corrects; the same seed and the same calls give the same press.

    `base_of` gives the address (scheme to port, and a path on a shared address) under which an outlet is served.
    Articles are numbered from `first` on, so that a press opened again need not reuse the addresses of an earlier one.
    """

    def __init__(
        self,
        outlets: Iterable[Outlet],
        *,
        seed: int,
        base_of: Callable[[Outlet], str],
        now: datetime,
        first: int = 1,
    ) -> None:
        self.desks = {
            outlet.slug: Desk(outlet, deque(maxlen=outlet.window), 1, now.replace(microsecond=0) - _LONG_AGO)
            for outlet in outlets
        }
        self.articles: dict[str, Article] = {}
        self.base_of = base_of
        self._first, self._printed = first, 0
        self._rng = random.Random(seed)
        self._storyteller = Storyteller(seed=seed)
        self._titles: set[str] = set()
        self._events: deque[Event] = deque(maxlen=_EVENTS)
        self._told: list[str] = []
        self._by_path: dict[tuple[str, str], Article] = {}

    def fill(self, *, now: datetime, entries: int | None = None) -> None:
        """Publishes the past: some twenty articles an outlet (or exactly `entries`), spread over hours and days before `now`."""
        moments = [
            (moment, slug)
            for slug, desk in self.desks.items()
            if _writes(desk.outlet)
            for moment in self._past(now, entries or _at_start(desk.outlet))
        ]
        for moment, slug in sorted(moments):
            if not self._repeat(self.desks[slug], now=moment):
                self.publish(now=moment, slug=slug, alone=entries is not None)

    def publish(self, *, now: datetime, slug: str | None = None, alone: bool = False) -> list[Article]:
        """One new article at an outlet (drawn when none is named) and, unless `alone`, its wire copies at others.

        It may be a report on an event that others have told, unless `alone`.
        """
        outlet = self.desks[slug].outlet if slug else self._rng.choice(self._authors())
        if outlet.role is Role.AGGREGATOR:
            return self._relay(outlet, now=now)
        if alone:
            return [self._print(outlet, self._tell(outlet, now=now, tries=1), now=now)]
        original = self._report(outlet, now=now) or self._new(outlet, now=now)
        copies = [self._copy(client, original, now=now) for client in self._clients(outlet)]
        self._known_to(original.event, copies)
        for desk in self.desks.values():
            if self._would_carry(desk.outlet, original):
                self._carry(desk, original, now=now)
        return [original, *copies]

    def take(self, article: Article) -> None:
        """Holds an article that an earlier press has published, at its address."""
        self.articles[article.id] = article
        path = article.url.removeprefix(self.base_of(self.desks[article.outlet].outlet))
        self._by_path[article.outlet, path.rstrip("/")] = article
        self._titles.add(article.title)

    def catch_up(self, *, now: datetime) -> None:
        """Publishes an article of the last minutes at each outlet that writes: fewer than any window holds."""
        for outlet in self._authors():
            self.publish(now=now - timedelta(seconds=self._rng.randrange(30, 600)), slug=outlet.slug)

    def correct(self, *, now: datetime, article_id: str | None = None) -> Article | None:
        """Edits an article's headline and text in place, its address unchanged; None where nothing can be corrected."""
        article = self.articles[article_id] if article_id else self._correctable()
        if article is None or not article.story.other_title:
            return None
        article.earlier_titles.append(article.title)
        titles = (article.story.title, article.story.other_title)
        article.title = titles[article.title == titles[0]]
        note = _CORRECTION[article.story.language]
        article.paragraphs = (*(text for text in article.paragraphs if text != note), note)
        article.updated = max(now, article.updated + _SECOND)
        for slug in {article.outlet, *article.carried_by}:
            self._touch(self.desks[slug], now)
        return article

    def article_at(self, slug: str, path: str) -> Article | None:
        """The article an outlet serves at a path (with its query where that holds the id)."""
        return self._by_path.get((slug, path.rstrip("/")))

    def _new(self, outlet: Outlet, *, now: datetime) -> Article:
        """An article on something that nobody has told yet."""
        article = self._print(outlet, self._tell(outlet, now=now, tries=8), now=now)
        self._events.append(event_of(article, now=now, rng=self._rng))
        return article

    def _known_to(self, event_id: str, copies: Iterable[Article]) -> None:
        """Who took a wire's text over writes none of his own."""
        for event in self._events:
            if event.id == event_id:
                event.told_by |= {article.outlet for article in copies}

    def _report(self, outlet: Outlet, *, now: datetime) -> Article | None:
        """An outlet's own words on an event of late, now and then."""
        found = [event for event in self._events if is_open(event, outlet, now=now)]
        if not found or self._rng.random() >= _REPORTED_SHARE:
            return None
        event = self._rng.choice(found)
        story = report(event, outlet, rng=self._rng)
        return self._print(outlet, story, now=now, event=event.id) if story else None

    def _tell(self, outlet: Outlet, *, now: datetime, tries: int) -> Story:
        story = self._storyteller.tell(outlet, now=now, tries=tries)
        for _ in range(_RETOLD):
            if story.title not in self._titles:
                break
            story = self._storyteller.tell(outlet, now=now, tries=tries)
        self._titles.add(story.title)
        if outlet.publisher:
            self._told += story.paragraphs
        return story

    def _past(self, now: datetime, count: int) -> list[datetime]:
        moment, found = now.replace(microsecond=0) - timedelta(seconds=self._rng.randrange(30, 6000)), []
        for _ in range(count):
            found.append(moment)
            moment -= timedelta(seconds=900 + int(self._rng.expovariate(1 / 7200)))
        return found

    def _authors(self) -> list[Outlet]:
        return [desk.outlet for desk in self.desks.values() if _writes(desk.outlet)]

    def _clients(self, wire: Outlet) -> list[Outlet]:
        if wire.role is not Role.WIRE:
            return []
        return [
            desk.outlet
            for desk in self.desks.values()
            if wire.slug in desk.outlet.takes and self._rng.random() < _COPIED_SHARE / 2
        ]

    def _print(
        self,
        outlet: Outlet,
        story: Story,
        *,
        now: datetime,
        copy_of: Article | None = None,
        event: str | None = None,
    ) -> Article:
        number = self._first + self._printed
        self._printed += 1
        name = f"a{number:06d}"
        path = addresses.article_path(outlet, story, number=number, now=now)
        credit = (f"({self.desks[copy_of.outlet].outlet.name})",) if copy_of else ()
        article = Article(
            id=name,
            outlet=outlet.slug,
            url=self.base_of(outlet) + path,
            story=story,
            title=story.title,
            paragraphs=(*story.paragraphs, *credit, *self._background(outlet)),
            published=now,
            updated=now,
            event=copy_of.event if copy_of else event or name,
            duplicate_of=copy_of.id if copy_of else None,
        )
        self.articles[article.id] = article
        self._by_path[outlet.slug, path.rstrip("/")] = article
        self._list(self.desks[outlet.slug], Listing(article=article, link=article.url), now)
        return article

    def _copy(self, client: Outlet, original: Article, *, now: datetime) -> Article:
        later = now + timedelta(seconds=self._rng.choice((0, 1, 2)))
        return self._print(client, original.story, now=later, copy_of=original)

    def _would_carry(self, outlet: Outlet, article: Article) -> bool:
        if outlet.role is not Role.AGGREGATOR or article.story.language != outlet.language:
            return False
        near = set(codes_in("en", outlet.beats))
        return bool(near & set(article.story.countries)) and self._rng.random() < _CARRIED_SHARE

    def _repeat(self, desk: Desk, *, now: datetime) -> bool:
        """Lists an article of a sister section, now and then; whether it did."""
        mine = desk.outlet.publisher
        if not mine or self._rng.random() >= _REPEATED_SHARE:
            return False
        listed = {line.article.id for line in desk.lines}
        sisters = [
            other for other in self.desks.values() if other.outlet.publisher == mine and other is not desk
        ]
        fit = [line.article for sister in sisters for line in sister.lines if line.article.id not in listed]
        if fit:
            self._carry(desk, self._rng.choice(fit), now=now)
        return bool(fit)

    def _background(self, outlet: Outlet) -> list[str]:
        """A section that shows full texts shows long ones: earlier news of the publisher follows, to some 4 kB an article."""
        if not (outlet.publisher and outlet.full_text) or not self._told:
            return []
        return self._rng.choices(self._told, k=_BACKGROUND)

    def _relay(self, outlet: Outlet, *, now: datetime) -> list[Article]:
        desk = self.desks[outlet.slug]
        listed = {line.article.id for line in desk.lines}
        fresh = [article for article in reversed(self.articles.values()) if article.id not in listed]
        for article in fresh[:1]:
            self._carry(desk, article, now=now)
        return fresh[:1]

    def _carry(self, desk: Desk, article: Article, *, now: datetime) -> None:
        link = addresses.relayed_link(article.url, source=desk.outlet.slug, rng=self._rng)
        suffix = f" - {self.desks[article.outlet].outlet.name}" if desk.outlet.guids == "none" else ""
        article.carried_by[desk.outlet.slug] = link
        self._list(desk, Listing(article=article, link=link, title_suffix=suffix), now)

    def _list(self, desk: Desk, line: Listing, now: datetime) -> None:
        desk.lines.appendleft(line)
        self._touch(desk, now)

    def _touch(self, desk: Desk, now: datetime) -> None:
        """A validator of one-second grain must not hide a second change within the same second."""
        desk.version += 1
        desk.changed = max(now.replace(microsecond=0), desk.changed + _SECOND)

    def _correctable(self) -> Article | None:
        listed = [
            line.article
            for desk in self.desks.values()
            for line in desk.lines
            if line.link == line.article.url
        ]
        fit = [article for article in listed if article.story.other_title and not article.earlier_titles]
        return self._rng.choice(fit) if fit else None

    def readable(self, article: Article) -> bool:
        """Whether some feed through which a good client can get everything has listed the article."""
        return any(
            self.desks[slug].outlet.trouble in READABLE for slug in (article.outlet, *article.carried_by)
        )


def _at_start(outlet: Outlet) -> int:
    """A section is there to be measured: its window is full from the beginning."""
    return outlet.window if outlet.publisher else min(20, outlet.window)


def _writes(outlet: Outlet) -> bool:
    """An aggregator writes nothing itself, and nobody writes for a feed that shows nothing."""
    return outlet.role is not Role.AGGREGATOR and outlet.trouble in READABLE | {Trouble.TRUNCATED}
