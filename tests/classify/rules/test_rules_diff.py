"""Two rulebooks compared by what they say."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.rules import Difference, Rulebook, diff, load_texts
from services.classify.starter import starter_texts

BEFORE = """
places:
  KZ: {en: [Kazakh*1, Astana], ru: [Казах*4]}
  RU: {en: [Russia*1]}
labels:
  - {id: region/asia}
  - {id: region/central-asia, name: Central Asia, parent: asia, places: [KZ], weak: [Silk Road]}
  - {id: region/russia, places: [RU]}
  - id: topic/health
    terms: [doctor*1]
    tests:
      - {title: Doctors on strike, expect: [topic/health]}
"""


def book(text: str) -> Rulebook:
    return load_texts({"a.yaml": text})


def bare(line: str) -> str:
    """A line without the place at its end."""
    return re.sub(r" \(a\.yaml:[^()]*\)$", "", line)


def changed(*edits: tuple[str, str]) -> Difference:
    text = BEFORE
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return diff(book(BEFORE), book(text))


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        (
            "Казах*4]",
            "Казах*4, Шымкент*2]",
            ["place/KZ: + terms@ru Шымкент*2"],
        ),
        ("Astana]", "]", ["place/KZ: - terms@en Astana"]),
        (
            "Astana]",
            "{term: Astana, weight: 2, unless: [XDS], fields: [title]}]",
            ["place/KZ: ~ terms@en Astana: weight 1 -> 2; fields none -> title; unless none -> XDS"],
        ),
        ("Astana]", "=Astana]", ["place/KZ: ~ terms@en =Astana: exact no -> yes"]),
        (
            "Kazakh*1",
            "Kazakh*2",
            ["place/KZ: ~ terms@en Kazakh*2: term Kazakh*1 -> Kazakh*2"],
        ),
        (
            "weak: [Silk Road]",
            "terms: [Silk Road]",
            [
                "region/central-asia: > terms@en Silk Road moved from region/central-asia weak@en: weight 0.25 -> 1"
            ],
        ),
        (
            "doctor*1]",
            "]\n    strong: [(doctor*1|nurse*1)]",
            [
                "topic/health: - terms@en doctor*1",
                "topic/health: + strong@en (doctor*1|nurse*1)",
            ],
        ),
        (
            "doctor*1]",
            "(doctor*1|nurse*1)]",
            ["topic/health: ~ terms@en (doctor*1|nurse*1): term doctor*1 -> (doctor*1|nurse*1)"],
        ),
        (
            "name: Central Asia, parent: asia",
            "name: Middle Asia, threshold: 2",
            [
                "region/central-asia: ~ name Central Asia -> Middle Asia",
                "region/central-asia: ~ parent asia -> none",
                "region/central-asia: ~ threshold none -> 2",
            ],
        ),
        (
            "places: [RU]",
            "places: [RU, {place: KZ, weight: 0.5}]",
            ["region/russia: + place/KZ, weight 0.5"],
        ),
        (
            "places: [RU]",
            "places: [{place: RU, weight: 2}]",
            ["region/russia: ~ place/RU 1 -> 2"],
        ),
        ("places: [KZ], ", "", ["region/central-asia: - place/KZ"]),
        ("labels:", "defaults: {prior: 1}\nlabels:", ["defaults: ~ prior 0.5 -> 1"]),
        (
            "labels:",
            "defaults: {fields: {title: 5}}\nlabels:",
            ["defaults: ~ fields.title 3 -> 5"],
        ),
        (
            "expect: [topic/health]",
            "reject: [topic/health]",
            ["topic/health: ~ test 'Doctors on strike'"],
        ),
        (
            "  - {id: region/asia}",
            "  - {id: region/asia}\n  - {id: topic/work, terms: [strike]}",
            [
                "topic/work: + the whole label 'Work'",
                "topic/work: + terms@en strike",
            ],
        ),
    ],
)
def test_an_edit_is_one_line(old: str, new: str, lines: list[str]) -> None:
    assert [bare(line) for line in changed((old, new)).lines()] == lines


def test_a_line_ends_with_the_place_on_both_sides() -> None:
    before = book("places:\n  KZ:\n    en: [Almaty, Astana]\nlabels: [{id: region/a, places: [KZ]}]")
    after = load_texts(
        {
            "kz.yaml": "places:\n  KZ:\n    en: [Astana^2, Oral]\n",
            "l.yaml": "labels: [{id: region/a, places: [KZ]}]",
        }
    )
    assert diff(before, after).lines() == [
        "place/KZ: - terms@en Almaty (a.yaml:3:10)",
        "place/KZ: ~ terms@en Astana^2: weight 1 -> 2 (a.yaml:3:18 -> kz.yaml:3:10)",
        "place/KZ: + terms@en Oral (kz.yaml:3:20)",
    ]


def test_a_term_that_goes_from_one_label_to_another_moved() -> None:
    difference = changed(("Kazakh*1, ", ""), ("[Russia*1]", "[Russia*1, Kazakh*1^2]"))
    assert [bare(line) for line in difference.lines()] == [
        "place/RU: > terms@en Kazakh*1^2 moved from place/KZ terms@en: weight 1 -> 2"
    ]


def test_a_label_that_went_takes_its_terms_along() -> None:
    before = book(BEFORE)
    after = book(BEFORE[: BEFORE.index("  - id: topic/health")])
    assert [bare(line) for line in diff(before, after).lines()] == [
        "topic/health: - the whole label 'Health'",
        "topic/health: - terms@en doctor*1",
        "topic/health: - test 'Doctors on strike'",
    ]


def test_there_and_back_are_mirrors() -> None:
    after = BEFORE.replace("Astana", "Almaty").replace("[RU]", "[RU, KZ]").replace("Russia*1", "Russia*2")
    there, back = diff(book(BEFORE), book(after)), diff(book(after), book(BEFORE))
    mirror = {"added": "removed", "removed": "added", "changed": "changed", "moved": "moved"}
    assert sorted((mirror[e.what], e.after, e.before) for e in there.terms if e.what == "changed") == sorted(
        (e.what, e.before, e.after) for e in back.terms if e.what == "changed"
    )
    assert {(mirror[e.what], e.shown.term.written) for e in there.terms if e.what != "changed"} == {
        (e.what, e.shown.term.written) for e in back.terms if e.what != "changed"
    }


def test_layout_spelling_and_order_of_terms_say_nothing() -> None:
    other = """
