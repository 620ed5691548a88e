"""`dateline webhooks`: streams that are sent to addresses."""

import getpass
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from services.cli.printing import JSON, plural, print_json
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import InvalidInputError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.api.filters import Filters
    from services.core.webhooks import Hook


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def webhooks() -> None:
    """Send streams to addresses, signed, and see how that goes.

    Example: dateline webhooks list
    """


@webhooks.command()
@click.argument("name")
@click.argument("url")
@click.option("--region", multiple=True, help="Slug of a region; may be given several times.")
@click.option("--topic", multiple=True, help="Slug of a topic; may be given several times.")
@click.option("--language", multiple=True, help="BCP 47 tag; may be given several times.")
@click.option("--source", multiple=True, help="Id of a source; may be given several times.")
@click.option("-q", "words", help="Words that all occur.")
@JSON
def add(
    name: str,
    url: str,
    region: tuple[str, ...],
    topic: tuple[str, ...],
    language: tuple[str, ...],
    source: tuple[str, ...],
    words: str | None,
    as_json: bool,
) -> None:
    """Send a stream to URL from now on, and print the secret that signs it.

    Example: dateline webhooks add newsroom https://example.org/hook --region central-asia
    """
    from services.api.filters import filters_of
    from services.core import webhooks as kept

    filters = filters_of(regions=region, topics=topic, languages=language, sources=source, q=words)
    with transaction() as session:
        _require_stream(session, filters)
        number, secret = kept.add(session, kept.New(name, url, asdict(filters), getpass.getuser()))
    if as_json:
        print_json({"id": number, "name": name, "secret": secret})
        return
    click.echo(f"Webhook {number} ({name}). Its secret:", err=True)
    click.echo(secret)


@webhooks.command("list")
@JSON
def list_(as_json: bool) -> None:
    """Every webhook and how it is.

    Example: dateline webhooks list --json
    """
    from services.core import webhooks as kept

    with transaction() as session:
        found = kept.listing(session)
    if as_json:
        print_json([_told(hook) for hook in found])
        return
    if not found:
        click.echo("No webhooks. `dateline webhooks add NAME URL` makes one.")
    for hook in found:
        click.echo(f"{hook.id:>4}  {hook.name:20}  {hook.url}\n      {hook.in_words()}")


@webhooks.command()
@click.argument("name")
@JSON
def show(name: str, as_json: bool) -> None:
    """A webhook with its newest attempts, by name or id.

    Example: dateline webhooks show newsroom
    """
    from services.core import webhooks as kept

    with transaction() as session:
        number = kept.named(session, name)
        hook, tried = kept.find(session, number), kept.attempts(session, number)
    if as_json:
        print_json({**_told(hook), "attempts": [asdict(attempt) for attempt in tried]})
        return
    asked = "; ".join(
        f"{kind}: {', '.join(value) if isinstance(value, list) else value}"
        for kind, value in hook.filters.items()
        if value
    )
    click.echo(f"{hook.name} ({hook.id}) -> {hook.url}\n{asked or 'everything'}\n{hook.in_words()}")
    click.echo(f"{plural(hook.behind, 'change')} not looked at yet.")
    for attempt in tried:
        said = attempt.error or f"taken ({attempt.status})"
        click.echo(
            f"  {attempt.at:%Y-%m-%d %H:%M:%S}  {attempt.changes:>4} changes  {attempt.took_ms:>6} ms  {said}"
        )


@webhooks.command()
@click.argument("name")
@click.option("-m", "reason", default="", help="Why.")
def pause(name: str, reason: str) -> None:
    """Send nothing more until it is resumed; nothing is lost.

    Example: dateline webhooks pause newsroom -m "Their server moves."
    """
    from services.core import webhooks as kept

    with transaction() as session:
        kept.pause(session, kept.named(session, name), by=getpass.getuser(), reason=reason)
    click.echo(f"{name} is paused.")


@webhooks.command()
@click.argument("name")
def resume(name: str) -> None:
    """Go on where it stopped, at once. Where the stream was restored since, that is refused: see replay.

    Example: dateline webhooks resume newsroom
    """
    from services.core import webhooks as kept

    with transaction() as session:
        kept.resume(session, kept.named(session, name))
    click.echo(f"{name} goes on.")


