"""Why an article stands where it stands, in words."""

from typing import Any

import pytest

from services.api.pages import reasons
from services.api.tree import LabelTree, Node

TREE = LabelTree(
    "v1", (Node("region", "asia", "Asia", None, 0), Node("region", "central-asia", "Central Asia", "asia", 1))
)


def by_hand(editor: dict[str, str]) -> dict[str, Any]:
    """A verdict of which an editor set the region, and whose topic the rules gave."""
    why = {"rule": "a.yaml:1:2", "term": "doctor*1", "field": "title", "start": 0, "end": 6, "points": 3.0}
    label = {
        "slug": "central-asia",
        "score": 0.0,
        "primary": True,
        "origin": "editor",
        "why": [],
        "editor": editor,
    }
    parent = {"slug": "asia", "score": 0.0, "primary": False, "origin": "parent", "why": []}
    topic = {"slug": "health", "score": 3.0, "primary": True, "origin": "rule", "why": [why]}
    return {"regions": [label, parent], "topics": [topic], "places": []}


@pytest.mark.parametrize(
    ("editor", "sentence"),
    [
        ({"by": "Ada", "note": "It is about Otrar."}, "Set by an editor, Ada: It is about Otrar."),
        ({"by": "Ada", "note": ""}, "Set by an editor, Ada."),
        ({"by": "", "note": "A trip"}, "Set by an editor: A trip."),
    ],
)
def test_a_label_set_by_hand_names_its_editor(editor: dict[str, str], sentence: str) -> None:
    views = reasons.labels(by_hand(editor), TREE, reasons.Whole("Doctor", ""))
    assert [(view.slug, view.editor) for view in views] == [
        ("central-asia", sentence),
        ("asia", None),
        ("health", None),
    ]
    assert views[1].origin == "because it holds Central Asia"


def test_nothing_is_marked_for_a_label_set_by_hand() -> None:
    assert [hit.name for hit in reasons.hits(by_hand({"by": "Ada", "note": ""}), TREE, in_title=True)] == [
        "Health"
    ]


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("the same by text: words 0.98 of 0.80; names 1.00 of 0.80", ("almost all words are the same", "words 0.98 of 0.80; names 1.00 of 0.80")),
        ("the same by title: the same headline 1.00 of 1.00, with article 7", ("the same headline, with article 7", "the same headline 1.00 of 1.00")),
        ("the same address: paper.example/story-1", ("the same address", "paper.example/story-1")),
        ("the same address", ("the same address", "")),
        ("dana says so: the same by text", ("dana says so: the same by text", "")),
        ("", ("", "")),
    ],
)  # fmt: skip
def test_the_reason_of_a_copy_leads_with_plain_words(sentence, told):
    assert reasons.copy_reason(sentence) == told


def test_what_hit_is_shown_in_every_field_and_what_is_left_out_is_told() -> None:
    """A term may be a list of ways to write a word: whoever reads wants the one that stands there."""

    def why(field: str, start: int, end: int, points: float) -> dict[str, Any]:
        term = "re:(?:wind|water|solar)"
        return {
            "rule": "a.yaml:1:2",
            "term": term,
            "field": field,
            "start": start,
            "end": end,
            "points": points,
        }

    told = [why("tag", 6, 10, 2.0), why("section", 14, 19, 1.0), why("lead", 0, 5, 0.5)]
    verdict = {"regions": [], "topics": [{"slug": "energy", "score": 4.25, "why": told}]}
    whole = reasons.Whole("Title", "Solar plant", ["big", "x wind"], "http://a.test/water/1")
    (view,) = reasons.labels(verdict, TREE, whole)
    assert [(reason.shown, reason.field) for reason in view.reasons] == [
        ("wind", "tags"),
        ("water", "address"),
        ("Solar", "first words"),
    ]
    assert view.rest == 0.75
