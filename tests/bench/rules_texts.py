"""Articles for the rules to label: written by the fictional press, cut to one length, the same in every run."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime

from newswire.outlets import OUTLETS
from newswire.stories import Storyteller
from services.classify.rules import Document

LANGUAGES = {
    "en": "English",
    "fr": "French",
    "tr": "Turkish",
    "ru": "Russian",
    "kk": "Kazakh",
    "ar": "Arabic",
    "zh": "Chinese",
}
CHARACTERS = 1500
_NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def documents(language: str, count: int, *, seed: int = 1) -> list[Document]:
    """So many articles of `CHARACTERS` characters; a short story is followed by the text of the next one."""
    stories = _stories(language, seed)
    return [next(stories) for _ in range(count)]


def _stories(language: str, seed: int) -> Iterator[Document]:
    teller = Storyteller(seed=seed)
    writers = [outlet for outlet in OUTLETS if outlet.language == language]
    for outlet in itertools.cycle(writers):
        story = teller.tell(outlet, now=_NOW)
        title, body = story.title, "\n\n".join([story.lead, *story.paragraphs])
        while len(title) + len(body) < CHARACTERS:
            more = teller.tell(outlet, now=_NOW)
            body += "\n\n" + "\n\n".join([more.lead, *more.paragraphs])
        yield Document(
            title, body[: CHARACTERS - len(title)], dateline=story.dateline or None, language=language
        )
