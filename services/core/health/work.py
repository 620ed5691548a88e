"""What the doctor says of the work: roles, the rulebook, what waits and whether it grows, what was put aside."""

from collections.abc import Iterator

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.core import backlog, running
from services.core.clock import utc_now
from services.core.db import watching
from services.core.health.finding import Finding, many
from services.core.health.trend import Trend, trend_of
from services.core.liveness import beats
from services.core.liveness.notify import SILENT_S
from services.core.liveness.rounds import HUNG_S
from services.core.models import Beat, Rulebook
from services.core.settings import settings

ROLES_NEEDED = ("scheduler", "ingest", "classify", "stories")
OLD_WAIT_S = 60
BRIEF_S = 600
"""Of a backlog that will have melted by then nobody needs to be told that something is wrong."""
STARTS = {
    "fetch": "start more `dateline worker ingest`",
    "labels": "start more `dateline worker classify`",
    "stories": "see the log of `dateline worker stories`",
}
"""By stage, what there is to do when what waits before it grows."""

_WAITING = text(
    f"SELECT *, coalesce(extract(epoch FROM now() - oldest), 0) AS age FROM ({backlog.UNLABELLED}) w"  # noqa: S608
)
_RESTORED = text(
    """
    SELECT extract(epoch FROM now() - max(at)) FROM beats
    WHERE role = :role HAVING max(at) > now() - make_interval(secs => :stale)
    """
)
_ASIDE = text(
    "SELECT count(*), min(quarantined) FROM articles WHERE quarantined IS NOT NULL AND removed_at IS NULL"
)


def roles() -> Iterator[Finding]:
    """Whether each role that works on the stream gives signs of life."""
    return _alive(ROLES_NEEDED)


def api() -> Iterator[Finding]:
    """Whether any process that answers readers does: the API itself is not asked, since it may be what hangs."""
    return _alive(("api",))


def _alive(names_of_roles: tuple[str, ...]) -> Iterator[Finding]:
    lately = Beat.at > func.now() - text(f"interval '{beats.STALE_S} seconds'")
    with watching() as session:
        alive = {
            role for names in session.scalars(select(Beat.role).where(lately)) for role in names.split("+")
        }
        hung = _hung(session)
        seen = _ever_seen(session)
        restored = session.scalar(_RESTORED, {"role": beats.RESTORED, "stale": beats.STALE_S})
    kept = running.keeps(settings().home, database_url=settings().database_url)
    for role in names_of_roles:
        if role in alive:
            yield Finding(role, ok=True, says="is running")
        elif role in hung:
            yield Finding(role, ok=False, says=hung[role])
        elif restored is not None and role not in seen:
            yield Finding(
                role,
                ok=True,
                note=True,
                says=f"the database was restored {restored:.0f} s ago, and {role} has not been heard of since: if it runs, it is "
                f"within {beats.EVERY_S} s.",
            )
        else:
            yield Finding(role, ok=False, says=_says_silent(role, kept=kept))


def _says_silent(role: str, *, kept: bool) -> str:
    if kept:
        return (
            f"gives no sign of life: `dateline up` starts it again, after {SILENT_S:.0f} s where it hangs; if that does not help, "
            f"log/{role}.log in its data folder says why."
        )
    command = f"dateline {role}" if role in {"scheduler", "api"} else f"dateline worker {role}"
    return f"gives no sign of life: start `{command}`."


def _ever_seen(session: Session) -> set[str]:
    """Roles that have given a sign of life in the last day, or since the database was restored."""
    return {role for names in session.scalars(select(Beat.role)) for role in names.split("+")}


def _hung(session: Session) -> dict[str, str]:
    """Roles of which a process lives and has said of late that it, or one of those it leads, is silent: what to say of them."""
    rows = session.execute(select(Beat.role, Beat.detail, func.extract("epoch", func.now() - Beat.at)))
    ages = [
        (names, float(age), detail.get(beats.SILENCE), beats.LEADER in detail) for names, detail, age in rows
    ]
    return {
        role: _says_hung(age, leader=leads or role == "scheduler")
        for names, age, silence, leads in ages
        if silence is not None and age - float(silence) < beats.STALE_S
        for role in names.split("+")
    }


def _says_hung(seconds: float, *, leader: bool) -> str:
    if leader:
        return (
            f"runs, and what leads it has not gone on for {seconds:.0f} s: `dateline up` and systemd end it after {SILENT_S:.0f} s, "
            "compose within three minutes, and start another."
        )
    return (
        f"runs, and a process of it has not gone on for {seconds:.0f} s: it is ended by itself after {HUNG_S:.0f} s, "
        "and another takes its place."
    )


def rulebook() -> Iterator[Finding]:
    """Whether one is in force."""
    with watching() as session:
        version = session.scalar(select(Rulebook.version).where(Rulebook.active))
    says = f"{version[:12]} is in force" if version else "none is in force: run `dateline rules publish`."
    yield Finding("rulebook", ok=version is not None, says=says)


def waiting() -> Iterator[Finding]:
    """What waits for labels, for how long, and whether it gets more or less."""
    with watching() as session:
        row = session.execute(_WAITING, backlog.one_more()).one()
        found = backlog.counted(row.waiting, row.in_hand, row.oldest)
        aside, why = session.execute(_ASIDE).one()
        trends = {stage: trend_of(backlog.samples(session, stage), now=utc_now()) for stage in STARTS}
    yield _of_waiting(found, int(row.age), trends["labels"])
    for stage, trend in trends.items():
        if trend is not None and trend.grows:
            yield Finding(
                "backlog",
                ok=False,
                says=f"what waits for {stage} grew from {trend.first:,} to {trend.last:,} in {trend.minutes:.0f} min, "
                f"by {trend.a_minute:.0f} a minute: {STARTS[stage]}.",
            )
    if aside:
        yield Finding(
            "quarantine",
            ok=False,
            says=f"{many(aside, 'article')} {'was' if aside == 1 else 'were'} put aside because workers died of them ({why.rstrip('.')}): "
            "see the log of classify; `dateline queues replay classify` takes them up again.",
        )


def _of_waiting(found: backlog.Counted, oldest: int, trend: Trend | None) -> Finding:
    count = found.waiting + found.in_hand
    if not count:
        return Finding("waiting", ok=True, says="nothing waits for labels")
    more, wait = "more than " if found.more else "", "waits" if count == 1 else "wait"
    says = f"{more}{many(count, 'article')} {wait} for labels, the oldest for {oldest} s"
    if oldest < OLD_WAIT_S:
        return Finding("waiting", ok=True, says=says)
    left = trend.minutes_left if trend is not None else None
    if left is not None and left * 60 < BRIEF_S:
        return Finding(
            "waiting", ok=True, note=True, says=f"{says}; at this pace none will in {left:.0f} min."
        )
    return Finding("waiting", ok=False, says=says + ": start more `dateline worker classify`.")
