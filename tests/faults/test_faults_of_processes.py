"""Rows of the fault matrix that strike processes and servers, in one running world; docs/explanation/faults.md names each."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from bisect import insort
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from services.embedded.process import Child
from services.embedded.roles import ROLES
from services.embedded.supervisor import STOP_SECONDS
from tests.faults import injected
from tests.faults.forwarding import forwarding
from tests.faults.keeper import state_of
from tests.faults.supervised import write
from tests.faults.world import ROOT, World, eventually

DICE = random.Random(7)


pytestmark = pytest.mark.usefixtures("_well_before")


@contextmanager
def instead(world: World, role: str, hook: str):
    """One worker with a fault inside it in place of all workers of a role."""
    names = [name for name in world.roles if name.partition("-")[0] == role]
    like, hooked = world.roles[names[0]], f"{role}-hooked"
    try:
        for name in names:
            world.keeper.hold(name)
            world.keeper.signal(name, signal.SIGTERM)
        for name in names:
            eventually(lambda n=name: world.keeper.kept[n].process is None, what=f"the end of {name}")
        with TemporaryHooks(world) as folder:
            argv = (like.argv[0], "-m", "tests.faults.hooked", hook, *like.argv[3:])
            yield replace(like, name=hooked, argv=argv, env={**like.env, "HOOK_FOLDER": str(folder)}), folder
    finally:
        if hooked in world.keeper.kept:
            world.keeper.forget(hooked)
        for name in names:
            world.keeper.release(name)


class TemporaryHooks:
    """A folder that a hooked role and its test share."""

    def __init__(self, world: World) -> None:
        self.folder = world.folder / f"hooks-{time.monotonic_ns()}"

    def __enter__(self):
        self.folder.mkdir()
        return self.folder

    def __exit__(self, *_: object) -> None:
        return None


def test_row_1_2_processes_that_work_and_lead_are_killed(world):
    began = time.monotonic()
    for role in ("ingest", "classify", "stories"):
        injected.kill_child(role)(world, DICE)
        injected.signal_role(role, signal.SIGKILL)(world, DICE)
    injected.signal_role("scheduler", signal.SIGKILL)(world, DICE)
    world.check(since=began)


def test_row_2_children_end_with_a_worker_that_is_killed(world):
    """Not because somebody kills the group: the kernel tells them."""
    name = "classify-1"
    children = eventually(lambda: world.keeper.children(name), what="a worker with children")
    world.keeper.signal(name, signal.SIGKILL)
    eventually(
        lambda: all(state_of(pid) in {"", "Z", "X"} for pid in children), what="the end of the children"
    )
    world.check()


def test_row_3_workers_that_are_told_to_stop_in_the_middle_give_back_leases_and_attempts(world):
    with instead(world, "classify", "label_slowly") as (child, folder):
        world.press.publish(20)
        world.keeper.start(child)
        eventually((folder / "slow").exists, what="a batch in hand")
        pid = world.keeper.pid(child.name)
        world.keeper.hold(child.name)
        world.keeper.signal(child.name, signal.SIGTERM)
        eventually(lambda: state_of(pid) in {"", "Z"}, what="its end")
        rows = "SELECT count(*) FROM articles WHERE attempts > 0 OR lease_until > now()"
        assert world.sql(rows) == [(0,)]
    world.check()


@contextmanager
def short_of_memory(megabytes: int) -> Iterator[Path]:
    """A control group of its own that may take so much, without swap."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    where = [Path(m[1]) for m in mounts if m[2] == "cgroup" and "memory" in m[3].split(",")]
    where += [Path(m[1]) for m in mounts if m[2] == "cgroup2"]
    limits = ("memory.limit_in_bytes", "memory.max")
    for group in [mount / f"dateline-test-{os.getpid()}" for mount in where]:
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            for limit in [group / name for name in limits if (group / name).exists()]:
                limit.write_text(str(megabytes << 20))
                if (group / "memory.swap.max").exists():
                    (group / "memory.swap.max").write_text("0")
                yield group
                return
        finally:
            eventually(
                lambda g=group: not (g / "cgroup.procs").read_text(), what="the end of all in the group"
            )
            group.rmdir()
    pytest.skip(
        "this machine lets nobody make a control group that limits memory (root, and the controller `memory`)"
    )


