"""The list of feeds that ships: whole, without doubles, and honest about what each feed speaks for."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.resources import files
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest

from services.core.urls import check_http_url
from services.ingest.opml import read_opml

DATA = files("services.ingest").joinpath("starter.opml").read_bytes()

COUNTRIES = {
    "central-asia": "KG KZ TJ TM UZ",
    "south-asia": "AF BD BT IN LK MV NP PK",
    "middle-east": "AE BH EG IL IQ IR JO KW LB OM PS QA SA SY TR YE",
    "caucasus": "AM AZ GE",
    "russia": "RU",
    "eastern-europe": "BG BY CZ HU MD PL RO SK UA",
    "europe": "AD AL AT AX BA BE CH CY DE DK EE ES FI FO FR GB GG GI GR HR IE IM IS IT JE LI LT LU LV MC ME MK MT NL NO"
    " PT RS SE SI SJ SM VA XK",
    "european-union": "",
    "africa": "AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW"
    " MZ NA NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW",
    "east-asia": "CN HK JP KP KR MN MO TW",
    "southeast-asia": "BN ID KH LA MM MY PH SG TH TL VN",
    "north-america": "BM CA GL PM US",
    "latin-america": "AG AI AR AW BB BL BO BQ BR BS BV BZ CL CO CR CU CW DM DO EC FK GD GF GP GS GT GY HN HT JM KN KY LC"
    " MF MQ MS MX NI PA PE PR PY SR SV SX TC TT UY VC VE VG VI",
    "oceania": "AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS",
}
"""The regions that a feed may speak for, and the countries in each (ISO 3166)."""

TOPICS = (
    "politics elections diplomacy conflict business energy markets crime corruption disaster environment climate health"
    " science technology space society human-rights migration culture media education work religion sport weather"
    " lifestyle travel"
)

FOLDERS = {
    "Central Asia": "central-asia",
    "South Asia": "south-asia",
    "Middle East": "middle-east",
    "South Caucasus": "caucasus",
    "Russia": "russia",
    "Eastern Europe": "eastern-europe",
    "Europe": "europe",
    "European Union": "european-union",
    "Africa": "africa",
    "East Asia": "east-asia",
    "Southeast Asia": "southeast-asia",
    "North America": "north-america",
    "Latin America & Caribbean": "latin-america",
    "Oceania & Pacific": "oceania",
    "World": None,
}
"""Folders in the order in which they stand, and the region of each."""


@dataclass(frozen=True, slots=True)
class Line:
    """A feed as the file writes it, read without the product's own reader."""

    folder: str
    given: dict[str, str] = field(hash=False)

    def __str__(self) -> str:
        return f"{self.folder} / {self.given.get('text')}"


def _lines() -> Iterator[Line]:
    for folder in ET.fromstring(DATA).iterfind("./body/outline"):
        for outline in folder.iterfind("outline"):
            yield Line(folder.get("text", ""), dict(outline.attrib))


LINES = list(_lines())


def _place(url: str) -> str:
    """Host and path, which two lines may not share: `www.`, the scheme and a closing slash make no other feed."""
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www.") + parts.path.rstrip("/")


