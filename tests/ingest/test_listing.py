"""Lists of feeds into the catalogue: what is right is added, what is wrong is named."""

import pytest

from newswire.press import RunningPress
from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.ingest.listing import Imported, import_opml
from services.ingest.store import catalogue

OPML = """<opml version="2.0"><body><outline text="Asia">
<outline type="rss" text="A" xmlUrl="https://a.example/feed" htmlUrl="https://a.example/" />
<outline type="rss" text="B" xmlUrl="gopher://b.example/" />
<outline type="rss" text="C" xmlUrl="https://c.example/feed" /></outline></body></opml>"""


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Every test here has a database of its own."""


def imported(file) -> Imported:
    with transaction() as session:
        return import_opml(session, file)


def test_a_list_is_added_with_its_folders_and_wrong_lines_are_named(tmp_path):
    file = tmp_path / "list.opml"
    file.write_text(OPML)
    done = imported(file)
    assert (done.added, done.known, len(done.refused)) == (2, 0, 1)
    assert "gopher" in done.refused[0]
    with transaction() as session:
        rows = catalogue.rows(session)
    assert [(row.url, row.folders) for row in rows] == [
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
