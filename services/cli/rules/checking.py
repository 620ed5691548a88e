"""Is a rulebook right? `check` reads it, `test` runs the examples beside its rules. Without a PATH: the one that ships."""

import sys

import click

from services.cli.printing import JSON, plural, print_json
from services.cli.rules.common import PATH, compiled, load


@click.command()
@PATH
@JSON
@click.option("--strict", is_flag=True, help="Warnings count as errors.")
def check(path: str | None, as_json: bool, strict: bool) -> None:
    """Read the rules and report every error and warning as file:line:column.

    Example: dateline rules check rules/
    """
    from services.classify.errands.common import findings_json
    from services.classify.rules import RulebookError, lint

    try:
        findings = lint(load(path))
        refused = False
    except RulebookError as error:
        findings, refused = list(error.findings), True
    if as_json:
        print_json({"accepted": not refused, "findings": findings_json(findings)})
    else:
        for finding in findings:
            click.echo(str(finding))
        click.echo("Refused." if refused else f"Accepted, {plural(len(findings), 'warning')}.")
    sys.exit(1 if refused or (strict and findings) else 0)


@click.command()
@PATH
@JSON
def test(path: str | None, as_json: bool) -> None:
    """Run the tests that stand beside the rules; exit 1 when one fails.

    Example: dateline rules test rules/
    """
    from services.classify.errands.common import results_json
    from services.classify.rules import run_tests

    told = results_json(run_tests(compiled(path)))
    if as_json:
        print_json(told)
    else:
        for result in told["results"]:
            if not result["passed"]:
                click.echo(f"{result['at']}: {result['label']}: {result['title']!r}: {result['sentence']}")
        known = f" ({plural(told['todo'], 'known failure')})" if told["todo"] else ""
        click.echo(f"{plural(told['tests'], 'test')}, {told['failed']} failed{known}.")
    sys.exit(1 if told["failed"] else 0)
