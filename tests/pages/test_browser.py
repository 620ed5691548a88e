"""The pages in a real browser: the script runs under our own policy and follows the stream."""

import asyncio
from datetime import timedelta

import pytest

from services.core.clock import utc_now
from tests.fixtures.feeds import troubled
from tests.fixtures.furniture import NEWS, furnish

pytestmark = pytest.mark.pages

TWENTY_REGIONS = """(() => {
  const list = document.querySelector('.regions ul');
  for (let n = list.children.length; n < 20; n++) list.append(list.lastElementChild.cloneNode(true));
})()"""
OUT_OF_SIGHT = """[...document.querySelectorAll('.regions a')].filter((link) => {
  const box = link.getBoundingClientRect(), frame = link.closest('ul').getBoundingClientRect();
  return box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom + 1 || frame.right > innerWidth;
}).map((link) => link.textContent)"""


def test_the_front_page_follows_the_stream_and_breaks_no_rule_of_its_own(site, desk, new_tab):
    ids = furnish(desk)

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/")
            await tab.until("document.querySelectorAll('.latest-list > li').length === 24")
            await asyncio.to_thread(
                desk.article,
                "Quake felt in Osh",
                age=desk.now - utc_now(),
                regions=["central-asia"],
                language="en",
            )
            await tab.until(
                "document.querySelector('.latest-list > li.new h3')?.textContent === 'Quake felt in Osh'"
            )
            assert await tab.value("document.querySelector('.latest-list .kicker').textContent") == (
                "Central Asia · just now: why this article is here"
            )
            assert await tab.value("document.querySelector('[data-news]').textContent") == "1 new article"
            assert await tab.value("document.querySelectorAll('.latest-list > li').length") == 24
            await asyncio.to_thread(desk.edit, ids[0], title="Kazakhstan opens two")
            await tab.until(
                "document.querySelector('.latest-list').textContent.includes('Kazakhstan opens two')"
            )
            await asyncio.to_thread(desk.take_out, ids[0])
            await tab.until(
                "!document.querySelector('.latest-list').textContent.includes('Kazakhstan opens two')"
            )
            return tab.complaints

    assert asyncio.run(look()) == []


def test_hostile_text_that_arrives_later_stays_text(site, desk, new_tab):
    desk.article("Quiet")

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/latest")
            await tab.until("document.querySelectorAll('.stream-list > li').length === 1")
            await asyncio.to_thread(
                desk.article,
                "<img src=x onerror=alert(1)>",
                age=timedelta(0),
                url="javascript:alert(1)",
                language=None,
            )
            await tab.until("document.querySelectorAll('.stream-list > li').length === 2")
            assert (
                await tab.value("document.querySelector('.stream-list h2').textContent")
                == "<img src=x onerror=alert(1)>"
            )
            assert await tab.value("document.querySelector('.stream-list h2 a').getAttribute('href')") == "#"
            assert await tab.value("document.images.length") == 0

    asyncio.run(look())


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_its_window(site, desk, new_tab, width):
    shown, feed = furnish(desk)[0], troubled(desk)

    async def look():
        async with new_tab() as tab:
            await tab.resize(width, mobile=width < 600)
            paths = (
                "/",
                "/r/central-asia",
                f"/article/{shown}",
                "/operator",
                f"/operator/feeds/{feed}",
                "/docs",
                "/r/nowhere",
            )
            for path in paths:
                await tab.open(site.url + path)
                await tab.until(f"location.pathname === '{path}' && document.readyState === 'complete'")
                assert await tab.value("document.documentElement.scrollWidth") <= width, path

    asyncio.run(look())


@pytest.mark.parametrize("width", [1280, 390])
def test_every_region_of_the_menu_is_in_sight(site, desk, new_tab, width):
    furnish(desk)

    async def look():
        async with new_tab() as tab:
            await tab.resize(width)
            await tab.open(f"{site.url}/")
            await tab.until(
                "document.querySelectorAll('.regions a').length > 3 && document.readyState === 'complete'"
            )
            await tab.value(TWENTY_REGIONS)
            return await tab.value(OUT_OF_SIGHT)

    assert asyncio.run(look()) == []


