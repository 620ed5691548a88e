"""Events that several outlets report on, each in its own words: what a second reporter would find out too, told anew."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newswire.grammar import Scene, expand, scenes
from newswire.model import Article, Outlet, Story

REPORTED_FOR = timedelta(hours=20)
"""After so long nobody takes an event up any more."""
_WANTED, _WEIGHTS = (0, 1, 2, 4, 6), (55, 15, 12, 11, 7)
"""How many further outlets take an event up, and how often."""
_LEADS = {
    "en": (
        "Little of what happened in {city} had been known outside {country} until {outlet} spoke to those involved.",
        "What {city} had talked about since the morning was official by the evening, as {outlet} has learned.",
        "{outlet} has seen the papers, and two people close to the matter in {capital} confirm what they say.",
        "In {capital} the announcement surprised few, but its details did, a reporter of {outlet} found.",
        "Questions remain in {city}, where {outlet} asked residents, officials and a former minister.",
        "The first accounts from {city} were confused; this is how {outlet} understands it now.",
    ),
    "ru": (
        "Подробности стали известны изданию «{outlet}» от двух источников, знакомых с ситуацией.",
        "Об этом говорили с самого утра, а к вечеру корреспондент «{outlet}» получил подтверждение.",
        "Как выяснило издание «{outlet}», первые сообщения оказались неполными.",
        "Издание «{outlet}» расспросило жителей, чиновников и бывшего министра.",
    ),
    "fr": (
        "{outlet} a recueilli le témoignage de deux personnes proches du dossier.",
        "On en parlait depuis le matin ; {outlet} en a obtenu la confirmation dans la soirée.",
        "Les premières informations étaient confuses, voici ce que {outlet} a pu établir.",
    ),
}
"""What a report begins with, by language; an event in another language is told once."""


@dataclass(slots=True)
class Event:
    """Something that happened: the article that told it first, and who has told it in which words since."""

    id: str
    story: Story
    since: datetime
    wanted: int
    told_by: set[str]
    titles: set[str]
    leads: set[str] = field(default_factory=set)
    bodies: set[tuple[int, ...]] = field(default_factory=set)


def event_of(article: Article, *, now: datetime, rng: random.Random) -> Event:
    """The event that an article tells first; how many others will want it is drawn."""
    story = article.story
    wanted = rng.choices(_WANTED, _WEIGHTS)[0] if story.language in _LEADS and "city" in story.facts else 0
    return Event(article.id, story, now, wanted, {article.outlet}, {story.title, story.other_title})


def is_open(event: Event, outlet: Outlet, *, now: datetime) -> bool:
    """Whether an outlet may take an event up: in its language, not told by it, not too long ago."""
    fresh = timedelta(0) <= now - event.since <= REPORTED_FOR
    return (
        fresh
        and event.wanted > 0
        and event.story.language == outlet.language
        and outlet.slug not in event.told_by
    )


def report(event: Event, outlet: Outlet, *, rng: random.Random) -> Story | None:
    """An outlet's own report: another headline, another lead, other sentences. None where no words are left for it."""
    scene = next(found for found in scenes(event.story.language) if found.name == event.story.scene)
    facts = dict(event.story.facts) | {"outlet": outlet.name}
    titles = _left(scene, facts, event.titles, rng)
    leads = [lead for lead in _LEADS[outlet.language] if lead not in event.leads]
    bodies = [pair for pair in _pairs(len(scene.body)) if pair not in event.bodies]
    if not titles or not leads or not bodies:
        return None
    lead, body = rng.choice(leads), rng.choice(bodies)
    event.wanted -= 1
    event.told_by.add(outlet.slug)
    event.titles.add(titles[0])
    event.leads.add(lead)
    event.bodies.add(body)
    first = event.story
    return Story(
        scene=first.scene,
        language=first.language,
        title=titles[0],
        other_title="",
        dateline=first.dateline,
        lead=expand(lead, facts, rng),
        paragraphs=tuple(expand(scene.body[index], facts, rng) for index in body),
        author="",
        regions=first.regions,
        topics=first.topics,
        countries=first.countries,
        facts=first.facts,
    )


def _left(scene: Scene, facts: dict[str, str], used: set[str], rng: random.Random) -> list[str]:
    told = [expand(title, facts, rng) for opening in scene.openings for title in opening.titles]
    fresh = sorted({title for title in told if title not in used})
    rng.shuffle(fresh)
    return fresh


def _pairs(count: int) -> list[tuple[int, ...]]:
    """Every choice of two sentences of a body, in their order."""
    return [(one, two) for one in range(count) for two in range(one + 1, count)]
