"""Every example of docs/reference/rules.md loads, and its tests pass."""

import re
from pathlib import Path

import pytest

from services.classify.rules import compile_rulebook, load_texts, run_tests

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "rules.md"
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_loads_and_passes(number: int) -> None:
    results = run_tests(compile_rulebook(load_texts({f"example-{number}.yaml": EXAMPLES[number]})))
    assert results
    assert [result.sentence for result in results if not result.passed] == []


def test_page_has_an_example_of_every_tier() -> None:
    for key in (
        "strong:",
        "terms:",
        "weak:",
        "minus:",
        "mask:",
        "veto:",
        "unless:",
        "needs:",
        "near:",
        "todo:",
    ):
        assert any(key in example for example in EXAMPLES), key