def test_the_order_of_latest_is_that_of_the_stream(site, desk, new_tab):
    furnish(desk)

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/")
            await tab.until("document.querySelectorAll('.latest-list > li').length === 24")
            await asyncio.to_thread(desk.article, "Came late", age=timedelta(minutes=20), regions=["russia"])
            await tab.until("document.querySelector('.latest-list').textContent.includes('Came late')")
            return await tab.value(
                "[...document.querySelectorAll('.latest-list h3')].slice(0, 4).map(h => h.textContent)"
            )

    assert asyncio.run(look()) == [NEWS[0][2], NEWS[1][2], NEWS[2][2], "Came late"]


def test_stories_fit_their_window_open_and_closed_and_break_no_rule_of_ours(site, desk, stories, new_tab):
    ids = furnish(desk)
    stories.put(7, ids[:4])
    stories.rising(desk.now, {7: [(f"{n}.example", n) for n in range(5)]}, "region/central-asia")

    async def look():
        async with new_tab() as tab:
            for width in (1280, 390):
                await tab.resize(width, mobile=width < 600)
                for path in ("/story/7", "/", "/r/central-asia", f"/article/{ids[0]}"):
                    await tab.open(site.url + path)
                    await tab.until(f"location.pathname === '{path}' && document.readyState === 'complete'")
                    await tab.value(
                        "document.querySelectorAll('details').forEach(found => { found.open = true })"
                    )
                    assert await tab.value("document.querySelectorAll('details[open]').length") > 0, path
                    assert await tab.value("document.documentElement.scrollWidth") <= width, path
            return tab.complaints

    assert asyncio.run(look()) == []


def test_a_row_that_is_told_anew_names_the_publishers_of_its_story(site, desk, stories, new_tab):
    ids = furnish(desk)

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/latest")
            await tab.until("document.querySelectorAll('.stream-list > li').length > 0")
            await asyncio.to_thread(stories.put, 7, ids[:4])
            await asyncio.to_thread(desk.edit, ids[0], title="Told anew")
            await tab.until("document.querySelector('.stream-list').textContent.includes('Told anew')")
            return await tab.value(
                "[...document.querySelectorAll('.stream-list > li')].find(li => li.textContent.includes('Told anew'))"
                ".querySelector('.byline a[href=\"/story/7\"]').textContent"
            )

    assert asyncio.run(look()) == "4 publishers"


def rise(desk, stories, *numbers: int) -> None:
    """These stories rise everywhere, each with five publishers."""
    told = {number: [(f"{number}-{n}.example", n) for n in range(5)] for number in numbers}
    stories.rising(desk.now, told)


def test_what_is_rising_keeps_up_and_what_is_open_stays_open(site, desk, stories, new_tab):
    ids = furnish(desk)
    stories.put(7, ids[:2])
    stories.put(8, ids[2:4])
    rise(desk, stories, 7)

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/")
            await tab.until("document.querySelectorAll('.trend').length === 1")
            await tab.value("document.querySelector('.trend details').open = true")
            await tab.value("document.querySelector('.latest').marked = true")
            await asyncio.to_thread(rise, desk, stories, 7, 8)
            await asyncio.to_thread(desk.article, "Something new", age=timedelta(0))
            await tab.until("document.querySelectorAll('.trend').length === 2")
            assert await tab.value("document.querySelectorAll('.trend details[open]').length") == 1
            assert await tab.value("document.querySelector('.latest').marked"), "the page was not loaded anew"
            return tab.complaints

    assert asyncio.run(look()) == []


def test_a_story_grows_before_the_eyes_of_who_comes_back_to_it(site, desk, stories, new_tab):
    ids = furnish(desk)
    stories.put(7, ids[:2])

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/story/7")
            await tab.until("document.querySelectorAll('.stream-list > li').length === 2")
            await asyncio.to_thread(stories.put, 7, ids[:5])
            await tab.value("document.dispatchEvent(new Event('visibilitychange'))")
            await tab.until("document.querySelectorAll('.stream-list > li').length === 5")
            assert "5 articles" in await tab.value("document.querySelector('.event-head').textContent")
            return tab.complaints

    assert asyncio.run(look()) == []


def test_the_number_of_publishers_beside_a_headline_keeps_up(site, desk, stories, new_tab):
    ids = furnish(desk)

    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/")
            await tab.until("document.querySelectorAll('.latest-list > li').length > 0")
            await asyncio.to_thread(stories.put, 7, ids[:4])
            await tab.value("document.dispatchEvent(new Event('visibilitychange'))")
            await tab.until("document.querySelector('.latest-list a[href=\"/story/7\"]') !== null")
            return tab.complaints

    assert asyncio.run(look()) == []
