"""Both errors of the key, over addresses of the press: an article in two keys is a double, two articles in one key are a loss."""

import itertools

import pytest

from services.core.urls import canonical_url
from tests.fixtures.addresses import APART, SAME, kept_apart, merged, vectors


def test_no_two_articles_are_merged():
    assert [pair for pair in APART if canonical_url(pair[0]) == canonical_url(pair[1])] == []
    wrong, pairs = merged(canonical_url)
    assert wrong == 0, f"{wrong} of {pairs} pairs of two articles have one key"


def test_few_spellings_of_an_article_are_kept_apart():
    wrong, pairs = kept_apart(canonical_url)
    print(f"{wrong} of {pairs} pairs of spellings are kept apart")
    assert wrong <= 0.1 * pairs


@pytest.mark.parametrize("url", [*itertools.chain(*SAME, *APART)])
def test_a_key_is_its_own_key(url):
    key = canonical_url(url)
    assert canonical_url("https://" + key) == key


def test_published_cases_that_expect_two_addresses_get_two_keys():
    """What they expect is compared, not what they are given: different results are different articles to their authors."""
    known = list(vectors())
    if not known:
        pytest.skip("the development data (../shared/data) is not on this machine")
    agree = sum(canonical_url(given) == canonical_url(expected) for given, expected in known)
    print(f"{agree} of {len(known)} published cases agree")
    assert agree >= 0.88 * len(known)
