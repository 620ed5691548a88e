"""The page on faults names for each row of the matrix a test that exists."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/explanation/faults.md"
ROWS = ["1", "2", "2b", *map(str, range(3, 15)), "14b", "14c", *map(str, range(15, 31))]


def rows() -> dict[str, list[str]]:
    """The cells of the table by the number of the row."""
    lines = [
        line.strip("|").split(" | ") for line in PAGE.read_text().splitlines() if re.match(r"\| \d", line)
    ]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in lines}


def test_every_row_is_there_in_order():
    assert list(rows()) == ROWS


def test_every_test_that_is_named_exists():
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE.read_text())
    assert len(named) > 30
    missing = [f"{file}::{name}" for file, name in named if f"def {name}(" not in (ROOT / file).read_text()]
    assert missing == []


def test_a_row_without_a_test_says_why():
    for number, (_fault, tests, seen) in rows().items():
        assert "`tests/" in tests or tests.startswith("none: "), number
        assert seen, number


def test_every_test_of_a_row_is_on_the_page():
    told = PAGE.read_text()
    for file in (ROOT / "tests/faults").glob("test_faults_of_*.py"):
        for name in re.findall(r"^def (test_row_\w+)\(", file.read_text(), re.MULTILINE):
            assert name in told, name
