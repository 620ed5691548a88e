"""Latest, as the API serves it."""

import json
from typing import Any

import click

from services.cli.asking import ask


def line_of(item: dict[str, Any]) -> str:
    """One article for people: when, where, what, by whom."""
    label = item["region"] or (item["topics"] or ["-"])[0]
    return f"{item['published_at'] or item['first_seen_at']:25.25}  {label:18}  {item['title']}  ({item['source']['name']})"


def _change(change: dict[str, Any]) -> str:
    article = change["article"]
    told = line_of(article) if "title" in article else f"article {article['id']}"
    return f"{change['change']:8} {told}"


@click.command(epilog="Example: dateline latest --region central-asia -n 5 --follow")
@click.option("--region", multiple=True, help="Slug of a region; may be given several times.")
@click.option("--topic", multiple=True, help="Slug of a topic; may be given several times.")
@click.option("-n", "limit", default=20, show_default=True, help="How many.")
@click.option("--follow", is_flag=True, help="Go on printing what is added, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def latest(region: tuple[str, ...], topic: tuple[str, ...], limit: int, follow: bool, as_json: bool) -> None:
    """The newest articles, newest first; with --follow what comes, as it comes."""
    labels = [("region", r) for r in region] + [("topic", t) for t in topic]
    page = ask("/v1/latest", [*labels, ("limit", str(limit))])
    for item in page["items"]:
        click.echo(json.dumps(item, ensure_ascii=False) if as_json else line_of(item))
    cursor = page["changes"]
    try:
        while follow:
            answer = ask("/v1/changes", [*labels, ("since", cursor), ("wait", "30")])
            for change in answer["items"]:
                click.echo(json.dumps(change, ensure_ascii=False) if as_json else _change(change))
            cursor = answer["cursor"]
    except KeyboardInterrupt:
        click.echo("")
