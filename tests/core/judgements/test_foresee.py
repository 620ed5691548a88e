"""What a judgement would change is told before it does."""

from datetime import UTC, datetime, timedelta

import pytest

from services.classify.stories import Limits
from services.core.judgements.foresee import OPEN_DAYS, foresee, groups
from services.core.judgements.model import Bond, Known, Member

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def member(id_, behind=None, **values):
    given = {
        "listed": behind is None, "removed": False, "emptied": False, "quarantined": False, "title": "",
        "publisher": "", "url": "", "language": None, "teaser": "", "at": NOON,
    }  # fmt: skip
    return Member(id=id_, duplicate_of=behind, **(given | values))


def known(*members, edges=(), bonds=()):
    return Known({m.id: m for m in members}, tuple(edges), tuple(Bond(*bond) for bond in bonds))


def told(found):
    return " ".join(found.sentences)


def test_the_same_hides_the_one_fetched_later():
    found = foresee(known(member(12), member(31, story=9)), 31, 12, "duplicate")
    assert (found.hides, found.shows) == (((31, 12),), ())
    assert told(found) == "Article 31 will be hidden behind article 12, as a copy of it; story 9 loses it."


def test_the_same_takes_the_copies_along():
    found = foresee(known(member(12), member(31), member(40, 31), edges=[(31, 40)]), 12, 31, "duplicate")
    assert found.hides == ((31, 12), (40, 12))
    assert "Article 40 will stand as a copy of article 12, no longer of 31." in told(found)


def test_one_that_is_listed_stays_before_one_that_was_fetched_first_and_is_not():
    found = foresee(known(member(12, listed=False), member(31)), 12, 31, "duplicate")
    assert found.hides == ((12, 31),)


def test_what_was_put_aside_or_expired_hides_nobody():
    for values in ({"quarantined": True}, {"emptied": True}):
        found = foresee(known(member(12, listed=False, **values), member(31)), 12, 31, "duplicate")
        assert found.hides == ((12, 31),)


def test_a_copy_of_what_is_no_news_is_hidden_with_it():
    found = foresee(known(member(31, listed=False, removed=True), member(12)), 12, 31, "duplicate")
    assert found.hides == ((12, 31),)


@pytest.mark.parametrize("says", ["no", "story"])
def test_two_things_are_both_shown(says):
    found = foresee(known(member(12, story=7), member(31, 12, story=7), edges=[(12, 31)]), 12, 31, says)
    assert (found.hides, found.shows) == ((), (31,))
    assert told(found).startswith("Article 31 will be shown again")
    assert found.sentences[1:] == (
        "They will not stand in one story." if says == "no" else "They will stand in one story all the same.",
    )


def test_a_copy_of_the_freed_one_goes_with_it():
    group = known(member(12), member(31, 12), member(40, 12), edges=[(12, 31), (31, 40)])
    found = foresee(group, 12, 31, "no")
    assert (found.hides, found.shows) == (((40, 31),), (31,))


def test_a_copy_of_both_stays_with_the_first_and_the_pair_stays_apart():
    group = known(member(12), member(31, 12), member(40, 12), edges=[(12, 31), (12, 40), (31, 40)])
    assert groups(group, [Bond(12, 31, "no")]) == {12: 12, 40: 12, 31: 31}
    assert groups(group, [Bond(12, 31, "no"), Bond(31, 40, "duplicate")]) == {12: 12, 31: 31, 40: 31}


def test_what_stands_already_is_said_to_stand():
    copies = known(member(12), member(31, 12), edges=[(12, 31)])
    assert (
        told(foresee(copies, 12, 31, "duplicate")) == "They stand as one article already; this keeps it so."
    )
    assert "two articles already" in told(foresee(known(member(12), member(31)), 12, 31, "no"))


@pytest.mark.parametrize(
    ("stories", "says", "sentence"),
    [
        ((7, 9), "story", "Story 9 becomes part of story 7, the older one, whose number stays."),
        ((7, 7), "story", "Both stand in story 7 already; this keeps it so."),
        ((7, None), "story", "Article 31 joins story 7."),
        ((None, 9), "story", "Article 12 joins story 9."),
        ((None, None), "story", "They will stand in one story, once they have one."),
        ((7, 7), "no", "Article 12, the later one, leaves story 7"),
        ((7, 9), "no", "They stand in stories 7 and 9, which will not become one."),
        ((7, None), "no", "They will not stand in one story."),
    ],
)
def test_what_becomes_of_stories(stories, says, sentence):
    first, second = stories
    found = foresee(
        known(member(12, story=first, number=5), member(31, story=second, number=4)), 12, 31, says
    )
    assert sentence in told(found)


