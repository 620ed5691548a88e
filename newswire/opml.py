"""Lists the outlets as OPML: a folder for each region, the main one first."""

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import quoteattr

from newswire.model import Outlet
from newswire.places import REGIONS, regions_of

_SHOWN = {
    "central-asia": "Central Asia",
    "south-asia": "South Asia",
    "middle-east": "Middle East",
    "caucasus": "South Caucasus",
    "russia": "Russia",
    "eastern-europe": "Eastern Europe",
    "europe": "Europe",
    "africa": "Africa",
    "east-asia": "East Asia",
    "southeast-asia": "Southeast Asia",
    "north-america": "North America",
    "latin-america": "Latin America & Caribbean",
    "oceania": "Oceania & Pacific",
}


def opml(outlets: Iterable[tuple[Outlet, str, str]], *, title: str = "The fictional press") -> str:
    """An OPML document from triples of outlet, feed address and site address."""
    folders: Mapping[str, list[str]] = {region: [] for region in REGIONS}
    for outlet, feed, site in outlets:
        folders[regions_of(outlet.country)[0]].append(_outline(outlet, feed, site))
    body = "".join(
        f"    <outline text={quoteattr(_SHOWN[region])} title={quoteattr(_SHOWN[region])}>\n{''.join(rows)}    </outline>\n"
        for region, rows in folders.items()
        if rows
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        f"  <head><title>{title}</title></head>\n  <body>\n{body}  </body>\n</opml>\n"
    )


def _outline(outlet: Outlet, feed: str, site: str) -> str:
    name = quoteattr(outlet.name)
    return (
        f'      <outline type="rss" text={name} title={name} xmlUrl={quoteattr(feed)} htmlUrl={quoteattr(site)}'
        f" description={quoteattr(outlet.tagline)} language={quoteattr(outlet.language)}/>\n"
    )