def test_row_2b_a_worker_that_takes_all_memory_loses_one_process_and_names_the_reason(world):
    with short_of_memory(600) as group, instead(world, "classify", "eat_all_memory") as (child, folder):
        inside = ("/bin/sh", "-c", f'echo $$ > {group}/cgroup.procs; exec "$@"', "sh", *child.argv)
        world.keeper.start(replace(child, argv=inside))
        leader = world.keeper.pid(child.name)

        def spared() -> bool:
            """Whether the kernel would choose those that work before the one that starts others."""
            files = [Path(f"/proc/{pid}/oom_score_adj") for pid in world.keeper.children(child.name)]
            return {file.read_text().strip() for file in files if file.exists()} == {"500"}

        eventually(spared, what="processes that go first")
        world.press.publish()
        eventually((folder / "eaten").exists, what="a process that takes all memory")
        said = "the kernel ended a process here for want of memory"
        eventually(lambda: said in world.keeper.log(child.name), what="a sentence in the log")
        assert "the limit is 600 MB" in world.keeper.log(child.name)
        asked = [sys.executable, "-m", "services", "doctor", "--json"]

        def told() -> bool:
            done = subprocess.run(
                asked, env=dict(child.env), cwd=world.folder, check=False, capture_output=True
            )
            return b"the kernel ended 1 process of worker classify on" in done.stdout

        eventually(told, what="a sentence of the doctor", every=1)
        world.check()
        assert world.keeper.pid(child.name) == leader, "nothing else had to end"


def test_row_4_a_hint_that_is_lost_between_pop_and_note_costs_seconds(world):
    with instead(world, "classify", "die_between_pop_and_note") as (child, folder):
        world.keeper.start(child)
        world.press.publish()
        eventually((folder / "popped").exists, what="a hint popped and lost")
        world.check()
        eventually(lambda: world.keeper.kept[child.name].ends, what="its end")


def test_row_5_6_7_redis_killed_emptied_and_frozen(world):
    began = time.monotonic()
    for fault in (
        "Redis killed",
        "Redis killed and emptied",
        "Redis frozen",
        "all hints lost",
        "hints delivered again",
    ):
        injected.FAULTS[fault](world, DICE)
        world.check(since=began)


def test_row_7_redis_frozen_for_longer_than_anybody_waits_for_it(world):
    """Readers are answered meanwhile, and everybody who asked it goes on by himself."""
    began = time.monotonic()
    injected.freeze_valkey(world, DICE, seconds=20)
    world.check(since=began)


def test_row_8_redis_out_of_memory(world):
    began = time.monotonic()
    injected.say_to_valkey(world, "CONFIG SET maxmemory 1")
    try:
        world.press.publish()
        time.sleep(3)
    finally:
        injected.say_to_valkey(world, "CONFIG SET maxmemory 256mb")
    world.check(since=began)


def test_row_9_postgres_stopped_fast_and_at_once(world):
    for number in (signal.SIGINT, signal.SIGQUIT):
        began = time.monotonic()
        injected.down(world, "postgres", number)
        time.sleep(5)
        assert injected_answers(world, began) <= {200, 503}
        injected.back(world, "postgres")
        world.check()


def injected_answers(world: World, began: float) -> set[int | None]:
    """How readers were answered since a moment; with 503 comes the time to ask again."""
    status, headers, _ = world.get("/v1/latest?limit=3", timeout=20)
    if status == 503:
        assert int(headers["retry-after"]) > 0
    return {asked.status for asked in world.reader.since(began)} | {status}


def test_row_9_sessions_cut_by_a_failover(world):
    injected.end_sessions(world, DICE)
    world.check()


def test_row_10_connections_used_up(world):
    began = time.monotonic()
    with ExitStack() as leak:
        with suppress(psycopg.OperationalError):
            for _ in range(100):
                leak.enter_context(psycopg.connect(world.dsn, connect_timeout=5))
        time.sleep(3)
        assert injected_answers(world, began) <= {200, 503}
    world.check()


def test_row_12_a_worker_parted_from_its_database_holds_up_nobody(world):
    with forwarding(world) as (port, cut):
        name = "classify-1"
        before = world.keeper.kept[name].child
        world.keeper.change(
            name, DATELINE_DATABASE_URL=f"postgresql+psycopg://dateline@127.0.0.1:{port}/dateline"
        )
        ends = world.keeper.kept[name].ends
        world.keeper.signal(name, signal.SIGTERM)
        eventually(
            lambda: world.keeper.kept[name].ends > ends and world.keeper.pid(name),
            what="a worker on the long way",
        )
        eventually(lambda: cut.served > 2, what="connections over the long way")
        world.wait_shown()
        cut.set()
        world.press.publish()
        world.check()
        world.keeper.kept[name].child = before
        world.keeper.signal(name, signal.SIGKILL, whole=True)
    world.check()


def test_row_13_two_schedulers_fetch_nothing_twice_and_catch_up_when_there_was_none(world):
    schedulers = ["scheduler-1", "scheduler-2"]
    for name in schedulers:
        world.keeper.hold(name)
        world.keeper.signal(name, signal.SIGKILL)
    for name in schedulers:
        eventually(lambda n=name: world.keeper.kept[n].process is None, what="no scheduler")
    world.sql("UPDATE feeds SET next_check_at = now() - interval '10 minutes' WHERE lease_until < now()")
    # From here on: what a job fetched a moment ago has just been made due again by us.
    began = world.sql("SELECT now()")[0][0]
    for name in schedulers:
        world.keeper.release(name)
    world.check()
    assert closest_fetches(world, began) > 0.5


