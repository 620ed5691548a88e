"""robots.txt as RFC 9309 reads it: which group counts, which rule decides, and what its signs stand for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.discover import Robots

SITE = "https://n.example"


def allowed(rules: str, path: str, *, agent: str = "*") -> bool:
    return Robots(200, f"User-agent: {agent}\n{rules}".encode()).allow(SITE + path)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/fish", "/fish.html", True),
        ("/fish", "/Fish.asp", False),
        ("/fish*", "/fishheads/yummy.html", True),
        ("/fish/", "/fish", False),
        ("/*.php", "/folder/any.php?parameters", True),
        ("/*.php", "/windows.PHP", False),
        ("/*.php$", "/folder/filename.php", True),
        ("/*.php$", "/filename.php?parameters", False),
        ("/*.php$", "/filename.php5", False),
        ("/fish*.php", "/fishheads/catfish.php?parameters", True),
        ("/fish*.php", "/Fish.PHP", False),
        ("/$", "/", True),
        ("/$", "/feed", False),
        ("*", "/feed", True),
        ("/a*a$", "/a", False),
        ("/%7Ejoe", "/~joe/feed", True),
        ("/~joe", "/%7ejoe/feed", True),
        ("/a%2Ab", "/a*b", True),
        ("/a%2Ab", "/axb", False),
        ("/новости", "/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8/1", True),
    ],
)
def test_stars_and_ends_and_escapes(pattern, path, fits):
    assert allowed(f"Disallow: {pattern}", path) is not fits


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        ("Allow: /p\nDisallow: /", "/page", True),
        ("Disallow: /\nAllow: /p", "/page", True),
        ("Allow: /folder\nDisallow: /folder", "/folder/page", True),
        ("Allow: /page\nDisallow: /*.htm", "/page.htm", False),
        ("Allow: /$\nDisallow: /", "/", True),
        ("Allow: /$\nDisallow: /", "/page.htm", False),
        ("Disallow:", "/feed", True),
        ("Disallow: / # all of it", "/feed", False),
        ("Disallow: /", "/robots.txt", True),
        ("Sitemap: https://n.example/s.xml\nDISALLOW : /feed", "/feed", False),
    ],
)
def test_the_longest_rule_decides_and_of_two_as_long_the_one_that_allows(rules, path, expected):
    assert allowed(rules, path) is expected


def test_our_groups_are_taken_together_and_stand_in_the_place_of_everybodys():
    body = (
        b"User-agent: other\nUser-agent: Dateline/2 (news)\nDisallow: /a\n\nUser-agent: *\nDisallow: /\n"
        b"\nuser-agent: DATELINE\nDisallow: /b\n"
    )
    robots = Robots(200, body)
    assert [robots.allow(SITE + path) for path in ("/a", "/b", "/c")] == [False, False, True]


def test_a_group_of_ours_without_rules_allows_everything():
    assert Robots(200, b"User-agent: *\nDisallow: /\n\nUser-agent: Dateline\n").allow(SITE + "/feed")


def test_a_name_that_only_holds_ours_is_anothers():
    assert allowed("Disallow: /", "/feed", agent="DatelineImages")


SIGNS = st.text(st.sampled_from("/ab*"), max_size=8)


@given(SIGNS, st.booleans(), st.text(st.sampled_from("/ab"), max_size=12))
def test_patterns_fit_as_an_expression_would(pattern, whole, path):
    pattern = "/" + pattern
    expression = ".*".join(map(re.escape, pattern.split("*"))) + ("$" if whole else "")
    fits = re.match(expression, "/" + path) is not None
    assert allowed(f"Disallow: {pattern}{'$' if whole else ''}", "/" + path) is not fits
