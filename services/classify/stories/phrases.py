"""What an article and a story share beside one name: two words of one name are one thing that both speak of, not two.

No list says what a name is: whatever stands side by side in the article, and is known to the story word for word, may be one, in any
script.
"""

from services.classify.rules.text.fold import is_unspaced
from services.classify.stories.model import Limits
from services.classify.stories.story import Member, Story
from services.classify.stories.vectors import BODY_GRAMS, Words
from services.classify.tokens import stems, stop_words

_WORDS = 3
"""Words of the longest name."""
_WORDS_IN_TITLES = 2
"""The same where there is but a headline: three words may be half of it."""
_GRAMS = 7
"""The same in scripts without spaces, in runs of characters: eight characters of Chinese or Japanese."""


def tempered(near: float, member: Member, words: Words, story: Story, limits: Limits) -> float:
    """The similarity `near` of an article with a story, as far as it rests on more than the strongest name that they share.

    For a headline alone nothing is held back unless the rules have found a place that both are of: few words are shared there at
    best, and a name that is no place is mostly the event itself.
    """
    if words.title_only and member.places.isdisjoint(story.places):
        return near
    vector = member.vector
    shared = {
        word: weight * story.total[word]
        for word, weight in zip(vector.words, vector.weights, strict=True)
        if word in story.total
    }
    whole, brought = sum(shared.values()), sorted(shared.values())
    longest = _GRAMS if is_unspaced("".join(shared)) else _WORDS
    if whole - sum(brought[-longest:]) >= limits.beside_name * whole:
        return near  # whatever stands side by side: most articles that join are done here
    beside = whole - strongest(shared, words)
    return min(near, near * beside / whole / limits.beside_name)


def strongest(shared: dict[str, int], words: Words) -> int:
    """What the strongest run of shared words side by side brings, of no more words than a name has.

    One stop word may stand between (`Côte d'Ivoire`, `Rio de Janeiro`); a headline and its text are no neighbours.
    """
    stops, titled = stop_words(words.language), words.headline
    read = words.tokens[: titled + BODY_GRAMS]
    longest = _WORDS_IN_TITLES if words.title_only else _WORDS
    best, run, skipped = 0, dict[str, int](), False
    for place, (token, word) in enumerate(zip(read, stems(read, words.language), strict=True)):
        if place == titled:
            run, skipped = {}, False
        if brought := shared.get(word):
            run.pop(word, None)
            run[word] = brought
            if len(run) > (_GRAMS if is_unspaced(word) else longest):
                del run[next(iter(run))]
            best, skipped = max(best, sum(run.values())), False
        elif run and token in stops and not skipped:
            skipped = True
        else:
            run, skipped = {}, False
    return best
