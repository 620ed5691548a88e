"""What is wrong and what to do, in sentences."""

import json

import click

from services.core.health import ROLES_NEEDED, examine, examine_role
from services.core.settings import settings

SHOWN = {"ok": "ok   ", "note": "note ", "wrong": "WRONG"}


@click.command(epilog="Example: dateline doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--role",
    type=click.Choice(ROLES_NEEDED),
    help="Only whether this role gives signs of life from this host.",
)
def doctor(as_json: bool, role: str | None) -> None:
    """Look at every part and say in a sentence what is wrong and what to do; exit 1 when something is, 0 where there are notes only."""
    settings()  # a wrong setting is a mistake of the call, not a finding
    findings = [examine_role(role)] if role else examine()
    if as_json:
        rows = [
            {"ok": f.ok, "level": f.level, "about": f.about, "says": f.says, "see": f.see} for f in findings
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        for f in findings:
            click.echo(f"{SHOWN[f.level]} {f.about:12} {f.says}")
        wrong = [f for f in findings if not f.ok]
        if wrong:
            click.echo(f"More on each: {wrong[0].see}")
    raise SystemExit(0 if all(f.ok for f in findings) else 1)