def test_row_14_a_worker_frozen_past_its_lease_writes_nothing_when_it_goes_on(world):
    with instead(world, "classify", "label_slowly") as (child, folder):
        world.press.publish(20)
        world.keeper.start(child)
        pid = int(
            eventually(
                lambda: (folder / "slow").exists() and (folder / "slow").read_text(), what="a batch in hand"
            )
        )
        os.kill(pid, signal.SIGSTOP)
        world.keeper.release("classify-1")
        world.check()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        world.check()


def test_row_14b_a_worker_frozen_with_the_lock_of_the_stream_is_ended_by_the_server(world):
    with instead(world, "classify", "freeze_with_the_lock") as (child, folder):
        world.keeper.start(child)
        world.press.publish()
        pid = int(
            eventually(
                lambda: (folder / "frozen").exists() and (folder / "frozen").read_text(),
                what="a frozen publisher",
            )
        )
        world.keeper.release("classify-1")
        world.check()
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
    world.check()


@contextmanager
def supervised(world: World, seconds: float) -> Iterator[Path]:
    """One of each role under the supervisor of `dateline up`, in place of all that the keeper runs; the folder of its logs."""
    folder = world.folder / f"up-{time.monotonic_ns() % 10_000}"
    folder.mkdir()
    ones = {
        role: next(c for name, c in world.roles.items() if name.partition("-")[0] == role) for role in ROLES
    }
    write(folder, ones)
    argv = (sys.executable, "-m", "tests.faults.supervised", str(folder), str(seconds))
    like = next(iter(ones.values()))
    up = Child(name="up", argv=argv, env=like.env, cwd=world.folder, stop_seconds=STOP_SECONDS + 5)
    try:
        for name in world.roles:
            world.keeper.hold(name)
            world.keeper.signal(name, signal.SIGKILL)
        for name in world.roles:
            eventually(lambda n=name: world.keeper.kept[n].process is None, what=f"the end of {name}")
        world.keeper.start(up)
        yield folder
    finally:
        if "up" in world.keeper.kept:
            world.keeper.forget("up")
        for name in world.roles:
            world.keeper.release(name)


def leaders(world: World) -> dict[str, int]:
    """The processes that lead the roles which run under `up`."""
    found = {}
    for pid in world.keeper.children("up"):
        with suppress(OSError):
            words = tuple(Path(f"/proc/{pid}/cmdline").read_text().split("\0")[3:-1])
            found |= {role: pid for role, said in ROLES.items() if said == words}
    return found


def test_row_14c_roles_that_are_frozen_as_a_whole_are_replaced(world):
    """Each leads processes, or threads, that live on; of one the whole group is frozen."""
    with supervised(world, 20) as folder:
        eventually(lambda: leaders(world).keys() == ROLES.keys(), what="every role")
        eventually(lambda: all(world.beating(role) for role in ROLES), what="signs of life")
        workers = [folder / f"{role}.log" for role, words in ROLES.items() if words[0] == "worker"]
        eventually(
            lambda: all(" ready." in log.read_text() for log in workers), what="workers that are ready"
        )
        world.check()
        frozen = leaders(world)
        for role, pid in frozen.items():
            os.killpg(pid, signal.SIGSTOP) if role == "ingest" else os.kill(pid, signal.SIGSTOP)
        world.press.publish(20)
        for role, pid in frozen.items():
            eventually(
                lambda p=pid: state_of(p) in {"", "Z", "X"}, seconds=300, what=f"the end of frozen {role}"
            )
        world.check()
        told = (folder / "supervisor.log").read_text()
        for role in ROLES:
            assert f"{role} had not gone on for" in told
            assert "Fatal Python error: Aborted" in (folder / f"{role}.log").read_text(), (
                "it says where it stood"
            )
    world.check()


def closest_fetches(world: World, since) -> float:
    """Seconds between the two looks at one feed that came closest after one another."""
    ((gap,),) = world.sql(
        "SELECT min(at - before) FROM (SELECT at, lag(at) OVER (PARTITION BY feed_id ORDER BY at) AS before FROM fetches WHERE at > %s)"
        " AS pairs WHERE before IS NOT NULL", since,
    )  # fmt: skip
    return gap.total_seconds() if gap else 60.0


