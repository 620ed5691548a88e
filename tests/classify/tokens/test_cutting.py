"""Words of many languages: cut, told apart from stop words, brought to a stem."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.tokens import fold, guess_language, numbers, stem, stems, stop_words, tokens


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wahlen in Köln: 3,5 Mio.", ["wahlen", "in", "koln", "3", "5", "mio"]),
        ("习近平在莫斯科", ["习近", "近平", "平在", "在莫", "莫斯", "斯科"]),
        ("東京でG7開催", ["東京", "京で", "g7", "開催"]),
        ("ไทยแลนด์", ["ไทยแ", "ทยแล", "ยแลน", "แลนด", "ลนด์"]),
        ("도쿄에서 열린", ["도쿄에서", "열린"]),
        ("中", ["中"]),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_or_runs_of_signs(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("language", "forms"),
    [
        ("en", "election elections"),
        ("en", "city cities"),
        ("ru", "выборы выборов выборах"),
        ("ru", "землетрясение землетрясения землетрясением"),
        ("de", "Regierung Regierungen"),
        ("fr", "élections élection"),
        ("es", "elecciones elección"),
        ("pt", "eleições eleição"),
        ("tr", "seçimleri seçimlerinde seçimlerin"),
        ("kk", "сайлаудың сайлауда сайлауы"),
        ("ky", "шайлоонун шайлоодо"),
        ("uz", "saylovlar saylovning saylovlarda"),
        ("ar", "الانتخابات انتخابات والانتخابات"),
        ("ko", "대통령이 대통령은 대통령의"),
    ],
)
def test_the_forms_of_a_word_have_one_stem(language, forms):
    assert len(set(stems([fold(form) for form in forms.split()], language))) == 1


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "iran", "iraq"),
        ("ru", "грузия", "россия"),
        ("de", "bremen", "bremse"),
        ("tr", "iran", "irak"),
        ("en", "2026", "2025"),
    ],
)
def test_two_words_keep_two_stems(language, one, other):
    assert stem(one, language) != stem(other, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The president of France said on Monday that the vote was fair", "en"),
        ("Президент Франции заявил, что выборы прошли честно", "ru"),
        ("Der Präsident hat in Berlin eine Rede gehalten und die Wahl gelobt", "de"),
        ("Le président a déclaré que le vote était juste dans le pays", "fr"),
        ("El presidente dijo que la votación fue justa en todo el país", "es"),
        ("O presidente disse que a votação foi justa em todo o país", "pt"),
        ("Cumhurbaşkanı seçimlerin adil olduğunu söyledi ve bu konuda daha çok şey var", "tr"),
        ("Президент сайлаудың әділ болғанын айтты және бұл туралы хабарлады", "kk"),
        ("قال الرئيس إن التصويت كان عادلا في كل البلاد", "ar"),
        ("中国经济增长放缓", "zh"),
        ("東京で会議を開いた", "ja"),
        ("대통령은 선거가 공정했다고 말했다", "ko"),
        ("นายกรัฐมนตรีกล่าวว่า", "th"),
        ("", ""),
    ],
)
def test_the_language_is_told_by_its_small_words_or_its_script(text, language):
    assert guess_language(tokens(text)) == language


def test_stop_words_are_folded_as_texts_are():
    assert "für" not in stop_words("de")
    assert fold("für") in stop_words("de")
    assert stop_words("xx") == stop_words(None) == frozenset()


def test_numbers_lose_the_marks_that_group_them():
    assert numbers("1,500 of 1.500 in 007 and 3.5%") == {"1500", "7", "35"}


@given(st.text(max_size=120))
@settings(deadline=None)
def test_any_text_gives_tokens_without_spaces_and_a_stem_for_each(text):
    found = tokens(text)
    assert all(token and " " not in token for token in found)
    assert tokens(" ".join(found).replace("\n", " ")) is not None
    for language in ("en", "ru", "ar", "ko", ""):
        assert all(stems(found, language))
