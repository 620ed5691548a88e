"""What the doctor says of the rules: whether they still find what they found a week ago."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import text

from services.core.db import watching
from services.core.health.finding import Finding, many

SAMPLE = 2_000
"""Articles looked at on each side: the newest, and those of the week before."""
FEW = 200
"""Fewer than this on either side that were seen within a day of their date say nothing."""
JUMP = 0.15
"""So much greater must the share without a region be to be wrong."""
EXPECTED = 10
"""A rule that should have fired so often by its share of last week, and did not once, is silent: by chance 1 in 20,000."""
NAMED = 3

# Both sides are the start of a range of one index; what is read is bounded whatever is stored. They are alike only where both were
# seen as news: what the first look at a feed finds of the week before is the little that slow publishers still show, and none of what
# quick ones published in that time, so that rules which find those would be silent on the day a database or many feeds are new.
_SIDES = """
    WITH recent AS (
        SELECT id, regions, verdict, first_seen_at, sort_at FROM articles WHERE listed AND sort_at > now() - interval '1 day' AND sort_at <= now()
        ORDER BY sort_at DESC, id DESC LIMIT :n
    ), before AS (
        SELECT id, regions, verdict, first_seen_at, sort_at FROM articles
        WHERE listed AND sort_at <= now() - interval '1 day' AND sort_at > now() - interval '8 days'
        ORDER BY sort_at DESC, id DESC LIMIT :n
    ), sides AS (
        SELECT * FROM (SELECT true AS fresh, * FROM recent UNION ALL SELECT false, * FROM before) a
        WHERE first_seen_at < sort_at + interval '1 day'
    )
"""
_SHARES = text(
    _SIDES  # noqa: S608 - texts of ours
    + """
    SELECT count(*) FILTER (WHERE fresh) AS now_all, count(*) FILTER (WHERE fresh AND regions = '{}') AS now_none,
           count(*) FILTER (WHERE NOT fresh) AS then_all, count(*) FILTER (WHERE NOT fresh AND regions = '{}') AS then_none
    FROM sides
    """
)
_FIRED = text(
    _SIDES  # noqa: S608 - texts of ours
    + """
    SELECT fresh, r.rule, count(DISTINCT id) AS articles
    FROM sides, LATERAL (
        SELECT DISTINCT why ->> 'rule' AS rule
        FROM jsonb_array_elements(coalesce(verdict -> 'regions', '[]') || coalesce(verdict -> 'topics', '[]')) label,
             jsonb_array_elements(label -> 'why') why
        WHERE jsonb_typeof(label -> 'why') = 'array'
    ) r WHERE r.rule IS NOT NULL GROUP BY fresh, r.rule
    """
)
_IN_FORCE = text("SELECT labels FROM rulebooks WHERE active")


class Shares(NamedTuple):
    """Articles looked at, now and a week ago, and of them those without any region."""

    now_all: int
    now_none: int
    then_all: int
    then_none: int


def look() -> Iterator[Finding]:
    """What changed against last week; nothing where there is too little to compare."""
    with watching() as session:
        shares = Shares(*session.execute(_SHARES, {"n": SAMPLE}).one())
        if min(shares.now_all, shares.then_all) < FEW:
            return
        fired: dict[bool, Counter[str]] = {True: Counter(), False: Counter()}
        for row in session.execute(_FIRED, {"n": SAMPLE}):
            fired[row.fresh][row.rule] = row.articles
    yield from judge_shares(shares)
    yield from judge_silence(fired[False], fired[True], then=shares.then_all, now=shares.now_all)


def judge_shares(found: Shares) -> Iterator[Finding]:
    """Whether more articles than before are left without a region.

    >>> [f.says[:44] for f in judge_shares(Shares(1000, 500, 1000, 100))]
    ['50% of new articles have no region, 10% had ']
    """
    fresh, before = found.now_none / found.now_all, found.then_none / found.then_all
    if fresh - before >= JUMP:
        yield Finding(
            "unlabelled",
            ok=False,
            says=f"{fresh:.0%} of new articles have no region, {before:.0%} had none in the week before: was a rulebook published "
            "that lost rules, or a language added that has none? See `dateline rules history` and `dateline rules stats`.",
        )


def judge_silence(
    before: Mapping[str, int], after: Mapping[str, int], *, then: int, now: int
) -> Iterator[Finding]:
    """Rules that should have fired by what they did last week, and have not: a note, since news moves on too."""
    silent = [
        (rule, count)
        for rule, count in before.items()
        if not after.get(rule) and count * now / then >= EXPECTED
    ]
    if silent:
        silent.sort(key=lambda pair: (-pair[1], pair[0]))
        named = ", ".join(f"{rule} ({many(count, 'article')})" for rule, count in silent[:NAMED])
        yield Finding(
            "silent-rules",
            ok=True,
            note=True,
            says=f"{many(len(silent), 'rule')} that fired in the week before {'has' if len(silent) == 1 else 'have'} not in the last day, "
            f"such as {named}: look whether they were changed, or whether their feeds still answer; `dateline rules stats` counts all.",
        )
