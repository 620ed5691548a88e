"""Faults by kind, each from its beginning to its end: when a function returns, nothing is wrong any more but its consequences."""

import os
import random
import shutil
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

import psycopg

from tests.faults.keeper import children_of
from tests.faults.world import World, eventually

Fault = Callable[[World, random.Random], None]


def kill_child(role: str) -> Fault:
    """SIGKILL to a process that works."""

    def inject(world: World, dice: random.Random) -> None:
        for name in named(world, role, dice)[:1]:
            for pid in dice.sample(found := world.keeper.children(name), min(1, len(found))):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    return inject


def signal_role(role: str, number: signal.Signals, *, whole: bool = False) -> Fault:
    """A signal to the process that leads a role; it starts again as after any end."""

    def inject(world: World, dice: random.Random) -> None:
        world.keeper.signal(named(world, role, dice)[0], number, whole=whole)

    return inject


def freeze(role: str, *, longest: float) -> Fault:
    """SIGSTOP to a role and everything below it for a while."""

    def inject(world: World, dice: random.Random) -> None:
        name = named(world, role, dice)[0]
        world.keeper.signal(name, signal.SIGSTOP, whole=True)
        time.sleep(dice.uniform(0.5, longest))
        world.keeper.signal(name, signal.SIGCONT, whole=True)

    return inject


def freeze_child(role: str, *, longest: float) -> Fault:
    """SIGSTOP to one process that works."""

    def inject(world: World, dice: random.Random) -> None:
        for pid in world.keeper.children(named(world, role, dice)[0])[:1]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)
                time.sleep(dice.uniform(0.5, longest))
                os.kill(pid, signal.SIGCONT)

    return inject


def named(world: World, role: str, dice: random.Random) -> list[str]:
    """The copies of a role, in a random order."""
    found = [name for name in world.roles if name.partition("-")[0] == role]
    return dice.sample(found, len(found))


def stop_server(name: str, number: signal.Signals, *, longest: float, emptied: bool = False) -> Fault:
    """A server ends by a signal and answers again after a while, with or without its data."""

    def inject(world: World, dice: random.Random) -> None:
        down(world, name, number)
        if emptied:
            shutil.rmtree(world.home.valkey)
            world.home.valkey.mkdir(mode=0o700)
        time.sleep(dice.uniform(0.2, longest))
        back(world, name)

    return inject


def down(world: World, name: str, number: signal.Signals) -> None:
    """End a server and keep it ended."""
    world.keeper.hold(name)
    world.keeper.signal(name, number)
    eventually(lambda: world.keeper.kept[name].process is None, what=f"the end of {name}")


def back(world: World, name: str) -> None:
    """Start a server again; it answers when this returns."""
    world.keeper.release(name)
    world.keeper.wait_ready(name)


def freeze_valkey(world: World, dice: random.Random, *, seconds: float | None = None) -> None:
    """Connections stand, and nobody answers."""
    world.keeper.signal("valkey", signal.SIGSTOP)
    time.sleep(dice.uniform(0.5, 5) if seconds is None else seconds)
    world.keeper.signal("valkey", signal.SIGCONT)


def freeze_postgres(world: World, dice: random.Random, *, seconds: float | None = None) -> None:
    """The postmaster and every session of it."""
    leader = world.keeper.pid("postgres")
    assert leader is not None
    pids = [leader, *children_of(leader)]
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(dice.uniform(0.5, 4) if seconds is None else seconds)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def end_sessions(world: World, dice: random.Random) -> None:
    """The server ends every connection of ours at once, as a failover does."""
    with suppress(psycopg.OperationalError):
        world.sql(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'dateline%%'"
        )


def lose_hints(world: World, dice: random.Random) -> None:
    """Everything in Redis is gone, and Redis is there."""
    say_to_valkey(world, "FLUSHALL SYNC")


def double_hints(world: World, dice: random.Random) -> None:
    """Every message is delivered twice."""
    for name in ("fetch", "classify", "stories"):
        key = f"dateline:{name}"
        for raw in say_to_valkey(world, f"LRANGE {key} 0 0").split(b"\r\n")[2:3]:
            if raw:
                packed = b"*3\r\n$5\r\nLPUSH\r\n$%d\r\n%s\r\n$%d\r\n%s\r\n" % (
                    len(key),
                    key.encode(),
                    len(raw),
                    raw,
                )
                for _ in range(3):
                    say_to_valkey(world, packed)


def say_to_valkey(world: World, words: str | bytes) -> bytes:
    """One command by hand; what was answered, up to 64 KiB."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(world.valkey.url.removeprefix("unix://"))
        connection.sendall(words if isinstance(words, bytes) else words.encode() + b"\r\n")
        return connection.recv(65_536)


def nothing(world: World, dice: random.Random) -> None:
    """No fault: what an article takes when all is well, as a yardstick."""


FAULTS: Mapping[str, Fault] = {
    "pool process of ingest killed": kill_child("ingest"),
    "pool process of classify killed": kill_child("classify"),
    "pool process of stories killed": kill_child("stories"),
    "worker ingest killed": signal_role("ingest", signal.SIGKILL),
    "worker classify killed": signal_role("classify", signal.SIGKILL),
    "worker ingest stopped": signal_role("ingest", signal.SIGTERM),
    "worker classify stopped": signal_role("classify", signal.SIGTERM),
    "scheduler killed": signal_role("scheduler", signal.SIGKILL),
    "API killed": signal_role("api", signal.SIGKILL),
    "worker ingest frozen": freeze("ingest", longest=5),
    "pool process of classify frozen": freeze_child("classify", longest=5),
    "Redis killed": stop_server("valkey", signal.SIGKILL, longest=3),
    "Redis killed and emptied": stop_server("valkey", signal.SIGKILL, longest=3, emptied=True),
    "Redis frozen": freeze_valkey,
    "all hints lost": lose_hints,
    "hints delivered again": double_hints,
    "PostgreSQL stopped fast": stop_server("postgres", signal.SIGINT, longest=3),
    "PostgreSQL stopped at once": stop_server("postgres", signal.SIGQUIT, longest=3),
    "PostgreSQL frozen": freeze_postgres,
    "connections to PostgreSQL cut": end_sessions,
}
