"""`dateline rules addresses`: an editor sees what a rule of addresses does before it is published."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.rules import rules
from services.core.urls import AddressRules, canonical_url
from services.core.urls.told import told
from tests.core.test_address_rules import RULES
from tests.fixtures.addresses import APART, SAME
from tests.fixtures.rulebooks import ECONOMY

TEXT = """addresses:
  hosts: {regional.example: paper.example}
  drop: [promo_code]
  sites:
    paper.example: {drop: [sect], keep: [utm_id], strip_suffix: [/print], strip_prefix: [/mobile]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "addresses.yml").write_text(TEXT)
    (tmp_path / "rules.yaml").write_text(ECONOMY)
    return str(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(rules, ["addresses", *arguments])


def test_each_rule_is_told_with_its_place(folder):
    url = "https://www.regional.example/mobile/a-1/print?sect=2&utm_id=7&promo_code=x&fbclid=y&id=4#c"
    lines = run(url, "--rules", folder).output.splitlines()
    assert "  key: paper.example/a-1?id=4&utm_id=7" in lines
    assert "  without the rulebook: regional.example/mobile/a-1/print?id=4&promo_code=x&sect=2" in lines
    assert [line.strip() for line in lines if "addresses.yml" in line] == [
        "regional.example is another name of paper.example. (addresses.yml:2:11)",
        "The path /mobile/a-1/print is /a-1 at paper.example. (addresses.yml:5:90)",
        "The path /mobile/a-1/print is /a-1 at paper.example. (addresses.yml:5:66)",
        "sect=2 goes: it does not say which article at paper.example. (addresses.yml:5:28)",
        "utm_id=7 stays: it says which article at paper.example. (addresses.yml:5:42)",
        "promo_code=x goes: it never says which article. (addresses.yml:3:10)",
    ]
    assert [line.strip() for line in lines[-2:]] == [
        "fbclid=y goes: it says where a reader came from.", "#c goes: it is a place on the page.",
    ]  # fmt: skip


def test_several_are_one_article_or_not(folder):
    one, other = "https://regional.example/a-1", "https://paper.example/a-1?sect=1"
    assert "They are one article." in run(one, other, "--rules", folder).output
    assert "They are 2 articles." in run(one, "https://paper.example/a-2", "--rules", folder).output
    answer = json.loads(run(one, other, "--rules", folder, "--json").stdout)
    assert (answer["articles"], answer["addresses"][0]["key"]) == (1, "paper.example/a-1")
    assert answer["addresses"][0]["why"][0]["rule"] == "addresses.yml:2:11"


def test_without_a_database_the_rules_that_ship_count():
    result = run("https://m.paper.example/a-1?utm_source=x")
    assert "key: paper.example/a-1" in result.output
    assert "the one that ships" in result.stderr


def test_what_is_told_leaves_nothing_out():
    """Where the key is not the address itself, something is said; an editor's rules are named exactly where they count."""
    for url in [url for spellings in (*SAME, *APART) for url in spellings]:
        answer = told(url, RULES)
        assert answer.key == answer.built_in == canonical_url(url)
        assert not any(why.rule for why in answer.why)
        if url.isascii() and "%" not in url and not answer.why:  # then only slashes and the order are others
            assert sorted(filter(str.isalnum, answer.key)) == sorted(
                filter(str.isalnum, url.partition("//")[2])
            )
    hosts = AddressRules.of({"hosts": {"old.example": "bbc.co.uk"}})
    assert [why.rule for why in told("https://www.old.example/a", hosts).why] == [
        None,
        "hosts/old.example",
        None,
    ]
    assert told("https://www.old.example/a", hosts).key == "bbc.com/a"
