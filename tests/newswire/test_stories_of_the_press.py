import re
from datetime import UTC, datetime

import pytest

from newswire.grammar import draw, expand, parse_scenes, scenes
from newswire.model import Outlet
from newswire.places import REGIONS, codes_in, gazetteer, names, regions_of
from newswire.stories import Storyteller

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LANGUAGES = ("en", "ru", "kk", "fr", "es", "ar", "tr", "zh")
SLUGS = {*REGIONS, "world", "european-union"}
TOPICS = {
    *(
        "politics",
        "elections",
        "diplomacy",
        "conflict",
        "business",
        "energy",
        "markets",
        "crime",
        "corruption",
    ),
    *(
        "disaster",
        "environment",
        "climate",
        "health",
        "science",
        "technology",
        "space",
        "society",
        "human-rights",
    ),
    *(
        "migration",
        "culture",
        "media",
        "education",
        "work",
        "religion",
        "sport",
        "weather",
        "lifestyle",
        "travel",
    ),
}


def outlet(language, *, country="", beats=("*",)):
    return Outlet(
        slug="paper",
        name="Paper",
        country=country,
        language=language,
        tagline="",
        site="paper.example",
        beats=beats,
    )


def stories(language, count, **where):
    teller = Storyteller(seed=9)
    return [teller.tell(outlet(language, **where), now=NOW) for _ in range(count)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scene_can_be_told_without_a_hole_and_with_known_labels(language):
    told = stories(language, 600)

    assert {story.scene for story in told} == {scene.name for scene in scenes(language)}
    for story in told:
        text = " ".join((story.title, story.lead, *story.paragraphs))
        assert not re.search(
            r"[\[\]{}|]|\(n\)| {2}| [,.;:](?!\d)|None", text.replace(" : ", "").replace(" ; ", "")
        ), text
        assert story.lead
        assert story.topics
        assert set(story.topics) <= TOPICS
        assert set(story.regions) <= SLUGS
        assert len(story.paragraphs) >= 2


@pytest.mark.parametrize("language", ["en", "ru", "kk", "fr", "es", "ar", "tr"])
def test_headlines_are_as_long_as_headlines_are(language):
    lengths = [len(story.title.split()) for story in stories(language, 400)]

    assert min(lengths) >= 4
    assert max(lengths) <= 15
    assert sum(5 <= length <= 12 for length in lengths) / len(lengths) > 0.9


def test_thousands_of_english_headlines_hardly_ever_repeat():
    titles = [story.title for story in stories("en", 3000)]

    assert len(set(titles)) / len(titles) > 0.95


def test_the_gold_regions_are_those_of_the_countries_told_about():
    for story in stories("en", 500):
        for code in story.countries:
            assert set(regions_of(code)) <= set(story.regions)
            place = gazetteer("en")[code]
            told = " ".join((story.title, story.lead, *story.paragraphs))
            signs = [
                place.forms["full"],
                place.forms["country"],
                place.forms["adj"],
                *place.areas,
                *place.waters,
            ]
            signs += [city[""] for city in place.cities] + ["Atlanta"]
            assert any(sign in told for sign in signs), told


def test_an_outlet_writes_mostly_about_its_country_and_beat():
    told = stories("en", 400, country="KZ", beats=("central-asia",))

    assert sum("KZ" in story.countries for story in told) > 150
    assert sum("central-asia" in story.regions for story in told) > 280


def test_every_country_has_a_region_and_names():
    for language in LANGUAGES:
        for code, place in gazetteer(language).items():
            assert regions_of(code), code
            assert all(names(place.people))
    assert codes_in("en", ("central-asia",)) == ("KZ", "KG", "UZ", "TJ", "TM")


def test_the_grammar_chooses_fills_and_agrees():
    class First:
        def choice(self, found):
            return found[0]

        def randrange(self, low, _high, _step):
            return low

    assert (
        expand("a(n) {n} [new [mill|dam]|old] in {where}.", {"n": "8", "where": "Osh"}, First())
        == "An 8 new mill in Osh."
    )
    assert expand("a(n) {adj} inn", {"adj": "Uzbek"}, First()) == "An Uzbek inn"
    assert expand("a(n) {adj} inn", {"adj": "Ukrainian"}, First()) == "A Ukrainian inn"
    assert draw("1000..2000/50", First()) == "1,000"
    with pytest.raises(KeyError):
        expand("{nobody}", {}, First())


def test_a_scene_file_that_is_wrong_names_its_line():
    with pytest.raises(ValueError, match=r"bad\.txt, line 2"):
        parse_scenes("@ a; topics=sport\nX what", name="bad.txt")
