"""The outlets of the press: thirty that work and a dozen that are broken. Names, sites and people are invented."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from newswire.model import Format, Outlet, Role, Trouble, Validators

_CENTRAL = ("central-asia",)
_WORLDWIDE = ("*",)


def _outlet(slug: str, name: str, country: str, language: str, tagline: str, **more: Any) -> Outlet:
    return Outlet(
        slug=slug,
        name=name,
        country=country,
        language=language,
        tagline=tagline,
        site=f"{slug}.example",
        **more,
    )


OUTLETS: tuple[Outlet, ...] = (
    _outlet("turan-wire", "Turan Wire", "UZ", "en", "News agency of the inner continent", beats=(*_CENTRAL, "caucasus"), role=Role.WIRE, full_text=True, window=40, hub=True),
    _outlet("steppe-courier", "The Steppe Courier", "KZ", "en", "Kazakhstan and its neighbours, daily", beats=_CENTRAL, takes=("turan-wire",), full_text=True),
    _outlet("ala-too-dispatch", "Ala-Too Dispatch", "KG", "en", "Letters from the high valleys", beats=_CENTRAL, format=Format.ATOM, validators=Validators.ETAG, guids="urn", takes=("turan-wire",), hub=True),
    _outlet("silk-meridian", "Silk Meridian", "UZ", "en", "Trade, water and cities of Uzbekistan", beats=_CENTRAL, format=Format.JSON, links="dated", full_text=True),
    _outlet("pamir-observer", "Pamir Observer", "TJ", "en", "From Dushanbe and the mountains", beats=_CENTRAL, format=Format.RDF, validators=Validators.LAST_MODIFIED, window=20),
    _outlet("karakum-gazette", "Karakum Gazette", "TM", "en", "The desert reports", beats=_CENTRAL, validators=Validators.NONE, dated=False, links="query", window=20),
    _outlet("stepnoy-vestnik", "Степной вестник", "KZ", "ru", "Новости Казахстана и соседей", beats=_CENTRAL, charset="windows-1251", links="query"),
    _outlet("dala-uni", "Дала үні", "KZ", "kk", "Қазақстан және әлем жаңалықтары", beats=_CENTRAL, format=Format.ATOM, links="native"),
    _outlet("gorny-kurier", "Горный курьер", "KG", "ru", "Бишкек, Ош и вся страна", beats=_CENTRAL, validators=Validators.ETAG, guids="none"),
    _outlet("tashkent-chronograph", "Ташкентский хронограф", "UZ", "ru", "Узбекистан день за днём", beats=_CENTRAL, links="dated", full_text=True),
    _outlet("oxus-digest", "Oxus Digest", "UZ", "en", "The best of the regional press", beats=_CENTRAL, role=Role.AGGREGATOR, guids="urn", window=40),
    _outlet("monsoon-ledger", "Monsoon Ledger", "IN", "en", "India and the subcontinent", beats=("south-asia",), takes=("meridian-agency",), links="dated"),
    _outlet("indus-lantern", "The Indus Lantern", "PK", "en", "Pakistan, Afghanistan and the road north", beats=("south-asia", "TJ", "UZ"), format=Format.ATOM),
    _outlet("levant-compass", "Levant Compass", "JO", "en", "Between the desert and the sea", beats=("middle-east",), takes=("meridian-agency",), validators=Validators.ETAG),
    _outlet("manarat", "منارة المشرق", "EG", "ar", "أخبار المنطقة والعالم", beats=("middle-east",), guids="urn"),
    _outlet("bogaz-postasi", "Boğaz Postası", "TR", "tr", "Türkiye'den ve dünyadan haberler", beats=("middle-east", "caucasus", "central-asia"), validators=Validators.LAST_MODIFIED),
    _outlet("kura-review", "Kura Valley Review", "GE", "en", "Tbilisi, Yerevan, Baku", beats=("caucasus",), takes=("turan-wire",), format=Format.RDF),
    _outlet("volga-telegraf", "Волжский телеграф", "RU", "ru", "Россия и её соседи", beats=("russia", *_CENTRAL), links="native"),
    _outlet("northgate-tribune", "Northgate Tribune", "GB", "en", "Britain and Europe, plainly", beats=("europe", "eastern-europe"), takes=("meridian-agency",), full_text=True),
    _outlet("gazette-deux-rives", "La Gazette des Deux Rives", "FR", "fr", "La France, l'Europe et le monde", beats=("europe",), format=Format.ATOM, guids="urn"),
    _outlet("danube-ledger", "Danube Ledger", "RO", "en", "Central and eastern Europe", beats=("eastern-europe",), validators=Validators.LAST_MODIFIED, charset="iso-8859-1"),
    _outlet("savanna-standard", "Savanna Standard", "KE", "en", "East Africa first", beats=("africa",), takes=("meridian-agency",), format=Format.JSON),
    _outlet("fleuve-info", "Le Fleuve", "SN", "fr", "L'Afrique de l'Ouest au quotidien", beats=("africa",), validators=Validators.NONE),
    _outlet("harbour-lights", "Harbour Lights Daily", "JP", "en", "Japan, Korea and the Pacific shore", beats=("east-asia",), format=Format.ATOM, takes=("meridian-agency",)),
    _outlet("dongfang-chenxun", "东方晨讯", "CN", "zh", "中国与世界新闻", beats=("east-asia", *_CENTRAL), guids="urn"),
    _outlet("mekong-mirror", "Mekong Mirror", "VN", "en", "Southeast Asia upstream and down", beats=("southeast-asia",), links="query"),
    _outlet("prairie-ledger", "Prairie Ledger", "US", "en", "North America from the middle", beats=("north-america", "latin-america"), takes=("meridian-agency",), full_text=True),
    _outlet("brujula-austral", "La Brújula Austral", "AR", "es", "América Latina de norte a sur", beats=("latin-america",), links="dated"),
    _outlet("tasman-star", "Tasman Star", "NZ", "en", "New Zealand, Australia and the islands", beats=("oceania",), format=Format.JSON, validators=Validators.ETAG),
    _outlet("meridian-agency", "Meridian Agency", "CH", "en", "World news, by wire", beats=_WORLDWIDE, role=Role.WIRE, full_text=True, window=50),
    _outlet("the-relay", "The Relay", "GB", "en", "Headlines from everywhere", beats=_WORLDWIDE, role=Role.AGGREGATOR, format=Format.RSS, guids="none", window=50),
)  # fmt: skip

_STATED = {
    Trouble.NOT_FOUND: "Lost Page Post",
    Trouble.GONE: "Closed Gate Weekly",
    Trouble.SERVER_ERROR: "Broken Press Daily",
    Trouble.UNAVAILABLE: "Back Soon Bulletin",
    Trouble.HTML: "Front Door Times",
    Trouble.GARBAGE: "Static Noise Herald",
    Trouble.EMPTY: "Blank Sheet Journal",
    Trouble.TRUNCATED: "Torn Page Examiner",
    Trouble.MOVED: "New Address Star",
    Trouble.ELSEWHERE: "Detour Echo",
    Trouble.SLOW: "Slow Post",
    Trouble.HANGS_UP: "Dropped Call Courier",
    Trouble.MISLABELLED: "Вестник кодировок",
}
_HOMES = ("KZ", "IN", "TR", "PL", "KG", "NG", "UZ", "TJ", "KZ", "GE", "KG", "US", "KZ")

BROKEN: tuple[Outlet, ...] = tuple(
    _outlet(
        f"broken-{trouble}",
        name,
        home,
        "ru" if trouble is Trouble.MISLABELLED else "en",
        "Out of order in a stated way",
        beats=_CENTRAL,
        window=20,
        trouble=trouble,
    )
    for (trouble, name), home in zip(_STATED.items(), _HOMES, strict=True)
)


def first_outlets(count: int) -> Sequence[Outlet]:
    """The first `count` working outlets; asked for more than there are, local editions of English ones are added."""
    found = list(OUTLETS[:count])
    plain = [outlet for outlet in OUTLETS if outlet.language == "en" and outlet.role is Role.NEWSPAPER]
    while len(found) < count:
        number, model = len(found), plain[len(found) % len(plain)]
        found.append(replace(model, slug=f"{model.slug}-{number}", name=f"{model.name}, edition {number}"))
    return found


def mixed_outlets(count: int) -> Sequence[Outlet]:
    """`count` generated outlets for measurements, mixed as the feeds of the world are.

    Of every hundred in a row 42 are RSS, 19 RSS with the full text, 31 Atom and 8 RDF, 20 to 50 entries each; three fifths have
    both validators, a fifth each one of them. Five in a row are sections of one publisher and repeat each other's articles.
    """
    models = [outlet for outlet in OUTLETS if outlet.language == "en" and outlet.role is Role.NEWSPAPER]
    return [_section(number, models[number // _SECTIONS % len(models)]) for number in range(count)]


_SECTIONS = 5
_OF_A_HUNDRED = (
    (42, Format.RSS, False),
    (61, Format.RSS, True),
    (92, Format.ATOM, False),
    (100, Format.RDF, False),
)
_OF_FIVE = (Validators.BOTH, Validators.BOTH, Validators.BOTH, Validators.ETAG, Validators.LAST_MODIFIED)


def _section(number: int, model: Outlet) -> Outlet:
    """Steps of a number without a common divisor with the size of a deal give each card its share, well shuffled."""
    card = number * 37 % 100
    format_, full_text = next((kind, full) for below, kind, full in _OF_A_HUNDRED if card < below)
    publisher = number // _SECTIONS * _SECTIONS
    return replace(
        model,
        slug=f"mixed-{number:04d}",
        name=f"{model.name} {publisher // _SECTIONS:03d}: section {number % _SECTIONS + 1}",
        tagline="A feed of the mixture for measurements",
        site=f"mixed-{number:04d}.example",
        format=format_,
        full_text=full_text,
        validators=_OF_FIVE[(number * 2 + number // _SECTIONS) % len(_OF_FIVE)],
        window=20 + number * 13 % 31,
        publisher=f"mixed-{publisher:04d}",
        hub=False,
        takes=(),
        guids="url",
        links="slug",
        dated=True,
        charset="utf-8",
    )


def plain_outlets(count: int, *, entries: int) -> Sequence[Outlet]:
    """`count` generated outlets for measurements: English RSS, both validators, a window of `entries`."""
    models = [outlet for outlet in OUTLETS if outlet.language == "en" and outlet.role is Role.NEWSPAPER]
    return [
        Outlet(
            slug=f"bench-{number:04d}",
            name=f"{models[number % len(models)].name} {number:04d}",
            country=models[number % len(models)].country,
            language="en",
            tagline="A plain feed for measurements",
            site=f"bench-{number:04d}.example",
            beats=models[number % len(models)].beats,
            window=entries,
        )
        for number in range(count)
    ]
