"""docker-compose.yml agrees with the code: every queue is consumed, every command and setting exists."""

from pathlib import Path

import pytest
import yaml

from services.cli import COMMANDS
from services.core.health import ROLES_NEEDED
from services.core.queues import QUEUE_OF, ROLES, Job, Queue
from services.core.settings import SETTINGS

FILE = yaml.safe_load((Path(__file__).parents[1] / "docker-compose.yml").read_text())
OURS = {name: s for name, s in FILE["services"].items() if str(s.get("image", "")).startswith("dateline")}


def test_every_queue_is_consumed_by_some_service():
    consumed = {
        queue
        for service in OURS.values()
        if service["command"][0] == "worker"
        for role in service["command"][1:]
        for queue in ROLES[role]
    }
    assert consumed == set(Queue) == set(QUEUE_OF.values())
    assert set(QUEUE_OF) == set(Job)


@pytest.mark.parametrize("name", OURS)
def test_every_service_runs_a_command_that_exists_and_survives(name):
    service = OURS[name]
    assert service["command"][0] in COMMANDS
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert service["read_only"] is True
    if name != "migrate":
        assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
        assert "healthcheck" in service


def test_only_settings_that_exist_are_set():
    names = {setting.name for setting in SETTINGS}
    used = {key for service in OURS.values() for key in service["environment"] if key.startswith("DATELINE_")}
    assert used <= names


def test_the_roles_that_doctor_looks_for_have_a_service_each():
    assert set(ROLES_NEEDED) <= set(OURS)
    assert FILE["services"]["api"]["ports"] == ["${API_PUBLISH:-127.0.0.1:8000}:8000"]


def test_nothing_but_the_api_is_published():
    assert [name for name, service in FILE["services"].items() if "ports" in service] == ["api"]
