"""Two events of one place are two stories, however many words the name of the place has; one event is one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories import Document, Frequencies, Limits, Stories, learn, one_story
from services.classify.stories.phrases import strongest, tempered
from services.classify.stories.story import Member, Story
from services.classify.stories.vectors import read, weigh
from tests.classify.stories.test_stories import HOUR, NOON, TEXTS, decide_all, stream
from tests.fixtures.places_of_two_words import CLOSER, ONE_COUNTRY, PLACES

ALL = {
    f"{kind}: {name}": place
    for kind, places in (("place", PLACES), ("country", ONE_COUNTRY), ("closer", CLOSER))
    for name, place in places.items()
}
JOINED_STILL = {
    "closer: Cape Town",
    "closer: El Salvador",
    "closer: Garmisch-Partenkirchen",
    "closer: Phnom Penh",
    "closer: Rio de Janeiro",
    "closer: Біла Церква",
    "closer: الدار البيضاء",
    "closer: Đà Nẵng",
}
"""In a stream that has just begun a word such as `police` or `people` is as rare as any other, and speaks for one event."""
PARTED = {"place: New York headlines"}
"""`New` says nothing alone, so that `York subway` is taken for the name, and nothing is left beside it."""


def told(number, place, text, *, hours=0.0):
    return Document(
        number,
        text.title,
        text.body,
        NOON + hours * HOUR,
        f"paper{number}.example",
        place.language,
        frozenset(place.countries.split()),
    )


def decided(place, one, other):
    """The decisions about two texts, one after the other, among the words of other news."""
    stories, _ = decide_all(stream())
    return [
        stories.decide(told(f"new {n}", place, text, hours=3 + n), NOON)
        for n, text in enumerate((one, other))
    ]


@pytest.mark.parametrize("name", sorted(ALL.keys() - JOINED_STILL))
def test_two_events_of_one_place_are_two_stories(name):
    place = ALL[name]
    for event in (place.event, place.again):
        for one, other in ((event, place.other), (place.other, event)):
            first, second = decided(place, one, other)
            assert first.story != second.story, second.sentence()


@pytest.mark.parametrize("name", sorted(ALL.keys() - PARTED))
def test_one_event_told_twice_is_one_story(name):
    place = ALL[name]
    for one, other in ((place.event, place.again), (place.again, place.event)):
        first, second = decided(place, one, other)
        assert first.story == second.story, second.sentence()


def test_labelled_pairs_are_judged_as_the_stream_decides():
    frequencies = Frequencies()
    for one in stream():
        learn(one, frequencies)
    place = PLACES["Jalal-Abad"]
    event, again, other = (told(n, place, text) for n, text in enumerate(place[2:]))
    assert one_story(event, again, frequencies)
    assert not one_story(event, other, frequencies)
    assert one_story(event, other, frequencies, Limits(beside_name=0.0001, join=0.0))


def shared(title, body="", *, brought, language="en"):
    return strongest(brought, read(Document(1, title, body, language=language)))


BODY = "Five words that tell nothing else."


@pytest.mark.parametrize(
    ("title", "language", "brought", "most"),
    [
        ("Fire at a Hong Kong market", "en", {"hong": 5, "kong": 5, "fir": 4}, 10),
        ("Hong Kong: fire, smoke, panic", "en", {"hong": 5, "kong": 5, "fir": 4, "smok": 3, "panic": 2}, 14),
        ("Feu en Côte d'Ivoire", "fr", {"cote": 5, "ivoir": 5}, 10),
        ("Hong is not the Kong", "en", {"hong": 5, "kong": 4}, 5),
        ("Hong Kong and Hong Kong", "en", {"hong": 5, "kong": 5}, 10),
        ("斯里兰卡火车", "zh", {"斯里": 3, "里兰": 3, "兰卡": 3}, 9),
        ("Nothing of it", "en", {}, 0),
    ],
)
def test_the_strongest_name_is_what_stands_side_by_side(title, language, brought, most):
    assert shared(title, BODY, brought=brought, language=language) == most


def test_of_a_headline_alone_a_name_is_two_words_at_most():
    brought = {"papua": 5, "guinea": 5, "gold": 4}
    assert shared("Papua Guinea gold", brought=brought) == 10
    assert shared("Papua Guinea gold", BODY, brought=brought) == 14


def test_a_headline_and_its_text_are_no_neighbours():
    assert shared("Unrest in Hong", "Kong is a word that stands here.", brought={"hong": 5, "kong": 4}) == 5


REPORTS = st.tuples(TEXTS, TEXTS | st.just(""), st.sampled_from(["KG", ""]))


@given(REPORTS, REPORTS, st.floats(0.05, 0.9))
@settings(deadline=None)
def test_the_short_way_gives_what_the_long_way_gives(one, other, part):
    limits, story, frequencies = Limits(beside_name=part), Story(1, 0.0), Frequencies()
    members = []
    for number, (title, body, country) in enumerate((one, other)):
        words = read(Document(number, title, body, language="en"))
        places = frozenset(country.split())
        members.append(Member(number, weigh(words, frequencies), None, None, "en", places, number))
    story.add(members[0])
    vector, places = members[1].vector, members[1].places & members[0].places
    near = story.similarity(members[1], limits)
    if not near:
        return
    brought = {
        word: weight * story.total.get(word, 0)
        for word, weight in zip(vector.words, vector.weights, strict=True)
    }
    beside = 1 - strongest(brought, words) / sum(brought.values())
    wanted = near if words.title_only and not places else min(near, near * beside / part)
    assert tempered(near, members[1], words, story, limits) == pytest.approx(wanted)


def test_a_headline_alone_is_held_back_only_where_the_rules_found_the_place():
    place = PLACES["Costa Rica titulares"]
    for countries, joined in (("CR", False), ("", True)):
        stories = Stories()
        first, second = (
            stories.decide(told(n, place._replace(countries=countries), text), NOON)
            for n, text in enumerate((place.event, place.other))
        )
        assert (first.story == second.story) is joined
