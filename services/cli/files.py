"""`dateline export` and `dateline import`: what editors and operators made, as text in a folder."""

import getpass
from dataclasses import asdict
from pathlib import Path

import click

from services.cli.printing import JSON, plural, print_json
from services.core.db import transaction


@click.command(epilog="Example: dateline export newsroom/")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@JSON
def export(folder: Path, as_json: bool) -> None:
    """Write feeds, rules, corrections and judgements as text into FOLDER: the same state gives the same bytes.

    What was written there before is replaced; nothing else in FOLDER is touched.
    """
    from services.backups.files import export_to

    with transaction() as session:
        done = export_to(session, folder)
    if as_json:
        print_json(asdict(done))
    else:
        what = f"{plural(done.feeds, 'feed')}, {plural(done.rules, 'file')} of rules, {plural(done.corrections, 'correction')}"
        click.echo(f"{what} and {plural(done.judgements, 'judgement')} written to {folder}.")


@click.command("import", epilog="Example: dateline import newsroom/")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--author", default=None, help="Who publishes the rules; your login name when left out.")
@JSON
def import_(folder: Path, author: str | None, as_json: bool) -> None:
    """Take feeds, rules, corrections and judgements from FOLDER. What is there already stays; what cannot be taken is named and left out."""
    from services.backups.files import import_from
    from services.ingest.listing import not_fetched

    with transaction() as session:
        done = import_from(session, folder, author=author or getpass.getuser())
    if as_json:
        print_json(asdict(done))
    else:
        for line in done.kept:
            click.echo(f"kept: {line}", err=True)
        for line in done.refused:
            click.echo(f"left out: {line}", err=True)
        if done.feeds and done.feeds.forbidden:
            click.echo(not_fetched(done.feeds.forbidden), err=True)
        rules = f"rulebook {done.rulebook[:12]} is in force" if done.rulebook else "the rulebook stays"
        added = done.feeds.added if done.feeds else 0
        said = f"{plural(done.corrected, 'correction')} said, {plural(done.judged, 'judgement')} said"
        click.echo(
            f"{plural(added, 'feed')} added, {rules}, {said}, {len(done.kept):,} kept for later, {len(done.refused):,} left out."
        )
    raise SystemExit(1 if done.refused else 0)
