"""The code and the tests of before, taken from the repository's own history.

    python -m tests.before [COMMIT] [-- ARGUMENTS OF PYTEST]

runs the tests of an older version (of COMMIT, else of the newest release, else of the newest commit with an older schema) on the
schema of now: its code and its `alembic/env.py`, our migrations.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = "alembic/versions"
ON_THE_SCHEMA = (
    "tests/core/test_latest.py",
    "tests/core/test_removal.py",
    "tests/ingest/test_store_apply.py",
    "tests/ingest/test_store_leases.py",
    "tests/classify/labelling/test_label.py",
    "tests/api/routes/test_changes_route.py",
    "tests/api/routes/test_latest_route.py",
    "tests/api/routes/test_stories_route.py",
)
"""Tests of before that write and read most of the schema, where they were there."""


def git(*words: str) -> bytes:
    return subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, check=True).stdout


def chain(texts: list[str]) -> list[str]:
    """Revisions from the first to the last; empty where they make no single line."""
    after = {}
    for text in texts:
        one, before = (
            re.search(rf"^{name} = (.+)$", text, re.MULTILINE) for name in ("revision", "down_revision")
        )
        if one and before:
            after[before[1].strip("'\"")] = one[1].strip("'\"")
    found, last = [], "None"
    while (last := after.get(last, "")) != "":
        found.append(last)
    return found if len(found) == len(texts) else []


def of_commit(commit: str) -> list[str]:
    names = git("ls-tree", "--name-only", f"{commit}:{VERSIONS}").decode().split("\n")
    return chain(
        [git("show", f"{commit}:{VERSIONS}/{name}").decode() for name in names if name.endswith(".py")]
    )


def before_this() -> str | None:
    """The newest release, else the newest commit, whose schema is a true beginning of ours."""
    ours = chain([path.read_text() for path in (ROOT / VERSIONS).glob("*.py")])
    assert ours, "the migrations make no single line"
    tags = git("tag", "--list", "v*", "--sort=-v:refname").decode().split()
    commits = git("log", "--format=%P", "-30", "--", VERSIONS).decode().split()
    for commit in [*tags, *commits]:
        theirs = of_commit(commit)
        if theirs and theirs != ours and ours[: len(theirs)] == theirs:
            return commit
    return None


def take(commit: str, folder: Path) -> None:
    """Put the tree of a commit into a folder."""
    with tarfile.open(fileobj=io.BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")


def give_our_schema(folder: Path) -> None:
    """Replace the migrations in a tree of before by ours."""
    shutil.rmtree(folder / VERSIONS)
    shutil.copytree(ROOT / VERSIONS, folder / VERSIONS, ignore=shutil.ignore_patterns("__pycache__"))


def run_tests(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run tests of a tree in it, with its own code, in a pytest that knows nothing of the one that asks."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "DATELINE_"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env={**own, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def main(words: Sequence[str]) -> int:
    named = [word for word in words[:1] if word != "--"]
    commit = named[0] if named else before_this()
    if commit is None:
        print("The history that is here has no code with an older schema.", file=sys.stderr)
        return 2
    rest = [word for word in words[len(named) :] if word != "--"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        take(commit, folder)
        give_our_schema(folder)
        done = run_tests(folder, rest or [name for name in ON_THE_SCHEMA if (folder / name).exists()])
    print(f"The tests of {commit} on the schema of now:", done.stdout, done.stderr, sep="\n")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
