"""Feeds page by page: every entry once while articles arrive, back again the same way, under the same filters."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest

from services.api.formats import FORMATS
from tests.fixtures.articles import Desk
from tests.fixtures.feed_rules import ATOM
from tests.fixtures.furniture import furnish

FILTERS = (
    "/feeds/latest.{}?",
    "/feeds/asia.{}?",
    "/feeds/central-asia/economy.{}?",
    "/feeds/latest.{}?region=africa&region=europe&topic=economy&topic=science&",
    "/feeds/latest.{}?q=the+-snow&language=en&",
)


@dataclass
class Page:
    """What a reader takes from one answer: ids of entries, and the pages that it names, by relation, as paths."""

    ids: list[str]
    links: dict[str, str]


def read(site, path: str) -> Page:
    answer = site.get(path)
    assert answer.status == 200, answer.text
    if answer.headers["content-type"] == "application/feed+json":
        told = answer.json
        ids = [item["id"] for item in told["items"]]
        links = {"self": told["feed_url"], **({"next": told["next_url"]} if "next_url" in told else {})}
    else:
        root = ET.fromstring(answer.body)
        ids = [node.text for node in [*root.iterfind(f"{ATOM}entry/{ATOM}id"), *root.iter("guid")]]
        links = {
            node.get("rel"): node.get("href")
            for node in [*root.iterfind(f"{ATOM}link"), *root.iterfind(f"channel/{ATOM}link")]
            if node.get("rel") != "alternate"
        }
    return Page(ids, {relation: url.removeprefix(site.url) for relation, url in links.items()})


def pages(site, path: str) -> list[str]:
    found = [path]
    while (following := read(site, found[-1]).links.get("next")) is not None:
        found.append(following)
    return found


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("path", FILTERS)
def test_pages_of_any_filter_are_the_whole_and_each_names_itself(site, desk, path, ending):
    furnish(desk)
    path = path.format(ending)
    whole = read(site, f"{path}limit=200").ids
    every = pages(site, f"{path}limit=3")
    assert [found for page in every for found in read(site, page).ids] == whole
    assert len(set(whole)) == len(whole) > 3
    asked = parse_qs(urlsplit(f"{path}limit=3").query)
    for page in every:
        told = read(site, page).links
        assert told["self"] == page
        assert {
            name: value for name, value in parse_qs(urlsplit(page).query).items() if name != "before"
        } == asked
        assert told.get("first", every[0]) == every[0]


@pytest.mark.parametrize("path", [*FILTERS, "/feeds/story/7.{}?"])
def test_previous_leads_back_the_way_one_came(site, desk, stories, path):
    furnish(desk)
    stories.put(7, [found["id"] for found in site.json("/v1/latest?limit=13")["items"]])
    every = pages(site, f"{path.format('atom')}limit=3")
    assert len(every) > 1
    assert "previous" not in read(site, every[0]).links
    back = [every[-1]]
    while (above := read(site, back[-1]).links.get("previous")) is not None:
        back.append(above)
    assert back == every[::-1]


@pytest.mark.parametrize("ending", FORMATS)
def test_who_pages_meets_every_entry_once_while_articles_come_change_and_go(site, desk, ending):
    numbers = [desk.article(f"Number {n}", regions=["asia"]) for n in range(12)]
    path = f"/feeds/asia.{ending}?limit=2"
    there = read(site, f"/feeds/asia.{ending}").ids
    met, n = [], 0
    while path:
        page = read(site, path)
        met += page.ids
        meanwhile(desk, n, numbers)
        path, n = page.links.get("next", ""), n + 1
    assert len(met) == len(set(met))
    gone = {*there} - {*read(site, f"/feeds/asia.{ending}").ids}
    assert {*there} - gone <= {*met}
    assert n > 5


def meanwhile(desk: Desk, n: int, numbers: list[int]) -> None:
    """Something arrives on top; something is corrected; of what is still to come something goes."""
    desk.article(f"Arrived {n}", regions=["asia"], age=-desk.now.resolution * (n + 1))
    desk.edit(numbers[n], title=f"Corrected {n}")
    if n == 2:
        desk.take_out(numbers[8])


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/feeds/asia.atom?region=europe", "this address names the region asia already"),
        ("/feeds/asia/energy.rss?topic=health", "this address names the topic energy already"),
        ("/feeds/latest.json?region=atlantis", "there is no region 'atlantis'"),
        ("/feeds/latest.json?source=nobody.example", "there is no source"),
        ("/feeds/latest.atom?lang=en", "lang is no parameter of /feeds/latest.atom"),
        ("/feeds/story/7.atom?q=x", "q is no parameter of"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_with_the_remedy(site, desk, path, said):
    answer = site.get(path)
    assert answer.status == 400
    assert said in answer.json["detail"]


def alternates(site, path: str) -> dict[str, str]:
    """Type and address of the feeds that a page names."""
    told = site.get(path, accept="text/html").text
    found = re.findall(r'<link rel="alternate" type="([^"]*)"[^>]*href="([^"]*)"', told)
    return {kind: unescape(url) for kind, url in found[:3]}


def test_every_page_names_the_feed_of_what_it_shows(site, desk, stories):
    furnish(desk)
    first, second, alone = (found["id"] for found in site.json("/v1/latest?limit=3")["items"])
    stories.put(7, [first, second])
    wanted = {
        "/": "/feeds/latest.atom",
        "/latest": "/feeds/latest.atom",
        "/latest?q=%22the+old%22+-snow": "/feeds/latest.atom?q=%22the+old%22+-snow",
        "/r/asia": "/feeds/asia.atom",
        "/r/asia/energy": "/feeds/asia/energy.atom",
        "/t/energy": "/feeds/latest/energy.atom",
        "/story/7": "/feeds/story/7.atom",
        f"/article/{first}": "/feeds/story/7.atom",
        f"/article/{alone}": "/feeds/central-asia.atom",
        "/docs": "/feeds/latest.atom",
        "/nowhere": "/feeds/latest.atom",
    }
    found = {page: alternates(site, page) for page in wanted}
    assert {page: named["application/atom+xml"] for page, named in found.items()} == wanted
    for named in found.values():
        for kind, address in named.items():
            answer = site.get(address)
            assert answer.status == 200
            assert answer.headers["content-type"].partition(";")[0] == kind
            assert f"{site.url}{address}" in unescape(answer.text)


def test_what_a_search_finds_can_be_followed_from_its_page(site, desk):
    furnish(desk)
    told = unescape(site.get("/latest?q=the+railway").text)
    for ending in FORMATS:
        assert f'<a href="/feeds/latest.{ending}?q=the+railway">' in told
    assert (
        site.json("/feeds/latest.json?q=the+railway")["home_page_url"] == f"{site.url}/latest?q=the+railway"
    )
