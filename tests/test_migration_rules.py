"""Migrations keep the code of before running: they add. What takes away, locks long or rewrites is refused, or said to be the contracting half.

The migrations of before the first release are exempt: nothing ran on their schemas that must go on.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VERSIONS = Path(__file__).parents[1] / "alembic" / "versions"
FIRST_RELEASE = "2026-11-29"
"""What was written before this day is the schema that the first release begins with."""
BIG = {
    "articles",
    "article_urls",
    "article_labels",
    "sightings",
    "changes",
    "fingerprints",
    "story_articles",
    "fetches",
}
"""Tables that hold millions of rows somewhere."""
TAKES_AWAY = {"drop_table", "drop_column", "drop_index", "drop_constraint", "rename_table"}
CONSTRAINS = {"create_foreign_key", "create_check_constraint", "create_unique_constraint"}
_SQL_TAKES_AWAY = re.compile(r"\b(DROP|RENAME|TRUNCATE)\b", re.IGNORECASE)
_SQL_LOCKS = re.compile(
    r"\bSET\s+NOT\s+NULL\b|\bALTER\s+(COLUMN\s+)?\w+\s+TYPE\b|\bCREATE\s+(UNIQUE\s+)?INDEX\s+(?!CONCURRENTLY)",
    re.IGNORECASE,
)
_NAMES_BIG = re.compile(rf"\b({'|'.join(sorted(BIG))})\b")


def problems(source: str) -> list[str]:
    """What in a migration's `upgrade` would harm the code of before, or whoever waits. A line that ends in
    `# contract: since VERSION` is the second half of a change whose first half that version brought.
    """
    tree, lines = ast.parse(source), source.splitlines()
    made = {_text(call, 0) for call in _calls(tree) if _name(call) == "create_table"}
    found = []
    for call in _calls(tree):
        said = "\n".join(lines[call.lineno - 1 : call.end_lineno])
        if re.search(r"#\s*contract: since \S+", said):
            continue
        found += [f"line {call.lineno}: {why}" for why in _harms(call, made)]
    return found


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Every call but those that only `downgrade` makes."""
    for node in tree.body:
        if not (isinstance(node, ast.FunctionDef) and node.name == "downgrade"):
            yield from (inner for inner in ast.walk(node) if isinstance(inner, ast.Call))


def _harms(call: ast.Call, made: set[str]) -> Iterator[str]:
    name, words = _name(call), {k.arg: k.value for k in call.keywords if k.arg}
    if name in TAKES_AWAY:
        yield f"{name} takes away what the code of before still uses"
    if name == "alter_column" and {"new_column_name", "type_", "nullable"} & set(words):
        yield "a column gets another name, type, or must not be empty any more"
    if name == "add_column" and _must_be_filled(call):
        yield "a new column that must be filled, without a server_default: the code of before does not fill it"
    table = _text(call, 1)
    if name == "create_index" and table in BIG - made and not _true(words.get("postgresql_concurrently")):
        yield f"an index on {table} is built while nobody may write: say postgresql_concurrently=True in an autocommit_block"
    if name in CONSTRAINS and table in BIG - made and not _true(words.get("postgresql_not_valid")):
        yield f"a constraint on {table} is checked while nobody may write: add it NOT VALID, and validate it afterwards"
    if name in {"execute", "exec_driver_sql"}:
        sql = " ".join(
            n.value for n in ast.walk(call) if isinstance(n, ast.Constant) and isinstance(n.value, str)
        )
        if _SQL_TAKES_AWAY.search(sql):
            yield "SQL takes something away"
        if re.search(r"\bALTER\s+INDEX\b", sql, re.IGNORECASE):
            yield "an index that is read all the time is locked by whoever waits for it: ask `briefly`, as 2026-11-28_lots.py does"
        big = set(_NAMES_BIG.findall(sql)) - made
        if big and _SQL_LOCKS.search(sql):
            yield f"SQL locks {sorted(big)} for as long as it takes to go over it"
        if big and re.match(r"\s*UPDATE\b", sql, re.IGNORECASE):
            yield f"SQL writes all of {sorted(big)} in one transaction: fill in small steps, from a job"


def _must_be_filled(call: ast.Call) -> bool:
    for column in (n for n in ast.walk(call) if isinstance(n, ast.Call) and _name(n) == "Column"):
        words = {k.arg: k.value for k in column.keywords}
        optional = words.get("nullable")
        if (
            isinstance(optional, ast.Constant)
            and optional.value is False
            and not {"server_default"} & set(words)
        ):
            return not any(
                _name(n) in {"Computed", "Identity"} for n in ast.walk(column) if isinstance(n, ast.Call)
            )
    return False


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _text(call: ast.Call, place: int) -> str:
    found = call.args[place] if len(call.args) > place else None
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else ""


def _true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


@pytest.mark.parametrize("path", sorted(VERSIONS.glob("*.py")), ids=lambda path: path.name)
def test_a_migration_lets_the_code_of_before_go_on(path):
    if path.name >= FIRST_RELEASE:
        assert problems(path.read_text()) == []


def migration(line: str) -> str:
    return f"from alembic import op\nimport sqlalchemy as sa\n\ndef upgrade() -> None:\n    {line}\n\ndef downgrade() -> None:\n    op.drop_table('x')\n"


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_table('feeds')",
        "op.drop_column('feeds', 'title')",
        "op.rename_table('feeds', 'sources_polled')",
        "op.alter_column('feeds', 'title', new_column_name='name')",
        "op.alter_column('feeds', 'title', nullable=False)",
        "op.add_column('feeds', sa.Column('x', sa.Text(), nullable=False))",
        "op.create_index('ix', 'articles', ['title'])",
        "op.create_unique_constraint('uq', 'articles', ['url'])",
        "op.execute('ALTER TABLE articles ALTER COLUMN title SET NOT NULL')",
        "op.execute('ALTER TABLE articles ALTER COLUMN id TYPE text')",
        "op.execute('CREATE INDEX ix ON changes (at)')",
        "op.execute('ALTER INDEX ix_articles_search SET (fastupdate = off)')",
        "op.execute('DROP TABLE feeds')",
        "op.execute('ALTER TABLE feeds RENAME title TO name')",
        "op.execute(\"UPDATE articles SET title = ''\")",
    ],
)
def test_what_harms_is_named(line):
    assert problems(migration(line)) != []
    assert problems(migration(f"{line}  # contract: since 1.2")) == []


@pytest.mark.parametrize(
    "line",
    [
        "op.create_table('x', sa.Column('id', sa.BigInteger(), nullable=False))",
        "op.add_column('articles', sa.Column('x', sa.Text(), nullable=True))",
        "op.add_column('articles', sa.Column('x', sa.Boolean(), server_default=sa.text('false'), nullable=False))",
        "op.create_index('ix', 'articles', ['title'], postgresql_concurrently=True)",
        "op.create_index('ix', 'tokens', ['name'])",
        "briefly('ALTER INDEX ix_articles_search SET (fastupdate = off)')",
        "op.execute('CREATE INDEX CONCURRENTLY ix ON changes (at)')",
        'op.execute("UPDATE stream_state SET floor = 0")',
    ],
)
def test_what_adds_is_fine(line):
    assert problems(migration(line)) == []


def test_an_index_on_a_table_that_the_migration_itself_makes_is_fine():
    line = "op.create_table('changes')\n    op.create_index('ix', 'changes', ['at'])"
    assert problems(migration(line)) == []
