import pytest

from services.api.filters import Filters, filters_of
from services.api.tree import tree_of
from tests.fixtures.articles import label_rows

TREE = tree_of("v1", label_rows())


def test_menus_begin_with_central_asia_and_then_follow_the_rulebook():
    assert [node.slug for node in TREE.of("region")][:3] == ["central-asia", "asia", "south-asia"]
    assert [node.slug for node in TREE.children("region", "asia")] == [
        "central-asia",
        "south-asia",
        "east-asia",
    ]


def test_a_region_holds_the_regions_below_it():
    assert TREE.below("region", "asia") == {"asia", "central-asia", "south-asia", "east-asia"}
    assert TREE.below("region", "russia") == {"russia"}


def test_the_nearest_slug_is_found_by_slug_and_by_name():
    assert TREE.nearest("region", "cental-asia")[0] == "central-asia"
    assert TREE.nearest("topic", "Health and Wellness") == ["health"]
    assert TREE.nearest("topic", "zzzz") == []


def test_hyphens_and_spaces_alone_leave_no_doubt():
    for written in ("centralasia", "central.asia", "Central  ASIA", "central-asia-"):
        assert TREE.nearest("region", written) == ["central-asia"]
    assert TREE.nearest("region", "-") == []


def test_slugs_that_hold_the_word_come_before_those_that_look_like_it():
    without = tree_of("v1", [row for row in label_rows() if row["slug"] != "asia"])
    assert without.nearest("region", "Asia") == ["central-asia", "south-asia", "east-asia"]


def test_capitals_spaces_and_underscores_are_another_spelling_and_nothing_else_is():
    for written in ("Central-Asia", "central_asia", "CENTRAL ASIA", " central__asia ", "central-asia"):
        assert TREE.respelled("region", written) == "central-asia"
    for written in ("centralasia", "central.asia", "Nowhere"):
        assert TREE.respelled("region", written) == written


def test_a_slug_that_the_rulebook_no_longer_has_is_still_readable():
    assert TREE.name("region", "south-caucasus") == "South Caucasus"


def test_no_rulebook_is_an_empty_tree():
    assert tree_of(None, ()).of("region") == []


def test_filters_are_canonical():
    one = filters_of(regions=["Europe ", "asia", "asia"], languages=["en_GB"], q="  rain   in almaty ")
    other = filters_of(regions=["asia", "europe"], languages=["en-gb"], q="rain in almaty")
    assert one == other
    assert one.digest == other.digest
    assert one.query == "region=asia&region=europe&language=en-gb&q=rain+in+almaty"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kazakh OR Oil", "kazakh or oil"), ("ÉLYSÉE", "e\u0301lyse\u0301e"), ("ＡＢＣ", "abc")],
)
def test_words_that_find_the_same_in_capitals_have_one_digest(one, other):
    assert filters_of(q=one).words == filters_of(q=other).words
    assert filters_of(q=one).digest == filters_of(q=other).digest
    assert filters_of(q=one).q == one


def test_filters_that_differ_have_digests_that_differ():
    different = [
        Filters(),
        filters_of(regions=["a"]),
        filters_of(topics=["a"]),
        filters_of(q="a"),
        filters_of(sources=["a"]),
    ]
    assert len({filters.digest for filters in different}) == len(different)


def test_empty_filters_filter_nothing():
    assert filters_of(regions=["", " "], q="  ") == Filters()
    assert Filters().labels == ()
