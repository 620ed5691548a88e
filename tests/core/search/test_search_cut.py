"""Words of articles and of questions are cut alike, in every script; questions have the notation of search engines."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core import search
from services.core.search import forms
from services.core.search.cut import folded, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L’Élysée: 3,5 Mrd.", ["l", "élysée", "3", "5", "mrd"]),
        ("O'Brien’s o‘zbek oʻzbek o'zbek", ["obrien", "ozbek", "ozbek", "ozbek"]),
        ("O´Brien´s o´zbek", ["obrien", "ozbek"]),
        ("об'єкт об’єкт обʼєкт", ["обєкт", "обєкт", "обєкт"]),
        ("ＡＢＣ ｶﾞｽ", ["abc", "ガス"]),
        ("می‌خواهم ال\u0640\u0640\u0640عربية", ["میخواهم", "العربية"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("— … !", []),
    ],
)
def test_a_text_is_cut_into_words(text, expected):
    assert words(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("İSTANBUL", "istanbul"), ("ISPARTA", "ısparta"), ("Подъём", "подъем"), ("Straße", "STRASSE"), ("Łódź", "lodz"), ("كتاب", "كِتَاب")],
)  # fmt: skip
def test_case_and_accents_make_no_difference(one, other):
    assert [folded(word) for word in words(one)] == [folded(word) for word in words(other)]


@pytest.mark.parametrize(
    ("title", "text", "language", "vector"),
    [
        ("Elections", "in Oslo", "en-GB", "'en:elect':1 'en:in':3 'en:oslo':4"),
        ("Бюджета", "", "ru", "'ru:бюджет':1"),
        ("Reuters о бюджете", "", "ru", "'reuters':1 'ru:о':2 'ru:бюдж':3 'ru:бюджет':3"),
        ("習近平", "", "zh", "'习近':1 '近平':2 '平':3"),
        ("习近平", "", "zh", "'习近':1 '近平':2 '平':3"),
        ("ประเทศ", "", "th", "'ประ':1 'ระเ':2 'ะเท':3 'เทศ':4 'ทศ':5 'ศ':6"),
        ("Oslo Oslo", "", None, "'oslo':1,2"),
    ],
)
def test_an_article_is_found_by(title, text, language, vector):
    assert search.vector(title, text, language) == vector


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("哈薩克總統訪問臺灣", "哈萨克总统访问台湾"),
        ("頭髮與發展", "头发与发展"),
        ("裡 裏", "里 里"),
        ("𠁞", "𠀾"),
        ("신문 新聞", "신문 新闻"),
    ],
)
def test_traditional_and_simplified_signs_are_one(traditional, simplified):
    assert words(traditional) == words(simplified)
    assert search.vector(traditional, "", "zh") == search.vector(simplified, "", "zh")
    assert search.query(traditional) == search.query(simplified)


@pytest.mark.parametrize("q", ["", "—", "& | !", "-…", '""', "'"])
def test_a_question_without_a_word_is_none(q):
    assert search.query(q) is None


@pytest.mark.parametrize(
    ("q", "told"),
    [
        ("新疆", "'新疆'"),
        ("習近平", "('习近' <1> '近平')"),
        ("中", "'中':*"),
        ("新疆 北京", "'新疆' & '北京'"),
        ("新疆 or 北京 7", "'新疆' | '北京' & '7'"),
        ('"新疆 7" -8', "('新疆' <2> '7') & !'8'"),
        ("„7 8“", "('7' <1> '8')"),
        ('-"7 8"', "!('7' <1> '8')"),
        ("7-8", "('7' <1> '8')"),
        ("7 or", None),
        ("or 7", None),
        ("대통령은", "('대통' <1> '통령')"),
    ],
)
def test_a_question_says(q, told):
    found = search.query(q)
    assert found == told if told else "'or'" in (found or "") and "|" in found


def test_an_ending_behind_a_lone_accent_leaves_no_empty_form():
    assert forms.kept("\u0301s", "fr") == ("fr:s",)
    assert "fr:" not in forms.asked("\u0301s")


texts = st.text(max_size=60)


@given(texts, st.sampled_from(["en", "ru", "tr", "zh", "ko", "th", "ar", "xx", None]))
def test_whatever_is_given_only_letters_are_quoted(text, language):
    """What is not a letter, a mark or a number could end a quote, and be read as an operator."""
    for told in (search.vector(text, text, language), search.query(text) or ""):
        for form in told.split("'")[1::2]:
            code, _, letters = form.rpartition(":")
            assert letters, told
            assert all(unicodedata.category(letter)[0] in "LMN" for letter in code + letters), told
