"""Two articles alone: would they be one story? For labelled pairs; the service decides in the stream."""

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.model import Document, Limits
from services.classify.stories.phrases import tempered
from services.classify.stories.story import Member, Story
from services.classify.stories.vectors import Words, read, weigh


def learn(document: Document, frequencies: Frequencies) -> None:
    """Count the words of an article."""
    words = read(document)
    frequencies.learn(words.words, words.language)


def one_story(one: Document, other: Document, frequencies: Frequencies, limits: Limits | None = None) -> bool:
    """Whether two articles would be one story, whichever came first, if nothing else were open."""
    limits = limits or Limits()
    first, second = (_member(document, frequencies) for document in (one, other))
    needed = (
        limits.join_titles if any(member.vector.title_only for member, _ in (first, second)) else limits.join
    )
    return max(_near(*first, second[0], limits), _near(*second, first[0], limits)) >= needed


def _member(document: Document, frequencies: Frequencies) -> tuple[Member, Words]:
    words = read(document)
    at = document.at.timestamp() if document.at else None
    vector = weigh(words, frequencies)
    return Member(document.id, vector, at, document.source, words.language, document.places, 0), words


def _near(member: Member, words: Words, other: Member, limits: Limits) -> float:
    story = Story(0, 0.0)
    story.add(other)
    return tempered(story.similarity(member, limits), member, words, story, limits)