def test_row_11_a_disk_of_the_database_that_is_full(world):
    place = world.folder / "disk"
    place.mkdir()
    with small_disk(place, "24m"):
        space = place / "space"
        space.mkdir()
        who = world.postgres.data.stat()
        os.chown(space, who.st_uid, who.st_gid)
        world.sql(f"CREATE TABLESPACE small LOCATION '{space}'")
        try:
            world.sql("ALTER TABLE articles SET TABLESPACE small")
            filler = place / "filler"
            with suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(b"\0" * 4096)
            keys = world.press.publish(60)
            time.sleep(4)
            filler.unlink()
            world.check()
            ours = "SELECT count(*) FROM article_urls WHERE url_key = ANY(%s)"
            assert world.sql(ours, keys) == [(60,)]
        finally:
            world.sql("ALTER TABLE articles SET TABLESPACE pg_default")
            world.sql("DROP TABLESPACE small")


@contextmanager
def small_disk(place: Path, size: str):
    """A file system of that size, where this is root of a machine that lets him mount one."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], check=False)
    if done.returncode:
        pytest.skip("this machine lets nobody mount a small file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_row_8_a_full_disk_of_redis(world):
    """Its log cannot grow: writes are refused, reads are answered, and hints that were not given cost seconds."""
    injected.down(world, "valkey", signal.SIGTERM)
    with ExitStack() as stack:
        stack.callback(injected.back, world, "valkey")
        stack.callback(injected.down, world, "valkey", signal.SIGKILL)
        stack.enter_context(small_disk(world.home.valkey, "1m"))
        injected.back(world, "valkey")
        began = time.monotonic()
        with suppress(OSError), (world.home.valkey / "filler").open("wb", buffering=0) as file:
            while True:
                file.write(b"\0" * 4096)
        world.press.publish()
        time.sleep(4)
        (world.home.valkey / "filler").unlink()
        world.check(since=began)
    world.check()


def test_row_16_an_article_that_kills_is_put_aside_alone_with_the_reason(world):
    with instead(world, "classify", "die_of_an_article") as (child, folder):
        (key,) = world.press.publish(1)
        row = "SELECT a.id, a.url, a.quarantined FROM articles a JOIN article_urls u ON u.article_id = a.id WHERE u.url_key = %s"
        ((number, url, _),) = eventually(lambda: world.sql(row, key), what="the article stored")
        (folder / "poison").write_text(url)
        world.keeper.start(child)
        reason = eventually(lambda: world.sql(row, key)[0][2], seconds=120, what="quarantine")
        assert "died 3 times" in reason
        world.wait_shown()
        assert [found for found, _ in world.quarantined()] == [number]
    replayed = [sys.executable, "-m", "services", "queues", "replay", "classify", str(number)]
    subprocess.run(replayed, env=dict(world.roles["classify-1"].env), cwd=world.folder, check=True)
    eventually(
        lambda: world.sees("SELECT waiting_since IS NULL FROM articles WHERE id = %s", number),
        what="labels in the end",
    )
    world.check()


def test_row_23_the_api_killed_again_and_again(world):
    for _ in range(3):
        injected.signal_role("api", signal.SIGKILL)(world, DICE)
        eventually(lambda: world.keeper.pid("api"), what="another API")
        time.sleep(0.5)
    world.keeper.wait_ready("api")
    world.check()


def test_row_25_followers_come_along_when_nobody_tells_them(world):
    assert injected.say_to_valkey(world, "ACL SETUSER default -publish").startswith(b"+OK")
    try:
        world.press.publish()
        world.check()
    finally:
        injected.say_to_valkey(world, "ACL SETUSER default +publish")


def test_row_26_clients_that_never_read_and_many_that_idle_disturb_nobody(world):
    began = time.monotonic()
    host, _, port = world.address.partition(":")
    with ExitStack() as held:
        for number in range(60):
            client = held.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect((host, int(port)))
            since = "" if number % 2 else "?since=" + world.followers[0].cursor
            client.sendall(
                f"GET /v1/changes{since} HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n".encode()
            )
        world.press.publish()
        world.check(since=began)
    world.check(since=began)


def test_the_harness_sees_what_is_missing(world):
    """Or every row above would pass whatever happens."""
    world.unseen["http://nobody.example/never"] = 0.0
    try:
        assert "http://nobody.example/never" in world.missing()
    finally:
        del world.unseen["http://nobody.example/never"]
    eventually(lambda: len(world.followers[0].told) > 2, what="something told")
    told = world.followers[0].told
    lost = told.pop(len(told) // 2)
    assert world.follower_faults(told[-1].seq)["poll"] == (1, 0)
    told.insert(0, lost)
    assert world.follower_faults(told[-1].seq)["poll"][1] == 1
    told.pop(0)
    insort(told, lost, key=lambda found: found.seq)  # in one go: others append to it
    assert (ROOT / "tests" / "faults").is_dir()
