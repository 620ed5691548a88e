"""Latest, as the API serves it."""

import json
import urllib.parse
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

import click

from services.core.errors import InvalidInputError, UnavailableError
from services.core.settings import settings

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""A proxy for the outside world has no business between this command and the API it stands beside."""


def _problem(error: HTTPError) -> str:
    try:
        told = json.load(error)
        return str(told.get("detail") or told.get("title") or error)
    except (ValueError, AttributeError):
        return f"{error.url} answers {error.code}, and not as Dateline does; see DATELINE_BIND."


def _get(path: str, query: list[tuple[str, str]]) -> dict[str, Any]:
    host, _, port = settings().bind.rpartition(":")
    host = "127.0.0.1" if host in {"0.0.0.0", "[::]"} else host  # noqa: S104 - an address to ask, not to bind
    url = f"http://{host}:{port}{path}?" + urllib.parse.urlencode(query)
    try:
        with _DIRECT.open(url, timeout=70) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except HTTPError as error:
        raise InvalidInputError(_problem(error)) from error
    except ValueError as error:
        raise UnavailableError(
            f"What answers on {host}:{port} is not Dateline; see DATELINE_BIND."
        ) from error
    except (URLError, HTTPException, OSError) as error:
        raise UnavailableError(f"No API answers on {host}:{port}; start it with `dateline up`.") from error


def _line(item: dict[str, Any]) -> str:
    label = item["region"] or (item["topics"] or ["-"])[0]
    return f"{item['published_at'] or item['first_seen_at']:25.25}  {label:18}  {item['title']}  ({item['source']['name']})"


def _change(change: dict[str, Any]) -> str:
    article = change["article"]
    told = _line(article) if "title" in article else f"article {article['id']}"
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
    page = _get("/v1/latest", [*labels, ("limit", str(limit))])
    for item in page["items"]:
        click.echo(json.dumps(item, ensure_ascii=False) if as_json else _line(item))
    cursor = page["changes"]
    try:
        while follow:
            answer = _get("/v1/changes", [*labels, ("since", cursor), ("wait", "30")])
            for change in answer["items"]:
                click.echo(json.dumps(change, ensure_ascii=False) if as_json else _change(change))
            cursor = answer["cursor"]
    except KeyboardInterrupt:
        click.echo("")
