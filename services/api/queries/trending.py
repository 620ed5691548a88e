"""What is heard in one scope, and what else is known of the stories in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import Text

from services.api.queries.items import among
from services.core.models import Source, Story, TrendScope


@dataclass(frozen=True, slots=True)
class Heard:
    """The row of a scope, as `core.trends` reads it."""

    loud: Sequence[Mapping[str, Any]] = ()
    habit: Mapping[str, Any] = field(default_factory=lambda: {"hours": []})


async def heard(connection: AsyncConnection, scope: str) -> Heard:
    """What is heard in a scope; nothing where there is no row of it."""
    query = select(TrendScope.loud, TrendScope.habit).where(TrendScope.scope == scope)
    row = (await connection.execute(query)).one_or_none()
    return Heard() if row is None else Heard(row.loud, row.habit)


async def muted(connection: AsyncConnection, ids: Sequence[int]) -> frozenset[int]:
    """Those of these stories that an editor keeps out of Trending."""
    query = select(Story.id).where(among(Story.id, ids), Story.muted_by.is_not(None))
    return frozenset(await connection.scalars(query))


async def survivors(connection: AsyncConnection, ids: Sequence[int]) -> dict[int, int]:
    """Of those of these stories that are part of another one by now: which one, through any number of merges."""
    chain = (
        select(Story.id.label("lost"), Story.merged_into.label("into"))
        .where(among(Story.id, ids), Story.merged_into.is_not(None))
        .cte("chain", recursive=True)
    )
    chain = chain.union_all(
        select(chain.c.lost, Story.merged_into)
        .join(chain, Story.id == chain.c.into)
        .where(Story.merged_into.is_not(None))
    )
    # The older one stays, so the last of a chain is its smallest.
    rows = await connection.execute(select(chain.c.lost, func.min(chain.c.into)).group_by(chain.c.lost))
    return {row[0]: row[1] for row in rows}


async def names(connection: AsyncConnection, owners: Sequence[str]) -> dict[str, str]:
    """The names of sources that speak for themselves."""
    query = select(Source.key, Source.name).where(Source.key == any_(literal(list(owners), ARRAY(Text))))
    return {row.key: row.name for row in await connection.execute(query)}
