"""Labelled files, JSON lines: read with progress, errors with the number of their line, figures in a table."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import IO, Any

import click

from services.core.errors import InvalidInputError

_OFTEN = 500


def measure(
    labelled: IO[bytes], add: Callable[[dict[str, Any]], object], result: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Hand every row to `add`, then ask for the `result`, with how many rows went through in a second of processor time.

    Raises InvalidInputError naming file and line of a row that is not as it must be, and where there is none.
    """
    import orjson

    started, rows = time.process_time(), 0
    for number, line in enumerate(labelled, start=1):
        if not line.strip():
            continue
        try:
            add(_object(orjson.loads(line)))
        except orjson.JSONDecodeError as error:
            raise InvalidInputError(f"{labelled.name}:{number}: this line is not JSON: {error}.") from error
        except InvalidInputError as error:
            raise InvalidInputError(f"{labelled.name}:{number}: {error}") from error
        rows += 1
        if rows % _OFTEN == 0 and sys.stderr.isatty():
            click.echo(f"\r{rows} rows", err=True, nl=False)
    if sys.stderr.isatty():
        click.echo("\r", err=True, nl=False)
    if not rows:
        raise InvalidInputError(f"{labelled.name} holds no rows.")
    try:
        found = result()
    except InvalidInputError as error:
        raise InvalidInputError(f"{labelled.name}: {error}") from error
    return {**found, "rows_per_second": round(rows / max(time.process_time() - started, 1e-6))}


def measure_judged(
    add: Callable[[dict[str, Any]], object], result: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """The same on what editors have judged of stored articles. Raises InvalidInputError where they judged nothing."""
    from services.classify.errands.agreement import judged_pairs
    from services.core.db import transaction

    with transaction() as session:
        rows = judged_pairs(session)
    started = time.process_time()
    for row in rows:
        add(row)
    return {**result(), "rows_per_second": round(len(rows) / max(time.process_time() - started, 1e-6))}


JUDGED = click.option("--judged", is_flag=True, help="Measure on what editors have said of stored articles.")


def refuse_both(labelled: object, *, judged: bool) -> None:
    """One of the two, please. Raises UsageError."""
    if (labelled is None) is not judged:
        raise click.UsageError("Give a file of labelled rows, or --judged, and not both.")


def _object(row: object) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise InvalidInputError("A row is a JSON object.")
    return row


def print_table(figures: Mapping[str, Mapping[str, float]]) -> None:
    """Precision, recall and F1 of each name, in columns; a dash where there is nothing to be right about (`support` 0)."""
    click.echo(f"{'':12}{'precision':>10}{'recall':>8}{'f1':>8}{'rows':>7}")
    for name, row in figures.items():
        support = row.get("support", "")
        precision, recall, f1 = (
            "–" if support == 0 else f"{row[figure]:.3f}" for figure in ("precision", "recall", "f1")
        )
        click.echo(f"{name:12}{precision:>10}{recall:>8}{f1:>8}{support:>7}")
