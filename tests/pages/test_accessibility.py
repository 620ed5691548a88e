"""Every page in a real browser: names, labels, contrast in both schemes, and a way through it with the keyboard alone."""

import asyncio
import json

import pytest

from tests.fixtures.feeds import troubled
from tests.fixtures.furniture import furnish

pytestmark = pytest.mark.pages

LOOK = r"""(() => {
  const found = [];
  const numbers = (colour) => colour.match(/[\d.]+/g).map(Number);
  const channel = (value) => { value /= 255; return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4; };
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const shown = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && !element.closest('.hidden, .skip');
  for (const element of document.querySelectorAll('body *')) {
    const speaks = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!speaks || !shown(element)) continue;
    const style = getComputedStyle(element), size = parseFloat(style.fontSize);
    const [one, other] = [light(numbers(style.color)), light(behind(element))];
    const contrast = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (contrast < (large ? 3 : 4.5)) found.push(`contrast ${contrast.toFixed(2)}: ${element.outerHTML.slice(0, 80)}`);
  }
  const named = (element) => (element.getAttribute('aria-label') || element.textContent || element.title).trim()
    || [...(element.labels || [])].some((label) => label.textContent.trim());
  for (const element of document.querySelectorAll('a[href], button, summary, input, select, textarea')) {
    if (element.type === 'hidden' || element.closest('[aria-hidden=true]')) continue;
    if (!named(element)) found.push(`no name: ${element.outerHTML.slice(0, 80)}`);
  }
  for (const element of document.querySelectorAll('[aria-labelledby], [aria-describedby], label[for]')) {
    const ids = ['aria-labelledby', 'aria-describedby', 'for'].map((name) => element.getAttribute(name)).filter(Boolean).join(' ');
    for (const id of ids.split(' ')) if (!document.getElementById(id)) found.push(`points nowhere: ${id}`);
  }
  const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
  found.push(...ids.filter((id, at) => ids.indexOf(id) !== at).map((id) => `twice: ${id}`));
  for (const [name, most] of [['main', 1], ['h1', 1], ['body > header', 1], ['body > footer', 1]]) {
    if (document.querySelectorAll(name).length !== most) found.push(`not one ${name}`);
  }
  if (!document.documentElement.lang || !document.title) found.push('no language, or no title');
  for (const element of document.querySelectorAll('[tabindex]')) if (element.tabIndex > 0) found.push('an order of its own');
  return JSON.stringify(found);
})()"""


@pytest.fixture
def paths(desk, stories) -> list[str]:
    ids, feed = furnish(desk), troubled(desk)
    stories.put(7, ids[:4])
    stories.rising(desk.now, {7: [(f"{n}.example", n) for n in range(5)]}, "region/central-asia")
    return [
        "/",
        "/r/central-asia",
        "/t/energy",
        "/story/7",
        f"/article/{ids[0]}",
        "/latest?q=water",
        "/latest?q=nothing-like-it",
        "/r/nowhere",
        "/docs",
        "/operator",
        f"/operator/feeds/{feed}",
        "/editor/sign-in",
    ]


async def opened(tab, site, path: str) -> None:
    await tab.open(site.url + path)
    await tab.until(f"location.pathname + location.search === '{path}' && document.readyState === 'complete'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_has_a_name_and_can_be_read(site, paths, new_tab, scheme):
    async def look() -> dict[str, list[str]]:
        found = {}
        async with new_tab() as tab:
            features = [{"name": "prefers-color-scheme", "value": scheme}]
            await tab.command("Emulation.setEmulatedMedia", features=features)
            for path in paths:
                await opened(tab, site, path)
                await tab.value("document.querySelectorAll('details').forEach(one => { one.open = true })")
                found[path] = json.loads(await tab.value(LOOK))
        return found

    assert asyncio.run(look()) == {path: [] for path in paths}


FOCUSED = """(() => { const at = document.activeElement, style = getComputedStyle(at);
  return JSON.stringify([at.outerHTML.slice(0, 80), style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2]); })()"""
IN_VIEW = """(() => { const box = document.activeElement.getBoundingClientRect();
  return box.width > 0 && box.height > 0 && box.top >= -1 && box.bottom <= innerHeight + 1; })()"""


def test_the_keyboard_leads_through_a_page_and_shows_where_it_is(site, paths, new_tab):
    async def press(tab, key: str) -> None:
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await tab.command(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **text
            )

    async def look() -> None:
        async with new_tab() as tab:
            await opened(tab, site, "/")
            met = []
            for _ in range(20):
                await press(tab, "Tab")
                await tab.until(IN_VIEW)
                met.append(json.loads(await tab.value(FOCUSED)))
            assert met[0][0].startswith('<a class="skip"')
            assert [html for html, outlined in met if not outlined] == []
            assert len({html for html, *_ in met}) > 12
            await opened(tab, site, "/r/central-asia")
            await press(tab, "Tab")
            await press(tab, "Enter")
            await tab.until("document.activeElement.id === 'main'")

    asyncio.run(look())


def test_without_scripts_everything_is_there(site, paths, new_tab):
    async def look() -> None:
        async with new_tab() as tab:
            await tab.command("Emulation.setScriptExecutionDisabled", value=True)
            for path, holds in (
                ("/", ".latest-list > li"),
                ("/r/central-asia", ".trend"),
                ("/story/7", ".stream-list > li"),
            ):
                await opened(tab, site, path)
                assert await tab.value(f"document.querySelectorAll('{holds}').length") > 0, path
                assert await tab.value("document.querySelector('time[data-age]').textContent") != ""

    asyncio.run(look())
