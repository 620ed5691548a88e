"""News sitemaps are feeds; plain ones and indexes of them are refused with what to do."""

import pytest

from services.ingest.parsers import NotAFeedError, parse, parse_fast, parse_reference

WHERE = {"content_type": "text/xml", "url": "https://map.example/news.xml"}
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:i="http://www.google.com/schemas/sitemap-image/1.1"'
)


def urlset(*urls):
    return f"<urlset {NAMESPACES}>{''.join(f'<url>{url}</url>' for url in urls)}</urlset>".encode()


NEWS = (
    "<loc> https://map.example/1 </loc><n:news><n:publication><n:name>Map</n:name><n:language>kk</n:language>"
    "</n:publication><n:publication_date>2026-11-23T10:00:00+05:00</n:publication_date><n:title>A &amp; B</n:title>"
    "<n:keywords>Water,  Rail ,Water</n:keywords></n:news><i:image><i:loc>/p.jpg</i:loc></i:image>"
)


@pytest.mark.parametrize("reader", [parse, parse_fast, parse_reference])
def test_a_news_sitemap_is_read_by_every_reader(reader):
    feed = reader(urlset(NEWS), **WHERE)
    [entry] = feed.entries
    assert (feed.format, feed.title, feed.language) == ("sitemap", "Map", "kk")
    assert (entry.guid, entry.url, entry.title) == ("https://map.example/1", "https://map.example/1", "A & B")
    assert entry.published_at.isoformat() == "2026-11-23T05:00:00+00:00"
    assert (entry.tags, entry.image, entry.language) == (
        ("Water", "Rail"),
        "https://map.example/p.jpg",
        "kk",
    )


def test_pages_without_news_are_left_out_and_lastmod_stands_in_for_a_date():
    feed = parse(
        urlset(
            "<loc>https://map.example/about</loc>",
            "<loc>https://map.example/2</loc><lastmod>2026-11-23</lastmod><n:news><n:title>T</n:title></n:news>",
        ),
        **WHERE,
    )
    assert [entry.title for entry in feed.entries] == ["T"]
    assert feed.entries[0].published_at == feed.entries[0].updated_at
    assert feed.entries[0].published_at.isoformat() == "2026-11-23T00:00:00+00:00"


@pytest.mark.parametrize("reader", [parse, parse_fast, parse_reference])
def test_a_plain_sitemap_is_refused_with_what_it_lacks(reader):
    with pytest.raises(NotAFeedError, match="plain sitemap") as refused:
        reader(urlset("<loc>https://map.example/1</loc><lastmod>2026-11-23</lastmod>"), **WHERE)
    assert refused.value.kind == "xml"


@pytest.mark.parametrize("reader", [parse, parse_fast, parse_reference])
def test_an_index_is_refused_by_the_names_of_its_first_sitemaps(reader):
    listed = "".join(f"<sitemap><loc>https://map.example/{n}.xml</loc></sitemap>" for n in range(9))
    with pytest.raises(NotAFeedError) as refused:
        reader(f"<sitemapindex {NAMESPACES}>{listed}</sitemapindex>".encode(), **WHERE)
    for name in ("0.xml", "1.xml", "2.xml", "and 6 more"):
        assert name in str(refused.value)
    with pytest.raises(NotAFeedError, match="lists none"):
        reader(f"<sitemapindex {NAMESPACES}/>".encode(), **WHERE)


def test_five_hundred_pages_are_read_and_the_rest_is_told():
    pages = [f"<loc>https://map.example/{n}</loc><n:news><n:title>{n}</n:title></n:news>" for n in range(600)]
    feed = parse(urlset(*pages), **WHERE)
    assert len(feed.entries) == 500
    assert "500" in feed.problems[0]


def test_a_sitemap_with_a_bare_ampersand_is_repaired_on_the_long_way():
    body = urlset(NEWS.replace("&amp;", "&"))
    assert parse_fast(body, **WHERE) is None
    assert parse(body, **WHERE).entries[0].title == "A & B"