@pytest.mark.parametrize(("first", "second", "of"), [("dana", None, 7), (None, "dana", 9)])
def test_that_a_story_stays_out_of_trending_is_told(first, second, of):
    group = known(member(12, story=7, muted_by=first), member(31, story=9, muted_by=second))
    assert (
        foresee(group, 12, 31, "story").sentences[-1]
        == f"It stays out of Trending, as dana said of story {of}."
    )


@pytest.mark.parametrize("edges", [(), [(12, 31)]])
@pytest.mark.parametrize(
    ("behind", "says", "then"),
    [
        (None, "no", "."),
        (None, "story", "."),
        (12, "duplicate", ": if they are not, the hidden one is shown again."),
    ],
)  # fmt: skip
def test_taking_back_says_that_the_texts_decide_and_nothing_else(edges, behind, says, then):
    group = known(member(12), member(31, behind), edges=edges, bonds=[(12, 31, says, 1, "dana")])
    found = foresee(group, 12, 31, None)
    assert (found.hides, found.shows) == ((), ())
    assert found.sentences == (
        f"Whether they are one text is then decided by their texts alone, which a worker looks at again{then}",
    )


def test_taking_back_does_not_leave_to_the_texts_what_other_judgements_decide():
    joined = known(
        member(12), member(31, 12), member(40, 12),
        bonds=[(12, 31, "duplicate", 1, "dana"), (12, 40, "duplicate", 2, "ada"), (31, 40, "duplicate", 3, "ada")],
    )  # fmt: skip
    found = foresee(joined, 12, 31, None)
    assert (found.hides, found.shows) == ((), ())
    assert found.sentences == ("They stay one article: what else was said decides that.",)
    apart = known(
        member(12), member(31), member(40, 12), edges=[(12, 31)],
        bonds=[(12, 31, "no", 1, "dana"), (12, 40, "duplicate", 2, "ada"), (31, 40, "no", 3, "ada")],
    )  # fmt: skip
    assert foresee(apart, 12, 31, None).sentences == (
        "They stay two articles: what else was said decides that.",
    )


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        ("story", "; the others of its story stay: say of each that it does not belong."),
        ("no", ": where it is near enough, it comes back to story 9."),
    ],
)
def test_taking_back_tells_who_is_decided_anew(says, sentence):
    two = (member(12, story=7, number=5), member(31, story=9, number=4))
    told = foresee(known(*two, bonds=[(12, 31, says, 1, "dana")]), 12, 31, None).sentences[-1]
    assert told == f"Article 12 is decided anew, unless it is older than 7 days{sentence}"


def test_who_stands_there_by_what_is_taken_back_is_decided_anew():
    two = (member(12, story=7, number=5), member(31, story=7, number=4, judgement=1))
    (*_, told) = foresee(known(*two, bonds=[(12, 31, "story", 1, "dana")]), 12, 31, None).sentences
    assert told.startswith("Article 31 is decided anew")


def test_what_is_told_of_old_articles_is_what_stories_remember():
    assert Limits().window == timedelta(days=OPEN_DAYS)


def test_no_news_and_back():
    group = known(member(12, story=7), member(31, 12), member(40, 12), edges=[(12, 31), (12, 40)])
    assert told(foresee(group, 12, None, "not_news")) == (
        "Article 12 leaves Latest until this is taken back, also while feeds go on listing it; followers are told. "
        "Its 2 copies stay hidden with it. Story 7 loses it."
    )
    out = known(member(12, listed=False, removed=True), member(31, 12), edges=[(12, 31)])
    found = foresee(out, 12, None, None)
    assert found.shows == (12,)
    assert "its copy stays behind it" in told(found)
    assert "expired" in told(foresee(known(member(12, listed=False, emptied=True)), 12, None, None))


def test_what_comes_back_may_be_a_copy():
    out = known(member(12, 31), member(31, listed=False, removed=True), edges=[(12, 31)])
    assert "as a copy of article 12" in told(foresee(out, 31, None, None))
