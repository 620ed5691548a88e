"""`dateline up` and the supervisor with stand-in roles, as a program of its own that tests start and kill.

python stand_ins.py up BELOW                DATELINE_HOME and DATELINE_BIND say where
python stand_ins.py supervise LOGS NAME...  the named stand-ins under a supervisor
python stand_ins.py watch FOLDER SECONDS NAME...  the same, watched; FOLDER is for logs and sockets
python stand_ins.py postgres HOME BELOW     a PostgreSQL and nothing else, until killed
"""

import os
import sys
import time
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from services.core.errors import DatelineError
from services.core.liveness.vigil import Patience
from services.core.settings import load
from services.embedded import account, supervisor, up
from services.embedded.first_round import RoundProgress
from services.embedded.home import open_home
from services.embedded.postgres import postgres_server
from services.embedded.process import Child, start
from services.embedded.roles import role_children

LONG_S = 3600.0
"""What a stand-in named `…-forgiven` is given to stop: more than any test lasts."""
PROGRAMS = {
    # answers anything with 200, as the API does
    "api": """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
host, port = os.environ["DATELINE_BIND"].rsplit(":", 1)
http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
""",
    # a worker with a pool of one: the grandchild knows nothing of PDEATHSIG
    "pool": """
import os, time
child = os.fork()
os.write(1, b"%s %d\\n" % (b"main" if child else b"grandchild", os.getpid()))  # whole lines from both
while True: time.sleep(60)
""",
    # hears no request to stop
    "stubborn": """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("main", os.getpid(), flush=True)
while True: time.sleep(60)
""",
    "plain": """
import os, time
print("main", os.getpid(), flush=True)
while True: time.sleep(60)
""",
    "short": "print('over already', flush=True)",
    # says that it goes on, as a role does, until somebody stops it
    "speaking": """
import faulthandler, os, time
from services.core.liveness.notify import Notifier
faulthandler.enable()
notifier = Notifier()
notifier.ready()
print("main", os.getpid(), flush=True)
while True:
    notifier.goes_on()
    time.sleep(0.1)
""",
    # was ready once, says nothing more, and ends at no signal that it can help; nor does its grandchild
    "deaf": """
import os, signal, time
from services.core.liveness.notify import Notifier
notifier = Notifier()
for number in (signal.SIGABRT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)
child = os.fork()
os.write(1, b"%s %d\\n" % (b"main" if child else b"grandchild", os.getpid()))
notifier.ready()
while True: time.sleep(60)
""",
    "chatty": """
import os
print("main", os.getpid(), flush=True)
while True: print("x" * 1000)
""",
}


def server_account() -> account.Account | None:
    return account.server_account(create=False) if account.is_root() else None


def stand_in(name: str) -> Child:
    return Child(
        name=name,
        argv=(sys.executable, "-c", PROGRAMS[name.partition("-")[0]]),
        env=dict(os.environ),
        stop_seconds=LONG_S if name.endswith("-forgiven") else 2.0,
    )


def stand_in_roles(settings, **addresses):
    kinds = {"scheduler": "plain", "ingest": "pool", "classify": "plain", "stories": "pool", "api": "api"}
    return [
        replace(role, argv=(sys.executable, "-c", PROGRAMS[kinds[role.name]]))
        for role in role_children(settings, **addresses)
    ]


def run_up(below: Path) -> int:
    """With a PostgreSQL that leaves nothing on the machine (below a folder of the test, under no new account), and
    with a first round that is over at the second look in place of a real schema and feeds.
    """
    looks = iter([RoundProgress(3, 1, 0, 5)])
    up.Preparing = lambda env, feeds, at_first: nullcontext(
        SimpleNamespace(done=lambda: True, result=lambda: ["left out: nothing of note"])
    )
    up.first_round = lambda url: next(looks, RoundProgress(3, 3, 1, 1234))
    up.postgres_server = partial(up.postgres_server, durable=False, account=server_account(), below=below)
    return up.up(settings=load(os.environ, {}), feeds=None, roles=stand_in_roles)


def supervise(logs: Path, names: list[str]) -> int:
    if any(name.endswith("-forgiven") for name in names):
        supervisor.STOP_SECONDS = LONG_S
    with supervisor.Supervisor(logs=logs) as running:
        running.say(f"guardian {running.guardian_pid}")
        for name in names:
            running.start(stand_in(name))
        running.run(until=lambda: False)
    return 0


def watch_over(folder: Path, seconds: float, names: list[str]) -> int:
    folder.mkdir(exist_ok=True)
    patience = Patience(silent=seconds)
    with supervisor.Supervisor(logs=folder, run=folder, patience=patience) as running:
        for name in names:
            running.start(replace(stand_in(name), watched=True))
        running.run(until=lambda: False)
    return 0


def keep_postgres(home: Path, below: Path) -> int:
    opened = open_home(home)
    running = start(
        postgres_server(opened, durable=False, account=server_account(), below=below),
        opened.log / "postgres.log",
    )
    print(running.process.pid, running.url, flush=True)
    while True:
        time.sleep(60)


def main(words: list[str]) -> int:
    try:
        if words[0] == "up":
            return run_up(Path(words[1]))
        if words[0] == "supervise":
            return supervise(Path(words[1]), words[2:])
        if words[0] == "watch":
            return watch_over(Path(words[1]), float(words[2]), words[3:])
        return keep_postgres(Path(words[1]), Path(words[2]))
    except DatelineError as error:
        print(f"refused: {error}", flush=True)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
