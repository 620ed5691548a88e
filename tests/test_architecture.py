"""The house as a whole: sizes of rooms, and traps of its layout."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = [*(ROOT / "services").rglob("*.py"), *(ROOT / "newswire").rglob("*.py")]
MODULE_LINES = 300
FUNCTION_LINES = 60


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_alembic_is_no_package():
    """With `__init__.py` in it our folder would hide the library of the same name."""
    assert not (ROOT / "alembic" / "__init__.py").exists()


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_is_one_room(path):
    assert len(path.read_text().splitlines()) <= MODULE_LINES
    long = [
        f"{f.name}: {f.end_lineno - f.lineno + 1}"
        for f in functions(path)
        if f.end_lineno - f.lineno >= FUNCTION_LINES
    ]
    assert long == []


@pytest.mark.parametrize("path", CODE, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_module_and_public_definition_says_what_it_is_for(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree)
    silent = [
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert silent == []


def test_locked_requirements_name_no_package_index():
    """They install from wherever the machine is set up to; a hash is what is trusted."""
    for name in ("requirements.txt", "requirements-embedded.txt", "requirements-dev.txt"):
        lines = (ROOT / name).read_text().splitlines()
        assert not [line for line in lines if "://" in line or "--index" in line]
        assert sum("==" in line for line in lines) > 50
        assert all(
            "--hash=sha256:" in line or "==" in line or line.lstrip().startswith("#")
            for line in lines
            if line
        )
