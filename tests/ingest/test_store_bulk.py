"""Many values at once: what the database gets is what was given."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from services.core.db import transaction
from services.ingest.store.bulk import binary_texts, copy_in, hashes, new_ids, numbers, texts

TEXTS = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(["", "NULL", "null", "{", "}", ",", '"', "\\", '\\"', "a\\nb", " a ", "\n", "'", "%s", ":keys", "\\x00"]),
    max_size=8,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _database(service: pytest.MonkeyPatch) -> None:
    """Settings and a database, as the services have them."""


def back(kind: str, literal: str) -> list[object]:
    with transaction() as session:
        return list(session.scalars(text(f"SELECT unnest(CAST(:given AS {kind}))"), {"given": literal}))


def test_texts_arrive_as_they_are():
    @settings(max_examples=60, deadline=None)
    @given(TEXTS)
    def check(values: list[str]) -> None:
        assert back("text[]", texts(values)) == values

    check()


def test_numbers_and_hashes_arrive_as_they_are():
    assert back("bigint[]", numbers([1, -2, 2**62])) == [1, -2, 2**62]
    assert back("bigint[]", numbers([])) == []
    keys = [bytes(range(16)), b"\0" * 16, b"\\\\\"'{}", b""]
    assert [bytes(key) for key in back("bytea[]", hashes(keys))] == keys  # type: ignore[call-overload]
    assert back("bytea[]", hashes([])) == []


def test_lists_of_texts_are_copied_as_they_are():
    @settings(max_examples=30, deadline=None)
    @given(st.lists(TEXTS.map(tuple), min_size=1, max_size=3))
    def check(rows: list[tuple[str, ...]]) -> None:
        with transaction() as session:
            session.execute(text("CREATE TEMPORARY TABLE lists (n bigint, names text[]) ON COMMIT DROP"))
            numbered = [(n, binary_texts(names)) for n, names in enumerate(rows)]
            copy_in(session, "lists", {"n": "int8", "names": "bytea"}, numbered)
            found = session.scalars(text("SELECT names FROM lists ORDER BY n"))
            assert [tuple(names) for names in found] == rows

    check()


def test_ids_are_nobody_elses():
    with transaction() as session:
        taken = new_ids(session, "articles", 3) + new_ids(session, "articles", 2)
        assert new_ids(session, "articles", 0) == []
    assert len(set(taken)) == 5
