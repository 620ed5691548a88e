"""Yesterday's backup, while feeds go on showing what they showed: nothing is listed twice, and what was taken out stays out."""

from services.backups import backup as backups
from services.backups import restore as restoring
from services.classify.labelling import label
from services.core import removal
from services.core.db import transaction
from tests.fixtures.environment import forget_connections
from tests.fixtures.rulebooks import ECONOMY, publish
from tests.ingest.test_store_apply import A, B, add, look, sql


def item(number: int) -> str:
    words = " ".join(f"word{number}{n}" for n in range(20))
    return (
        f"<item><guid>g-{number}</guid><link>https://a.example/{number}</link>"
        f"<title>Headline of the day {number}</title><description>{words}</description></item>"
    )


def fetched(*numbers: int) -> None:
    """Both feeds show these, and what they brought is labelled."""
    body = f"<rss version='2.0'><channel><title>x</title>{''.join(map(item, numbers))}</channel></rss>"
    for feed in (A, B):
        assert look(feed, body.encode()) is not None
    label.label_waiting()


def test_what_feeds_still_show_is_not_shown_twice(database_url, service, tmp_path):
    """Stored before the backup: known. Stored afterwards: lost with the database, so it comes once more, as new, once."""
    add(A, B)
    publish(ECONOMY)
    fetched(1, 2, 3)
    ids = sql("SELECT id, url FROM articles ORDER BY id")
    with transaction() as session:
        removal.remove(session, [ids[2][0]], why="It expired.", keep_text=False)
    file = tmp_path / "yesterday.dump"
    backups.backup(database_url, file, force=False, progress=lambda _: None)
    fetched(1, 2, 3, 4)
    forget_connections()
    restoring.restore(database_url, file, force=False, progress=lambda _: None)
    fetched(1, 2, 3, 4)
    fetched(4, 3, 2, 1)
    assert sql("SELECT id, url FROM articles ORDER BY id")[:3] == ids
    assert sql("SELECT url FROM articles WHERE listed ORDER BY url") == [
        (f"https://a.example/{number}",) for number in (1, 2, 4)
    ]
    assert sql("SELECT count(*) FROM articles") == [(4,)]
    added = "SELECT article_id FROM changes WHERE change = 'added' GROUP BY 1 HAVING count(*) > 1"
    assert sql(added) == []
