"""What editors say of copies and stories: two articles are one text, one event, or two things; one is no news.

It holds against whatever texts, and later decisions, would have it, until it is withdrawn, and is what the decisions are
measured by: every judgement keeps the texts that were judged.
"""

from services.core.judgements.belonging import others_of
from services.core.judgements.carrying import Became, Taking, carried
from services.core.judgements.model import (
    LONGEST_NOTE,
    NOT_NEWS,
    OF_PAIRS,
    SHORT,
    WORDS,
    Foreseen,
    Judged,
    Known,
    Member,
    Says,
    as_pair,
)
from services.core.judgements.muting import StoryLine, mute, muted, story_line, survivor_of, unmute
from services.core.judgements.naming import article_named
from services.core.judgements.reading import find, known, listing, standing_count
from services.core.judgements.saying import say, withdraw, would, would_withdraw

__all__ = [
    "LONGEST_NOTE",
    "NOT_NEWS",
    "OF_PAIRS",
    "SHORT",
    "WORDS",
    "Became",
    "Foreseen",
    "Judged",
    "Known",
    "Member",
    "Says",
    "StoryLine",
    "Taking",
    "article_named",
    "as_pair",
    "carried",
    "find",
    "known",
    "listing",
    "mute",
    "muted",
    "others_of",
    "say",
    "standing_count",
    "story_line",
    "survivor_of",
    "unmute",
    "withdraw",
    "would",
    "would_withdraw",
]
