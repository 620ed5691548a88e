"""The units for one machine without containers agree with the code: commands, roles, settings, and a stop longer than a job's grace."""

import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path

import pytest

from services.cli import COMMANDS
from services.core import pool
from services.core.broker import OPTIONS
from services.core.liveness import beats, vigil
from services.core.liveness.notify import SILENT_S
from services.core.liveness.rounds import HUNG_S
from services.core.patience import PatientConnection
from services.core.queues import ROLES
from services.core.settings import SETTINGS

FOLDER = Path(__file__).parents[1] / "infra/systemd"
UNITS = {path.name: path for path in sorted(FOLDER.iterdir())}
SERVICES = [name for name in UNITS if name.endswith(".service")]
ROLE_SERVICES = [name for name in SERVICES if name != "dateline-migrate.service"]
KNOWN = {setting.name for setting in SETTINGS} | {setting.name + "_FILE" for setting in SETTINGS}


def _lines(name: str) -> dict[str, list[str]]:
    """What a unit says, key by key; a key may stand more than once."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in UNITS[name].read_text().splitlines():
        if re.match(r"\w+=", line):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def _starts(name: str) -> list[str]:
    (command,) = _lines(name)["ExecStart"]
    assert command.startswith("/opt/dateline/bin/dateline ")
    return command.split()[1:]


@pytest.mark.parametrize("name", SERVICES)
def test_every_unit_runs_a_command_that_exists(name):
    assert _starts(name)[0] in COMMANDS


@pytest.mark.parametrize("name", ROLE_SERVICES)
def test_a_role_that_is_enabled_starts_with_the_target(name):
    assert _lines(name)["WantedBy"] == ["dateline.target"]
    assert _lines("dateline.target")["WantedBy"] == ["multi-user.target"]


def test_the_page_enables_every_role():
    page = (FOLDER.parents[1] / "docs/how-to/systemd.md").read_text()
    (enabled,) = re.findall(
        r"^systemctl enable --now (dateline\.target .* dateline-scheduler .*)$", page, re.MULTILINE
    )
    instances = {f"dateline-worker@{role}" for role in ROLES}
    assert set(enabled.split()) == {"dateline.target", "dateline-api", "dateline-scheduler"} | instances
    assert _starts("dateline-worker@.service") == ["worker", "%i"]


@pytest.mark.parametrize("name", SERVICES)
def test_units_set_only_settings_that_exist_and_take_secrets_from_what_they_load(name):
    lines = _lines(name)
    said = dict(pair.split("=", 1) for value in lines["Environment"] for pair in value.split())
    assert {key for key in said if key.startswith("DATELINE_")} <= KNOWN
    loaded = {value.partition(":")[0] for value in lines["LoadCredential"]}
    assert {value.removeprefix("%d/") for key, value in said.items() if key.endswith("_FILE")} == loaded
    assert loaded >= {"database_url", "redis_url"}


@pytest.mark.parametrize("name", ROLE_SERVICES)
def test_a_role_comes_back_for_ever_and_stops_after_its_jobs_were_handed_back(name):
    lines = _lines(name)
    assert lines["Restart"] == ["always"]
    assert lines["StartLimitIntervalSec"] == ["0"]
    assert int(lines["TimeoutStopSec"][0]) > OPTIONS["worker_soft_shutdown_timeout"]
    assert lines["KillSignal"] == ["SIGQUIT" if "worker" in name else "SIGTERM"]
    assert lines["PartOf"] == ["dateline.target"]


@pytest.mark.parametrize("name", ROLE_SERVICES)
def test_a_role_that_says_nothing_is_replaced_after_as_long_as_dateline_up_waits(name):
    lines = _lines(name)
    assert lines["Type"] == ["notify"]
    assert lines["NotifyAccess"] == ["main"]
    assert lines["WatchdogSec"] == [f"{SILENT_S:g}"]
    assert lines["TimeoutStartSec"] == [f"{vigil.START_S / 60:g}min"]


def test_what_heals_or_gives_up_by_itself_has_done_so_before_it_counts_as_hung():
    looks = 2 * beats.EVERY_S
    assert max(HUNG_S + looks, PatientConnection.patience + looks) < SILENT_S
    assert pool.PATIENCE_S + PatientConnection.patience < vigil.START_S
    assert OPTIONS["broker_transport_options"]["socket_timeout"] < SILENT_S


@pytest.mark.parametrize("name", SERVICES)
def test_units_are_bounded_and_locked_up(name):
    lines = _lines(name)
    assert lines["MemoryMax"]
    assert lines["TasksMax"]
    assert lines["User"] == ["dateline"]
    assert lines["CapabilityBoundingSet"] == [""]
    assert lines["ProtectSystem"] == ["strict"]
    assert lines["NoNewPrivileges"] == ["yes"]


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")
def test_systemd_takes_the_units(tmp_path):
    for name, path in UNITS.items():
        (tmp_path / name).write_text(path.read_text().replace("/opt/dateline/bin/dateline", "/bin/true"))
    files = [str(tmp_path / name) for name in UNITS]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "dateline" in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine")
@pytest.mark.parametrize("name", SERVICES)
def test_systemd_finds_the_units_as_locked_up_as_the_page_says(name, tmp_path):
    """The page says 1.2 of 10 or better; systemd counts in tenths."""
    unit = tmp_path / name.replace("@", "@ingest")
    unit.write_text(UNITS[name].read_text().replace("/opt/dateline/bin/dateline", "/bin/true"))
    words = ["systemd-analyze", "security", "--offline=true", "--threshold=12", str(unit)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
