"""Bodies that want to cost, crash, read or lie: each is read or refused in words, within bounds, and is counted.

They go the way of every fetched body: `parsing.parse`, then `clean.clean_entry` for every entry. At the end stands a
table of what was tried and what became of it.
"""

import json
import random
import signal
import sys
import threading
from collections import Counter, defaultdict
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest import parsers, parsing
from services.ingest.clean import Skipped, clean_entry
from services.ingest.entry import Entry
from services.ingest.parse_apart import Bounds, Readers
from services.ingest.parsers import NotAFeedError

CORPUS = Path(__file__).parents[3] / "shared" / "data" / "feeds"
GOLDEN = Path(__file__).parents[1] / "data" / "feeds"
URL = "https://n.example/feed"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
KINDS = {"empty", "html", "json", "xml", "binary", "text", "too-costly"}
MIB = 1 << 20
ANY = frozenset({"read", *(f"refused: {kind}" for kind in KINDS)})
GIVE_UP_S = 60
"""Seconds of computing here, in the worker's own process, after which a body counts as a hang."""

tried = defaultdict(Counter)


@pytest.fixture(scope="module", autouse=True)
def table(request):
    yield
    parsing.close()
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print("\nhostile bodies: class, number, outcomes")
        for name, outcomes in sorted(tried.items()):
            told = ", ".join(f"{outcome} {count:,}" for outcome, count in outcomes.most_common())
            print(f"{name:32} {outcomes.total():7,}  {told}")


