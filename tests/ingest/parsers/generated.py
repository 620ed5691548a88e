"""Feeds that nobody would write, well-formed all the same: for comparing two readers of them."""

from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

NAMESPACES = {
    "a": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "cc": "http://backend.userland.com/creativeCommonsRssModule",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "m": "http://search.yahoo.com/mrss/",
    "media": "http://search.yahoo.com/mrss",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "h": "http://www.w3.org/1999/xhtml",
    "Odd": "urn:odd",
}
PLAIN = [
    "title",
    "link",
    "description",
    "guid",
    "id",
    "pubDate",
    "published",
    "updated",
    "modified",
    "issued",
    "created",
    "category",
    "keywords",
    "author",
    "managingEditor",
    "summary",
    "content",
    "enclosure",
    "source",
    "subtitle",
    "tagline",
    "rights",
    "copyright",
    "language",
    "ttl",
    "hour",
    "day",
    "url",
    "name",
    "email",
    "uri",
    "width",
    "contributor",
    "generator",
    "cloud",
    "webMaster",
    "comments",
    "items",
    "Title",
    "GUID",
    "div",
    "p",
    "br",
    "em",
    "fullitem",
    "license",
]
PREFIXED = [
    "a:link",
    "a:id",
    "a:updated",
    "a:title",
    "a:author",
    "a:name",
    "a:summary",
    "a:content",
    "a:source",
    "content:encoded",
    "content:items",
    "dc:title",
    "dc:creator",
    "dc:date",
    "dc:subject",
    "dc:description",
    "dc:language",
    "dc:publisher",
    "dc:contributor",
    "dc:rights",
    "dc:author",
    "dc:odd",
    "dcterms:created",
    "dcterms:issued",
    "dcterms:modified",
    "dcterms:valid",
    "feedburner:origLink",
    "feedburner:info",
    "georss:point",
    "itunes:author",
    "itunes:summary",
    "itunes:subtitle",
    "itunes:image",
    "itunes:link",
    "itunes:keywords",
    "itunes:category",
    "itunes:owner",
    "itunes:name",
    "itunes:email",
    "itunes:explicit",
    "itunes:block",
    "itunes:title",
    "m:content",
    "m:thumbnail",
    "m:title",
    "m:description",
    "m:group",
    "m:keywords",
    "m:category",
    "m:credit",
    "m:rating",
    "m:license",
    "media:content",
    "media:thumbnail",
    "media:title",
    "rdf:li",
    "sy:updatePeriod",
    "sy:updateFrequency",
    "cc:license",
    "h:div",
    "h:p",
    "h:body",
    "Odd:title",
    "Odd:media",
    "Odd:links",
]
ATTRIBUTES = {
    "rel": ["alternate", "self", "hub", "enclosure", "related", "SELF", ""],
    "type": ["text", "html", "xhtml", "text/plain", "TEXT/HTML", "image/jpeg", "application/xhtml+xml", ""],
    "href": ["http://n.example/1", "/rel", "", "https:///n.example//x", "?a=1&b=2"],
    "url": ["http://n.example/p.jpg", "p.png", ""],
    "isPermaLink": ["true", "false", "TRUE"],
    "xml:lang": ["en", "ru_RU", ""],
    "xml:base": ["http://base.example/dir/", "sub/", "/root", ""],
    "rdf:about": ["http://n.example/about", "7"],
    "term": ["one", ""],
    "label": ["label", ""],
    "domain": ["d"],
    "medium": ["image", "video"],
    "text": ["Politics"],
    "mode": ["escaped", "xml", "base64"],
    "Odd:type": ["html"],
    "length": ["10"],
    "lang": ["de"],
}
TEXTS = [
    "",
    " \n ",
    "Plain words",
    "  Padded\n ",
    "Запад и Восток",
    "caf\u00c3\u00a9",
    "\u0093quoted\u0094",
    "<b>bold</b> &amp; more",
    "a & b &lt;i&gt;",
    "&copy; 2024</p>",
    "http://n.example/2024/story?a=1&b=2",
    "/relative/path",
    "http:///n.example/slashes",
    "urn:uuid:1225c695-cfb8-4ebb-aaaa-80da344efa6a",
    "Mon, 23 Nov 2026 12:00:00 GMT",
    "2026-11-23T12:00:00+05:00",
    "yesterday",
    "bob@n.example (Bob Roe)",
    "Ann Poe <ann@n.example>",
    "ann@n.example",
    "one, two,,three",
    "60",
    "24",
    "Monday",
    "hourly",
    "0.1",
    "\u2028line\u00a0break\u0085",
]

