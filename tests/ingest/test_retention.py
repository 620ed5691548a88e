"""What is older than articles are kept leaves in small steps, and nothing of it comes back; what is newer stays."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text

from services import scheduler
from services.core import cache, removal
from services.core.db import transaction
from services.core.queues import Job
from services.ingest import retention
from services.ingest.store import expiring
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.entries import rss
from tests.fixtures.environment import forget_connections
from tests.fixtures.roles import eventually
from tests.ingest.test_store_apply import ITEM, A, add, look

DAYS = 90
OLD, YOUNG = timedelta(days=91), timedelta(days=89)
LOG = DAYS + expiring.LOG_DAYS_MORE


def changes() -> list[tuple[int, str]]:
    return sql("SELECT article_id, change FROM changes ORDER BY seq")


def standing() -> dict[int, bool]:
    """By article: whether its texts are still there."""
    return dict(sql("SELECT id, NOT emptied FROM articles ORDER BY id"))


def age_log(days: float, *, heard: bool = True) -> None:
    """Let all changes be so old; `heard`: stories have read them."""
    sql("UPDATE changes SET at = now() - make_interval(hours => CAST(:hours AS int))", hours=int(days * 24))
    if heard:
        sql("UPDATE story_state SET seq = (SELECT max(seq) FROM changes)")


def unseen(article: int, *, days: float = expiring.UNSEEN_DAYS + 1) -> None:
    """Its feeds have shown other entries since."""
    sql("UPDATE feeds SET body_at = now()")
    sql(
        "UPDATE sightings SET last_seen_at = now() - make_interval(hours => CAST(:h AS int)) WHERE article_id = :id",
        h=int(days * 24), id=article,
    )  # fmt: skip


def test_old_articles_are_taken_out_and_told_and_young_ones_stay(desk: Desk):
    old, young = desk.article(age=OLD, text="Words", topics=["economy"]), desk.article(age=YOUNG)
    assert retention.let_go() > 0
    assert standing() == {old: False, young: True}
    assert changes()[2:] == [(old, "removed")]
    assert sql("SELECT title, text, removed_why FROM articles WHERE id = :id", id=old) == [
        ("Article 1", "", "It is older than 90 days, which is how long articles are kept."),
    ]
    assert retention.let_go() == 0


def test_what_nobody_saw_expires_too_and_a_head_takes_its_copies_along(desk: Desk):
    """Hidden, waiting, put aside, or kept for an editor who might change his mind."""
    head = desk.article(age=OLD)
    copy = desk.article(age=YOUNG, listed=False, duplicate_of=head)
    lone = desk.article(age=OLD, listed=False, duplicate_of=desk.article(age=YOUNG))
    waiting = desk.article(age=OLD, listed=False)
    aside = desk.article(age=OLD, listed=False, quarantined="A worker died.")
    refused = desk.article(age=OLD, text="Words")
    with transaction() as session:
        removal.remove(session, [refused], why="No news, says the desk.", keep_text=True)
    retention.let_go()
    gone = [number for number, kept in standing().items() if not kept]
    assert gone == [head, copy, lone, waiting, aside, refused]
    assert sql("SELECT duplicate_of FROM articles WHERE id = :id", id=copy) == [(head,)]
    assert [one for one, change in changes() if change == "removed"] == [refused, head]


def test_steps_are_small_and_a_job_ends_when_its_time_is_over(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    for _ in range(7):
        desk.article(age=OLD)
    monkeypatch.setattr(retention, "BATCH", 3)
    monkeypatch.setattr(retention, "BUDGET_S", 0)
    assert retention.let_go() == 0
    monkeypatch.setattr(retention, "BUDGET_S", 60)
    with transaction() as session:
        assert expiring.expire(session, days=DAYS, limit=3) == 3
    assert list(standing().values()).count(False) == 3
    retention.let_go()
    assert not any(standing().values())


@pytest.mark.parametrize(
    ("size", "took_s", "wanted"),
    [
        (50, 0.0, 100),  # no time at all: twice as many, no more
        (50, 0.05, 50),
        (100, 0.2, 25),
        (200, 0.001, 200),  # never more than a step may have
        (200, 60.0, retention.LEAST),
    ],
)
def test_a_step_is_as_large_as_the_last_one_was_quick(size: int, took_s: float, wanted: int):
    assert retention.next_size(size, took_s, most=200) == wanted


def test_steps_that_take_long_become_small(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    for _ in range(100):
        desk.article(age=OLD)
    now, sizes = [0.0], []
    expire = expiring.expire

    def slow(session, *, days, limit):
        sizes.append(limit)
        now[0] += 0.01 * limit
        return expire(session, days=days, limit=limit)

    monkeypatch.setattr(expiring, "expire", slow)
    monkeypatch.setattr(retention, "monotonic", lambda: now[0])
    retention.let_go()
    assert sizes[:3] == [50, retention.LEAST, retention.LEAST]
    assert not any(standing().values())


def test_while_one_lets_go_another_does_nothing_and_nobody_waits(desk: Desk):
    desk.article(age=OLD)
    with transaction() as session:
        assert expiring.alone(session)
        assert retention.let_go() == 0
    assert retention.let_go() > 0


def test_what_is_new_is_stored_while_a_step_is_under_way(desk: Desk):
    """The step has done all it does and is about to commit: nothing that a fetch needs is held by it."""
    old = [desk.article(age=OLD) for _ in range(3)]
    add(A)
    with transaction() as session:
        assert expiring.expire(session, days=DAYS, limit=2) == 2
        plan = look(A, rss(ITEM))
    assert plan is not None
    assert len(plan.new) == 1
    assert [standing()[number] for number in old].count(False) == 2


def test_it_is_hinted_at_where_something_is_due_and_only_there(desk: Desk, service: pytest.MonkeyPatch):
    desk.article(age=YOUNG)
    cache.client().flushall()
    assert scheduler.tick()[Job.EXPIRE_ARTICLES] == 0
    service.setenv("DATELINE_RETENTION_DAYS", "88")
    forget_connections()
    assert scheduler.tick(rare=False).get(Job.EXPIRE_ARTICLES, 0) == 0
    assert scheduler.tick()[Job.EXPIRE_ARTICLES] == 1


def test_a_worker_that_is_hinted_at_does_it(desk: Desk, roles):
    old = desk.article(age=OLD)
    roles.start("worker", "ingest")
    scheduler.tick()
    eventually(lambda: not standing()[old], what="the old article let go")
    assert eventually(lambda: scheduler.tick()[Job.EXPIRE_ARTICLES] == 0, what="nothing left to do")


def test_whether_anything_is_due_is_asked_of_indexes(service):
    with transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        values = {"days": DAYS, "log_days": LOG}
        plan = "\n".join(session.scalars(text(f"EXPLAIN {expiring._WAITING.text}"), values))
    for index in ("ix_articles_expiring", "pk_changes", "ix_articles_tombstones"):
        assert index in plan


# --- the log --------------------------------------------------------------------------------------------------------


def floor() -> int:
    ((found,),) = sql("SELECT floor FROM stream_state")
    return found


def test_the_log_is_cut_where_it_is_old_and_no_further(desk: Desk):
    one, two = desk.article(age=YOUNG), desk.article(age=YOUNG)
    age_log(LOG + 1)
    desk.relabel(two, topics=["economy"])
    sql("UPDATE story_state SET seq = 99")
    retention.let_go()
    assert (floor(), changes()) == (2, [(two, "moved")])
    assert standing() == {one: True, two: True}
    assert retention.let_go() == 0


def test_one_young_change_holds_back_what_comes_after_it(desk: Desk):
    """Positions are given in the order of commits, times at the start of transactions: a late one may be the older."""
    for _ in range(4):
        desk.article(age=YOUNG)
    age_log(LOG + 1)
    sql("UPDATE changes SET at = now() WHERE seq = 3")
    retention.let_go()
    assert (floor(), len(changes())) == (2, 2)


def test_what_stories_have_not_read_is_not_cut(desk: Desk):
    for _ in range(3):
        desk.article(age=YOUNG)
    age_log(LOG + 1, heard=False)
    assert retention.let_go() == 0
    assert (floor(), len(changes())) == (0, 3)
    sql("UPDATE story_state SET seq = 2")
    retention.let_go()
    assert (floor(), len(changes())) == (2, 1)


# --- tombstones -----------------------------------------------------------------------------------------------------


@pytest.fixture
def tombstone(desk: Desk) -> int:
    """An expired article that nothing needs any more."""
    number = desk.article(age=OLD)
    retention.let_go()
    age_log(LOG + 1)
    unseen(number)
    return number


def let_time_pass() -> None:
    sql("UPDATE articles SET lease_until = 'epoch' WHERE emptied")


def test_a_tombstone_goes_with_all_that_hangs_on_it(tombstone: int):
    sql("INSERT INTO article_urls VALUES ('a.example/1', :id)", id=tombstone)
    let_time_pass()
    retention.let_go()
    assert sql(
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM sightings), (SELECT count(*) FROM article_urls)"
    ) == [(0, 0, 0)]
    assert retention.let_go() == 0


@pytest.mark.parametrize(
    "need",
    [
        "UPDATE sightings SET last_seen_at = now() - interval '6 days 23 hours'",
        "UPDATE feeds SET body_at = now() - interval '200 days'",
        "UPDATE feeds SET body_at = NULL",
        "UPDATE story_state SET seq = 0",
        "INSERT INTO judgements (one, says, author, documents) SELECT id, 'not_news', 'ada', '[]' FROM articles",
    ],
    ids=["seen lately", "nothing else read since", "no body read yet", "not cut from the log", "judged"],
)
def test_a_tombstone_that_is_needed_stays(tombstone: int, need: str):
    """A body that has been the same for weeks is not read again, so what stands in it was last seen weeks ago."""
    if "200 days" in need:
        sql("UPDATE sightings SET last_seen_at = now() - interval '200 days' - interval '6 days'")
    sql(need)
    let_time_pass()
    retention.let_go()
    assert standing() == {tombstone: False}
    assert sql("SELECT lease_until > now() + interval '6 days' FROM articles") == [(True,)]


def test_a_tombstone_behind_which_copies_stand_stays_until_they_go(tombstone: int, desk: Desk):
    young = desk.article(age=YOUNG)
    sql("INSERT INTO copies VALUES (:a, :b, 'text', '{}')", a=tombstone, b=young)
    let_time_pass()
    retention.let_go()
    assert tombstone in standing()
    sql("DELETE FROM copies")
    sql("UPDATE articles SET listed = false, duplicate_of = :a WHERE id = :b", a=tombstone, b=young)
    let_time_pass()
    retention.let_go()
    assert tombstone in standing()
    sql("UPDATE articles SET duplicate_of = NULL WHERE id = :b", b=young)
    let_time_pass()
    retention.let_go()
    assert tombstone not in standing()


def test_a_tombstone_that_is_seen_at_this_moment_is_left_alone(tombstone: int, desk: Desk):
    let_time_pass()
    held, go_on = threading.Event(), threading.Event()

    def see() -> None:
        with transaction() as session:
            session.execute(
                text(
                    "INSERT INTO sightings (feed_id, guid, url, article_id, content_hash, first_seen_at, last_seen_at) "
                    "SELECT min(id), 'new', '', :id, '', now(), now() FROM feeds"
                ),
                {"id": tombstone},
            )
            held.set()
            go_on.wait(10)

    seeing = threading.Thread(target=see)
    seeing.start()
    assert held.wait(10)
    retention.let_go()
    go_on.set()
    seeing.join()
    retention.let_go()
    assert tombstone in standing()
