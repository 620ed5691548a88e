"""Two articles alone: would they be one story? For labelled pairs; the service decides in the stream."""

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.model import Document, Limits
from services.classify.stories.story import Member, Story
from services.classify.stories.vectors import read, weigh


def learn(document: Document, frequencies: Frequencies) -> None:
    """Count the words of an article."""
    words = read(document)
    frequencies.learn(words.words, words.language)


def one_story(one: Document, other: Document, frequencies: Frequencies, limits: Limits | None = None) -> bool:
    """Whether two articles would be one story, whichever came first, if nothing else were open."""
    limits = limits or Limits()
    first, second = (_member(document, frequencies) for document in (one, other))
    needed = limits.join_titles if first.vector.title_only or second.vector.title_only else limits.join
    return max(_near(first, second, limits), _near(second, first, limits)) >= needed


def _member(document: Document, frequencies: Frequencies) -> Member:
    words = read(document)
    at = document.at.timestamp() if document.at else None
    vector = weigh(words, frequencies)
    return Member(document.id, vector, at, document.source, words.language, document.places, 0)


def _near(first: Member, second: Member, limits: Limits) -> float:
    story = Story(0, 0.0)
    story.add(first)
    return story.similarity(second, limits)
