"""The health of sources in words, and what it means for a stream. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.api import words
from services.api.shapes import Completeness, FeedState, SourceHealth, Trouble

TROUBLES_TOLD = 20
"""Sources in trouble that an answer names; the numbers count all of them."""


def completeness(states: Sequence[FeedState]) -> Completeness:
    """How far a stream with these sources behind it can be relied on. Paused ones are not counted: nobody waits for them."""
    active = [state for state in states if state.paused < state.feeds]
    late = sum(state.late > 0 for state in active)
    failing = sum(state.failing > 0 for state in active)
    gaps = sum(state.gaps > 0 for state in active)
    asked = sum(state.never < state.feeds for state in active)
    troubled = [state for state in active if _troubles(state)]
    return Completeness(
        sources=len(active),
        late=late,
        failing=failing,
        gaps=gaps,
        asked=asked,
        troubles=[
            Trouble(state.source.id, state.source.name, _troubles(state), _told(state))
            for state in troubled[:TROUBLES_TOLD]
        ],
        sentence=words.completeness(sources=len(active), late=late, failing=failing, gaps=gaps, asked=asked),
    )


def source_health(state: FeedState, *, recent: int, now: datetime) -> SourceHealth:
    """One source with its state and the sentence that explains it."""
    name, sentence = _state(state, now)
    return SourceHealth(state.source, name, sentence, state.feeds, recent, state.ok_at)


def fingerprint(completeness_: Completeness) -> str:
    """Everything of it that shows, as one text for an entity tag."""
    told = "|".join(f"{t.source}:{','.join(t.states)}:{t.sentence}" for t in completeness_.troubles)
    return f"{completeness_.sentence}|{told}"


def _troubles(state: FeedState) -> list[str]:
    counts: Mapping[str, int] = {"late": state.late, "failing": state.failing, "gap": state.gaps}
    return [name for name, count in counts.items() if count]


def _told(state: FeedState) -> str:
    """Why a source is in trouble, without any age: it goes into answers that are named by a tag."""
    parts = []
    if state.failing:
        parts.append(
            f"{_of(state.failing, state.feeds)} not answering: {(state.error or 'no reason noted').rstrip('.')}"
        )
    if state.late:
        parts.append(f"{_of(state.late, state.feeds)} overdue")
    if state.gaps:
        parts.append("articles were probably missed in the last 24 hours")
    return f"{state.source.name}: {'; '.join(parts)}."


def _of(count: int, feeds: int) -> str:
    if feeds == 1:
        return "the feed is"
    return f"{count} of {feeds} feeds {'is' if count == 1 else 'are'}"


def _state(state: FeedState, now: datetime) -> tuple[str, str]:
    seen = f"Last answer {words.age(state.ok_at, now)}." if state.ok_at else "It never answered."
    if state.paused == state.feeds:
        return "paused", f"Paused: {state.paused_reason}"
    if state.failing:
        error = (state.error or "no reason noted").rstrip(".")
        return "failing", f"{_of(state.failing, state.feeds).capitalize()} not answering: {error}. {seen}"
    if state.late and state.due_at:
        return "late", f"Overdue for {words.span(now - state.due_at)}. {seen}"
    if state.never == state.feeds:
        return "new", "Not asked yet."
    if state.gaps:
        return "gap", f"Answers, but articles were probably missed in the last 24 hours. {seen}"
    return "healthy", seen if state.ok_at else "Asked; nothing has been brought yet."
