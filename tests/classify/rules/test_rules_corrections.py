"""An editor's correction stands above the rules, kind by kind."""

import pytest

from services.classify.rules import (
    Correction,
    Document,
    Verdict,
    classify,
    compile_rulebook,
    corrected,
    from_json,
    load_texts,
    to_json,
)

TEXT = """
places: {KZ: {en: [Kazakh*1]}, RU: {en: [Russia*1]}}
labels:
  - {id: region/asia}
  - {id: region/central-asia, parent: asia, places: [KZ]}
  - {id: region/russia, places: [RU]}
  - {id: topic/health, terms: [doctor*1]}
  - {id: topic/travel, terms: [visitor*1]}
"""
COMPILED = compile_rulebook(load_texts({"a.yaml": TEXT}))
BOOK = COMPILED.rulebook
DOCUMENT = Document("Russian doctors see visitors", "A Kazakh doctor says so.")


def given() -> Verdict:
    return classify(DOCUMENT, COMPILED)


def shown(verdict: Verdict) -> list[tuple[str, bool, str]]:
    return [(label.slug, label.primary, label.origin) for label in verdict.regions]


def test_a_judged_kind_is_replaced_as_a_whole_and_its_parents_follow() -> None:
    verdict = corrected(given(), Correction(regions=("central-asia",), author="ada", note="Otrar"), BOOK)
    assert verdict.region == "central-asia"
    assert shown(verdict) == [("central-asia", True, "editor"), ("asia", False, "parent")]
    assert (verdict.topics, verdict.places) == (given().topics, given().places)
    assert verdict.version == given().version


def test_the_first_region_named_leads_and_none_is_named_twice() -> None:
    verdict = corrected(given(), Correction(regions=("asia", "central-asia", "asia")), BOOK)
    assert shown(verdict) == [("asia", True, "editor"), ("central-asia", False, "editor")]


def test_an_empty_list_says_that_there_is_none() -> None:
    verdict = corrected(given(), Correction(regions=(), topics=()), BOOK)
    assert (verdict.region, verdict.regions, verdict.topics) == (None, (), ())
    assert verdict.places == given().places


def test_nothing_judged_leaves_the_rules_alone() -> None:
    assert corrected(given(), Correction(author="ada"), BOOK) == given()


def test_labels_that_the_rulebook_lost_are_left_out_and_told() -> None:
    correction = Correction(regions=("ussr", "russia"), topics=("gone",), places=("SU", "RU"))
    verdict = corrected(given(), correction, BOOK)
    assert shown(verdict) == [("russia", True, "editor")]
    assert (verdict.topics, [label.slug for label in verdict.places]) == ((), ["RU"])
    assert verdict.unknown == ("region/ussr", "topic/gone", "place/SU")
    assert to_json(verdict)["unknown"] == ["region/ussr", "topic/gone", "place/SU"]


def test_correcting_the_stored_json_twice_is_the_same_as_once() -> None:
    correction = Correction(regions=("russia",), topics=("travel", "gone"), author="ada", note="A trip")
    once = corrected(given(), correction, BOOK)
    assert corrected(to_json(once), correction, BOOK) == once


@pytest.mark.parametrize("correction", [Correction(), Correction(regions=("asia",), author="ada", note="n")])
def test_json_goes_there_and_back(correction: Correction) -> None:
    verdict = corrected(given(), correction, BOOK)
    assert from_json(to_json(verdict)) == verdict


def test_json_of_an_editors_label_names_the_editor_in_place_of_terms() -> None:
    told = to_json(corrected(given(), Correction(topics=("health",), author="ada", note="A strike"), BOOK))
    assert told["topics"] == [
        {
            "slug": "health",
            "score": 0.0,
            "primary": True,
            "origin": "editor",
            "why": [],
            "editor": {"by": "ada", "note": "A strike"},
        }
    ]
    assert "unknown" not in told
    assert all("editor" not in label for label in told["regions"])
