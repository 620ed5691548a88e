"""Every example of docs/reference/rules.md loads, its tests pass, and together they show the whole language."""

import re
from pathlib import Path

import pytest

from services.classify.rules import compile_rulebook, lint, load_texts, run_tests
from services.classify.rules.findings import MAX_FINDINGS
from services.classify.rules.loading.addresses import KEYS as ADDRESS_KEYS
from services.classify.rules.loading.addresses import SITE_KEYS
from services.classify.rules.loading.labels import DEFAULT_KEYS, LABEL_KEYS, MAX_ID, TEST_KEYS
from services.classify.rules.loading.load import MAX_FILES, MAX_TOTAL
from services.classify.rules.loading.nodes import MAX_CHARACTERS, MAX_DEPTH
from services.classify.rules.loading.references import MAX_LEVELS
from services.classify.rules.loading.term_lists import LONG_KEYS, MAX_READINGS, MAX_REGEXES
from services.classify.rules.loading.terms import MAX_ALTERNATIVES, MAX_ENDING, MAX_TERM, MAX_WEIGHT
from services.classify.rules.model import FIELDS, TIERS, Defaults
from services.core.urls import AddressRules, canonical_url

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "rules.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_example_loads_and_passes(number: int) -> None:
    results = run_tests(compile_rulebook(load_texts({f"example-{number}.yaml": EXAMPLES[number]})))
    assert results
    assert [result.sentence for result in results if not result.passed] == []


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_examples_give_check_nothing_to_say(number: int) -> None:
    told = [str(f) for f in lint(load_texts({f"example-{number}.yaml": EXAMPLES[number]}))]
    assert told == []


@pytest.mark.parametrize(
    "key",
    sorted({*ADDRESS_KEYS, *SITE_KEYS, *TIERS, *LONG_KEYS, *LABEL_KEYS, *TEST_KEYS, *DEFAULT_KEYS, *FIELDS}),
)
def test_every_key_of_the_language_stands_in_an_example(key: str) -> None:
    written = re.compile(rf"(?<![\w-]){key}(?:@\w+)?:")
    listed = re.compile(rf"fields: \[[^\]]*\b{key}\b")
    assert any(written.search(example) or listed.search(example) for example in EXAMPLES)


@pytest.mark.parametrize(
    "sign", ["*2", "*]", "(|", "|", "=", "^", "/\\\\b", "@any", "@ru", "{place:", "parent:"], ids=str
)
def test_every_sign_of_the_notation_stands_in_an_example(sign: str) -> None:
    assert any(sign in example for example in EXAMPLES)


ADDRESSES = [
    (row[0], row[1]) for row in re.findall(r"^\| `(https://[^`]+)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
]


@pytest.mark.parametrize(("url", "key"), ADDRESSES)
def test_the_rules_of_addresses_give_the_keys_that_the_page_names(url: str, key: str) -> None:
    (example,) = [example for example in EXAMPLES if example.startswith("addresses:")]
    rules = AddressRules.of(load_texts({"addresses.yml": example}).addresses.data)
    assert canonical_url(url, rules) == key


def test_every_rule_of_addresses_is_shown_at_work() -> None:
    """Without it some row of the table would have another key."""
    (example,) = [example for example in EXAMPLES if example.startswith("addresses:")]
    data = load_texts({"addresses.yml": example}).addresses.data
    site = data["sites"]["paper.example"]
    fewer = [data | {"hosts": {}}, data | {"drop": []}]
    fewer += [data | {"sites": {"paper.example": site | {what: []}}} for what in site]
    for less in fewer:
        rules = AddressRules.of(less)
        assert any(canonical_url(url, rules) != key for url, key in ADDRESSES), less


def test_the_page_names_every_limit() -> None:
    limits = PAGE.split("| limit | |")[1].split("\n\n")[0]
    for limit in (
        MAX_CHARACTERS, MAX_TOTAL, MAX_FILES, MAX_DEPTH, MAX_TERM, MAX_ID, MAX_ALTERNATIVES, MAX_READINGS,
        MAX_REGEXES, MAX_ENDING, MAX_WEIGHT, MAX_LEVELS, MAX_FINDINGS,
    ):  # fmt: skip
        assert f"{limit:,}" in limits


def test_the_page_names_the_defaults_as_they_are() -> None:
    (example,) = [example for example in EXAMPLES if example.startswith("defaults:")]
    assert load_texts({"a.yaml": example}).defaults == Defaults()
