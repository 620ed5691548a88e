"""The workbench in a real browser: the link of the terminal signs in, a finding leads to its line, no page is too wide."""

import asyncio

import pytest

from services.classify import rulebook
from services.classify.starter import starter_texts
from services.core.db import transaction
from tests.fixtures.editors import token
from tests.fixtures.furniture import furnish

pytestmark = pytest.mark.pages


CARET = (
    "(() => { const t = document.querySelector('#text'), before = t.value.slice(0, t.selectionStart).split('\\n');"
    " return [[before.length, before.at(-1).length + 1], t.selectionStart === t.selectionEnd]; })()"
)
"""Line and column of the caret, and whether nothing is selected."""


async def signed_in(tab, site, secret):
    await tab.open(f"{site.url}/editor#{secret}")
    await tab.until("location.pathname === '/editor' && !!document.querySelector('.who')")


@pytest.fixture
def secret(desk):
    texts = starter_texts()
    with transaction() as session:
        rulebook.publish(session, texts, message="The starter rulebook", author="dateline")
    return token("aigerim")


def test_the_link_of_the_terminal_signs_in_and_leaves_no_token_in_the_address(site, secret, new_tab):
    async def look():
        async with new_tab() as tab:
            await signed_in(tab, site, secret)
            assert await tab.value("location.href") == f"{site.url}/editor"
            assert await tab.value("document.cookie") == ""
            await tab.open(f"{site.url}/editor/sign-in#dl_nobody")
            await tab.until("location.pathname === '/editor' && location.hash === ''")
            return tab.complaints

    assert asyncio.run(look()) == []


def test_a_wrong_token_in_the_link_is_told_once(site, secret, new_tab):
    async def look():
        async with new_tab() as tab:
            await tab.open(f"{site.url}/editor#dl_nobody")
            await tab.until("!!document.querySelector('[role=alert]')")
            assert "nobody's" in await tab.value("document.querySelector('[role=alert]').textContent")

    asyncio.run(look())


def test_a_finding_leads_to_its_line_and_numbers_keep_up(site, secret, new_tab, classify):
    async def look():
        async with new_tab() as tab:
            await signed_in(tab, site, secret)
            await tab.open(f"{site.url}/editor/file?name=places/africa.yaml")
            await tab.until("!!document.querySelector('#text') && document.readyState === 'complete'")
            lines = await tab.value("document.querySelector('#text').value.split('\\n').length")
            assert await tab.value("document.querySelectorAll('.numbers li').length") == lines
            await tab.value(
                "(() => { const t = document.querySelector('#text'); t.value += 'labels: 5\\n\\n'; "
                "t.dispatchEvent(new Event('input')); })()"
            )
            assert await tab.value("document.querySelectorAll('.numbers li').length") == lines + 2
            await tab.value("document.querySelector('.code-form').requestSubmit()")
            await tab.until(
                "!!document.querySelector('.findings [data-line]') && document.readyState === 'complete'"
            )
            await tab.value("document.querySelector('.findings [data-line]').click()")
            finding = "document.querySelector('.findings [data-line]').dataset"
            assert await tab.value(CARET) == [
                await tab.value(f"[Number({finding}.line), Number({finding}.column)]"),
                True,
            ]
            await tab.until(
                "(() => { const b = document.querySelector('.numbers .error').getBoundingClientRect(); "
                "return b.top >= 0 && b.bottom <= innerHeight; })()"
            )
            heights = await tab.value(
                "[document.querySelector('.numbers').scrollHeight, document.querySelector('#text').clientHeight]"
            )
            assert abs(heights[0] - heights[1]) <= 60
            return tab.complaints

    assert asyncio.run(look()) == []


def test_a_link_to_a_line_marks_it_and_selects_nothing(site, secret, new_tab):
    async def look():
        async with new_tab() as tab:
            await signed_in(tab, site, secret)
            for address, place in (
                ("?name=places/africa.yaml&line=17&column=3#L17", [17, 3]),
                ("?name=places/africa.yaml&line=9", [9, 1]),
                ("?name=places/africa.yaml#L12", [12, 1]),
            ):
                await tab.open(f"{site.url}/editor/file{address}")
                await tab.until(f"document.querySelector('.asked-line')?.id === 'L{place[0]}'")
                await tab.until(f"JSON.stringify({CARET}) === '[[{place[0]},{place[1]}],true]'")
            await tab.value("location.hash = '#L30'")
            await tab.until("document.querySelector('.asked-line').id === 'L30'")
            await tab.until(f"JSON.stringify({CARET}) === '[[30,1],true]'")
            return tab.complaints

    assert asyncio.run(look()) == []


def test_choosing_a_label_means_saying_it(site, secret, desk, new_tab):
    article = furnish(desk)[0]

    async def look():
        async with new_tab() as tab:
            await signed_in(tab, site, secret)
            await tab.open(f"{site.url}/editor/articles/{article}")
            await tab.until(
                "!!document.querySelector('[name=say_topics]') && document.readyState === 'complete'"
            )
            said = "document.querySelector('[name=say_topics]:checked').value"
            assert await tab.value(said) == "no"
            await tab.value("document.querySelector('[name=topic]').click()")
            assert await tab.value(said) == "yes"

    asyncio.run(look())


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.usefixtures("classify")
def test_no_page_of_the_workbench_is_wider_than_its_window(site, secret, desk, new_tab, width):
    article = furnish(desk)[0]

    async def look():
        async with new_tab() as tab:
            await tab.resize(width, mobile=width < 600)
            await signed_in(tab, site, secret)
            for path in (
                "/editor",
                "/editor/find?q=kyrgyz",
                "/editor/draft",
                "/editor/file?name=places/africa.yaml&line=900",
                "/editor/try",
                "/editor/stats",
                "/editor/corrections",
                "/editor/history",
                f"/editor/articles/{article}",
                "/editor/judgements",
                f"/editor/judge/{article}",
                f"/editor/judge/{article}/say?says=not_news",
            ):
                await tab.open(site.url + path)
                await tab.until(
                    f"location.pathname + location.search === '{path}' && document.readyState === 'complete'"
                )
                assert await tab.value("document.documentElement.scrollWidth") <= width, path
            await tab.open(f"{site.url}/editor/try")
            await tab.until("!!document.querySelector('#title') && document.readyState === 'complete'")
            await tab.value(
                "(() => { document.querySelector('#title').value = 'Kazakhstan builds a nuclear power plant'; "
                "document.querySelector('.form').requestSubmit(); })()"
            )
            await tab.until("!!document.querySelector('.tried-headline')")
            assert await tab.value("document.documentElement.scrollWidth") <= width
            return tab.complaints

    assert asyncio.run(look()) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_link_to_a_column_far_to_the_right_brings_it_into_sight(site, secret, new_tab, width):
    async def look():
        async with new_tab() as tab:
            await tab.resize(width)
            await signed_in(tab, site, secret)
            seen = []
            for column in (3, 160):
                await tab.open(f"{site.url}/editor/file?name=topics/long.yaml&line=4&column={column}")
                await tab.until(f"JSON.stringify({CARET}) === '[[4,{column}],true]'")
                seen.append(await tab.value("document.querySelector('#text').scrollLeft"))
            return seen

    publish_long()
    near, far = asyncio.run(look())
    assert near == 0
    assert far > 100


def publish_long() -> None:
    """A rulebook with one long line."""
    terms = ", ".join(f"term{n}" for n in range(30))
    long = f"labels:\n  - id: topic/long\n    name: Long\n    terms: [{terms}]\n"
    with transaction() as session:
        rulebook.publish(session, {"topics/long.yaml": long}, message="Long", author="dateline")
