"""Two changes of one text are put together where they do not touch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.api.editing.lines import joined, pieces
from services.api.editing.merge import Place, merge
from services.api.editing.merge import merged as in_parts

BASE = "a\nb\nc\nd\ne\n"
ITEMS = st.sets(st.sampled_from(["oil", "natural gas", '"x, y"', "{term: a, unless: [b, c]}"])).map(sorted)
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n"]), max_size=8).map("".join)


def merged(*texts):
    """The text; None where somebody has to choose."""
    parts = in_parts(*texts)
    return None if any(isinstance(part, Place) for part in parts) else "".join(parts)


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
    assert done.torn == {"torn": [Place(1, "m\n", "t\n")]}
    assert done.texts({("torn", 0): "both"})["torn"] == "m\nt\n"
    with pytest.raises(KeyError):
        done.texts({})
    assert done.texts({("torn", 0): "mine"}) == {
        "same": "x\n",
        "mine": "m\n",
        "theirs": "t\n",
        "both": "A\nb\nc\nd\nE\n",
        "torn": "m\n",
        "new": "n\n",
        "other": "o\n",
    }
    assert done.taken == ("both", "gone", "other", "theirs", "torn")


def test_both_of_two_lists_is_one_list():
    done = merge({"a": "terms: [x]\n"}, {"a": "terms: [y, z]\n"}, {"a": "terms: [z, w]\n"})
    assert done.texts({("a", 0): "both"}) == {"a": "terms: [y, z, w]\n"}


def test_who_changed_a_file_that_the_other_took_away_chooses():
    done = merge({"a": "x\n"}, {}, {"a": "y\n"})
    assert done.torn == {"a": [Place(1, None, "y\n")]}
    assert done.texts({("a", 0): "mine"}) == {}
    assert done.texts({("a", 0): "theirs"}) == {"a": "y\n"}


LABEL = "labels:\n  - id: topic/a\n    terms: [oil, natural gas]\n    tests:\n      - {title: x, expect: [topic/a]}\n"


def test_items_that_both_added_to_one_list_are_both_kept():
    mine = LABEL.replace("gas]", 'gas, "wind, sun"]')
    theirs = LABEL.replace("gas]", "gas, coal]") + "      - {title: Coal, expect: [topic/a]}\n"
    assert merged(LABEL, mine, theirs) == theirs.replace("gas, coal]", 'gas, "wind, sun", coal]')
    assert merged(LABEL, theirs, mine) == theirs.replace("gas, coal]", 'gas, coal, "wind, sun"]')


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "both"),
    [
        ("[oil]", "[]", "[oil, gas]", "[gas]"),
        ("[]", "[a]", "[b]", "[a, b]"),
        ("[a, b]", "[b, c]", "[a]", "[c]"),
        ("[a, b]", "[a*1, b]", "[a, b*2]", "[a*1, b*2]"),
        ("[a, x, b]", "[a*1, x, b]", "[a, x, b*2]", "[a*1, x, b*2]"),
        ("[a]", "[b]", "[c]", None),
        ("[a]", "[]", "[c]", None),
        ("[a]", "[a, c]", "[a, c]", "[a, c]"),
        ("[a,\n  b]", "[a,\n  b, c]", "[a,\n  b, d]", "[a,\n  b, c, d]"),
        ("[a,\n  b\n]", "[a,\n  b, c\n]", "[a,\n  b, d\n]", "[a,\n  b, c, d\n]"),
        ("\n  a, b", "\n  a, b, c", "\n  a, b, d", None),
        ("[a,\n  b # note\n]", "[a,\n  b, c # note\n]", "[a,\n  b, d # note\n]", None),
        ("[a] # note", "[a, b] # note", "[a, c] # note", "[a, b, c] # note"),
        ("[a]", "[a, b] # mine", "[a] # theirs", None),
    ],
)
def test_lists_item_by_item(base, mine, theirs, both):
    told = merged(*(f"  k: {text}\n" for text in (base, mine, theirs)))
    assert told == (both and f"  k: {both}\n")


def test_keys_and_tests_that_both_added_at_one_place():
    base = "labels:\n  - id: topic/a\n    name: A\n"
    mine = base + "    terms: [oil]\n    tests:\n      - {title: x}\n"
    theirs = base + "    terms: [gas]\n    veto: [game]\n    tests:\n      - {title: y}\n"
    assert merged(base, mine, theirs) == (
        base + "    terms: [oil, gas]\n    tests:\n      - {title: x}\n      - {title: y}\n    veto: [game]\n"
    )
    assert merged(base, base + "    parent: b\n", base + "    parent: c\n") is None
    label = "  - id: topic/{}\n    terms: [x]\n"
    assert merged(base, base + label.format("b"), base + label.format("c")) == (
        base + label.format("b") + label.format("c")
    )


def test_only_what_both_changed_is_to_be_chosen():
    base = "name: A\nterms: [oil]\n\nname: B\n"
    parts = in_parts(
        base, base.replace("A", "M").replace("oil", "oil, m"), base.replace("A", "T") + "# end\n"
    )
    assert parts == (Place(1, "name: M\nterms: [oil, m]\n", "name: T\nterms: [oil]\n"), "\nname: B\n# end\n")


@given(ITEMS, ITEMS, ITEMS)
def test_no_item_that_somebody_added_is_lost(base, mine, theirs):
    """Whatever is merged holds what either added and nothing that either took away."""
    told = merged(*(f"terms: [{', '.join(items)}]\n" for items in (base, mine, theirs)))
    if told is not None:
        held = {piece.text for piece in pieces([told]) if piece.item}
        assert held == {
            item
            for item in {*base, *mine, *theirs}
            if (item in mine and item in theirs) or (item not in base and (item in mine or item in theirs))
        }


@given(st.text(alphabet="ab:[]{},'\"# -\n"))
def test_pieces_are_the_lines_again(text):
    lines = text.splitlines(keepends=True)
    assert joined(pieces(lines)) == text
