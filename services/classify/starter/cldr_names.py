"""Names of countries and their adjectives from CLDR, as terms of the rules (used by the generator only)."""

import re
from functools import cache

from babel import Locale
from babel.languages import get_official_languages

WORLD_LANGUAGES = ("en", "ru", "fr", "es", "de", "pt", "ar", "tr", "zh", "it", "uk", "fa", "ja", "ko", "hi")
# Countries whose CLDR name is a description, not what news writes; overrides/ names them.
UNNAMED = frozenset({"HK", "MO", "CD", "CG", "PS", "UM", "IO", "TF", "BQ", "AQ", "SJ", "AX"})
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
    ("kk", "ky", "uz", "tk", "tg", "az", "tr", "fi", "et", "hu", "tt", "mn", "eu", "ka")
)
_SLAVIC = frozenset(("ru", "uk", "be", "bg", "mk", "sr"))
_BRACKET = re.compile(r"\s*[(\uff08]([^()\uff08\uff09]+)[)\uff09]")
_VOWELS = "аеёиоуыэюяіїє"


def country_names(code: str) -> dict[str, list[str]]:
    """Language -> terms for the names of one country, in the world languages and its own."""
    found: dict[str, list[str]] = {}
    for lang in dict.fromkeys((*WORLD_LANGUAGES, *_own_languages(code))):
        name = None if code in UNNAMED else _locale(lang).territories.get(code)
        if name and name != code:
            found[lang] = list(dict.fromkeys(_term(form, lang) for form in _forms(name, lang)))
    return found


def adjectives(code: str) -> dict[str, list[str]]:
    """Language -> terms for the adjective of a country, where one language is its own."""
    found: dict[str, list[str]] = {}
    for language, owner in COUNTRY_OF_LANGUAGE.items():
        if owner != code:
            continue
        for lang in WORLD_LANGUAGES:
            name = _locale(lang).languages.get(language)
            term = _adjective(name, lang) if name else None
            if term:
                found.setdefault(lang, []).append(term)
    return found


def zone_cities(code: str) -> dict[str, list[str]]:
    """Language -> names of the cities that time zones of a country are called by."""
    found: dict[str, list[str]] = {}
    for zone in _zones_of(code):
        for lang in WORLD_LANGUAGES:
            name = _city(zone, lang)
            if name and lang != "en":
                found.setdefault(lang, []).append(_term(name, lang))
    return found


def zone_city_names(code: str) -> set[str]:
    """English names of those cities."""
    return {name for zone in _zones_of(code) if (name := _city(zone, "en"))}


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
    return str(name) if name and "/" not in str(name) and "," not in str(name) else None


def _forms(name: str, lang: str) -> list[str]:
    """Readings of a CLDR name: what stands in brackets is another name."""
    inner = _BRACKET.findall(name)
    forms = [_BRACKET.sub("", name), *inner]
    if lang == "en":
        forms += [form.replace("&", "and") for form in forms if "&" in form]
        forms += [form.replace("St.", "Saint") for form in forms if "St." in form]
    return [form.replace("’", "'").strip() for form in forms if len(form) > 1]


def _term(name: str, lang: str) -> str:
    """A name as a term: with the endings that its language puts on names."""
    if lang in _SLAVIC:
        return " ".join(_slavic(word) for word in name.split())
    if lang in _AGGLUTINATIVE and len(name) > 3:
        return f"{name}*6" if lang != "tr" else f"{name}*4"
    if lang == "de" and len(name) > 3:
        return f"{name}*1"
    return name


def _slavic(word: str) -> str:
    low = word.lower()
    if len(word) < 4 or "-" in word or not low[-1].isalpha():
        return word
    for ending in ("ая", "ий", "ый", "ое", "ые", "ие", "а", "я", "ы", "и", "ь", "й"):
        if low.endswith(ending) and len(word) - len(ending) >= 3:
            return f"{word[: -len(ending)]}*3"
    return word if low[-1] in _VOWELS else f"{word}*3"


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
