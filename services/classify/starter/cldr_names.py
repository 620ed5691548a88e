"""Names of countries and their adjectives from CLDR, as terms of the rules (used by the generator only)."""

import re
from functools import cache

from babel import Locale
from babel.languages import get_official_languages

# Languages in which every country is named. A Latin one must be here as a whole: articles in a language that has
# terms of its own are not read with the English ones.
WORLD_LANGUAGES = (
    "en", "ru", "fr", "es", "de", "pt", "ar", "tr", "zh", "it", "uk", "fa", "ja", "ko", "hi",
    "pl", "nl", "sv", "cs", "ro", "hu", "id", "vi", "sw", "az", "uz", "tk",
    "da", "fi", "sk", "hr", "ha", "so", "am", "ta", "mr",
    "kk", "ky", "tg", "el", "he", "ur", "bn", "th", "bg", "sr", "ka", "hy", "mn",
)  # fmt: skip
# Adjectives by the name of the language, where no hand-kept one stands.
ADJECTIVE_LANGUAGES = ("en", "ru", "fr", "es", "de", "pt", "it", "uk")
# Latin names that are words or surnames (a meeting, a sweater, Saint Martin); overrides/ write them with an island.
HOMONYMS = frozenset({"RE", "JE", "MF"})
LONG_WORD = 8  # letters beyond which an open ending takes no other name
NEVER_OPEN = frozenset({"Niger", "Nijer", "Nigir", "Нигер", "Նիգեր", "ნიგერი", "Nigeri"})  # Nigeria begins so
SHORT_STEM = 5  # letters up to which a name with any suffix is soon another word (Катар, катаракта)
BRACKETED = frozenset({"SX", "MF", "VG", "VI", "UM"})  # what stands in brackets is the country they belong to
OTHER_CITY_LANGUAGES = ("ar", "tr", "zh", "fa", "ja", "ko", "hi")
FEW_ZONES = 4  # a country with more has zones named after villages
# Spellings of a language that news of another country uses.
VARIANTS = {
    "zh": ("zh_Hant", "zh_Hant_HK"), "pt": ("pt_PT",), "es": ("es_MX",), "fr": ("fr_CA",), "de": ("de_CH",),
    "uz": ("uz_Cyrl",), "sr": ("sr_Latn",), "ar": ("ar_EG", "ar_SA"), "en": ("en_AU",),
}  # fmt: skip
# Countries whose CLDR name is a description, not what news writes; overrides/ names them.
UNNAMED = frozenset({"HK", "MO", "CD", "CG", "PS"})
# Languages that one country has for its own: their names serve as adjectives (Kazakh, казахский, kasachisch).
COUNTRY_OF_LANGUAGE = {
    "kk": "KZ", "ky": "KG", "tg": "TJ", "tk": "TM", "uz": "UZ", "ru": "RU", "uk": "UA", "be": "BY", "pl": "PL",
    "cs": "CZ", "sk": "SK", "hu": "HU", "ro": "RO", "bg": "BG", "sr": "RS", "hr": "HR", "sl": "SI", "mk": "MK",
    "sq": "AL", "el": "GR", "tr": "TR", "az": "AZ", "hy": "AM", "ka": "GE", "ne": "NP", "th": "TH", "lo": "LA",
    "vi": "VN", "id": "ID", "ja": "JP", "ko": "KR", "zh": "CN", "mn": "MN", "et": "EE", "lv": "LV", "lt": "LT",
    "fi": "FI", "sv": "SE", "no": "NO", "da": "DK", "is": "IS", "fr": "FR", "it": "IT", "es": "ES", "so": "SO",
    "bn": "BD", "my": "MM", "de": "DE", "pt": "PT", "dz": "BT", "mt": "MT", "lb": "LU",
}  # fmt: skip
_AGGLUTINATIVE = frozenset(
    ("kk", "ky", "uz", "tk", "tg", "az", "tr", "fi", "et", "hu", "tt", "mn", "eu", "ka", "hy", "bn")
)
_SLAVIC = frozenset(("ru", "uk", "be", "bg", "mk", "sr"))
_LATIN_SLAVIC = frozenset(("pl", "cs", "sk", "hr", "sl", "lt", "lv", "el"))
_SHORT_CASES = "|a|u|em|om|ie|e|y|i|ę|ą|o|ou|ě"  # of Latin Slavic names, their last vowel cut off
_GREEK_CASES = "|α|ας|ο|ου|ος|ους|οι|ων|η|ης|ες"
_GENITIVE_S = frozenset(("de", "nl", "sv", "da", "nb", "no", "ro"))
_SHORTENED = {"о-ва": "острова", "о-в": "остров", "о.": "остров", "St.": "St."}
_BRACKET = re.compile(r"\s*[(\uff08]([^()\uff08\uff09]+)[)\uff09]")
_VOWELS = "аеёиоуыэюяіїє"
# How names decline, by their last letters, in Russian and Ukrainian (Bulgarian, Serbian: the last two of a line).
_CASES = {
    "ия": "ия|ии|ию|ией|ията", "ія": "ія|ії|ію|ією", "ија": "ија|ије|ији|ију|ијом", "ея": "ея|еи|ее|ею|еей",
    "а": "а|ы|и|е|у|ой|і|ою", "я": "я|и|е|ю|ей|ї|і|єю", "ь": "ь|я|и|ю|ем|е|ью", "й": "й|я|ю|ем|е|ї",
    "ы": "ы|ов|ам|ами|ах|", "ї": "ї|й|ям|ями|ях",
}  # fmt: skip


