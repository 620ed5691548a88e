"""Why hidden articles count as copies of the one that is shown."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, any_, func, literal, or_, select, true
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import BigInteger

from services.core.models import Copy

_SENTENCE = Copy.judgement["sentence"].astext


async def why(connection: AsyncConnection, hidden: Sequence[int], *, shown: int) -> dict[int, str]:
    """The reason of each hidden article: its pair with the one shown, else with another copy, which is then named.

    An article that stands in no pair is left out.
    """
    if not hidden:
        return {}
    pairs = await connection.execute(
        select(Copy.one, Copy.other, _SENTENCE).where(
            or_(Copy.one == shown, Copy.other == shown),
            or_(Copy.one == any_(_ids(hidden)), Copy.other == any_(_ids(hidden))),
        )
    )
    found = {one if other == shown else other: str(sentence) for one, other, sentence in pairs}
    return found | await _through_others(connection, [other for other in hidden if other not in found])


async def _through_others(connection: AsyncConnection, hidden: Sequence[int]) -> dict[int, str]:
    if not hidden:
        return {}
    wanted = func.unnest(_ids(hidden)).table_valued(sql_column("id", BigInteger)).render_derived("wanted")
    first = (
        select(Copy.one, Copy.other, _SENTENCE.label("sentence"))
        .where(or_(Copy.one == wanted.c.id, Copy.other == wanted.c.id))
        .order_by(Copy.one, Copy.other)
        .limit(1)
        .lateral("first")
    )
    query = select(wanted.c.id, first).select_from(wanted).join(first, true())
    return {
        id_: f"{sentence}, with article {one if other == id_ else other}"
        for id_, one, other, sentence in await connection.execute(query)
    }


def _ids(ids: Sequence[int]) -> ColumnElement[list[int]]:
    return literal(list(ids), ARRAY(BigInteger))
