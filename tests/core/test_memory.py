"""What keeps a worker small: shared pages stay shared, and what was given back goes back."""

import gc
import subprocess
import sys

import pytest

from services.core import memory

FORKED = """
import gc, os
from services.core import memory
kept = [[n] for n in range(400_000)]
if {frozen}: memory.keep_shared()
read, write = os.pipe()
if os.fork() == 0:
    gc.collect()
    with open("/proc/self/smaps_rollup") as lines:
        private = next(line.split()[1] for line in lines if line.startswith("Private_Dirty:"))
    os.write(write, private.encode())
    os._exit(0)
os.wait()
print(os.read(read, 100).decode())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory by kind is read from /proc")
def test_what_was_there_before_a_fork_is_not_copied_by_the_collector():
    """Twenty megabytes of lists, looked at in the child by a full collection."""

    def private_kib(*, frozen: bool) -> int:
        program = FORKED.format(frozen=frozen)
        said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        return int(said.stdout)

    assert private_kib(frozen=True) * 2 < private_kib(frozen=False)


def test_what_is_read_to_be_shared_is_looked_at_once_at_its_end():
    program = (
        "import gc\nfrom services.core import memory\nlooked = []\n"
        "gc.callbacks.append(lambda phase, told: looked.append((phase, told['generation'])))\n"
        "with memory.read_to_share():\n    kept = [[n] for n in range(100_000)]\n    assert looked == []\n"
        "assert looked == [('start', 2), ('stop', 2)]\nassert gc.isenabled() and gc.get_freeze_count() > 100_000\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_what_is_read_to_be_kept_is_never_looked_at_and_goes_when_nobody_holds_it():
    program = (
        "import gc, weakref\nfrom services.core import memory\nlooked = []\nclass Kept(list): pass\n"
        "with memory.read_to_keep():\n"
        "    gc.callbacks.append(lambda phase, told: looked.append(phase))\n    kept = Kept([n] for n in range(100_000))\n"
        "assert looked == [] and gc.isenabled() and gc.get_freeze_count() > 100_000\n"
        "gone = weakref.ref(kept)\ndel kept\nassert gone() is None and gc.get_freeze_count() < 100_000\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("quietly", [memory.uncollected, memory.read_to_keep])
def test_the_collector_is_on_again_whatever_happened(quietly):
    def fail():
        with quietly():
            assert not gc.isenabled()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert gc.isenabled()
    gc.disable()
    try:
        with memory.uncollected():
            pass
        assert not gc.isenabled(), "whoever turned it off keeps it off"
    finally:
        gc.enable()


def test_giving_back_and_one_heap_harm_nothing_wherever_they_run(monkeypatch):
    memory.one_heap()
    memory.give_back()
    monkeypatch.setattr(memory, "_library", lambda: None)
    memory.one_heap()
    memory.give_back()
    assert bytes(1 << 20) == b"\0" * (1 << 20)


def test_a_worker_of_ingest_reads_nothing_of_classify_nor_a_terminals_comforts():
    """Each of its processes would hold it."""
    program = (
        "import sys; from services import worker; worker.register(('ingest',)); "
        "import celery.apps.worker, celery.concurrency.prefork; print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    read = set(said.stdout.split())
    assert "services.ingest.tasks" in read
    assert not read & {
        "services.classify",
        "ahocorasick_rs",
        "prompt_toolkit",
        "fastapi",
        "celery.bin.celery",
    }
