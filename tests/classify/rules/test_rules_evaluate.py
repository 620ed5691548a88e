"""The figures of `dateline rules evaluate` are what the contract says they are."""

import pytest

from services.classify.rules import compile_rulebook, load_texts
from services.classify.rules.judging.evaluate import evaluate
from services.core.errors import InvalidInputError

TEXT = """
places: {KZ: {en: [Kazakh*1]}, US: {en: [Washington]}}
labels:
  - {id: region/central-asia, places: [KZ]}
  - {id: region/americas}
  - {id: region/north-america, parent: americas, places: [US]}
  - {id: topic/health, terms: [doctor*1]}
"""
COMPILED = compile_rulebook(load_texts({"a.yaml": TEXT}))


def test_precision_recall_and_primary() -> None:
    rows = [
        {"title": "Kazakh doctors", "regions": ["central-asia"], "topics": ["health"]},
        {"title": "Kazakh steppe", "regions": [], "topics": []},
        {"title": "A quiet day", "regions": ["central-asia"]},
    ]
    found = evaluate(rows, COMPILED)
    regions = found["sets"]["regions"]
    assert found["rows"] == 3
    assert regions["micro"] == {"precision": 0.5, "recall": 0.5, "f1": 0.5}
    assert regions["by"]["central-asia"]["support"] == 2
    assert regions["primary_accuracy"] == 0.5
    assert found["sets"]["topics"]["micro"]["f1"] == 1.0
    assert "places" not in found["sets"]


def test_gold_places_are_gold_regions_too() -> None:
    found = evaluate([{"title": "Kazakh steppe", "places": ["KZ"]}], COMPILED)["sets"]
    assert found["places"]["micro"]["f1"] == 1.0
    assert found["regions"]["primary_accuracy"] == 1.0


def test_gold_parent_is_met_by_its_child() -> None:
    regions = evaluate([{"title": "Washington votes", "regions": ["americas"]}], COMPILED)["sets"]["regions"]
    assert regions["micro"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert regions["primary_accuracy"] == 1.0


@pytest.mark.parametrize("row", [{}, {"title": 5}, {"title": "x", "regions": "africa"}])
def test_rows_that_are_not_rows_are_refused(row: dict[str, object]) -> None:
    with pytest.raises(InvalidInputError):
        evaluate([row], COMPILED)
