"""`dateline rules`: check, test, explain and measure a rulebook. Without a PATH: the starter rulebook that ships."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from services.cli.rules_published import export, history, publish, refuse_both, rollback, stored_document
from services.core.errors import InvalidInputError

if TYPE_CHECKING:
    from services.classify.rules import CompiledRulebook, Rulebook

# Heavy imports stand inside the functions: `dateline --help` must not load the engine.
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
PATH = click.argument("path", required=False, type=click.Path(exists=True))
RULES = click.option("--rules", "rules_path", type=click.Path(exists=True), help="A rules folder or file.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def rules() -> None:
    """Check, test, explain and measure rules.

    Example: dateline rules explain --title "Kazakh leader visits Tashkent"
    """


for _command in (publish, history, rollback, export):
    rules.add_command(_command)


@rules.command()
@PATH
@JSON
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def check(path: str | None, as_json: bool, strict: bool) -> None:
    """Read the rules and report every error and warning as file:line:column.

    Example: dateline rules check rules/
    """
    from services.classify.rules import RulebookError, lint

    try:
        findings = lint(_load(path))
        refused = False
    except RulebookError as error:
        findings, refused = list(error.findings), True
    if as_json:
        _print_json({"accepted": not refused, "findings": [_finding(finding) for finding in findings]})
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo("Refused." if refused else f"Accepted, {_plural(len(findings), 'warning')}.")
    sys.exit(1 if refused or (strict and findings) else 0)


@rules.command()
@PATH
@JSON
def test(path: str | None, as_json: bool) -> None:
    """Run the tests that stand beside the rules; exit 1 when one fails.

    Example: dateline rules test rules/
    """
    from services.classify.rules import run_tests

    results = run_tests(_compile(path))
    failed = [result for result in results if not result.passed]
    if as_json:
        told = [
            {
                "label": result.label,
                "at": str(result.example.position),
                "title": result.example.document.title,
                "passed": result.passed,
                "todo": result.example.todo,
                "sentence": result.sentence,
            }
            for result in results
        ]
        _print_json({"tests": len(results), "failed": len(failed), "results": told})
    else:
        for result in failed:
            title = result.example.document.title or result.example.document.body[:60]
            click.echo(f"{result.example.position}: {result.label}: {title!r}: {result.sentence}")
        todo = sum(result.example.todo is not None for result in results)
        known = f" ({_plural(todo, 'known failure')})" if todo else ""
        click.echo(f"{_plural(len(results), 'test')}, {len(failed)} failed{known}.")
    sys.exit(1 if failed else 0)


@rules.command()
@click.argument("article_id", required=False, type=int)
@click.option("--title", default="", help="The headline.")
@click.option("--body", default="", help="Teaser or text.")
@click.option("--lang", default=None, help="Language of the text, such as en or ru.")
@click.option(
    "--dateline", default=None, help="Where the report was filed, if it stands apart from the text."
)
@click.option("--country", default=None, help="ISO code of the publisher's country.")
@RULES
@JSON
def explain(
    article_id: int | None,
    title: str,
    body: str,
    lang: str | None,
    dateline: str | None,
    country: str | None,
    rules_path: str | None,
    as_json: bool,
) -> None:
    """Say which labels a text gets and why, which hits did not count, and what came near.

    The text is a stored article's, by the rulebook in force or that of --rules, or the one given.

    Example: dateline rules explain --title "Tokayev visits Tashkent" --json
    """
    from services.classify.rules import Document, explain

    refuse_both(article_id, title, body, dateline)
    if article_id is not None:
        document, in_force = stored_document(article_id)
        title, body = document.title, document.body
        compiled = _compile(rules_path) if rules_path else in_force
    elif title or body:
        document = Document(title, body, dateline=dateline, language=lang, source_country=country)
        compiled = _compile(rules_path)
    else:
        raise click.UsageError("Give an ARTICLE-ID, or --title or --body, or both.")
    told = explain(document, compiled)
    if as_json:
        _print_json(told)
    else:
        texts = {"title": title, "body": body, "dateline": dateline or body, "section": document.section}
        _print_explanation(told, texts)


@rules.command()
@click.argument("labelled", type=click.File("rb"))
@RULES
@JSON
def evaluate(labelled: Any, rules_path: str | None, as_json: bool) -> None:
    """Measure the rules on labelled texts (JSON lines): precision, recall and F1 of every label.

    A row holds title and body, perhaps lang, dateline, source_country, and gold regions, topics or places.

    Example: dateline rules evaluate labelled.jsonl --rules rules/ --json
    """
    from services.classify.rules.evaluate import Evaluation

    evaluation = Evaluation(_compile(rules_path))
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
    result = evaluation.result()
    if as_json:
        _print_json(result)
    else:
        _print_figures(result)


def _load(path: str | None) -> "Rulebook":
    from services.classify.rules import load_texts
    from services.classify.starter import load_folder, starter_texts

    return load_texts(starter_texts() if path is None else load_folder(path))


def _compile(path: str | None) -> "CompiledRulebook":
    from services.classify.rules import compile_rulebook

    return compile_rulebook(_load(path))


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


def _finding(finding: Any) -> dict[str, Any]:
    keys = ("file", "line", "column", "sentence", "level")
    return {key: getattr(finding, key) for key in keys}


def _print_json(value: Any) -> None:
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _print_explanation(told: dict[str, Any], texts: dict[str, str]) -> None:
    click.echo(f"Region: {told['region'] or 'none'}")
    for kind in ("regions", "topics", "places"):
        for label in told[kind]:
            origin = "" if label["origin"] == "rule" else f" ({label['origin'].replace('_', ' ')})"
            click.echo(f"{kind[:-1]} {label['slug']}: {label['score']:g}{origin}")
            for reason in label["why"]:
                click.echo("    " + _reason(reason, texts))
    for miss in told["near_misses"]:
        click.echo(f"not {miss['kind']} {miss['slug']}: {miss['score']:g} points, {miss['reason']}")
    for ignored in told["ignored"]:
        click.echo(
            f"ignored {ignored['term']!r} in the {ignored['field']} ({ignored['rule']}): {ignored['reason']}"
        )


def _reason(reason: dict[str, Any], texts: dict[str, str]) -> str:
    text = texts.get("body" if reason["field"] == "lead" else reason["field"], "")
    found = text[reason["start"] : reason["end"]]
    times = f" x{reason['count']}" if reason["count"] > 1 else ""
    place = f" [{reason['place']}]" if reason["place"] else ""
    found = repr(found) if found else "found"  # several tags are joined: no one text to cut from
    return f"{reason['points']:+.2f} {found}{times} in the {reason['field']}: {reason['term']}{place} ({reason['rule']})"


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