# the same, laid out otherwise
labels:
  - {id: region/asia}
  - id: region/central-asia
    name: "Central Asia"
    parent: asia
    weak: ["silk  road"]
    places:
      - {place: KZ, weight: 1}
  - {id: region/russia, places: [RU]}
  - id: topic/health
    terms: [{term: doctor*1, weight: 1}]
    tests: [{expect: [topic/health], title: Doctors on strike}]
places:
  RU: {terms@en: [Russia*1]}
  KZ: {ru: [Казах*4], en: [ASTANA, Kazakh*1^1]}
"""
    difference = diff(book(BEFORE), book(other))
    assert not difference
    assert difference.lines() == ["The two rulebooks mean the same."]


def test_files_may_be_cut_otherwise_and_the_order_of_labels_is_told() -> None:
    head, _, tail = BEFORE.partition("labels:")
    same = load_texts({"1.yaml": head, "2.yaml": "labels:" + tail})
    assert not diff(book(BEFORE), same)
    *labels, last = ["  - " + part for part in tail.split("\n  - ")[1:]]
    turned = book(head + "labels:\n" + "\n".join([last.rstrip(), *labels]))
    difference = diff(book(BEFORE), turned)
    assert difference.reordered
    assert len(difference.lines()) == 1


def test_json_is_plain_and_names_both_sides() -> None:
    difference = changed(("Astana]", "=Astana]"), ("places: [RU]", "places: [{place: RU, weight: 2}]"))
    told = json.loads(json.dumps(difference.to_json()))
    assert told["same"] is False
    assert told["terms"] == [
        {
            "what": "changed",
            "before": {
                "owner": "place/KZ",
                "list": "terms@en",
                "term": "Astana",
                "weight": 1.0,
                "at": "a.yaml:3:23",
            },
            "after": {
                "owner": "place/KZ",
                "list": "terms@en",
                "term": "=Astana",
                "weight": 1.0,
                "at": "a.yaml:3:23",
            },
            "changes": [{"name": "exact", "before": False, "after": True}],
        }
    ]
    assert told["settings"] == [
        {
            "subject": "region/russia",
            "name": "place/RU",
            "before": 1.0,
            "after": 2.0,
            "at": {"before": "a.yaml:8:34", "after": "a.yaml:8:34"},
        }
    ]


WORDS = st.sampled_from(["Astana", "=Astana", "Almaty*2", "Osh^2", "(Osh|Naryn)", "/Astan[ay]/", "Казах*4"])
LISTS = st.lists(WORDS, max_size=5)


@given(LISTS, LISTS)
@settings(max_examples=150, deadline=None)
def test_every_term_is_accounted_for_once(old: list[str], new: list[str]) -> None:
    def of(terms: list[str]) -> Rulebook:
        return book("places: {KZ: {en: " + json.dumps(terms) + "}}\nlabels: [{id: region/a, places: [KZ]}]")

    before, after = of(old), of(new)
    edits = diff(before, after).terms
    gone = [edit.before.term.written for edit in edits if edit.before]
    came = [edit.after.term.written for edit in edits if edit.after]
    assert sorted([*old, *came]) == sorted([*new, *gone])
    assert bool(edits) == (sorted(old) != sorted(new))


def test_the_starter_rulebook_does_not_differ_from_itself() -> None:
    texts = starter_texts()
    assert not diff(load_texts(texts), load_texts(texts))
