"""Which article is meant: a number, an address of this site, or the publisher's own address."""

import pytest

from services.core.db import transaction
from services.core.errors import InvalidInputError
from services.core.judgements import article_named
from services.core.models import ArticleUrl


def named(given, *own):
    with transaction() as session:
        return article_named(session, given, own_hosts=own)


@pytest.fixture
def stored(desk):
    article = desk.article("Quake in Osh")
    with transaction() as session:
        session.add(ArticleUrl(url_key="paper.example/article/7", article_id=article))
    return article


@pytest.mark.parametrize(
    "given", ["https://paper.example/article/7", " http://www.paper.example/article/7/?utm_source=x#top "]
)
def test_the_address_of_the_publisher_in_any_spelling(stored, given):
    assert named(given) == stored


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("31", 31),
        (" 31 ", 31),
        ("/article/31", 31),
        ("https://news.example:8000/article/31?x=1", 31),
        ("http://news.example:8000/v1/articles/31", 31),
        ("http://news.example:8000/editor/judge/31#say", 31),
    ],
)
def test_a_number_and_an_address_of_ours(service, given, number):
    assert named(given, "news.example:8000") == number


@pytest.mark.parametrize("given", ["", "twelve", "paper", "https://other.example/article/7", "https://[x", "x" * 3000, "https://a.example/\x00", "²", "9" * 19])  # fmt: skip
def test_anything_else_is_refused(stored, given):
    with pytest.raises(InvalidInputError):
        named(given, "news.example")
