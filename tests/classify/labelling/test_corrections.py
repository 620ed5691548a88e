"""What an editor says of an article stands above the rules, for as long as it is not withdrawn, and measures them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from services.classify import rulebook
from services.classify.errands.measuring import corrected_rows, measure
from services.classify.labelling import label, relabel, store
from services.core import cache, corrections
from services.core.clock import utc_now
from services.core.corrections import Judgement
from services.core.db import transaction
from services.core.errors import InvalidInputError, NotFoundError
from services.core.queues import Queue
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, ENERGY, publish


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.now = utc_now()
    publish(ECONOMY)


def labels(article: int) -> tuple:
    (row,) = sql("SELECT region, regions, topics, places FROM articles WHERE id = :id", id=article)
    return row


def stream() -> list[tuple]:
    return sql("SELECT article_id, change, labels_after FROM changes ORDER BY seq")


def correct(article: int, **lists: tuple[str, ...]) -> None:
    note = lists.pop("note", "")
    with transaction() as session:
        corrections.correct(session, article, Judgement(**lists, note=note), author="ada")


def labelled(desk: Desk, title: str = "Inflation in Kazakh cities") -> int:
    one = desk.article(title, listed=False)
    label.label_waiting()
    return one


def test_it_replaces_the_kinds_it_names_and_leaves_the_others_to_the_rules(desk):
    one = labelled(desk)
    cache.client().flushall()
    correct(one, topics=(), note="about people")
    assert cache.queue_length(Queue.CLASSIFY) == 1
    assert label.label_waiting() == 1
    assert labels(one) == ("central-asia", ["central-asia"], [], [])
    assert stream()[-1] == (one, "moved", ["region/central-asia"])
    ((verdict,),) = sql("SELECT verdict FROM articles")
    assert verdict["regions"][0]["origin"] == "rule"


def test_it_names_its_editor_and_note_in_the_verdict(desk):
    one = labelled(desk, "Nothing of note")
    correct(one, regions=("central-asia",), places=("KG",), note="the dam")
    label.label_waiting()
    ((verdict,),) = sql("SELECT verdict FROM articles")
    (region,) = verdict["regions"]
    assert (region["slug"], region["origin"], region["primary"]) == ("central-asia", "editor", True)
    assert region["editor"] == {"by": "ada", "note": "the dam"}


def test_no_rulebook_that_is_published_later_overwrites_it(desk):
    one, other = labelled(desk), labelled(desk, "Inflation elsewhere")
    correct(one, topics=(), regions=("central-asia",))
    label.label_waiting()
    publish(ENERGY)
    relabel.relabel_listed()
    assert labels(one)[1:3] == (["central-asia"], [])
    assert labels(other)[2] == ["energy"]


def test_nor_does_the_publisher_who_changes_the_article(desk):
    one = labelled(desk)
    correct(one, topics=())
    label.label_waiting()
    sql("UPDATE articles SET revision = revision + 1, title = 'Inflation again', waiting_since = now()")
    label.label_waiting()
    assert labels(one)[2] == []
    assert stream()[-1][1] == "moved"  # the region went with the word Kazakh; that was left to the rules


def test_a_later_one_takes_its_place_and_withdrawing_gives_the_rules_their_say_again(desk):
    one = labelled(desk)
    before = labels(one)
    correct(one, topics=())
    correct(one, topics=("economy",), regions=())
    label.label_waiting()
    assert labels(one) == (None, [], ["economy"], [])
    with transaction() as session:
        assert [c.withdrawn_at is None for c in corrections.of_article(session, one)] == [True, False]
        assert corrections.withdraw(session, one)
        assert not corrections.withdraw(session, one)
    label.label_waiting()
    assert labels(one) == before


def test_one_made_while_a_worker_has_the_article_in_hand_is_not_lost(desk):
    one = desk.article("Inflation", listed=False)
    with transaction() as session:
        batch = store.claim(session)
        compiled = rulebook.current(session)
    correct(one, topics=())
    label.label_batch(batch, compiled)
    assert stream() == []
    label.label_waiting()
    assert stream() == [(one, "added", [])]


def test_two_editors_at_once_leave_one(desk):
    one = labelled(desk)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: correct(one, topics=("economy",) if n % 2 else ()), range(16)))
    assert sql("SELECT count(*) FROM corrections WHERE withdrawn_at IS NULL") == [(1,)]
    assert sql("SELECT count(*) FROM corrections") == [(16,)]


@pytest.mark.parametrize(
    ("judgement", "words"),
    [
        (Judgement(), "says something"),
        (Judgement(regions=("atlantis",)), "no region 'atlantis'.*There are central-asia"),
        (Judgement(topics=("energy",)), "no topic 'energy'"),
        (Judgement(topics=("econmy",)), "Did you mean economy"),
        (Judgement(places=("Kazakhstan",)), "ISO 3166"),
        (Judgement(places=("ZZ",)), "'ZZ' is none"),
        (Judgement(topics=(), note="x" * 1001), "1000 characters"),
        (Judgement(topics=(), note="a\x00b"), "NUL"),
    ],
)
def test_nonsense_is_refused_and_changes_nothing(desk, judgement, words):
    one = labelled(desk)
    correct(one, topics=())
    with pytest.raises(InvalidInputError, match=words), transaction() as session:
        corrections.correct(session, one, judgement, author="ada")
    assert sql("SELECT count(*) FROM corrections") == [(1,)]


def test_what_is_not_there_and_what_repeats_another_is_refused(desk):
    one, copy = labelled(desk), desk.article("Copy", listed=False)
    sql("UPDATE articles SET duplicate_of = :one WHERE id = :copy", one=one, copy=copy)
    with pytest.raises(NotFoundError, match="no article 999"), transaction() as session:
        corrections.correct(session, 999, Judgement(topics=()), author="ada")
    with pytest.raises(InvalidInputError, match=f"repeats article {one}"), transaction() as session:
        corrections.correct(session, copy, Judgement(topics=()), author="ada")


def test_the_text_that_was_judged_stays_a_labelled_row_when_the_article_changes(desk):
    one = labelled(desk, "Inflation in Kazakh cities")
    correct(one, regions=("central-asia",), topics=())
    sql("UPDATE articles SET title = 'Something else'")
    with transaction() as session:
        (row,) = corrected_rows(session)
        figures = measure(session, {}, "")
    assert row["title"] == "Inflation in Kazakh cities"
    assert (row["regions"], row["topics"], row["places"]) == (["central-asia"], [], None)
    assert figures["rows"] == 1
    assert figures["sets"]["regions"]["micro"]["f1"] == 1.0
    assert figures["sets"]["topics"]["by"]["economy"]["precision"] == 0.0


def test_without_corrections_there_is_nothing_to_measure(desk):
    with transaction() as session, pytest.raises(InvalidInputError, match="No article was corrected yet"):
        measure(session, {}, "")


def test_kinds_that_are_kept_stay_as_an_earlier_correction_has_them(desk):
    one = labelled(desk)
    correct(one, regions=(), topics=(), note="nothing")
    with transaction() as session:
        later = Judgement(places=("KZ",), keeps=frozenset({"regions", "topics"}))
        corrections.correct(session, one, later, author="bob")
        stands = corrections.of_article(session, one)[0]
    assert (stands.regions, stands.topics, stands.places) == ([], [], ["KZ"])
    assert (stands.note, stands.author) == ("nothing", "bob")


def test_places_that_were_judged_say_nothing_of_regions_that_were_not(desk):
    """Unlike in a labelled file, where places are gold for regions too."""
    one = labelled(desk)
    correct(one, places=())
    with transaction() as session:
        assert set(measure(session, {}, "")["sets"]) == {"places"}


def test_labels_that_change_are_a_revision_of_their_own(desk):
    """Followers may drop what they know by id and revision."""
    one = labelled(desk)
    correct(one, topics=())
    label.label_waiting()
    publish(ENERGY.replace("terms: [Kazakh, Kyrgyz]", "terms: [Kyrgyz]"))
    relabel.relabel_listed()
    relabel.relabel_listed()
    assert sql("SELECT change, revision FROM changes ORDER BY seq") == [
        ("added", 1),
        ("moved", 2),
        ("moved", 3),
    ]
    assert sql("SELECT revision, published_revision FROM articles") == [(3, 3)]
