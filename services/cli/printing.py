"""What commands share when they print: the option for JSON, JSON itself, counts in words."""

from collections.abc import Mapping
from typing import Any

import click

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_json(value: Mapping[str, Any] | list[Any]) -> None:
    """JSON for programs, indented for people."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def plural(count: int, noun: str) -> str:
    """A count with its noun."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
