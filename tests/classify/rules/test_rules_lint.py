"""Warnings name the likely mistakes, and good rules get none."""

import pytest

from services.classify.rules import lint, load_texts


def warnings(text: str) -> list[str]:
    return [finding.sentence for finding in lint(load_texts({"a.yaml": text}))]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("places: {TD: {en: [Chad]}}", "'chad' is an ordinary word"),
        ("labels: [{id: topic/a, terms: [brit*]}]", "short stem"),
        ("places: {KZ: {en: [Victoria]}, UZ: {en: [Victoria]}}", "stands in place/KZ and in place/UZ"),
        ("places: {KZ: {en: [alpha], mask@en: [bone china]}}", "holds no term"),
        ("places: {KZ: {en: [alpha, alpha]}}", "was given before"),
        ("labels: [{id: topic/a, terms: [{term: alpha, needs: [x], unless: [x]}]}]", "never counts"),
        ("labels: [{id: topic/a, terms: [alpha]}]", "has no tests"),
    ],
)
def test_warned(text: str, words: str) -> None:
    assert any(words in sentence for sentence in warnings(text))


def test_good_rules_get_no_warning() -> None:
    text = """
places: {CN: {en: [{term: China, unless: [bone]}, Beijing], mask@en: [bone china]}}
labels:
  - id: region/a
    places: [CN]
    tests: [{title: Beijing speaks, primary: region/a}]
"""
    assert warnings(text) == []
