"""What editors add to the rules of keys: each does what it says at its place, and nothing anywhere else."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.urls import BUILT_IN, AddressRules, canonical_url, ends
from services.core.urls.tables import HOST_ALIASES
from tests.core.test_urls_fast import ADDRESSES
from tests.fixtures.addresses import APART, SAME, kept_apart, merged

RULES = AddressRules.of(
    {
        "hosts": {"regional.example": "paper.example", "old.example": "regional.example"},
        "drop": ["promo_code"],
        "sites": {
            "paper.example": {
                "drop": ["sect"], "keep": ["utm_id", "ref"], "strip_suffix": ["/print", ".lite.html"], "strip_prefix": ["/mobile"],
            },
        },
        "owners": {"Paper Group": ["paper.example", "weekly.example"]},
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://regional.example/a-1", "paper.example/a-1"),
        ("http://www.regional.example/a-1/", "paper.example/a-1"),
        ("https://m.old.example/a-1", "paper.example/a-1"),
        ("https://bbc.co.uk/a-1", "bbc.com/a-1"),
        ("https://any.example/a?promo_code=x&id=4", "any.example/a?id=4"),
        ("https://any.example/a?Promo_Code=x", "any.example/a"),
        ("https://paper.example/a?sect=2&id=4", "paper.example/a?id=4"),
        ("https://regional.example/a?sect=2", "paper.example/a"),
        ("https://any.example/a?sect=2", "any.example/a?sect=2"),
        ("https://paper.example/a?utm_id=7&utm_source=x", "paper.example/a?utm_id=7"),
        ("https://paper.example/a?ref=rss", "paper.example/a?ref=rss"),
        ("https://any.example/a?ref=rss", "any.example/a"),
        ("https://paper.example/a-1/print", "paper.example/a-1"),
        ("https://paper.example/a-1/print/", "paper.example/a-1"),
        ("https://paper.example/a-1.lite.html", "paper.example/a-1"),
        ("https://paper.example/mobile/a-1/print", "paper.example/a-1"),
        ("https://paper.example/blueprint", "paper.example/blueprint"),
        ("https://paper.example/mobiles/1", "paper.example/mobiles/1"),
        ("https://paper.example/print", "paper.example/print"),
        ("https://paper.example/mobile", "paper.example/mobile"),
        ("https://any.example/a-1/print", "any.example/a-1/print"),
        ("https://www.google.com/url?q=https%3A%2F%2Fold.example%2Fa-1%2Fprint", "paper.example/a-1"),
    ],
)
def test_each_rule_at_its_place(url, key):
    assert canonical_url(url, RULES) == key
    assert canonical_url("https://" + key, RULES) == key


def test_rules_that_say_nothing_are_the_built_in_ones():
    assert AddressRules.of({}) is BUILT_IN
    assert AddressRules.of({"hosts": {}, "drop": []}) is BUILT_IN
    assert AddressRules.of({"owners": {"A": ["a.example"]}}).of_keys == BUILT_IN.of_keys == ""


def test_rules_that_say_the_same_give_the_same_keys_and_others_do_not():
    assert AddressRules.of(RULES.data).of_keys == RULES.of_keys != ""
    assert AddressRules.of({**RULES.data, "owners": {}}).of_keys == RULES.of_keys
    assert AddressRules.of({**RULES.data, "drop": ["other"]}).of_keys != RULES.of_keys


@given(ADDRESSES)
def test_addresses_that_no_rule_is_about_keep_their_keys(url):
    elsewhere = AddressRules.of(
        {
            "hosts": {"q.zz": "r.zz"},
            "drop": ["zzz"],
            "sites": {"r.zz": {"drop": ["id"], "strip_suffix": ["/amp"]}},
        }
    )
    assert canonical_url(url, elsewhere) == canonical_url(url)


@given(ADDRESSES)
def test_a_key_by_rules_is_a_key_of_itself(url):
    key = canonical_url(url, RULES)
    assert canonical_url("https://" + key, RULES) in {
        key,
        canonical_url("https://" + canonical_url(url), RULES),
    }


@given(st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("abcdef"), max_size=6))
def test_every_alias_ends_at_a_host_that_is_none_or_a_circle_is_told(aliases):
    try:
        found = ends(aliases)
    except ValueError as error:
        start = walk = str(error)
        for _ in aliases:
            walk = aliases[walk]
        assert walk in aliases, f"{start} ends"
        return
    assert found.keys() == aliases.keys()
    assert not set(found.values()) & aliases.keys()
    assert ends(HOST_ALIASES).keys() == HOST_ALIASES.keys()


@pytest.mark.parametrize(
    ("site", "owner"),
    [
        ("paper.example", "Paper Group"), ("www.paper.example", "Paper Group"), ("sport.weekly.example", "Paper Group"),
        ("newspaper.example", None), ("example", None), ("", None),
    ],
)  # fmt: skip
def test_an_owner_speaks_through_a_site_and_what_stands_below_it(site, owner):
    assert RULES.owner_of(site) == owner


def test_both_errors_stay_what_they_are_with_and_without_an_editors_rules():
    """The built-in rules are measured here with others beside them; none of these sites has one."""
    for told, rules in (("built in", BUILT_IN), ("with an editor's", RULES)):
        wrong, pairs = merged(lambda url, rules=rules: canonical_url(url, rules))
        apart, same = kept_apart(lambda url, rules=rules: canonical_url(url, rules))
        print(f"{told}: {wrong} of {pairs} merged wrongly, {apart} of {same} kept apart wrongly")
        assert (wrong, apart) == (0, 5)
    for url in itertools.chain(*SAME, *APART):
        assert canonical_url(url, RULES) == canonical_url(url)
