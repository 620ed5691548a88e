"""The outlets' own pages: a front page and one for each article, so that links in a demo lead somewhere; and their pictures."""

import random
from collections.abc import Sequence
from html import escape

from newswire.days import written_date
from newswire.model import Article, Listing, Outlet

_STYLE = """
:root{color-scheme:light dark;--ink:#1c1b1a;--paper:#fbfaf7;--soft:#6b6660;--line:#ddd8cf}
@media(prefers-color-scheme:dark){:root{--ink:#ebe7df;--paper:#191817;--soft:#a49d93;--line:#37332f}}
body{margin:0;background:var(--paper);color:var(--ink);font:18px/1.6 Georgia,"Noto Serif",serif}
header{border-bottom:3px double var(--line);padding:1.2rem 1rem;text-align:center}
header a{color:inherit;text-decoration:none;font-size:1.9rem;font-weight:700;letter-spacing:.01em}
header p{margin:.1rem 0 0;color:var(--soft);font-style:italic;font-size:.95rem}
main{max-width:42rem;margin:0 auto;padding:1.5rem 1rem 4rem}h1{font-size:2rem;line-height:1.2;margin:.6rem 0}
.lead{font-size:1.15rem}.by{color:var(--soft);font-size:.9rem}img{width:100%;height:auto;display:block;margin:1rem 0}
li{list-style:none;padding:.8rem 0;border-bottom:1px solid var(--line)}ul{padding:0}li a{color:inherit;font-weight:700}
footer{color:var(--soft);font-size:.85rem;border-top:1px solid var(--line);padding:1rem;text-align:center}
"""
_HUES = {
    "business": 38,
    "energy": 45,
    "politics": 220,
    "diplomacy": 250,
    "health": 160,
    "environment": 130,
    "sport": 15,
}


def article_page(outlet: Outlet, article: Article, *, base: str) -> str:
    """An article whole, with its canonical address."""
    story = article.story
    opening = (
        f"<b>{escape(story.dateline.upper())}</b> — {escape(story.lead)}"
        if story.dateline
        else escape(story.lead)
    )
    byline = " · ".join(
        part for part in (story.author, written_date(article.published, story.language)) if part
    )
    body = "".join(f"<p>{escape(text)}</p>" for text in article.paragraphs)
    content = (
        f"<article><h1>{escape(article.title)}</h1><p class=by>{escape(byline)}</p>"
        f'<img src="{base}/picture/{article.id}.svg" alt="" width="800" height="340">'
        f"<p class=lead>{opening}</p>{body}</article>"
    )
    head = (
        f'<link rel="canonical" href="{escape(article.url)}"><meta property="og:type" content="article">'
        f'<meta name="description" content="{escape(story.lead)}">'
    )
    return _page(outlet, base, title=article.title, head=head, content=content)


def front_page(outlet: Outlet, lines: Sequence[Listing], *, base: str, feed: str) -> str:
    """The outlet's front page: its feed as a list, with the feed announced for discovery."""
    rows = "".join(
        f'<li><a href="{escape(line.link)}">{escape(line.article.title)}</a><br>{escape(line.article.story.lead)}</li>'
        for line in lines
    )
    head = f'<link rel="alternate" type="application/rss+xml" title="{escape(outlet.name)}" href="{escape(feed)}">'
    return _page(outlet, base, title=outlet.name, head=head, content=f"<ul>{rows}</ul>")


def picture(article: Article) -> str:
    """An abstract picture of hills under a sun, the same for the same article, tinted by its topic."""
    rng = random.Random(article.id)
    hue = _HUES.get(article.story.topics[0] if article.story.topics else "", rng.randrange(360))
    hills = "".join(_hill(rng, hue, depth) for depth in range(4))
    sun = f'<circle cx="{rng.randrange(90, 710)}" cy="{rng.randrange(50, 150)}" r="{rng.randrange(24, 60)}" fill="hsl({(hue + 30) % 360} 85% 86%)"/>'
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 340" width="800" height="340">'
        f'<rect width="800" height="340" fill="hsl({hue} 42% 74%)"/>{sun}{hills}</svg>'
    )


def _hill(rng: random.Random, hue: int, depth: int) -> str:
    top = 150 + depth * 48
    points = [top + rng.randrange(-38, 38) for _ in range(5)]
    curve = " ".join(
        f"S {x} {y}, {x + 100} {(y + top) // 2}" for x, y in zip(range(100, 900, 200), points, strict=False)
    )
    return f'<path d="M 0 {points[4]} {curve} L 800 340 L 0 340 Z" fill="hsl({hue} {34 + depth * 4}% {60 - depth * 12}%)"/>'


def _page(outlet: Outlet, base: str, *, title: str, head: str, content: str) -> str:
    direction = ' dir="rtl"' if outlet.language == "ar" else ""
    return (
        f'<!doctype html><html lang="{outlet.language}"{direction}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(title)}</title>{head}'
        f"<style>{_STYLE}</style></head><body><header><a href='{base}/'>{escape(outlet.name)}</a>"
        f"<p>{escape(outlet.tagline)}</p></header><main>{content}</main>"
        f"<footer>{escape(outlet.site)} · A fictional newspaper: outlets, people and events are invented.</footer></body></html>"
    )
