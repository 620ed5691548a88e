"""Did the stream get better? Figures on labelled texts and on what editors corrected, and terms that are missing."""

import sys
from collections.abc import Iterator
from typing import Any

import click

from services.cli.printing import JSON, print_json
from services.cli.rules.common import RULES, compiled, reference
from services.core.errors import InvalidInputError


@click.command()
@click.argument("labelled", type=click.File("rb"), required=False)
@click.option("--corrections", is_flag=True, help="Measure on what editors have corrected.")
@RULES
@JSON
def evaluate(labelled: Any, corrections: bool, rules_path: str | None, as_json: bool) -> None:
    """Measure the rules on labelled texts (JSON lines): precision, recall and F1 of every label.

    A row holds title and body, perhaps lang, dateline, source_country, and gold regions, topics or places. With
    --corrections the rows are the articles that editors corrected, and the rules are those in force or of --rules.

    Example: dateline rules evaluate labelled.jsonl --rules rules/ --json
    """
    if (labelled is None) is not corrections:
        raise click.UsageError("Give a file of labelled rows, or --corrections, and not both.")
    result = _on_corrections(rules_path) if labelled is None else _on_file(labelled, rules_path)
    if as_json:
        print_json(result)
    else:
        _print_figures(result)


def _on_corrections(rules_path: str | None) -> dict[str, Any]:
    from services.classify.errands.measuring import measure
    from services.core.db import long_transaction

    with long_transaction() as session:
        return measure(session, {"rulebook": reference(rules_path)}, "")


def _on_file(labelled: Any, rules_path: str | None) -> dict[str, Any]:
    from services.classify.rules.judging.evaluate import Evaluation

    evaluation = Evaluation(compiled(rules_path))
    for number, row in _rows(labelled):
        try:
            evaluation.add(row)
        except InvalidInputError as error:
            message = f"{labelled.name}:{number}: {error}"
            raise InvalidInputError(message) from error
        if evaluation.rows % 500 == 0 and sys.stderr.isatty():
            click.echo(f"\r{evaluation.rows} rows", err=True, nl=False)
    if sys.stderr.isatty():
        click.echo("\r", err=True, nl=False)
    if not evaluation.rows:
        raise InvalidInputError(f"{labelled.name} holds no rows.")
    return evaluation.result()


def _rows(labelled: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    import orjson

    for number, line in enumerate(labelled, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise InvalidInputError(f"{labelled.name}:{number}: this line is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise InvalidInputError(f"{labelled.name}:{number}: a row is a JSON object.")
        yield number, row


def _print_figures(result: dict[str, Any]) -> None:
    click.echo(f"{result['rows']} rows")
    for kind, figures in result["sets"].items():
        click.echo(f"\n{kind}: primary right {figures['primary_accuracy']}")
        click.echo(f"{'':24}{'precision':>10}{'recall':>8}{'f1':>8}{'rows':>7}")
        table = [("micro", figures["micro"]), ("macro", figures["macro"]), *figures["by"].items()]
        for name, row in table:
            support = row.get("support", "")
            click.echo(
                f"{name:24}{row['precision']:>10.3f}{row['recall']:>8.3f}{row['f1']:>8.3f}{support:>7}"
            )


@click.command()
@click.argument("label", required=False)
@click.option(
    "-n", "--articles", type=click.IntRange(1, 200_000), default=5_000, help="How many of the newest."
)
@click.option("--rows", type=click.IntRange(1, 5000), default=20, help="How many of each table (20).")
@RULES
@JSON
def stats(label: str | None, articles: int, rows: int, rules_path: str | None, as_json: bool) -> None:
    """Say how every term does: how often it fires, alone or with others, and how often editors agree.

    Of all rules, or of one LABEL (region/..., topic/..., place/...). Articles are the newest ones and all that were corrected.

    Example: dateline rules stats region/central-asia
    """
    from services.classify.errands.measuring import counted
    from services.core.db import long_transaction

    given = {"label": label, "limit": articles, "rulebook": reference(rules_path)}
    with long_transaction() as session:
        found = counted(session, given)
    if as_json:
        print_json(found.to_json(label, limit=rows))
        return
    for line in found.lines(label, limit=rows):
        click.echo(line)


@click.command()
@click.argument("label")
@click.option(
    "-n", "--articles", type=click.IntRange(1, 200_000), default=10_000, help="How many of the newest."
)
@click.option("--rows", type=click.IntRange(1, 200), default=15, help="How many suggestions (15).")
@RULES
@JSON
def suggest(label: str, articles: int, rows: int, rules_path: str | None, as_json: bool) -> None:
    """Propose terms that a LABEL (region/..., topic/..., place/...) lacks, each with its evidence and a line to paste.

    Example: dateline rules suggest region/central-asia
    """
    from services.classify.errands.measuring import proposed
    from services.core.db import long_transaction

    given = {"label": label, "limit": articles, "rows": rows, "rulebook": reference(rules_path)}
    with long_transaction() as session:
        found = proposed(session, given)
    if as_json:
        print_json({"label": label, "suggestions": [suggestion.to_json() for suggestion in found]})
        return
    for suggestion in found:
        for line in suggestion.lines():
            click.echo(line)
    if not found:
        click.echo(f"Nothing in the newest {articles:,} articles speaks for a term that {label} lacks.")
