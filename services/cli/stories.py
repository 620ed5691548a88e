"""`dateline stories`: are articles grouped into the stories that people see?"""

from typing import Any

import click

from services.cli.printing import JSON, plural, print_json


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def stories() -> None:
    """Measure how articles are grouped into stories.

    Example: dateline stories evaluate labelled.jsonl
    """


@stories.command()
@click.argument("labelled", type=click.File("rb"))
@JSON
def evaluate(labelled: Any, as_json: bool) -> None:
    """Measure stories on labelled rows (JSON lines, in the order of the stream) by the decision that the service takes.

    A row holds title, body and its story, perhaps id, url, date, source and lang.

    Example: dateline stories evaluate labelled.jsonl --json
    """
    from services.classify.grouping import StreamEvaluation
    from services.cli.labelled import measure, print_table

    evaluation = StreamEvaluation()
    result = measure(labelled, evaluation.add, evaluation.result)
    if as_json:
        print_json(result)
        return
    click.echo(
        f"{plural(result['rows'], 'row')}, {result['copies']:,} of them copies, in {result['stories']:,} stories"
        f" (labelled: {result['gold_stories']:,}), {result['rows_per_second']:,} a second\n"
    )
    print_table({"B-cubed": result["bcubed"], "pairs": result["pairs"]})