@webhooks.command()
@click.argument("name")
@click.option(
    "--since",
    metavar="CURSOR",
    help="A `changes` cursor of its stream, or a position; the oldest kept, if left out.",
)
def replay(name: str, since: str | None) -> None:
    """Send everything again, in order, whatever stopped it; what was paused by hand stays so until it is resumed.

    Example: dateline webhooks replay newsroom
    """
    from services.core import webhooks as kept

    with transaction() as session:
        number = kept.named(session, name)
        begin = _position(session, kept.find(session, number), since)
        kept.replay(session, number, seq=begin)
        hook = kept.find(session, number)
    again = f"everything after position {begin:,} again"
    if hook.paused_by is None:
        click.echo(f"{name} is sent {again}.")
    else:
        click.echo(
            f"{name} stays paused, since {hook.paused_by} paused it: `dateline webhooks resume {hook.id}` sends it {again}."
        )


def _require_stream(session: "Session", filters: "Filters") -> None:
    """Refuse labels, sources, languages and words that are none, as HTTP does. Raises InvalidInputError."""
    from sqlalchemy import select

    from services.api.deps import require_sense, unknown_source
    from services.api.errors import Problem
    from services.api.tree import tree_of
    from services.core.models import Rulebook, Source

    book = session.execute(select(Rulebook.version, Rulebook.labels).where(Rulebook.active)).one_or_none()
    tree = tree_of(book.version, book.labels or ()) if book else tree_of(None, ())
    try:
        require_sense(filters, tree)
        known = list(session.scalars(select(Source.key).order_by(Source.key))) if filters.sources else []
        for key in filters.sources:
            if key not in known:
                raise unknown_source(key, known)
    except Problem as problem:
        raise InvalidInputError(problem.detail) from None


def _position(session: "Session", hook: "Hook", since: str | None) -> int:
    """Where a replay begins. Raises InvalidInputError."""
    from services.api import cursor
    from services.api.delivery.message import filters_in
    from services.core import latest

    oldest = latest.floor(session)
    newest = max(latest.head(session), oldest)
    if since is None:
        return oldest
    if since.isdecimal() and len(since) < 19:
        if not oldest <= int(since) <= newest:
            raise InvalidInputError(f"--since: the stream is kept from {oldest:,} to {newest:,}.")
        return int(since)
    try:
        return cursor.decode_since(
            since,
            epoch=latest.epoch(session),
            filters=filters_in(hook.filters),
            floor=oldest,
            head=newest,
        )
    except InvalidInputError as error:
        raise InvalidInputError(
            f"--{error} A `changes` cursor of /v1/latest under the filters of {hook.name} is expected, or a position from {oldest:,} to {newest:,};"
            " leave it out to send everything that is kept."
        ) from None


@webhooks.command()
@click.argument("name")
@JSON
def ping(name: str, as_json: bool) -> None:
    """Send a signed message that says nothing, now, from this machine, and tell how it was taken. Exit 1 when it was not.

    Example: dateline webhooks ping newsroom
    """
    import asyncio

    from services.api.delivery import ping as try_out
    from services.api.delivery.outcome import in_words
    from services.api.delivery.send import user_agent
    from services.core import webhooks as kept
    from services.core.settings import settings

    with transaction() as session:
        hook = kept.find(session, kept.named(session, name))
        secret = kept.secret_of(session, hook.id)
    conf = settings()
    answer = asyncio.run(
        try_out(
            hook.url,
            webhook_id=hook.id,
            secrets=[secret],
            allow=conf.fetch_allow,
            user_agent=user_agent(conf),
        )
    )
    sentence = f"It was taken ({answer.status})." if answer.taken else in_words(answer)
    if as_json:
        told = {"taken": answer.taken, "status": answer.status, "took_ms": answer.took_ms}
        print_json({"name": hook.name, **told, "sentence": sentence})
    else:
        click.echo(f"{hook.url}: {sentence} {answer.took_ms} ms.")
    if not answer.taken:
        raise click.exceptions.Exit(1)


@webhooks.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Although the secret before still signs: it ends at once.")
@JSON
def rotate(name: str, force: bool, as_json: bool) -> None:
    """Print a new secret; the old one signs beside it for 24 hours. Within those another rotation is refused.

    Example: dateline webhooks rotate newsroom
    """
    from services.core import webhooks as kept

    with transaction() as session:
        secret = kept.rotate(session, kept.named(session, name), now=utc_now(), force=force)
    if as_json:
        print_json({"name": name, "secret": secret})
        return
    click.echo(
        f"{name} is signed with the old secret and with this one for 24 hours, then with this one:", err=True
    )
    click.echo(secret)


@webhooks.command()
@click.argument("name")
def remove(name: str) -> None:
    """Forget a webhook and its attempts.

    Example: dateline webhooks remove newsroom
    """
    from services.core import webhooks as kept

    with transaction() as session:
        kept.remove(session, kept.named(session, name))
    click.echo(f"{name} is forgotten.")


def _told(hook: Any) -> dict[str, Any]:
    return {**asdict(hook), "sentence": hook.in_words()}
