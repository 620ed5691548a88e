"""`dateline dedupe`: are copies found, and nothing else taken for one?"""

from typing import Any

import click

from services.cli.labelled import JUDGED, measure, measure_judged, print_table, refuse_both
from services.cli.printing import JSON, plural, print_json


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def dedupe() -> None:
    """Measure how the same article and its copies are found.

    Example: dateline dedupe evaluate pairs.jsonl
    """


@dedupe.command()
@click.argument("labelled", type=click.File("rb"), required=False)
@JUDGED
@JSON
def evaluate(labelled: Any, judged: bool, as_json: bool) -> None:
    """Measure on labelled pairs (JSON lines): the same article, a duplicate, one story, or no.

    With --judged the pairs are those that editors have judged, by their texts alone: no judgement takes part.

    A row holds a and b, each with url, title and body, perhaps date, source and lang, and same: "article", "duplicate",
    "story" or "no". A level counts what is nearer too: an article is also a duplicate.

    Example: dateline dedupe evaluate pairs.jsonl --json
    """
    from services.classify.grouping import PairEvaluation

    refuse_both(labelled, judged=judged)
    evaluation = PairEvaluation()
    if judged:
        result = measure_judged(evaluation.add, evaluation.result)
    else:
        result = measure(labelled, evaluation.add, evaluation.result)
    if as_json:
        print_json(result)
        return
    click.echo(f"{plural(result['rows'], 'pair')}, {result['rows_per_second']:,} a second\n")
    print_table(result["levels"])
    click.echo("\nlabelled      said")
    for gold, said in result["said"].items():
        click.echo(f"{gold:12}  " + ", ".join(f"{count} {name}" for name, count in sorted(said.items())))