texts = st.sampled_from(TEXTS) | st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=12
)


@st.composite
def written_texts(draw):
    """A text as XML writes it: escaped, in a CDATA section, by number."""
    text = draw(texts)
    form = draw(st.sampled_from(("escaped", "escaped", "cdata", "numbers")))
    if form == "cdata" and "]]>" not in text:
        return f"<![CDATA[{text}]]>"
    if form == "numbers":
        return "".join(f"&#{ord(sign)};" if ord(sign) > 31 else sign for sign in text)
    return escape(text)


@st.composite
def attributes(draw):
    names = draw(st.lists(st.sampled_from(sorted(ATTRIBUTES)), max_size=3, unique=True))
    return "".join(f" {name}={quoteattr(draw(st.sampled_from(ATTRIBUTES[name])))}" for name in names)


@st.composite
def elements(draw, depth=2):
    name = draw(st.sampled_from(PLAIN) | st.sampled_from(PREFIXED))
    inside = draw(written_texts())
    if depth and draw(st.integers(0, 3)) == 0:
        inside += draw(elements(depth=depth - 1)) + draw(written_texts())
    return f"<{name}{draw(attributes()) if draw(st.booleans()) else ''}>{inside}</{name}>"


usual = st.sampled_from(
    [
        "<title>Usual</title>",
        "<link>http://n.example/usual</link>",
        "<guid>http://n.example/usual</guid>",
        "<description>&lt;p&gt;Usual&lt;/p&gt;</description>",
        "<pubDate>Mon, 23 Nov 2026 12:00:00 GMT</pubDate>",
        "<a:author><a:name>A</a:name><a:email>a@n.example</a:email></a:author>",
        '<a:content type="xhtml"><h:div><h:p class="x">In <h:br/> &amp; out</h:p></h:div></a:content>',
        '<source url="http://s.example/feed">Source</source>',
        "<content:encoded><![CDATA[<p>Long</p>]]></content:encoded>",
        '<m:group><m:title>In a group</m:title><m:content url="http://n.example/g.jpg"/></m:group>',
        "<a:source><a:title>T</a:title><a:id>urn:s</a:id><a:updated>2026-11-23T12:00:00Z</a:updated></a:source>",
    ]
)
of_channels = st.sampled_from(
    [
        "<skipHours><hour>3</hour><hour> 24 </hour></skipHours>",
        "<skipDays><day>sunday</day></skipDays>",
        "<image><title>Pic</title><url>http://n.example/p</url><link>http://n.example</link></image>",
        "<image><width>9</width><odd/><title>Pic</title></image>",
        "<textInput><title>Go</title><name>q</name><link>http://n.example/q</link></textInput>",
        "<itunes:owner><itunes:name>O</itunes:name></itunes:owner>",
    ]
)
rare = st.sampled_from(
    [
        f"<{name}>text</{name}>"
        for name in [
            "date",
            "tags",
            "info",
            "body",
            "item",
            "abstract",
            "svg",
            "where",
            "image",
            "a:entry",
            "m:item",
        ]
    ]
)
children = st.lists(elements() | usual, max_size=6).map("\n".join)
heads = st.lists(elements() | usual | of_channels, max_size=6).map("\n".join)


@st.composite
def documents(draw):
    """A document of some format with two or three entries, or nothing at all of the kind that its root promises."""
    declared = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    declared += draw(st.sampled_from(("", "", ' xml:lang="kk"', ' xml:base="http://base.example/"')))
    head, tail = draw(heads), draw(heads) + (draw(rare) if draw(st.integers(0, 9)) == 0 else "")
    entry = draw(st.sampled_from(("item", "entry")))
    entries = "".join(
        f"<{entry}{draw(attributes()) if draw(st.integers(0, 4)) == 0 else ''}>{draw(children)}</{entry}>"
        for _ in range(draw(st.integers(1, 3)))
    )
    match draw(st.sampled_from(("rss", "rss", "atom", "atom03", "rdf"))):
        case "rss":
            version = draw(st.sampled_from(("2.0", "0.91", "0.92", "")))
            return f'<rss version="{version}"{declared}><channel>{head}{entries}{tail}</channel></rss>'
        case "atom":
            return f'<feed xmlns="http://www.w3.org/2005/Atom"{declared}>{head}{entries}{tail}</feed>'
        case "atom03":
            return (
                f'<feed version="0.3" xmlns="http://purl.org/atom/ns#"{declared}>{head}{entries}{tail}</feed>'
            )
        case _:
            return f'<rdf:RDF xmlns="http://purl.org/rss/1.0/"{declared}><channel>{head}</channel>{entries}{tail}</rdf:RDF>'