@contextmanager
def no_hang():
    """A body that computes for a minute in this very process ends the test, not the patience of whoever runs it."""

    def hang(*_):
        pytest.fail(f"a body took more than {GIVE_UP_S} s of computing in the process of the worker")

    before = signal.signal(signal.SIGPROF, hang)
    signal.setitimer(signal.ITIMER_PROF, GIVE_UP_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def sound(entry):
    """What holds for every entry that may be stored, whatever the body was."""
    if isinstance(entry, Skipped):
        assert entry.reason.endswith((".", ").")), entry
        return
    assert isinstance(entry, Entry)
    for text in (entry.guid, entry.url, entry.url_key, entry.title, entry.teaser, entry.text, entry.html, *entry.authors, *entry.tags):  # fmt: skip
        text.encode()  # half a character cannot be stored
        assert "\0" not in text
    assert entry.guid
    assert entry.title
    assert entry.url.startswith(("http://", "https://"))
    assert len(entry.teaser) <= 240
    assert "<script" not in entry.html.lower()
    assert entry.date_guessed or entry.published_at is not None
    if entry.published_at is not None:
        assert datetime(1990, 1, 1, tzinfo=UTC) <= entry.published_at <= NOW + timedelta(minutes=5)


def told(refused):
    """The outcome that a refusal is, which must be fit for a person to read."""
    assert refused.kind in KINDS
    assert str(refused).endswith(".")
    assert len(str(refused)) < 400
    return f"refused: {refused.kind}"


def outcome_of(body, *, content_type=None, read=parsing.parse):
    """`read`, or `refused: ` and the kind; every entry cleaned and checked."""
    with no_hang():
        try:
            feed = read(body, content_type=content_type, url=URL)
        except NotAFeedError as refused:
            return told(refused), []
        assert len(feed.entries) <= 500
        entries = [clean_entry(raw, feed_language=feed.language, now=NOW) for raw in feed.entries]
    for entry in entries:
        sound(entry)
    return "read", [entry for entry in entries if isinstance(entry, Entry)]


def attempt(name, body, expected=ANY, **more):
    outcome, entries = outcome_of(body, **more)
    tried[name][outcome] += 1
    assert outcome in expected
    return entries


def rss(inner, *, before=b""):
    return (
        before
        + b"<rss version='2.0'><channel><title>t</title><item><title>x</title><link>http://n.example/1</link>"
        + inner
        + b"</item></channel></rss>"
    )


def described(inner, *, before=b""):
    return rss(b"<description>" + inner + b"</description>", before=before)


def filled(piece, size=MIB // 2):
    return piece * (size // len(piece))


def doctype(inner):
    return b"<!DOCTYPE r [" + inner + b"]>"


READ, REFUSED = {"read"}, {"refused: xml"}
EITHER = READ | REFUSED
LAUGHS = b'<!ENTITY l0 "lol">' + b"".join(
    b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10)
)
MANY = b" ".join(b'a%d="1"' % n for n in range(50_000))
BOMBS = {
    "billion laughs": (described(b"&l9;", before=doctype(LAUGHS)), EITHER),
    "billion laughs in an attribute": (rss(b"<a b='&l9;'/>", before=doctype(LAUGHS)), EITHER),
    "quadratic entity, long": (described(b"&a;" * 50_000, before=doctype(b'<!ENTITY a "' + b"x" * 50_000 + b'">')), REFUSED),
    "quadratic entity, short": (described(filled(b"&a;"), before=doctype(b'<!ENTITY a "' + b"x" * 99 + b'">')), ANY),
    "300 entities": (described(b"&e1;" * 999, before=doctype(b"".join(b'<!ENTITY e%d "%s">' % (n, b"x" * 99) for n in range(300)))), EITHER),
    "endless entities": (described(b"", before=doctype(b"".join(b"<!ENTITY e%d 'x'>" % n for n in range(50_000)))), REFUSED),
    "parameter entities": (described(b"x", before=doctype(b'<!ENTITY % a "x"> %a; %a; <!ENTITY % b SYSTEM "http://127.0.0.1:9/"> %b;')), EITHER),
    "an entity of itself": (described(b"&a;", before=doctype(b'<!ENTITY a "&b;"><!ENTITY b "&a;">')), EITHER),
    "an endless document type": (described(b"x", before=doctype(filled(b"<!ELEMENT a ANY>"))), READ),
    "100,000 nested tags": (rss(b"<a>" * 100_000), REFUSED),
    "100,000 nested tags, closed": (rss(b"<a>" * 100_000 + b"</a>" * 100_000), REFUSED),
    "100,000 nested tags, ill-formed": (described(b"</x>" + b"<a>" * 100_000), EITHER),
    "100,000 nested tags in CDATA": (described(b"<![CDATA[" + b"<div>" * 100_000 + b"]]>"), READ),
    "nested XHTML": (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'>" + b"<div>" * 90 + b"</div>" * 90 + b"</content></entry></feed>", EITHER),
    "endless XHTML": (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div>" + filled(b"<p>x</p>") + b"</div></content></entry></feed>", READ),
    "80,000 entries": (b"<rss version='2.0'><channel>" + b"".join(b"<item><title>%d</title></item>" % n for n in range(80_000)) + b"</channel></rss>", READ),
    "80,000 entries, ill-formed": (b"<rss version='2.0'><channel></x>" + b"".join(b"<item><title>%d</title></item>" % n for n in range(80_000)), READ),
    "80,000 JSON items": (b'{"version":"https://jsonfeed.org/version/1","items":[' + b",".join(b'{"id":"%d","url":"/%d"}' % (n, n) for n in range(80_000)) + b"]}", READ),
    "80,000 addresses of a map": (b"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>" + b"".join(b"<url><loc>http://n.example/%d</loc></url>" % n for n in range(80_000)) + b"</urlset>", EITHER),
    "comments that never end": (described(filled(b"<!--")), EITHER),
    "comments that never end, CDATA": (described(b"<![CDATA[" + filled(b"<!--") + b"]]>"), READ),
    "comments that never end, escaped": (described(filled(b"&lt;!--")), READ),
    "a million comments": (described(filled(b"<!---->")), READ),
    "a huge attribute": (rss(b"<enclosure type='image/png' url='" + filled(b"a", 3 * MIB) + b"'/>"), READ),
    "50,000 attributes": (b"<rss " + MANY + b"/>", REFUSED),
    "50,000 attributes, ill-formed": (rss(b"</x><a " + MANY + b">"), EITHER),
    "50,000 prefixes": (rss(b"".join(b"<n%d:a/>" % n for n in range(50_000))), REFUSED),
    "a huge name": (rss(b"<" + filled(b"a") + b"/>"), EITHER),
    "a huge title": (rss(b"<title>" + filled(b" \n") + b"x</title>"), READ),
    "a huge guid": (rss(b"<guid>" + filled(b"g") + b"</guid>"), READ),
    "a huge link": (rss(b"<link>http://n.example/" + filled(b"g") + b"</link>"), READ),
    "a huge date": (rss(b"<pubDate>" + filled(b"1-") + b"</pubDate>"), READ),
    "20,000 dates": (rss(b"<pubDate>Mon, 32 Foo 2020 99:99</pubDate>" * 20_000), READ),
    "20,000 categories": (rss(b"<category>c</category>" * 20_000), READ),
    "20,000 links": (rss(b"<link rel='x' href='/y'/>" * 20_000), READ),
    "20,000 authors": (rss(b"<author>a@b</author>" * 20_000), READ),
    "ampersands": (described(filled(b"& ")), READ),
    "ampersands, ill-formed": (described(b"</x>" + filled(b"&")), EITHER),
    "half references, ill-formed": (described(b"</x>" + filled(b"&#x")), EITHER),
    "opening signs, ill-formed": (described(b"</x>" + filled(b"<")), EITHER),
    "half tags, ill-formed": (described(b"</x>" + filled(b"<a ")), EITHER),
    "half declarations, ill-formed": (described(b"</x>" + filled(b"<!")), EITHER),
    "CDATA in CDATA, ill-formed": (described(b"</x>" + filled(b"<![CDATA[")), EITHER),
    "half instructions, ill-formed": (described(b"</x>" + filled(b"<?")), EITHER),
    "closing tags": (filled(b"</a>"), {"refused: xml"}),
    "HTML tables without end": (described(b"<![CDATA[" + filled(b"<table><tr><td>") + b"]]>"), READ),
    "a JSON number without end": (b'{"version":"https://jsonfeed.org/version/1","items":[' + filled(b"9") + b"]}", {"refused: json"}),
    "JSON lists in lists": (b'{"version":"https://jsonfeed.org/version/1","items":' + filled(b"["), {"refused: json"}),
    "JSON with 100,000 names": (b'{"version":"https://jsonfeed.org/version/1",' + b",".join(b'"k%d":1' % n for n in range(100_000)) + b',"items":[]}', {"read", "refused: json"}),
    "only spaces": (filled(b" \n"), {"refused: empty"}),
    "only NULs": (filled(b"\0"), {"refused: empty", "refused: binary"}),
    "only text": (filled(b"a "), {"refused: text"}),
    "only high bytes": (filled(b"\xe9\xff"), {"refused: binary", "refused: text"}),
    "no bytes": (b"", {"refused: empty"}),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused(name):
    body, expected = BOMBS[name]
    entries = attempt(name, body, expected)
    assert sum(len(e.text) + len(e.html) + len(e.guid) + len(e.url) for e in entries) < 4 * MIB


EXPENSIVE = b"<feed xmlns='http://www.w3.org/2005/Atom'><entry><content type='xhtml'><div>%s</div></content></entry></feed>"


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (Bounds(cpu_s=0.5), "within 0.5 s of computing; a feed is read in a fraction of that."),
        (Bounds(memory_bytes=24 * MIB), "within 24 MiB of memory; a feed is read in a fraction of that."),
    ],
    ids=["computing", "memory"],
)
def test_what_costs_the_reference_parser_too_much_is_refused_in_words(bounds, words):
    """The worst that 5 MiB can do to it, found by trying fifty shapes: about 10 s."""
    readers = Readers(bounds)
    body = EXPENSIVE % filled(b"<p>x</p>", 5 * MIB - 999)
    try:
        with pytest.raises(NotAFeedError, match=words) as refused:
            readers.read(body, content_type=None, url=URL)
        assert refused.value.kind == "too-costly"
        assert readers.read(rss(b""), content_type=None, url=URL).entries
    finally:
        readers.close()
    tried["beyond the bounds"]["refused: too-costly"] += 1


REACHING_OUT = (
    "socket.connect",
    "socket.getaddrinfo",
    "urllib.Request",
    "subprocess.",
    "os.system",
    "os.listdir",
)


class Watch:
    """What is opened, noted while `on`."""

    def __init__(self):
        self.seen, self.on = [], 0
        sys.addaudithook(self.note)  # for good: there is no way to take one away

    def note(self, event, details):
        if self.on != threading.get_ident():  # threads of others do what they like
            return
        path = str(details[0]) if event == "open" else ""
        if path and not path.endswith((".py", ".pyc")):  # modules that are imported when first needed
            self.seen.append(path)
        elif event.startswith(REACHING_OUT):
            self.seen.append(event)

    @contextmanager
    def __call__(self):
        self.seen, self.on = [], threading.get_ident()
        try:
            yield self.seen
        finally:
            self.on = 0


@pytest.fixture(scope="module")
def audited():
    return Watch()


SECRET = "/etc/passwd"
PATHS = [
    *(p.encode() for p in (SECRET, "." + SECRET, "../../../.." + SECRET, "file://" + SECRET, "file:" + SECRET, "feed.xml", "~/.ssh/id_rsa", "\\\\host\\share", "C:\\a")),
    *(u.encode() for u in ("http://127.0.0.1:9/feed", "https://127.0.0.1:9/", "ftp://127.0.0.1:9/x", "feed://127.0.0.1:9/x", "feed:http://127.0.0.1:9/x", "data:text/xml,rss", "jar:file:///x!/y")),
    b"-", b"/dev/zero", b"/proc/self/environ", SECRET.encode() + b"\n", b" " + SECRET.encode(), b"\xef\xbb\xbf" + SECRET.encode(),
]  # fmt: skip
REACHING = [
    described(b"&x;", before=doctype(b'<!ENTITY x SYSTEM "file:///etc/passwd">')),
    described(b"&x;", before=doctype(b'<!ENTITY x PUBLIC "p" "http://127.0.0.1:9/x">')),
    described(b"x", before=b'<!DOCTYPE rss SYSTEM "file:///etc/passwd">'),
    described(b"x", before=b'<!DOCTYPE rss PUBLIC "-//Netscape" "http://127.0.0.1:9/rss.dtd">'),
    described(b"x", before=doctype(b'<!ENTITY % d SYSTEM "file:///etc/passwd"> %d;')),
    described(
        b"&e;", before=b'<!DOCTYPE r SYSTEM "http://127.0.0.1:9/x" [<!ENTITY e SYSTEM "/etc/passwd">]>'
    ),
    described(
        b"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file:///etc/passwd' parse='text'/>"
    ),
    described(b"x", before=b"<?xml-stylesheet type='text/xsl' href='file:///etc/passwd'?>"),
    b"<feed xmlns='http://www.w3.org/2005/Atom' xml:base='file:///etc/'><entry><content src='passwd'/><link href='passwd'/></entry></feed>",
    rss(
        b"<link>file:///etc/passwd</link><enclosure url='file:///etc/passwd'/><source url='file:///etc/passwd'>s</source>"
    ),
    b'{"version":"https://jsonfeed.org/version/1","feed_url":"file:///etc/passwd","items":[{"id":"file:///etc/passwd","url":"/etc/passwd"}]}',
]


def became(read, body):
    """What a parser makes of a body, and that in a word."""
    try:
        feed = read(body, content_type=None, url=URL)
    except NotAFeedError as refused:
        return None, told(refused)
    return feed, "doubted" if feed is None else "read"


def test_no_body_opens_a_file_or_a_connection(audited):
    """Both parsers, in this process, where every opening is seen; the child process forbids it besides."""
    secret = Path(SECRET).read_bytes()[:40].decode()
    for read in (parsers.parse_fast, parsers.parse_reference):
        for name, bodies in (("bodies that are paths", PATHS), ("XXE, DTD, XInclude", REACHING)):
            for body in bodies:
                became(
                    read, body
                )  # what is imported when first needed has been: looking for it reads folders
                with audited() as seen:
                    feed, outcome = became(read, body)
                assert seen == []
                assert secret not in repr(feed)
                tried[name][outcome] += 1
                assert outcome in {"refused: text", "doubted"} or name == "XXE, DTD, XInclude"
    with audited() as seen, Path(SECRET).open():
        pass
    assert seen == [SECRET]  # the watch works


TITLE = "Жаңылыктар: Бишкекте саммит ачылды — 汉字 ✓"
CHARSETS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
LABELS = (None, "utf-8", "utf-16", "utf-32", "iso-8859-1", "windows-1251", "us-ascii", "koi8-r", "shift_jis", "ebcdic-cp-us", "rot13", "zlib", "idna", "no-such-set", "\0")  # fmt: skip


@pytest.mark.parametrize("charset", CHARSETS)
def test_unicode_is_read_under_every_wrong_label(charset):
    for server in LABELS:
        for own in LABELS:
            declaration = f'<?xml version="1.0" encoding="{own}"?>' if own else ""
            text = f"{declaration}<rss version='2.0'><channel><item><title>{TITLE}</title><link>http://n.example/1</link></item></channel></rss>"
            entries = attempt(
                "Unicode under 225 wrong labels",
                text.encode(charset),
                READ,
                content_type=f"text/xml; charset={server}" if server else None,
            )
            assert [entry.title for entry in entries] == [TITLE]


def test_marks_that_contradict_the_bytes_cost_nothing_but_characters():
    text = f"<rss version='2.0'><channel><item><title>{TITLE}</title><link>http://n.example/1</link></item></channel></rss>"
    marks = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\xff\xfe\0\0", b"\0\0\xfe\xff", b"+/v8")
    for mark in marks:
        for second in (b"", *marks):
            for charset in (*CHARSETS, "cp1251", "koi8-r", "gb18030", "cp037"):
                body = text.encode(charset, "replace")
                for whole in (body, body[:-1]):
                    entries = attempt("contradicting marks", mark + second + whole)
                    assert all(entry.title and entry.url for entry in entries)


ODD = [
    "\0", "\x0b", "\x1b", "\x7f", "\x85", "\xa0", "\u200b", "\u202e", "\u2028", "\ufeff", "\ufffd", "\ufffe", "\uffff", "\U0010ffff", "\U000e0001", "a\u0300" * 300,
    "&#0;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#x110000;", "&#99999999999;", "&#-1;", "&#x;", "&nosuch;", "&amp;amp;amp;", "&#x202e;", "]]>", "<![CDATA[]]>", "%00",
]  # fmt: skip


def test_odd_characters_leave_the_entry_and_its_title():
    for odd in ODD:
        for place in ("title", "link", "guid", "description", "author", "category", "pubDate"):
            inner = f"<title>Headline</title><{place}>http://n.example/1{odd}</{place}><guid>http://n.example/g</guid>"
            body = f"<rss version='2.0'><channel><item>{inner}</item></channel></rss>".encode()
            entries = attempt("odd characters", body, READ)
            assert len(entries) == 1 or place == "link"


@pytest.mark.parametrize("half", ["\\ud800", "\\udfff", "\\udc00\\ud800", "a\\ud83d", "\\u0000", "\\ufffe"])
def test_half_characters_in_json_leave_the_entry(half):
    item = f'{{"id":"{half}","url":"http://n.example/1","title":"x{half}","content_text":"{half}","authors":[{{"name":"{half}"}}],"tags":["{half}"]}}'
    entries = attempt("half characters", f'{{"version":"https://jsonfeed.org/version/1","items":[{item}]}}'.encode(), READ)  # fmt: skip
    assert len(entries) == 1


DATES = [
    "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T00:00:00Z", "0", "Mon, 01 Jan 2099 00:00:00 GMT", "2099-12-31T23:59:59Z", "0000-00-00", "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00Z", "Mon, 01 Jan 0001 00:00:00 +1400", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59", "99999-01-01", "20261123120000", "99999999999999",
    "2026-11-23T12:00:00+99:00", "Mon, 23 Nov 2026 12:00:00 +9900", "2026-11-23T12:00:00-99:99", "2026-13-45T25:61:61Z", "2026-02-30", "Mon, 30 Feb 2026 12:00:00 GMT",
    "-1", "1e400", "NaN", "٢٠٢٦-١١-٢٣", "２０２６-１１-２３", "2026-11-23T12:00:00." + "9" * 5000 + "Z", "1" * 5000, "tomorrow", "", " ", "Mon", "12:00", "2026", "2026-W48-1", "2026-327",
    "1764000000", "-62135596800", "253402300800", "9" * 400, "Mon, 23 Nov 2026 24:00:00 GMT", "Mon, 23 Nov 2026 12:00:60 GMT", "01/02/03", "T", "Z", "+", "P1D", "2026-11-23T12:00:00ZZ",
]  # fmt: skip


def test_every_date_is_sane_or_guessed():
    for text in DATES:
        dated = f"<title>t</title><link>http://n.example/1</link><pubDate>{text}</pubDate><dc:date>{text}</dc:date>"
        one = json.dumps({"id": "1", "url": "http://n.example/1", "title": "t", "date_published": text})
        for body in (
            f"<rss version='2.0'><channel><item>{dated}</item></channel></rss>",
            f"<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>t</title><link href='http://n.example/1'/><published>{text}</published><updated>{text}</updated></entry></feed>",
            f'{{"version":"https://jsonfeed.org/version/1","items":[{one}]}}',
        ):
            (entry,) = attempt("dates out of every range", body.encode(), READ)
            if any(year in text for year in ("1970-", "1970 ", "2099", "9999-")):
                assert entry.date_guessed
                assert entry.published_at in {None, NOW}


def test_entries_that_share_a_guid_or_a_link_stay_apart():
    def item(guid, link, title):
        return (
            f"<item><guid isPermaLink='false'>{guid}</guid><link>{link}</link><title>{title}</title></item>"
        )

    def keys(items):
        body = f"<rss version='2.0'><channel>{''.join(items)}</channel></rss>".encode()
        return [entry.url_key for entry in attempt("reused guids and links", body, READ)]

    many = range(40)
    for guid in ("", "0", "same", "https://n.example/", "x" * 5000):
        assert len(set(keys(item(guid, f"http://n.example/{n}", f"Title {n}") for n in many))) == 40
    assert len(set(keys(item(f"number {n}", "http://n.example/", f"Title {n}") for n in many))) == 40
    assert len(set(keys(item("same", "http://n.example/page", f"Title {n}") for n in many))) == 40


OWN = [path.read_bytes() for path in sorted(GOLDEN.iterdir()) if path.suffix in {".xml", ".json"} and ".expected" not in path.name]  # fmt: skip


def spoil(body, dice):
    """A few bytes changed, lost, put in, doubled or turned round."""
    spoilt = bytearray(body)
    for _ in range(dice.choice((1, 3, 12))):
        place = dice.randrange(len(spoilt) + 1)
        match dice.randrange(5):
            case 0:
                spoilt[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                del spoilt[place : place + dice.randrange(1, 30)]
            case 2:
                spoilt[place:place] = dice.choice((b"<", b">", b"&", b'"', b"\0", b"\xff", b"]]>", b"<!--", b"</", b"<item>", b"</item>", b"<![CDATA[", b"<?", b"\xc3", b"{", b"]"))  # fmt: skip
            case 3:
                spoilt[place:place] = spoilt[place : place + dice.randrange(1, 200)]
            case 4:
                spoilt[place : place + 1] = bytes(
                    b ^ 1 << dice.randrange(8) for b in spoilt[place : place + 1]
                )
    return bytes(spoilt)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OWN), st.data())
def test_a_document_cut_and_pieced_together_anyhow_raises_nothing(body, data):
    cuts = data.draw(st.lists(st.integers(0, len(body)), max_size=4))
    other = data.draw(st.sampled_from(OWN))
    pieces = [data.draw(st.sampled_from((body, other)))[min(a, b) : max(a, b)] for a, b in pairwise(cuts)]  # fmt: skip
    pieced = data.draw(st.sampled_from((b"", body[:60]))) + b"".join(pieces) or body
    assert all(entry.title and entry.url for entry in attempt("pieces of own documents", pieced))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(OWN), st.randoms(use_true_random=False))
def test_a_document_with_spoilt_bytes_raises_nothing(body, dice):
    assert all(e.title and e.url for e in attempt("own documents, spoilt", spoil(body, dice)))


@pytest.mark.skipif(
    not CORPUS.exists(), reason="the development data (../shared/data) is not on this machine"
)
def test_real_documents_truncated_and_spoilt_raise_nothing():
    dice = random.Random(20261123)
    for line in (CORPUS / "MANIFEST.jsonl").read_text().splitlines():
        body = (CORPUS / json.loads(line)["file"]).read_bytes()
        found = [*attempt("real documents", body)]
        for _ in range(2 if len(body) < 100_000 else 1):
            found += attempt("real documents, truncated", body[: dice.randrange(len(body) + 1)])
            found += attempt("real documents, spoilt", spoil(body, dice))
        assert all(entry.title and entry.url for entry in found)
