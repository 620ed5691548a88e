"""Names that a region's readers ask for most, in the forms its press writes them in."""

import pytest

from services.core.search.forms import asked, kept

FORMS = [
    ("ru", "казахстан казахстана казахстану казахстаном казахстане"),
    ("ru", "узбекистан узбекистана узбекистане узбекистаном"),
    ("ru", "иран ирана иране ираном"),
    ("ru", "ереван еревана ереване"),
    ("kk", "қазақстан қазақстанда қазақстанның қазақстанға қазақстаннан қазақстанмен"),
    ("kk", "тәжікстан тәжікстанда тәжікстанның"),
    ("kk", "алматы алматыда алматыға"),
    ("ky", "кыргызстан кыргызстанда кыргызстандын кыргызстанга"),
    ("uz", "qozogiston qozogistonda qozogistondan"),
]


@pytest.mark.parametrize(
    ("language", "forms"), FORMS, ids=[f"{code} {text.split()[0]}" for code, text in FORMS]
)
def test_a_name_is_found_by_each_of_its_forms_in_each(language, forms):
    words = forms.split()
    missed = [(q, w) for q in words for w in words if not set(asked(q)) & set(kept(w, language))]
    assert missed == []


@pytest.mark.parametrize(
    ("one", "other"), [("станция", "стан"), ("восстание", "восстановить"), ("иран", "ирак")]
)
def test_other_words_stay_apart(one, other):
    assert not set(kept(one, "ru")) & set(kept(other, "ru"))
