"""Rows of the fault matrix that strike the machine of a role: its network, and its clock."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults.forwarding import forwarding
from tests.faults.world import ROOT, World, eventually

pytestmark = pytest.mark.usefixtures("_well_before")


@contextmanager
def otherwise(world: World, name: str, argv: tuple[str, ...] = (), **env: str) -> Iterator[int]:
    """A role that runs below another program or in another environment for a while; its process number."""
    before = world.keeper.kept[name].child
    try:
        world.keeper.kept[name].child = replace(before, argv=(*argv, *before.argv), env={**before.env, **env})
        yield started_anew(world, name)
    finally:
        world.keeper.kept[name].child = before
        started_anew(world, name)


def started_anew(world: World, name: str) -> int:
    """Tell a role to stop, and wait until it runs again."""
    ends = world.keeper.kept[name].ends
    world.keeper.signal(name, signal.SIGTERM)
    eventually(lambda: world.keeper.kept[name].ends > ends and world.keeper.pid(name), what=f"another {name}")
    pid = world.keeper.pid(name)
    assert pid is not None
    if name == "api":
        world.keeper.wait_ready(name)
    else:
        beats = "SELECT count(*) > 0 FROM beats WHERE name = %s"
        eventually(lambda: world.sees(beats, f"{socket.gethostname()}:{pid}"), what=f"a beat of {name}")
    return pid


@contextmanager
def other_network() -> Iterator[tuple[str, str]]:
    """A network of its own, tied to this one: its name, and this machine's address there."""
    name, address = f"dl{os.getpid()}", f"10.213.{os.getpid() % 250}"
    try:
        ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody make a network of its own (`ip netns`, root)")
    try:
        ip("link", "add", name, "type", "veth", "peer", "name", "dl-far", "netns", name)
        ip("address", "add", f"{address}.1/24", "dev", name)
        ip("link", "set", name, "up")
        ip("-n", name, "address", "add", f"{address}.2/24", "dev", "dl-far")
        ip("-n", name, "link", "set", "dl-far", "up")
        yield name, f"{address}.1"
    except subprocess.CalledProcessError as error:
        pytest.skip(f"this machine lets nobody tie two networks: {error.stderr}")
    finally:
        for words in (("link", "delete", name), ("netns", "delete", name)):
            with suppress(subprocess.CalledProcessError):
                ip(*words)


def ip(*words: str) -> None:
    """Change a network. Raises CalledProcessError."""
    subprocess.run(("ip", *words), check=True, capture_output=True, text=True)


def test_row_12_a_worker_whose_network_is_cut_gives_up_and_comes_back_by_itself(world):
    """Nothing tells either end: packets go nowhere. The others go on; the parted one notices, and works again when the way is free."""
    with other_network() as (network, here), forwarding(world, here) as (port, way):
        address = f"postgresql+psycopg://dateline@{here}:{port}/dateline"
        name = "classify-1"
        with otherwise(world, name, ("ip", "netns", "exec", network), DATELINE_DATABASE_URL=address) as pid:
            eventually(lambda: way.served > 2, what="connections over the long way")
            world.wait_shown()
            said = len(world.keeper.log(name))
            ip("link", "set", network, "down")
            world.press.publish()
            world.check()
            eventually(
                lambda: "no sign of life given" in world.keeper.log(name)[said:], what="a worker that gave up"
            )
            ip("link", "set", network, "up")
            fresh = "SELECT at > now() - interval '10 s' FROM beats WHERE name = %s"
            eventually(
                lambda: world.sees(fresh, f"{socket.gethostname()}:{pid}"), what="a worker that is back"
            )
            assert world.keeper.pid(name) == pid, "nobody had to start it anew"
            world.press.publish()
            world.check()


CLOCKS = Path("/usr/lib")
SLEEP = """
import select
import time


def sleep(seconds):  # libfaketime 0.9.10 refuses what time.sleep asks of the kernel (clock_nanosleep)
    select.select([], [], [], seconds)


time.sleep = sleep
"""


@contextmanager
def wrong_clock(world: World) -> Iterator[tuple[dict[str, str], Path]]:
    """The environment of a role whose clock goes by a file, and the file: `-1h`, `+1h`. Clocks that only count stay as they are."""
    found = sorted(CLOCKS.glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.skip("needs libfaketime (Debian package `faketime`)")
    folder = world.folder / "clock"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SLEEP)
    offset = folder / "offset"
    offset.write_text("+0")
    for path in (folder, offset):
        path.chmod(0o755)
    try:
        yield (
            {
                "LD_PRELOAD": str(found[0]),
                "FAKETIME_TIMESTAMP_FILE": str(offset),
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "FAKETIME_NO_CACHE": "1",
                "PYTHONPATH": f"{folder}:{ROOT}",
            },
            offset,
        )
    finally:
        shutil.rmtree(folder)
        for left in Path("/dev/shm").glob("*faketime_s*_*"):  # by those that were killed
            if not Path("/proc", left.name.rpartition("_")[2]).exists():
                left.unlink(missing_ok=True)


@contextmanager
def in_hand(world: World) -> Iterator[None]:
    """While feeds are being asked for: the press is frozen, so that its answers come after the block."""
    world.keeper.signal("press", signal.SIGSTOP)
    try:
        eventually(
            lambda: world.sees("SELECT count(*) > 1 FROM feeds WHERE lease_until > now()"),
            what="feeds in hand",
        )
        yield
    finally:
        world.keeper.signal("press", signal.SIGCONT)


AGES = """
    SELECT 'articles', count(*) FROM articles WHERE first_seen_at > now() OR sort_at > now() OR waiting_since > now()
    UNION ALL SELECT 'changes', count(*) FROM changes WHERE at > now()
    UNION ALL SELECT 'fetches', count(*) FROM fetches WHERE at > now()
    UNION ALL SELECT 'beats', count(*) FROM beats WHERE at > now()
    UNION ALL SELECT 'due', count(*) FROM feeds WHERE next_check_at > now() + interval '1 minute' OR checked_at > now()
    UNION ALL SELECT 'seen an hour ago', count(*) FROM articles WHERE first_seen_at < %s
"""


@pytest.mark.parametrize("name", ["scheduler-1", "ingest-1", "classify-1", "stories", "api"])
def test_row_15_a_role_whose_clock_is_an_hour_off_or_jumps(world, name):
    """Under load: nothing is lost, nothing is rested for an hour, and no age is negative."""
    began = world.sql("SELECT now() - interval '30 minutes'")[0][0]
    with wrong_clock(world) as (env, offset):
        offset.write_text("-1h")
        with otherwise(world, name, **env) as pid:
            assert "libfaketime" in Path(f"/proc/{pid}/maps").read_text()
            for hours in ("-1h", "+1h", "-1h", "+0"):
                world.press.publish()
                with in_hand(world):
                    offset.write_text(hours)
                world.press.publish()
                world.check()
                assert [found for found in world.sql(AGES, began) if found[1]] == []
                status, _, _ = world.get("/v1/latest?limit=3")
                assert status == 200


def test_row_15_doctor_names_the_clock_that_is_off(world):
    with wrong_clock(world) as (env, offset):
        for hours, said in (("-1h", "behind"), ("+1h", "ahead")):
            offset.write_text(hours)
            command = [sys.executable, "-m", "services", "doctor"]
            done = subprocess.run(
                command, env={**world.roles["api"].env, **env}, cwd=world.folder, capture_output=True, text=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 1, done.stderr
            assert "this machine's clock is 3" in done.stdout, done.stdout
            assert said in done.stdout
