"""`dateline queues`: what waits, what workers died of, and starting that anew."""

from dataclasses import asdict

import click

from services.cli.printing import JSON, plural, print_json
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.queues import Queue

ASIDE = click.Choice([Queue.FETCH.value, Queue.CLASSIFY.value, Queue.DESK.value])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def queues() -> None:
    """See what waits in each queue, and start anew what was set aside because workers died of it.

    Example: dateline queues list
    """


@queues.command("list")
@JSON
def listed(as_json: bool) -> None:
    """Every queue: rows that wait and since when, rows in hand, what was set aside.

    Example: dateline queues list --json
    """
    from services.core import set_aside

    with transaction() as session:
        found = set_aside.depths(session)
    if as_json:
        print_json([asdict(depth) for depth in found])
        return
    for depth in found:
        since = (
            f", the first since {depth.oldest:%Y-%m-%d %H:%M:%S} UTC"
            if depth.waiting and depth.oldest
            else ""
        )
        aside = f", {depth.aside} set aside" if depth.aside else ""
        more = "more than " if depth.more else ""
        click.echo(f"{depth.queue:9} {more}{depth.waiting} waiting, {depth.in_hand} in hand{since}{aside}")


@queues.command()
@click.argument("queue", type=ASIDE)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="How many at most (50).")
@JSON
def aside(queue: str, limit: int, as_json: bool) -> None:
    """What was set aside in QUEUE, newest first, each with the reason.

    Example: dateline queues aside classify
    """
    from services.core import set_aside

    with transaction() as session:
        found = set_aside.listing(session, Queue(queue), limit=limit)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    for row in found:
        click.echo(f"{row.id:8} {row.name}: {row.reason}")
    if not found:
        click.echo(f"Nothing of {queue} was set aside.")


@queues.command()
@click.argument("queue", type=ASIDE)
@click.argument("ids", nargs=-1, type=click.IntRange(1))
def replay(queue: str, ids: tuple[int, ...]) -> None:
    """Start what was set aside in QUEUE anew: all of it, or the numbers IDS. A number that was not set aside ends it with 1.

    Example: dateline queues replay classify 17 18
    """
    from services.core import set_aside

    with transaction() as session:
        done = set_aside.replay(session, Queue(queue), ids or None)
        left = set_aside.listing(session, Queue(queue), limit=1)
    if done:
        click.echo(f"{plural(len(done), 'row')} of {queue} started anew.")
    elif not ids:
        click.echo(f"Nothing of {queue} was set aside.")
    if missed := sorted(set(ids) - set(done)):
        raise DatelineError(_not_aside(queue, missed, others=bool(left)))


def _not_aside(queue: str, missed: list[int], *, others: bool) -> str:
    """Why `missed` were not started anew, and where those stand that can be."""
    named = f"{', '.join(map(str, missed))} {'was' if len(missed) == 1 else 'were'} not set aside"
    if others:
        return f"{queue}: {named}; `dateline queues aside {queue}` lists what was, and why."
    return f"{queue}: {named}, and nothing else of {queue} is."
