"""Facts, in the past tense. Whoever publishes one does not know who reacts (`core.queues` does)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FeedsAdded:
    """Feeds became due at once: somebody added, imported, resumed or refreshed them."""


@dataclass(frozen=True, slots=True)
class FeedPushed:
    """A WebSub hub told of news of a feed, which therefore became due at once."""


@dataclass(frozen=True, slots=True)
class ArticlesStored:
    """Articles are new or changed and wait for labels."""


@dataclass(frozen=True, slots=True)
class RulebookPublished:
    """Another rulebook is in force; what is listed gets its labels anew."""


@dataclass(frozen=True, slots=True)
class ArticlesCorrected:
    """An editor said, or took back, what the labels of an article are; it waits for them."""


@dataclass(frozen=True, slots=True)
class ArticlesJudged:
    """An editor said, or took back, that articles are one text, one event, or neither; they wait to be grouped anew."""


@dataclass(frozen=True, slots=True)
class DeskAsked:
    """An editor asked for work that a worker does: a request waits at the desk."""


@dataclass(frozen=True, slots=True)
class StreamAdvanced:
    """The stream has changes up to and including `seq`."""

    seq: int


Event = (
    FeedsAdded
    | FeedPushed
    | ArticlesStored
    | ArticlesCorrected
    | ArticlesJudged
    | RulebookPublished
    | DeskAsked
    | StreamAdvanced
)