def _site(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def test_it_is_opml_2_with_a_title() -> None:
    root = ET.fromstring(DATA)
    assert (
        root.tag,
        root.get("version"),
        root.findtext("head/title"),
    ) == ("opml", "2.0", "Dateline starter list")


def test_folders_stand_in_the_order_of_the_regions_and_hold_nothing_but_feeds() -> None:
    body = ET.fromstring(DATA).find("body")
    assert body is not None
    assert list(FOLDERS) == [folder.get("text") for folder in body]
    assert {"rss"} == {feed.get("type") for folder in body for feed in folder}
    assert not [str(feed.attrib) for folder in body for feed in folder if len(feed)]


def test_there_are_between_200_and_300_feeds_and_at_least_five_in_every_folder() -> None:
    counts = Counter(line.folder for line in LINES)
    assert 200 <= counts.total() <= 300
    assert {folder: counts[folder] for folder in FOLDERS if counts[folder] < 5} == {}


def test_central_asia_is_richest_and_speaks_its_own_languages() -> None:
    counts = Counter(line.folder for line in LINES)
    here = [line.given for line in LINES if line.folder == "Central Asia"]
    assert counts.most_common(1)[0][0] == "Central Asia"
    assert len(here) >= 15
    assert {"en", "ru", "kk", "ky", "tg", "tk", "uz"} <= {given["language"] for given in here}
    assert {"KG", "KZ", "TJ", "TM", "UZ"} == {given["country"] for given in here if "country" in given}


@pytest.mark.parametrize("name", ["text", "title", "xmlUrl", "htmlUrl", "language"])
def test_every_feed_gives(name: str) -> None:
    assert [str(line) for line in LINES if not line.given.get(name, "").strip()] == []


def test_attributes_are_the_known_ones_and_none_is_empty() -> None:
    known = {"type", "text", "title", "xmlUrl", "htmlUrl", "language", "country", "region", "topic"}
    wrong = [
        f"{line}: {name}={value!r}"
        for line in LINES
        for name, value in line.given.items()
        if name not in known or not value or value != value.strip()
    ]
    assert wrong == []


@pytest.mark.parametrize("name", ["xmlUrl", "htmlUrl"])
def test_every_address_is_http_and_already_in_the_one_spelling(name: str) -> None:
    """Refused addresses raise here; one that is stored in another spelling would be a double on the next import."""
    assert [url for line in LINES if check_http_url(url := line.given[name]) != url] == []


def test_no_feed_stands_twice() -> None:
    assert {k: n for k, n in Counter(_place(line.given["xmlUrl"]) for line in LINES).items() if n > 1} == {}


def test_titles_tell_the_feeds_of_a_folder_apart() -> None:
    assert {k: n for k, n in Counter(str(line) for line in LINES).items() if n > 1} == {}


def test_languages_are_bcp_47_tags() -> None:
    def is_tag(tag: str) -> bool:
        language, *rest = tag.split("-")
        script_or_country = all((p.isupper() and len(p) == 2) or (p.istitle() and len(p) == 4) for p in rest)
        return language.isascii() and language.islower() and len(language) in {2, 3} and script_or_country

    assert [str(line) for line in LINES if not is_tag(line.given["language"])] == []


def test_a_region_is_known_and_that_of_its_folder() -> None:
    assert set(COUNTRIES) == set(FOLDERS.values()) - {None}
    wrong = {str(x): x.given["region"] for x in LINES if x.given.get("region", r := FOLDERS[x.folder]) != r}
    assert wrong == {}


def test_topics_are_known() -> None:
    assert set() == {line.given["topic"] for line in LINES if "topic" in line.given} - set(TOPICS.split())


def test_a_country_is_given_only_with_the_region_it_lies_in() -> None:
    """Classifying takes the country for what an article without a place is about: a world desk may not give one."""
    wrong = {
        str(line): country
        for line in LINES
        if (country := line.given.get("country"))
        and country not in COUNTRIES.get(line.given.get("region", ""), "").split()
    }
    assert wrong == {}


def test_all_feeds_of_one_site_give_the_same_country() -> None:
    """The country is stored once for a site, so one feed that gives it would speak for the others."""
    countries: defaultdict[str, set[str | None]] = defaultdict(set)
    for line in LINES:
        countries[_site(line.given["htmlUrl"])].add(line.given.get("country"))
    assert {site: given for site, given in countries.items() if len(given) > 1} == {}


def test_titles_of_one_site_begin_with_the_same_publisher() -> None:
    """“Publisher: part”, so that the part before the colon names the source behind several feeds."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    for line in LINES:
        names[_site(line.given["htmlUrl"])].add(line.given["title"].partition(": ")[0])
    assert {site: given for site, given in names.items() if len(given) > 1} == {}


def test_the_importer_reads_every_line_as_it_is_written() -> None:
    outline = read_opml(DATA, name="the starter list")
    assert outline.refused == ()
    assert len(outline.feeds) == len(LINES)
    for feed, line in zip(outline.feeds, LINES, strict=True):
        given = line.given
        assert (feed.url, feed.title, feed.site_url) == (given["xmlUrl"], given["title"], given["htmlUrl"])
        assert (feed.language, feed.country) == (given["language"], given.get("country"))
        assert (feed.region or None, feed.topic) == (given.get("region"), given.get("topic"))
        assert tuple(feed.folders) == (line.folder,)
