"""What is known of processes that the kernel ended for want of memory. That it ends them for real is in tests/faults."""

import logging
from pathlib import Path

import pytest

from services.core import clock, health
from services.core.liveness import beats, oom

MB = 2**20


def group(folder: Path, **files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("own", "at", "counter"),
    [
        ("0::/system.slice/dateline.service\n", "system.slice/dateline.service", "memory.events"),
        ("0::/\n", "", "memory.events"),
        ("0::/../../docker/4711\n", "", "memory.events"),  # seen from outside its own name space
        ("9:cpu:/x\n4:memory:/docker/4711\n0::/\n", "memory/docker/4711", "memory.oom_control"),
        ("4:memory:/docker/4711\n0::/\n", "memory", "memory.oom_control"),  # inside the container
    ],
)
def test_the_group_that_counts_is_found_in_either_version_of_control_groups(tmp_path, own, at, counter):
    folder = group(tmp_path / at)
    (folder / counter).write_text("oom 1\noom_kill 3\n")
    found = oom.group_of(own, tmp_path)
    assert found is not None
    assert found.resolve() == folder.resolve()
    assert oom.kills_in((found / counter).read_text()) == 3


def test_where_nobody_counts_nothing_is_said(tmp_path):
    assert oom.group_of("0::/\n", tmp_path) is None
    assert oom.kills_in("oom_kill_disable 0\nunder_oom 0\n") is None
    assert oom.Watch("ingest", group(tmp_path / "bare")).look() == {}


@pytest.mark.parametrize(
    ("text", "limit"), [("max\n", None), ("9223372036854771712\n", None), ("1073741824\n", 1024 * MB)]
)
def test_a_limit_that_is_none_is_told_apart(text, limit):
    assert oom.limit_in(text) == limit


def test_what_happened_since_the_worker_began_is_logged_once_and_told_by_the_doctor(
    service, tmp_path, caplog
):
    here = group(tmp_path / "g", memory__events="oom_kill 2\n", memory__max=f"{1024 * MB}\n")
    watch = oom.Watch("ingest", here)
    assert watch.look() == {}, "what was before is nothing of this worker's"
    (here / "memory.events").write_text("oom 9\noom_kill 4\noom_group_kill 0\n")
    with caplog.at_level(logging.ERROR):
        told = watch.look()
        assert watch.look() == told
    (line,) = caplog.messages
    assert line == (
        "the kernel ended a process here for want of memory; what it had in hand is done by others; the limit is 1,024 MB: "
        "give it more (INGEST_MEMORY in compose, MemoryMax with systemd), or run fewer processes (DATELINE_WORKER_PROCESSES)"
    )
    assert health.examine(("memory",)) == []
    beats.beat("ingest", "box:7", {"queues": ["fetch"]} | told)
    (found,) = health.examine(("memory",))
    assert not found.ok
    assert found.says.startswith(
        "the kernel ended 2 processes of worker ingest on box for want of memory, last 0 min ago; the limit is 1,024 MB: give it"
    )


def test_workers_that_share_a_group_are_named_together_since_nobody_knows_whose_process_it_was(service):
    """As under `dateline up`: each of them sees the count of all."""
    shared = {
        "kills": 2,
        "at": clock.utc_now().isoformat(),
        "limit": None,
        "group": "/sys/fs/cgroup/user.slice",
    }
    beats.beat("ingest", "box:7", {oom.TOLD: shared})
    beats.beat("classify", "box:8", {oom.TOLD: shared | {"kills": 3}})
    beats.beat("classify", "box:9", {oom.TOLD: shared})
    beats.beat("classify", "other:8", {oom.TOLD: shared | {"kills": 1}})
    beats.beat(
        "stories", "box:5", {oom.TOLD: shared | {"at": "2026-01-01T00:00:00+00:00", "group": "/of before"}}
    )
    assert sorted(found.says.partition(" for want of")[0] for found in health.examine(("memory",))) == [
        "the kernel ended 1 process of worker classify on other",
        "the kernel ended 3 processes among what shares a limit with the workers classify and ingest on box",
    ]


def test_without_a_limit_it_is_the_machine_that_has_too_little(tmp_path):
    assert oom.remedy("ingest+classify", None).startswith("this machine has too little of it")
    assert "INGEST_MEMORY and CLASSIFY_MEMORY" in oom.remedy("ingest+classify", 2**30)
