"""`dateline judge`: what articles are to each other, above what the machine would say."""

import getpass
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, TypeVar

import click

from services.cli.printing import JSON, print_json
from services.core.db import transaction

if TYPE_CHECKING:
    from services.core.judgements import Foreseen, Judged

_NUMBER = click.IntRange(min=1, max=2**63 - 1)
_Command = TypeVar("_Command", bound=Callable[..., Any])


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def judge() -> None:
    """Say what articles are to each other: the same, one event, or two things; or that one is no news.

    It holds, whatever texts and later decisions would have it, until it is withdrawn. --dry-run tells what it would change.

    Example: dateline judge different 12 31 --note "two quakes"
    """


def _saying(command: _Command) -> _Command:
    """The options of everything that is said."""
    for option in (
        JSON,
        click.option("--dry-run", is_flag=True, help="Tell what it would change, and say nothing."),
        click.option(
            "--author",
            default=None,
            help="Who says so (64 characters at most); your login name when left out.",
        ),
        click.option("--note", default="", help="Why; kept with it."),
    ):
        command = option(command)
    return command


_ONE, _OTHER = click.argument("one", type=_NUMBER), click.argument("other", type=_NUMBER)


@judge.command(epilog="Example: dateline judge same 12 31")
@_ONE
@_OTHER
@_saying
def same(one: int, other: int, **options: Any) -> None:
    """Two articles are one text: one is shown, the other stands behind it as "also at"."""
    _say([(one, other)], "duplicate", **options)


@judge.command(epilog="Example: dateline judge story 12 31")
@_ONE
@_OTHER
@_saying
def story(one: int, other: int, **options: Any) -> None:
    """Two articles are of one event, and not one text: both are shown, in one story."""
    _say([(one, other)], "story", **options)


@judge.command(epilog='Example: dateline judge different 12 31 --note "two quakes"')
@_ONE
@_OTHER
@_saying
def different(one: int, other: int, **options: Any) -> None:
    """Two articles are two things: neither one text nor of one event."""
    _say([(one, other)], "no", **options)


@judge.command("not-news", epilog='Example: dateline judge not-news 12 --note "an advertisement"')
@click.argument("article_id", type=_NUMBER)
@_saying
def not_news(article_id: int, **options: Any) -> None:
    """An article is no news: it leaves Latest and does not come back, its copies with it."""
    _say([(article_id, None)], "not_news", **options)


@judge.command("not-in-story", epilog="Example: dateline judge not-in-story 12 7 --dry-run")
@click.argument("article_id", type=_NUMBER)
@click.argument("story_id", type=_NUMBER)
@_saying
def not_in_story(article_id: int, story_id: int, **options: Any) -> None:
    """An article does not belong to its story: it leaves it and is decided anew.

    It is said against the article that the story began with; where that is this one, against each of the others.
    """
    from services.core import judgements

    with transaction() as session:
        others = judgements.others_of(session, article_id, story_id)
    _say([(article_id, other) for other in others], "no", **options)


def _say(
    pairs: list[tuple[int, int | None]],
    says: str,
    *,
    note: str,
    author: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """All of them or none."""
    from services.core import judgements

    said: list[tuple[Judged | None, Foreseen]] = []
    with transaction() as session:
        for one, other in pairs:
            if dry_run:
                said.append((None, judgements.would(session, one, other, says)))
            else:
                who = author or getpass.getuser()
                said.append(judgements.say(session, one, other, says, author=who, note=note))
    _tell(said, as_json=as_json, dry_run=dry_run)


def _tell(said: "list[tuple[Judged | None, Foreseen]]", *, as_json: bool, dry_run: bool) -> None:
    if as_json:
        rows = [
            {"judgement": judged and asdict(judged), "foreseen": asdict(foreseen)}
            for judged, foreseen in said
        ]
        print_json(rows if len(rows) > 1 else rows[0])
        return
    if dry_run:
        click.echo("Nothing is said yet. It would mean:")
    for judged, foreseen in said:
        if judged is not None:
            click.echo(f"Judgement {judged.id}: {in_words(judged)}.")
        for sentence in foreseen.sentences:
            click.echo(f"  {sentence}")


def in_words(judged: "Judged") -> str:
    """What a judgement says."""
    from services.core.judgements import NOT_NEWS, WORDS

    one, other = ("(gone)" if number is None else str(number) for number in (judged.one, judged.other))
    return f"{one} is no news" if judged.says == NOT_NEWS else f"{one} and {other} {WORDS[judged.says]}"


@judge.command(epilog="Example: dateline judge withdraw 5")
@click.argument("judgement_id", type=_NUMBER)
@click.option("--dry-run", is_flag=True, help="Tell what it would change, and take nothing back.")
@JSON
def withdraw(judgement_id: int, dry_run: bool, as_json: bool) -> None:
    """Take a judgement back, by its number: its articles are left to the machine again. Exit 1 when none stands."""
    from services.core import judgements

    with transaction() as session:
        if dry_run:
            done, foreseen = None, judgements.would_withdraw(session, judgement_id)
        else:
            done, foreseen = judgements.withdraw(session, judgement_id)
    if done is not None and not as_json:
        click.echo(f"Withdrawn: {in_words(done)}.")
        done = None
    _tell([(done, foreseen)], as_json=as_json, dry_run=dry_run)


@judge.command("list", epilog="Example: dateline judge list --article 12")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=30, help="How many at most (30).")
@click.option("--article", type=_NUMBER, default=None, help="Only those of one article.")
@click.option("--withdrawn", is_flag=True, help="Also those that were withdrawn or replaced.")
@JSON
def list_(limit: int, article: int | None, withdrawn: bool, as_json: bool) -> None:
    """What editors have said, the newest first."""
    from services.core import judgements

    with transaction() as session:
        found = judgements.listing(session, limit=limit, article=article, withdrawn=withdrawn)
    if as_json:
        print_json([asdict(row) for row in found])
        return
    for row in found:
        note = f" ({row.note})" if row.note else ""
        gone = _gone(row)
        click.echo(f"{row.id}  {row.created_at:%Y-%m-%d %H:%M}  {row.author}: {in_words(row)}{note}{gone}")
        for document in row.documents:
            click.echo(f"    {document.get('title', '')}")


def _gone(judged: "Judged") -> str:
    """Since when one that was withdrawn does not hold, and what took its place."""
    from services.core.judgements import SHORT

    if judged.withdrawn_at is None:
        return ""
    when, by = f"{judged.withdrawn_at:%Y-%m-%d %H:%M}", judged.replaced_by
    if by is None:
        return f", withdrawn {when}"
    return f", replaced {when} by {by['author']}: {SHORT[by['says']]} (judgement {by['id']})"


@judge.command(epilog="Example: dateline judge export > judged.jsonl")
def export() -> None:
    """Print the judged pairs (JSON lines), as `dateline dedupe evaluate` reads them."""
    import orjson

    from services.classify.errands.agreement import judged as standing
    from services.core.judgements import as_pair

    with transaction() as session:
        found = standing(session)
    for row in found:
        click.echo(orjson.dumps(as_pair(row)).decode())
