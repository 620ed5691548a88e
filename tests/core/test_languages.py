"""Codes of languages, and what somebody meant who wrote another word; beside CLDR, as Babel has it."""

import re

import pytest
from babel import Locale
from babel.languages import get_official_languages

from services.core import languages
from services.core.iso import CODES


def test_every_language_that_cldr_names_is_known_by_its_code():
    codes = {code for code in Locale("en").languages if re.fullmatch("[a-z]{2,3}", code)}
    assert len(codes) > 500
    assert [code for code in sorted(codes) if not languages.is_known(languages.canonical(code))] == []


def test_an_official_language_is_among_those_that_are_named_for_its_country():
    told = {
        country: languages.nearest(country.lower())
        for country in CODES
        if not languages.is_known(country.lower())
    }
    assert len(told) > 100
    wrong = {
        country: near
        for country, near in told.items()
        if not set(near) <= {tag.partition("_")[0] for tag in get_official_languages(country, de_facto=True)}
    }
    assert wrong == {}


@pytest.mark.parametrize("word", ["cn", "xq", "", "english", "zz", "qqq", "e"])
def test_what_is_no_code_is_not_known(word):
    assert not languages.is_known(languages.canonical(word))


def test_one_language_has_one_code():
    for written, code in (
        ("eng", "en"),
        ("ger-AT", "de-at"),
        ("in_ID", "id-id"),
        ("he", "he"),
        ("sr-Latn", "sr-latn"),
    ):
        assert languages.canonical(written) == code
        assert languages.canonical(code) == code


def test_a_name_leads_to_its_code():
    assert languages.nearest("Kazak")[0] == "kk"
    assert languages.nearest("portugese") == ["pt"]


def test_what_is_said_of_a_tag_names_all_that_may_have_been_meant():
    told = {tag: languages.fault(tag) for tag in ("be", "sg", "ENG_gb", "chinese", "")}
    assert (told["be"], told["sg"], told["ENG_gb"]) == (None, None, None)
    assert told["chinese"].nearest == ["zh"]
    assert told[""].nearest is None
    many = next(
        found
        for country in CODES
        if (found := languages.fault(country.lower())) and len(found.nearest or ()) == 3
    )
    one, two, three = many.nearest
    assert many.sentence.endswith(f"Did you mean {one}, {two} or {three}?")
