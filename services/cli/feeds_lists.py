"""`dateline feeds import` and `export`: lists of feeds in and out."""

import json
from pathlib import Path

import click

from services.cli.printing import plural
from services.core.db import transaction


@click.command("import", epilog="Example: dateline feeds import my-feeds.opml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--update", is_flag=True, help="Give feeds that are there the list's titles, folders and hints."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_(file: Path, update: bool, as_json: bool) -> None:
    """Add the feeds of an OPML list. Lines that are wrong are named and left out; the rest is added.

    A folder that is called like a region or topic of the rulebook is a hint, where no attribute says otherwise.
    """
    from services.ingest.listing import import_opml, not_fetched

    with transaction() as session:
        done = import_opml(session, file, update=update)
    if as_json:
        told = {"added": done.added, "known": done.known, "refused": list(done.refused)}
        told |= {"differ": done.differ, "updated": done.updated, "forbidden": list(done.forbidden)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        for line in done.refused:
            click.echo(f"left out: {line}", err=True)
        click.echo(
            f"{plural(done.added, 'feed')} added, {done.known} {'was' if done.known == 1 else 'were'} there already, "
            f"{len(done.refused)} left out."
        )
        if done.updated:
            click.echo(f"{done.updated} of those that were there took what the list says.")
        if done.differ:
            click.echo(
                f"Of {done.differ} that were there the list says something else; `--update` takes its word."
            )
        if done.forbidden:
            click.echo(not_fetched(done.forbidden))
    raise SystemExit(1 if done.refused and not done.added and not done.known else 0)


@click.command(epilog="Example: dateline feeds export > feeds.opml")
def export() -> None:
    """Print all feeds as OPML. The same feeds give the same bytes, so that exports can be compared."""
    from services.ingest.listing import export_opml

    with transaction() as session:
        data = export_opml(session)
    click.echo(data, nl=False)
