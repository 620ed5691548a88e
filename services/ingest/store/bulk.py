"""Many rows at once: PostgreSQL's binary COPY, a quarter of the cost of one INSERT a row, and arrays as parameters.

The driver makes an array value by value, in Python; where there are thousands of them that is what a statement costs. A
literal is put together from whole lists, at a tenth of the price.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

_ARRAY = struct.Struct("!iiIii")
"""Dimensions, whether an element is NULL, type of the elements, how many there are, and the number of the first."""
_TEXT = 25
"""PostgreSQL's number for the type `text`."""


def copy_in(
    session: Session, table: str, columns: Mapping[str, str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Append `rows` to `table` inside the session's transaction.

    `columns`: name and PostgreSQL type of each, in the order of the tuples; values for a column said to be `bytea` are sent
    as they are, so that it may be of any type whose binary form the caller makes (`binary_texts`). Names come from our own
    code, never from outside.
    """
    driver: Any = session.connection().connection.driver_connection
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    with driver.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)


@lru_cache(maxsize=1024)
def binary_texts(values: tuple[str, ...]) -> bytes:
    """The binary form of a `text[]`, remembered: the entries of a feed have the same authors and tags."""
    if not values:
        return struct.pack("!iiI", 0, 0, _TEXT)
    made = [_ARRAY.pack(1, 0, _TEXT, len(values), 1)]
    for value in values:
        data = value.encode()
        made += (struct.pack("!i", len(data)), data)
    return b"".join(made)


def texts(values: Iterable[str]) -> str:
    """A `text[]` as a literal; the statement says CAST(… AS text[])."""
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in values]
    return '{"' + '","'.join(quoted) + '"}' if quoted else "{}"


def numbers(values: Iterable[float]) -> str:
    """An array of numbers as a literal; the statement says CAST(… AS bigint[]), or what they are."""
    return "{" + ",".join(map(str, values)) + "}"


def hashes(values: Sequence[bytes]) -> str:
    """A `bytea[]` as a literal; the statement says CAST(… AS bytea[])."""
    return '{"\\\\x' + '","\\\\x'.join(value.hex() for value in values) + '"}' if values else "{}"


def new_ids(session: Session, table: str, count: int) -> list[int]:
    """`count` ids that no other row of `table` will have; they are ours even when nothing is stored."""
    if not count:
        return []
    # The sequence is looked up once and not for each number.
    found = session.scalar(
        text(
            "SELECT array_agg(nextval((SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass)))) "
            "FROM generate_series(1, :count)"
        ),
        {"table": table, "count": count},
    )
    return list(found or ())
