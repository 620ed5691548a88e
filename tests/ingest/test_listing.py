"""Lists of feeds into the catalogue: what is right is added, what is wrong is named."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from sqlalchemy import text

from newswire.press import RunningPress
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.ingest.listing import Imported, export_opml, import_opml
from services.ingest.store import catalogue
from services.ingest.store.catalogue import FeedToAdd
from tests.fixtures.articles import Desk
from tests.fixtures.feeds import feed_rows

OPML = """<opml version="2.0"><body><outline text="Asia">
<outline type="rss" text="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/" />
<outline type="rss" text="B" xmlUrl="gopher://b.example/" />
<outline type="rss" text="C" xmlUrl="https://c.example/feed" /></outline></body></opml>"""


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def imported(file, **more) -> Imported:
    with transaction() as session:
        return import_opml(session, file, **more)


def exported() -> bytes:
    with transaction() as session:
        return export_opml(session)


def forget_all() -> None:
    with transaction() as session:
        for table in ("feeds", "sources", "hosts"):
            session.execute(text(f"DELETE FROM {table}"))


def test_a_list_is_added_with_its_folders_and_wrong_lines_are_named(tmp_path):
    file = tmp_path / "list.opml"
    file.write_text(OPML)
    done = imported(file)
    assert (done.added, done.known, len(done.refused)) == (2, 0, 1)
    assert "gopher" in done.refused[0]
    assert [(row.url, row.folders) for row in feed_rows()] == [
        ("https://a.example/feed", ["Asia"]),
        ("https://c.example/feed", ["Asia"]),
    ]
    assert (imported(file).added, imported(file).known) == (0, 2)


def test_a_file_that_is_no_list_or_not_there_is_named_and_adds_nothing(tmp_path):
    file = tmp_path / "list.opml"
    file.write_text("hello")
    with pytest.raises(InvalidInputError, match=r"list\.opml"):
        imported(file)
    with pytest.raises(InvalidInputError, match=r"missing.opml cannot be read: No such file or directory\."):
        imported(tmp_path / "missing.opml")
    with pytest.raises(InvalidInputError, match="cannot be read: Is a directory"):
        imported(tmp_path)


def test_the_starter_list_is_added_whole():
    done = imported(None)
    assert done.refused == ()
    assert done.added > 20


def test_the_list_of_the_press_is_added_whole(newswire: RunningPress, tmp_path):
    file = tmp_path / "press.opml"
    file.write_text(newswire.opml())
    done = imported(file)
    assert (done.added, done.refused) == (len(newswire.outlets), ())


def test_folders_called_like_regions_and_topics_are_hints_and_attributes_win(desk: Desk, tmp_path):
    file = tmp_path / "list.opml"
    file.write_text(
        """<opml><body><outline text="Central Asia"><outline xmlUrl="https://a.example/"/><outline text="Energy">
        <outline xmlUrl="https://b.example/"/><outline xmlUrl="https://c.example/" region="africa" topic=""/></outline></outline>
        <outline text="Health &amp; Wellness"><outline xmlUrl="https://d.example/"/></outline></body></opml>"""
    )
    assert imported(file).refused == ()
    assert [(r.region_hint, r.topic_hint) for r in feed_rows()] == [
        ("central-asia", None),
        ("central-asia", "energy"),
        ("africa", None),
        (None, "health"),
    ]


def test_a_wrong_hint_is_named_and_left_out_alone(desk: Desk, tmp_path):
    file = tmp_path / "list.opml"
    file.write_text(
        '<opml><body><outline xmlUrl="https://a.example/" region="mars" language="ru"/></body></opml>'
    )
    done = imported(file)
    assert done.added == 1
    (told,) = done.refused
    assert told.startswith("https://a.example/ is read without its region: There is no region 'mars'")
    assert [(r.region_hint, r.language) for r in feed_rows()] == [(None, "ru")]


def test_feeds_that_are_there_stay_as_they_are_unless_the_list_is_to_be_believed(desk: Desk, tmp_path):
    with transaction() as session:
        catalogue.add(
            session,
            [
                FeedToAdd("https://a.example/", "Old", language="ru", folders=("x",)),
                FeedToAdd("https://b.example/", "B"),
            ],
        )
    file = tmp_path / "list.opml"
    file.write_text(
        """<opml><body><outline text="Asia"><outline text="New" xmlUrl="http://www.a.example/" country="kz"/></outline>
        <outline text="B" xmlUrl="https://b.example/"/><outline text="again" xmlUrl="http://b.example"/></body></opml>"""
    )
    before = feed_rows()
    done = imported(file)
    assert (done.added, done.known, done.differ, done.updated) == (0, 2, 1, 0)
    assert feed_rows() == before
    done = imported(file, update=True)
    assert (done.added, done.differ, done.updated) == (0, 0, 1)
    a, b = feed_rows()
    assert (a.url, a.title, a.folders, a.region_hint, a.country) == (
        "https://a.example/",
        "New",
        ["Asia"],
        "asia",
        "KZ",
    )
    assert a.language == "ru", "what a list does not give stays"
    assert b == before[1]
    assert imported(file, update=True).updated == 0


def test_a_list_that_gives_one_publisher_two_countries_changes_none(tmp_path):
    """The country is stored once for a publisher; taking both would differ for ever."""
    file = tmp_path / "list.opml"
    file.write_text(
        """<opml><body><outline xmlUrl="https://a.example/1" country="KZ"/><outline xmlUrl="https://a.example/2" country="UZ"/>
        </body></opml>"""
    )
    imported(file)
    assert imported(file, update=True).updated == 0
    assert {r.country for r in feed_rows()} == {"KZ"}


def test_what_a_list_gave_first_is_not_said_to_differ_from_its_own_second_line(tmp_path):
    file = tmp_path / "list.opml"
    urls = "".join(f'<outline xmlUrl="https://a.example/{n}"/>' for n in range(1500))
    file.write_text(f'<opml><body>{urls}<outline text="x" xmlUrl="https://www.a.example/0"/></body></opml>')
    done = imported(file)
    assert (done.added, done.known, done.differ) == (1500, 1, 0)


words = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
stored = st.lists(
    st.builds(
        FeedToAdd,
        url=st.integers(0, 30).map("https://h{0}.example/f?n={0}&lt=1".format),
        title=words | st.just("BBC: <b>x</b> &amp;amp;"),
        site_url=st.none() | st.sampled_from(["https://s.example/", "https://t.example/x"]),
        language=st.none() | st.just("ru"),
        country=st.none() | st.sampled_from(["KZ", "UZ"]),
        region_hint=st.none() | st.sampled_from(["central-asia", "africa"]),
        topic_hint=st.none() | st.just("health"),
        folders=st.lists(
            st.sampled_from(["Central Asia", "Energy", "x", "<i>", "&amp;"]) | words, max_size=3
        ).map(tuple),
    ),
    unique_by=lambda feed: feed.url,
    max_size=8,
)


@how(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stored)
def test_what_is_exported_and_imported_is_exported_to_the_same_bytes(desk: Desk, tmp_path, feeds):
    forget_all()
    with transaction() as session:
        catalogue.add(session, feeds)
    once = exported()
    forget_all()
    file = tmp_path / "again.opml"
    file.write_bytes(once)
    done = imported(file)
    assert (done.added, done.refused) == (len(feeds), ())
    assert exported() == once
    assert imported(file).differ == 0
