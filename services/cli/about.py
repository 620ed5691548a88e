"""What this installation is and how it is set."""

import json
import os
from importlib.metadata import version as installed
from typing import Any

import click

from services.core.settings import beside, dotenv_here, explain


def shown(value: Any, *, secret: bool) -> str:
    """A setting's value as a person may see it."""
    if value is None:
        return "-"
    if secret:
        return "(set)"
    if isinstance(value, tuple):
        return ",".join(str(v) for v in value) or "-"
    return str(value)


@click.command(epilog="Example: dateline settings --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def settings(as_json: bool) -> None:
    """Every setting with its value, where it came from, and what it means."""
    rows = [
        {
            "name": o.setting.name,
            "value": shown(o.value, secret=o.setting.secret),
            "origin": o.origin,
            "help": o.setting.help,
        }
        for o in beside(explain(os.environ, dotenv_here()))
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        click.echo(f"{row['name']:28} {row['value']:32} {row['origin']:12} {row['help']}")


@click.command(epilog="Example: dateline version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def version(as_json: bool) -> None:
    """The version of Dateline."""
    found = installed("dateline")
    click.echo(json.dumps({"version": found}) if as_json else f"dateline {found}")
