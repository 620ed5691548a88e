"""Which stories are worth a close look, and which words spoke for the one that was found."""

from services.classify.stories.model import Spoke
from services.classify.stories.story import Story
from services.classify.stories.vectors import Vector, Words

SPOKEN = 8
"""Words that a decision names."""


def most(shared: dict[int, int], count: int) -> list[int]:
    """The stories that share the most; of equal ones the older. All of them are not sorted: only their values are."""
    if len(shared) > count:
        least = sorted(shared.values(), reverse=True)[count - 1]
        shared = {number: value for number, value in shared.items() if value >= least}
    return sorted(shared, key=lambda number: (-shared[number], number))[:count]


def spoken(vector: Vector, story: Story, words: Words) -> tuple[Spoke, ...]:
    """The words that article and story share, by what each brought."""
    parts = [
        (weight * story.total.get(word, 0), word)
        for word, weight in zip(vector.words, vector.weights, strict=True)
        if word in story.total
    ]
    whole = sum(part for part, _ in parts) or 1
    parts.sort(key=lambda pair: (-pair[0], pair[1]))
    shown = words.shown({word for _, word in parts[:SPOKEN]})
    return tuple(Spoke(shown[word], part / whole) for part, word in parts[:SPOKEN])
