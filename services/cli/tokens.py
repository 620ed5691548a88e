"""`dateline tokens`: keys for editors, operators and programs."""

import json
from dataclasses import asdict
from datetime import datetime

import click

from services.core.db import transaction
from services.core.errors import NotFoundError
from services.core.models.desk import SCOPES
from services.core.settings import settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def tokens() -> None:
    """Keys for editors, operators and programs.

    Example: dateline tokens add aigerim --scope editor
    """


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice(SCOPES),
    help="What it allows; may be given several times. Each of them includes read.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(name: str, scopes: tuple[str, ...], as_json: bool) -> None:
    """Make a token for NAME and print it, once: only its hash is kept.

    The name stands beside everything that is done with the token.

    Example: dateline tokens add aigerim --scope editor
    """
    from services.core import tokens as kept

    with transaction() as session:
        secret = kept.add(session, name, scopes)
    if as_json:
        click.echo(
            json.dumps({"name": name, "scopes": sorted(set(scopes)), "token": secret}, ensure_ascii=False)
        )
        return
    click.echo(f"Token of {name} ({', '.join(sorted(set(scopes)))}), shown this once:", err=True)
    click.echo(secret)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(as_json: bool) -> None:
    """Every token with its scopes and when it was used last, revoked ones too.

    Example: dateline tokens list
    """
    from services.core import tokens as kept

    with transaction() as session:
        rows = kept.listed(session)
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=2, default=_stamp, ensure_ascii=False))
        return
    for row in rows:
        used = f"used {row.used_at:%Y-%m-%d %H:%M}" if row.used_at else "never used"
        state = f"revoked {row.revoked_at:%Y-%m-%d %H:%M}" if row.revoked_at else used
        click.echo(f"{row.name:24} {','.join(row.scopes):22} made {row.created_at:%Y-%m-%d %H:%M}  {state}")
    if not rows:
        click.echo("No tokens yet: `dateline tokens add NAME --scope editor` makes one.")


@tokens.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Let the token of NAME open nothing any more; what was done with it stays in the history.

    Example: dateline tokens revoke aigerim
    """
    from services.core import tokens as kept

    with transaction() as session:
        kept.revoke(session, name)
    click.echo(f"The token of {name} opens nothing any more.")


@tokens.command()
def admin() -> None:
    """Print the administrator's token: that of DATELINE_ADMIN_TOKEN, or the one that `dateline up` made.

    Example: dateline tokens admin
    """
    from services.embedded.admin import FILE

    chosen = settings()
    secret = chosen.admin_token
    if secret is None:
        try:
            secret = (chosen.home / FILE).read_text().strip()
        except (OSError, UnicodeDecodeError):
            secret = ""
    if not secret:
        raise NotFoundError(
            f"There is no administrator's token in {chosen.home}: `dateline up` makes one, or set DATELINE_ADMIN_TOKEN. "
            "`dateline tokens add NAME --scope editor` makes a token of your own."
        )
    click.echo(secret)


def _stamp(moment: datetime) -> str:
    return moment.isoformat()
