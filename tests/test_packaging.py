"""What is built holds what running needs, and puts nothing into other people's folders."""

import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_wheel_carries_migrations_rules_pages_and_the_starter_list(tmp_path):
    """Migrations under our own name: as `alembic/` they would land inside the library of that name."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for needed in (
        "services/core/migrations/env.py",
        "services/core/migrations/script.py.mako",
        "services/classify/starter/rulebook/defaults.yaml",
        "services/ingest/starter.opml",
        "services/api/pages/templates/front.html",
    ):
        assert needed in names
    assert any(name.startswith("services/core/migrations/versions/") for name in names)
    assert {name.partition("/")[0] for name in names} == {
        "services",
        next(n for n in names if "dist-info" in n).partition("/")[0],
    }
