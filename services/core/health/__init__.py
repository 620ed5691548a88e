"""What `dateline doctor` and the readiness check report: each part, whether it is well, and what to do."""

import socket
from collections.abc import Callable, Iterator

from sqlalchemy import func, select, text

from services.core import beats, cache, schema
from services.core.clock import utc_now
from services.core.db import database_url, transaction
from services.core.errors import DatelineError
from services.core.health import desk, feeds, stories, webhooks
from services.core.health.feeds import dozens, why_they_fail
from services.core.health.finding import Finding
from services.core.models import Rulebook

__all__ = ["CHECKS", "Finding", "dozens", "examine", "examine_role", "why_they_fail"]

ROLES_NEEDED = ("scheduler", "ingest", "classify", "stories")
CLOCK_SKEW_S = 5
OLD_WAIT_S = 60
STANDS_ON = ("database", "schema")
"""Where one of these is wrong nothing behind it can be looked at."""


def examine() -> list[Finding]:
    """Look at the database, the schema, the queue, the roles, the clock, the rulebook, what waits, and stories."""
    found: list[Finding] = []
    for about, look in CHECKS:
        try:
            found.extend(look())
        except DatelineError as error:
            found.append(Finding(about, ok=False, says=str(error)))
        if about in STANDS_ON and not found[-1].ok:
            break
    return found


def examine_role(role: str) -> Finding:
    """Whether `role` gives signs of life from this very host: the health check of its container."""
    host = socket.gethostname()
    well = any(role in r.split("+") for r in beats.alive(host=host))
    says = f"gives signs of life on {host}" if well else f"gives no sign of life on {host}: see its log."
    return Finding(role, ok=well, says=says)


def _database() -> Iterator[Finding]:
    with transaction() as session:
        session.execute(select(1))
    yield Finding("database", ok=True, says="answers")


def _schema() -> Iterator[Finding]:
    has, newest = schema.versions(database_url())
    if has == newest:
        yield Finding("schema", ok=True, says=f"is at {has}")
    elif has is not None and has not in schema.known(database_url()):
        # An update under way: what runs goes on with the newer schema (it adds), and must not be taken out before the new code is there.
        yield Finding(
            "schema", ok=True, says=f"is at {has}, newer than this code knows: update this one too."
        )
    else:
        yield Finding(
            "schema",
            ok=False,
            says=f"is at {has or 'nothing'}, the code expects {newest}: run `dateline migrate`.",
        )


def _queue() -> Iterator[Finding]:
    alive = cache.alive()
    yield Finding(
        "queue",
        ok=alive,
        says="answers" if alive else "Redis does not answer: start it, or see DATELINE_REDIS_URL.",
    )


def _roles() -> Iterator[Finding]:
    running = {role for roles in beats.alive() for role in roles.split("+")}
    for role in ROLES_NEEDED:
        well = role in running
        command = "dateline scheduler" if role == "scheduler" else f"dateline worker {role}"
        yield Finding(
            role, ok=well, says="is running" if well else f"gives no sign of life: start `{command}`."
        )


def _clock() -> Iterator[Finding]:
    with transaction() as session:
        theirs = session.scalars(select(func.clock_timestamp())).one()
    off = abs((utc_now() - theirs).total_seconds())
    yield Finding(
        "clock",
        ok=off < CLOCK_SKEW_S,
        says=f"is {off:.1f} s off the database's clock" + ("." if off >= CLOCK_SKEW_S else ""),
    )


def _rulebook() -> Iterator[Finding]:
    with transaction() as session:
        version = session.scalar(select(Rulebook.version).where(Rulebook.active))
    says = f"{version[:12]} is in force" if version else "none is in force: run `dateline rules publish`."
    yield Finding("rulebook", ok=version is not None, says=says)


def _waiting() -> Iterator[Finding]:
    with transaction() as session:
        count, oldest, aside = session.execute(
            text(
                # Two questions, each of an index of its own: asked in one they would read every article.
                "SELECT count(*), coalesce(extract(epoch FROM now() - min(waiting_since)), 0), "
                "(SELECT count(*) FROM articles WHERE quarantined IS NOT NULL AND removed_at IS NULL) "
                "FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL"
            )
        ).one()
    well = oldest < OLD_WAIT_S
    says = f"{count} articles wait for labels, the oldest for {int(oldest)} s"
    yield Finding(
        "waiting", ok=well, says=says if well else says + ": start more `dateline worker classify`."
    )
    if aside:
        yield Finding(
            "quarantine", ok=False, says=f"{aside} articles were put aside because workers died of them."
        )


CHECKS: tuple[tuple[str, Callable[[], Iterator[Finding]]], ...] = (
    ("database", _database),
    ("schema", _schema),
    ("queue", _queue),
    ("roles", _roles),
    ("clock", _clock),
    ("rulebook", _rulebook),
    ("waiting", _waiting),
    ("stories", stories.look),
    ("desk", desk.look),
    ("feeds", feeds.look),
    ("webhooks", webhooks.look),
)