def country_names(code: str) -> dict[str, list[str]]:
    """Language -> terms for the names of one country, in the world languages and its own."""
    found: dict[str, list[str]] = {}
    if code in UNNAMED:
        return found
    for lang in dict.fromkeys((*WORLD_LANGUAGES, *_own_languages(code))):
        key = lang if lang in WORLD_LANGUAGES else "any"
        for locale in (lang, *VARIANTS.get(lang, ())):
            name = _locale(locale).territories.get(code)
            if name and name != code and not (code in HOMONYMS and name[0] < "\u0250"):
                name = _BRACKET.sub("", name) if code in BRACKETED else name
                spelt = "uz_Latn" if locale == "sr_Latn" else lang
                terms = [_term(form, spelt) for form in _forms(name, lang)]
                found.setdefault(key, []).extend(
                    _as_written(term) if key == "any" else term for term in terms
                )
    return {lang: list(dict.fromkeys(terms)) for lang, terms in found.items()}


def adjectives(code: str) -> dict[str, list[str]]:
    """Language -> terms for the adjective of a country, where one language is its own."""
    found: dict[str, list[str]] = {}
    for language, owner in COUNTRY_OF_LANGUAGE.items():
        if owner != code:
            continue
        for lang in ADJECTIVE_LANGUAGES:
            name = _locale(lang).languages.get(language)
            term = _adjective(name, lang) if name else None
            if term:
                found.setdefault(lang, []).append(term)
    name = None if code in UNNAMED else _locale("ar").territories.get(code)
    if name and (nisba := _nisba(_BRACKET.sub("", name))):
        found["ar"] = [nisba]
    return found


def zone_cities(code: str) -> dict[str, list[str]]:
    """Language -> names of the cities that time zones of a country are called by."""
    found: dict[str, list[str]] = {}
    zones = [] if code in HOMONYMS else _zones_of(code)
    for zone in zones if len(zones) <= FEW_ZONES else []:
        for lang in ADJECTIVE_LANGUAGES + OTHER_CITY_LANGUAGES:
            name = _city(zone, lang)
            if name and lang != "en":
                found.setdefault(lang, []).append(_term(name, lang))
    return found


@cache
def _locale(lang: str) -> Locale:
    return Locale.parse(lang)


def _own_languages(code: str) -> list[str]:
    official = get_official_languages(code, de_facto=True)
    return [lang for lang in official if "_" not in lang and _has_names(lang)]


@cache
def _has_names(lang: str) -> bool:
    try:
        return len(_locale(lang).territories) > 100
    except Exception:  # noqa: BLE001 - a language that CLDR does not carry is simply left out
        return False


def _zones_of(code: str) -> list[str]:
    from babel.core import get_global  # noqa: PLC0415 - the only use

    territories = get_global("zone_territories")
    return sorted(zone for zone, owner in territories.items() if owner == code and "/" in zone)


def _city(zone: str, lang: str) -> str | None:
    data = _locale(lang).time_zones.get(zone)
    name = data.get("city") if data else None
    if name is None and lang == "en":
        name = zone.rpartition("/")[2].replace("_", " ")
    return str(name).replace("\u00ad", "") if name and "/" not in str(name) and "," not in str(name) else None


