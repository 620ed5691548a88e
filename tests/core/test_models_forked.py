"""A process that is forked while a thread of its parent begins to use the database can use it all the same."""

import subprocess
import sys

CODE = """
import os, signal, sys, threading
from sqlalchemy import select
from services.core.models import Beat

held, over = threading.Event(), threading.Event()

def configure():  # as the thread that gives signs of life at its first statement
    with sys.modules["sqlalchemy.orm.mapper"]._CONFIGURE_MUTEX:
        held.set()
        over.wait()

thread = threading.Thread(target=configure)
thread.start()
held.wait()
child = os.fork()
if child == 0:
    signal.alarm(60)  # or it would wait for ever
    str(select(Beat.role, Beat.name))
    os._exit(7)
_, status = os.waitpid(child, 0)
over.set()
thread.join()
print(os.waitstatus_to_exitcode(status))
"""


def test_a_child_waits_for_no_lock_of_a_thread_that_its_parent_had():
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=150, check=False
    )
    assert (done.stdout, done.stderr) == ("7\n", "")
