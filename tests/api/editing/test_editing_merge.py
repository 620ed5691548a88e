"""Two changes of one text are put together where they do not touch."""

from hypothesis import given
from hypothesis import strategies as st

from services.api.editing.merge import merge, merged

BASE = "a\nb\nc\nd\ne\n"
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=8).map("".join)


def test_changes_far_apart_are_both_kept():
    assert merged(BASE, BASE.replace("a", "A"), BASE.replace("e", "E")) == "A\nb\nc\nd\nE\n"
    assert merged(BASE, "0\n" + BASE, BASE + "f\n") == "0\n" + BASE + "f\n"
    assert merged(BASE, BASE.replace("b\n", ""), BASE.replace("d", "D")) == "a\nc\nD\ne\n"


def test_changes_of_the_same_lines_are_told_apart():
    assert merged(BASE, BASE.replace("c", "1"), BASE.replace("c", "2")) is None
    assert merged(BASE, BASE.replace("b", "1"), BASE.replace("c", "2")) is None
    assert merged(BASE, BASE.replace("b\n", "b\nx\n"), BASE.replace("b\n", "b\ny\n")) is None


def test_the_same_change_twice_is_one():
    assert merged(BASE, BASE.replace("c", "C"), BASE.replace("c", "C")) == BASE.replace("c", "C")


@given(LINES, LINES)
def test_who_changed_nothing_takes_what_the_other_has(base, other):
    assert merged(base, base, other) == other
    assert merged(base, other, base) == other


def test_files_are_put_together():
    base = {
        "same": "x\n",
        "mine": "x\n",
        "theirs": "x\n",
        "both": BASE,
        "torn": "x\n",
        "gone": "x\n",
        "left": "x\n",
    }
    mine = {**base, "mine": "m\n", "both": BASE.replace("a", "A"), "torn": "m\n", "new": "n\n"}
    theirs = {**base, "theirs": "t\n", "both": BASE.replace("e", "E"), "torn": "t\n", "other": "o\n"}
    del theirs["gone"], mine["left"]
    done = merge(base, mine, theirs)
    assert done.texts == {
        "same": "x\n",
        "mine": "m\n",
        "theirs": "t\n",
        "both": "A\nb\nc\nd\nE\n",
        "torn": "m\n",
        "new": "n\n",
        "other": "o\n",
    }
    assert done.taken == ("both", "gone", "other", "theirs")
    assert done.torn == ("torn",)