def _forms(name: str, lang: str) -> list[str]:
    """Readings of a CLDR name: what stands in brackets is another name."""
    inner = _BRACKET.findall(name)
    forms = [_BRACKET.sub("", name), *inner]
    if lang == "en":
        forms += [form.replace("&", "and") for form in forms if "&" in form]
        forms += [form.replace("St.", "Saint") for form in forms if "St." in form]
    for short, full in _SHORTENED.items():
        forms = [" ".join(full if word == short else word for word in form.split()) for form in forms]
    return [form.replace("’", "'").replace("\u00ad", "").strip() for form in forms if len(form) > 1]


def _term(name: str, lang: str) -> str:
    """A name as a term: with the endings that its language puts on names."""
    if lang in _SLAVIC:
        return _slavic(name) if " " not in name else " ".join(_opened(word) for word in name.split())
    if lang in _LATIN_SLAVIC:
        return " ".join(_cut(word, alone=" " not in name) for word in name.split())
    if lang in _AGGLUTINATIVE and len(name) > 4:
        if name in NEVER_OPEN:
            return name
        room = 3 if len(name) <= SHORT_STEM else 5 if lang in ("tr", "az") else 6
        return f"{name}*{room}"
    if lang in _GENITIVE_S and len(name) > 3:
        return f"{name}*1"
    return name


def _nisba(name: str) -> str | None:
    """The Arabic adjective of a name of one word: ألمانيا, ألماني."""
    if " " in name or len(name) < 4:
        return None
    stem = name.removeprefix("ال")
    stem = stem.removesuffix("يا") if stem.endswith("يا") else stem.rstrip("اة")
    return f"{stem.removesuffix('ي')}(ي|ية|يين|يون)" if len(stem) >= 3 else None


def _cut(word: str, *, alone: bool) -> str:
    """A word of a Latin Slavic language or of Greek, with its cases; a long one, or one of a phrase, with an open ending."""
    if not word[-1].isalpha() or len(word) < 4 or word in NEVER_OPEN:
        return word
    greek = word[-1] >= "\u0370"
    stem = word[:-1] if word[-1].lower() in "aeioyąęáéíýěάέήίόύώαεηιουω" else word
    stem = word[:-2] if greek and word[-1] == "ς" else stem
    if not alone and len(word) < LONG_WORD // 2 + 1:
        return word
    if not alone or len(word) > LONG_WORD:
        return f"{stem}*3"
    return f"{stem}({_GREEK_CASES if greek else _SHORT_CASES})"


def _opened(word: str) -> str:
    """A Cyrillic word of a phrase: its neighbours say what it is, so its ending may be open."""
    if len(word) < 4 or "-" in word or not word[-1].isalpha():
        return word
    stem = word.rstrip(_VOWELS + "ьй")
    return f"{stem}*3" if len(stem) >= 3 else word


def _as_written(term: str) -> str:
    """A name for every language: Ísland must not be any island."""
    return term if "*" in term or "(" in term or " " in term else f"={term}"


def _slavic(word: str) -> str:
    """A Cyrillic name with its cases written out: an open ending would take Нигерия for Нигер."""
    low = word.lower()
    if len(word) < 4 or "-" in word or not low[-1].isalpha():
        return word
    for ending, cases in _CASES.items():
        if ending == "а" and low.endswith("а") and low[-2] in _VOWELS:
            return word  # Самоа, Никарагуа
        if low.endswith(ending):
            return f"{word[: -len(ending)]}({cases})"
    return word if low[-1] in _VOWELS else f"{word}(|а|у|ом|е|і)"


def _adjective(name: str, lang: str) -> str | None:
    word = _BRACKET.sub("", name).strip()
    if " " in word or "-" in word or len(word) < 4:
        return None
    if lang in ("ru", "uk") and word.endswith(("ский", "ська", "цкий", "цька")):
        return f"{word[:-2] if lang == 'ru' else word[:-1]}*3"
    if lang == "en":
        return f"{word}*1"
    if lang in ("fr", "pt", "es", "it"):
        return f"{word[:-1]}*3" if word[-1] in "oe" and len(word) > 5 else f"{word}*2"
    if lang == "de" and word.endswith("isch"):
        return f"{word.lower()}*2"
    return None
