"""`dateline stories`: one of them, what is rising and what stays out of it, and whether articles are grouped as people see it."""

import getpass
from dataclasses import asdict
from typing import Any

import click

from services.cli.asking import Api, asks_the_api
from services.cli.labelled import JUDGED, measure, measure_judged, print_table, refuse_both
from services.cli.printing import JSON, plural, print_json


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def stories() -> None:
    """One story, what is rising and what stays out of it, and how well articles are grouped into stories.

    Example: dateline stories trending --region central-asia
    """


@stories.command()
@click.argument("story_id", type=click.IntRange(min=1), metavar="ID")
@click.option(
    "-n", "limit", default=20, show_default=True, help="How many of its articles, the newest first."
)
@JSON
@asks_the_api
def show(api: Api, story_id: int, limit: int, as_json: bool) -> None:
    """One story: its publishers, and its articles with the reason for each. An id that was merged gives the story it is part of.

    Example: dateline stories show 7
    """
    found = api.ask(f"/v1/stories/{story_id}", [("limit", str(limit))])
    if as_json:
        print_json(found)
        return
    click.echo("\n".join(story_lines(found)))


@stories.command()
@click.option("--region", help="Slug of a region.")
@click.option("--topic", help="Slug of a topic.")
@click.option("--window", default="48h", show_default=True, help="Publishers heard longer ago do not count.")
@click.option("-n", "limit", default=10, show_default=True, help="How many.")
@JSON
@asks_the_api
def trending(api: Api, region: str | None, topic: str | None, window: str, limit: int, as_json: bool) -> None:
    """What is rising, the most first, each story with the arithmetic of its score.

    Example: dateline stories trending --region central-asia --window 24h
    """
    labels = [("region", region)] if region else []
    labels += [("topic", topic)] if topic else []
    found = api.ask("/v1/trending", [*labels, ("window", window), ("limit", str(limit))])
    if as_json:
        print_json(found)
        return
    click.echo("\n".join(trending_lines(found)))


def story_lines(found: dict[str, Any]) -> list[str]:
    """A story for people: what, how much, by whom, and every article with its reason."""
    from services.cli.latest import line_of

    counts, line = found["counts"], found["timeline"]
    much = f"{plural(counts['publishers'], 'publisher')}, {plural(counts['articles'], 'article')}"
    lines = [
        found["title"],
        f"story {found['id']}: {much}, {line['first_at']:.16} to {line['last_at']:.16} UTC",
        "",
    ]
    lines += [
        f"{publisher['first_at']:.19}Z  {publisher['name']}, {plural(publisher['articles'], 'article')}"
        for publisher in found["publishers"]
    ]
    for item in found["articles"]:
        why = item["story_why"]
        lines += ["", line_of(item), f"    {why['sentence'] if why else 'the reason is not known'}"]
    if found["next"]:
        lines += ["", "There are older articles; -n shows more."]
    return lines


def trending_lines(found: dict[str, Any]) -> list[str]:
    """What rises for people: a sentence, and of each story its rank, headline and sum."""
    lines = [found["sentence"]]
    for trend in found["items"]:
        story = trend["story"]
        told = f"{plural(story['publishers'], 'publisher')}, story {story['id']}"
        lines += ["", f"{trend['rank']:>2}.  {trend['title']}  ({told})", f"     {trend['sentence']}"]
    return lines


@stories.command()
@click.argument("labelled", type=click.File("rb"), required=False)
@JUDGED
@JSON
def evaluate(labelled: Any, judged: bool, as_json: bool) -> None:
    """Measure stories on labelled rows (JSON lines, in the order of the stream) by the decision that the service takes.

    With --judged the rows are the articles that editors have judged, by their texts alone; what nobody has said is not counted.

    A row holds title, body and its story, perhaps id, url, date, source and lang.

    Example: dateline stories evaluate labelled.jsonl --json
    """
    from services.classify.grouping import StreamEvaluation
    from services.classify.judged import JudgedStories

    refuse_both(labelled, judged=judged)
    if judged:
        on_pairs = JudgedStories()
        result = measure_judged(on_pairs.add, on_pairs.result)
    else:
        evaluation = StreamEvaluation()
        result = measure(labelled, evaluation.add, evaluation.result)
    if as_json:
        print_json(result)
        return
    click.echo(
        f"{plural(result['rows'], 'row')}, {result['copies']:,} of them copies, in {result['stories']:,} stories"
        f" (labelled: {result['gold_stories']:,}), {result['rows_per_second']:,} a second\n"
    )
    pairs = result["pairs"]
    if result["gold_stories"] == result["rows"]:  # no two rows are of one story
        pairs = {**pairs, "support": 0}
    print_table({"B-cubed": result["bcubed"], "pairs": pairs})


_STORY = click.argument("story_id", type=click.IntRange(min=1, max=2**63 - 1))


@stories.command(epilog="Example: dateline stories mute 7")
@_STORY
@click.option(
    "--author", default=None, help="Who says so (64 characters at most); your login name when left out."
)
def mute(story_id: int, author: str | None) -> None:
    """Keep a story out of Trending, whatever is written on it: it is not news."""
    from services.core import judgements
    from services.core.db import transaction

    with transaction() as session:
        survivor = judgements.mute(session, story_id, author=author or getpass.getuser())
    click.echo(f"Story {survivor} does not stand in Trending any more.")


@stories.command(epilog="Example: dateline stories unmute 7")
@_STORY
def unmute(story_id: int) -> None:
    """Let a story stand in Trending again where it rises."""
    from services.core import judgements
    from services.core.db import transaction

    with transaction() as session:
        survivor, changed = judgements.unmute(session, story_id)
    if changed:
        click.echo(f"Story {survivor} stands in Trending again where it rises.")
    else:
        click.echo(f"Story {survivor} was not kept out of Trending; nothing changes.")


@stories.command(epilog="Example: dateline stories muted")
@JSON
def muted(as_json: bool) -> None:
    """Stories that are kept out of Trending, the newest first."""
    from services.core import judgements
    from services.core.db import transaction

    with transaction() as session:
        found = judgements.muted(session, limit=1000)
    if as_json:
        print_json([asdict(story) for story in found])
        return
    for story in found:
        click.echo(f"{story.id}  {story.muted_by}: {story.title or 'Without a title'}")
    if not found:
        click.echo("None.")
