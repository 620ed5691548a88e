"""What is known and unchanged leaves before it is cleaned; whatever could be more than that stays."""

from dataclasses import replace
from datetime import timedelta

from services.ingest import sift
from services.ingest.entry import RawEntry
from services.ingest.plan import KnownArticle, KnownSighting
from tests.fixtures.entries import NOW, feed_state

SITE = "https://a.example/"


def raw(number: int, **values) -> RawEntry:
    return RawEntry(
        **{
            "guid": f"guid-number-{number}",
            "url": f"https://a.example/{number}",
            "title": f"Title number {number}",
            "summary": f"<p>What happened at place {number}</p>",
            "published_at": NOW - timedelta(hours=number),
        }
        | values
    )


def stored(*entries: RawEntry, own: bool = True, source: str = "a.example") -> dict[str, KnownSighting]:
    """These as an earlier look stored them."""
    told = sift.tell(entries, site_url=SITE)
    return {
        t.guid: KnownSighting(KnownArticle(n, t.raw.title, own, source), t.fingerprint)
        for n, t in enumerate(told, 1)
    }


def parted(*entries: RawEntry, sighted: dict[str, KnownSighting]) -> tuple[list[str], list[str]]:
    """Titles of the rest, and names of the unchanged."""
    found = sift.sift(sift.tell(entries, site_url=SITE), sighted, feed=feed_state())
    return [t.raw.title for t in found.rest], list(found.unchanged)


def test_what_is_stored_and_unchanged_leaves_and_new_and_edited_entries_stay():
    one, two, three = raw(1), raw(2), raw(3)
    edited = replace(two, summary="<p>What happened at place 2, corrected</p>")
    assert parted(one, edited, three, sighted=stored(one, two)) == (
        ["Title number 2", "Title number 3"],
        ["guid-number-1"],
    )


def test_what_merely_rotates_is_no_change():
    one = raw(1, summary='<p>Text <img src="https://a.example/1.jpg?v=1"></p>')
    again = replace(
        one,
        url="https://a.example/1?utm_source=rss&utm_medium=x",
        summary='<p>Text  <img src="https://a.example/1.jpg?v=2"></p>',
        updated_at=NOW,
    )
    assert parted(again, sighted=stored(one)) == ([], ["guid-number-1"])


def test_a_guid_or_an_address_that_stands_twice_is_looked_at_closely():
    one, two = raw(1), raw(2)
    same_guid = replace(two, guid=one.guid)
    same_address = replace(two, url=one.url)
    assert parted(one, same_guid, sighted=stored(one))[0] == ["Title number 1", "Title number 2"]
    assert parted(one, same_address, sighted=stored(one))[0] == ["Title number 1", "Title number 2"]


def test_an_article_that_this_feed_may_adopt_stays_and_one_of_another_site_leaves():
    at_home, elsewhere = raw(1), raw(2, url="https://b.example/2")
    sighted = stored(at_home, elsewhere, own=False, source="aggregator.example")
    assert parted(at_home, elsewhere, sighted=sighted) == (["Title number 1"], ["guid-number-2"])


def test_an_entry_that_only_cleaning_can_name_stays():
    nameless = raw(1, guid=None, url=None)
    told = sift.tell([nameless], site_url=None)
    assert (told[0].guid, told[0].url_key) == (None, None)
    assert len(sift.sift(told, {}, feed=feed_state()).rest) == 1


def test_what_is_cleaned_carries_its_fingerprint_and_what_is_no_article_its_reason():
    told = sift.tell([raw(1), raw(2, guid=None, url=None)], site_url=None)
    entries, skipped = sift.clean(told, language="en", site_url=None, now=NOW)
    assert [e.fingerprint for e in entries] == [told[0].fingerprint]
    assert len(skipped) == 1
    assert "no link" in skipped[0]
