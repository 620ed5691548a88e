"""What the commands of rules share: where a rulebook comes from.

Heavy imports stand inside the functions: `dateline --help` must not load the engine.
"""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from services.classify.rules import CompiledRulebook, Rulebook

PATH = click.argument("path", required=False, type=click.Path(exists=True))
RULES = click.option("--rules", "rules_path", type=click.Path(exists=True), help="A rules folder or file.")


def load(path: str | None) -> "Rulebook":
    """The rules of a folder or file, or the ones that ship. Raises RulebookError."""
    from services.classify.rules import load_texts
    from services.classify.starter import load_folder, starter_texts

    return load_texts(starter_texts() if path is None else load_folder(path))


def compiled(path: str | None) -> "CompiledRulebook":
    """The same, ready to run."""
    from services.classify.rules import compile_rulebook

    return compile_rulebook(load(path))


def reference(path: str | None) -> dict[str, Any] | None:
    """A rules folder as the desk's functions take it; None is the rulebook in force."""
    from services.classify.starter import load_folder

    return None if path is None else {"texts": load_folder(path)}
