"""Documents read apart, in real processes: whatever becomes of the reader, the worker gets an answer and lives.

Where the reader must misbehave, it is one that runs the document as a program: so every test says what goes wrong.
"""

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.clock import monotonic
from services.core.errors import UnavailableError
from services.ingest import parse_child, parsers, parsing
from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parse_apart import Bounds, Readers, TooCostlyError
from services.ingest.parsers import NotAFeedError

ROOT = Path(__file__).parents[2]
URL = "https://n.example/feed"
RSS = (ROOT / "tests" / "data" / "feeds" / "rss20-full.xml").read_bytes()
LOOSE = (ROOT / "tests" / "data" / "feeds" / "rss20-mismatched-tags.xml").read_bytes()
OBEDIENT = """
import os, sys, time
from services.ingest import parse_child, parsers
from services.ingest.entry import ParsedFeed
def read(body, *, content_type, url):
    names = {"parsers": parsers, "title": "", "pid": os.getpid()}
    exec(body, names)
    return ParsedFeed("rss20", str(names["title"]), None, None, ())
parse_child.serve(read, memory_bytes=int(sys.argv[1]), bodies=int(sys.argv[2]))
"""
SPIN = b"sum(iter(int, 1))"  # one call of native code that never ends
ALLOCATE = b"b' ' * (1 << 30)"


@pytest.fixture
def readers():
    """Makes Readers whose children run documents as programs; ends them all."""
    made = []

    def make(script=OBEDIENT, **bounds):
        limits = Bounds(**bounds)
        program = (sys.executable, "-P", "-s", "-c", script)
        made.append(Readers(limits, (*program, str(limits.memory_bytes), str(limits.bodies))))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def apart():
    """The real thing, by feedparser."""
    readers = Readers()
    yield readers
    readers.close()


def run(readers, program):
    return readers.read(program, content_type=None, url=URL).title


def pid_of(readers):
    return int(run(readers, b"title = pid"))


def gone(pid):
    """Whether a process is no more, or waits only for whoever adopted it to notice."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def until_gone(pid):
    deadline = monotonic() + 120
    while not gone(pid):
        assert monotonic() < deadline, f"{pid} is still there"
        threading.Event().wait(0.02)


@pytest.mark.parametrize("body", [RSS, LOOSE], ids=["strict", "loose"])
def test_a_document_comes_back_as_it_was_read(apart, body):
    here = parsers.parse_reference(body, content_type="text/xml", url=URL)
    assert here.entries
    assert apart.read(body, content_type="text/xml", url=URL) == here


def test_content_type_and_address_are_told(apart):
    body = "<rss><channel><item><title>Привет</title><link>/a</link></item></channel></rss>".encode("koi8-r")
    feed = apart.read(body, content_type="text/xml; charset=koi8-r", url="https://other.example/f")
    assert [(e.title, e.url) for e in feed.entries] == [("Привет", "https://other.example/a")]


def test_a_refusal_comes_back_as_it_was_said(apart):
    for body in (b"", b"<html>", b"\x89PNG", b"Not found"):
        with pytest.raises(NotAFeedError) as here:
            parsers.parse_reference(body, content_type=None, url=URL)
        with pytest.raises(NotAFeedError) as there:
            apart.read(body, content_type=None, url=URL)
        assert (there.value.kind, str(there.value)) == (here.value.kind, str(here.value))


TEXT = st.text(st.characters(exclude_categories=()), max_size=9)
MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
ENTRIES = st.builds(
    RawEntry, guid=TEXT | st.none(), url=TEXT | st.none(), title=TEXT, content=TEXT, published_at=MOMENTS, updated_at=MOMENTS,
    authors=st.lists(TEXT, max_size=2).map(tuple), base=TEXT | st.none(), shared_link=st.booleans(),
)  # fmt: skip
FEEDS = st.builds(
    ParsedFeed, format=TEXT, title=TEXT, site_url=TEXT | st.none(), language=TEXT | st.none(), entries=st.lists(ENTRIES, max_size=3).map(tuple),
    interval_s=st.integers(-(2**63), 2**63 - 1) | st.none(), problems=st.lists(TEXT, max_size=2).map(tuple), skip_hours=st.lists(st.integers(0, 23), max_size=3).map(tuple),
)  # fmt: skip


@given(FEEDS)
def test_every_feed_survives_the_way_half_characters_included(feed):
    assert parse_child.decode(parse_child.encode(feed)) == feed


def spoilt(**changes):
    entry = RawEntry("g", "u", "t", published_at=datetime(2026, 1, 1, tzinfo=UTC))
    whole = parse_child.orjson.loads(parse_child.encode(ParsedFeed("rss20", "t", None, None, (entry,))))
    for name, value in changes.items():
        target = whole["entries"][0] if name in whole["entries"][0] and name != "title" else whole
        target[name] = value
    return parse_child.orjson.dumps(whole)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{}", b"[]", b"null", b"nonsense", b"[" * 5000, b"\xff", spoilt(more=1), spoilt(title=None), spoilt(title=7), spoilt(entries=None),
        spoilt(entries=[1]), spoilt(problems="text"), spoilt(problems=[1]), spoilt(interval_s=True), spoilt(interval_s="1"), spoilt(guid=[]),
        spoilt(published_at="2026-01-01T00:00:00"), spoilt(published_at=1), spoilt(published_at="yesterday"), spoilt(shared_link=1),
    ],
)  # fmt: skip
def test_nothing_else_is_taken_for_a_feed(data):
    with pytest.raises(ValueError):
        parse_child.decode(data)


def test_too_much_computing_is_refused_and_the_next_document_is_read(readers):
    some = readers(cpu_s=0.3)
    before = pid_of(some)
    with pytest.raises(TooCostlyError, match=r"cannot be read within 0.3 s of computing") as refused:
        run(some, SPIN)
    assert refused.value.kind == "too-costly"
    assert isinstance(refused.value, NotAFeedError)
    assert gone(before)
    assert pid_of(some) != before


def test_computing_is_counted_and_waiting_is_not(readers):
    assert run(readers(cpu_s=0.3), b"import time; time.sleep(1); title = 'rested'") == "rested"


def test_every_document_has_the_whole_time(readers):
    some = readers(cpu_s=0.5)
    work = b"import time\nwhile time.process_time() < %f: pass\ntitle = pid"
    used = float(run(some, b"import time; title = time.process_time()"))
    assert len({run(some, work % (used + 0.3 * n)) for n in range(1, 5)}) == 1


@pytest.mark.parametrize(
    "program",
    [
        ALLOCATE,
        b"try:\n  b' ' * (1 << 30)\nexcept MemoryError as e:\n  raise parsers.NotAFeedError('xml', 'x.') from e",
    ],
    ids=["plain", "wrapped by the parsers"],
)
def test_too_much_memory_is_refused_and_the_next_document_is_read(readers, program):
    some = readers(memory_bytes=64 << 20)
    before = pid_of(some)
    with pytest.raises(TooCostlyError, match="64 MiB of memory"):
        run(some, program)
    assert gone(before)
    assert run(some, b"b' ' * (32 << 20); title = 'small'") == "small"


@pytest.mark.parametrize(
    ("program", "death"),
    [
        (b"import os; os.abort()", "SIGABRT"),
        (b"import os; os._exit(3)", "exit status 3"),
        (b"import signal; signal.raise_signal(signal.SIGSEGV)", "SIGSEGV"),
        (b"import os; os.write(3, b'F\\0\\0\\0\\0\\x02{}'); import time; time.sleep(60)", "nonsense: these are not the fields"),
        (b"import os; os.write(3, b'N\\0\\0\\0\\0\\x02{}'); import time; time.sleep(60)", "nonsense"),
        (b"import os; os.write(3, b'?\\0\\0\\0\\0\\0'); import time; time.sleep(60)", "answered"),
    ],
)  # fmt: skip
def test_a_reader_that_dies_of_a_document_twice_is_a_refusal(readers, program, death):
    some = readers()
    with pytest.raises(TooCostlyError, match=rf"ended its reader twice \(.*({death})"):
        run(some, program)
    assert run(some, b"title = 'alive'") == "alive"


def test_a_reader_that_somebody_else_killed_says_nothing_about_the_document(readers):
    some = readers()
    before = pid_of(some)
    os.kill(before, signal.SIGKILL)
    after = pid_of(some)
    assert after != before


def test_an_error_in_reading_is_a_refusal_of_the_document_alone(readers):
    some = readers()
    before = pid_of(some)
    with pytest.raises(NotAFeedError, match=r"cannot be read as a feed \(ZeroDivisionError"):
        run(some, b"1 / 0")
    with pytest.raises(NotAFeedError, match="RecursionError"):
        run(some, b"f = lambda: f(); f()")
    assert pid_of(some) == before


def test_a_feed_larger_than_any_is_refused(readers):
    some = readers(answer_bytes=1 << 20)
    with pytest.raises(TooCostlyError, match="expands to more than 1 MiB"):
        run(some, b"title = 'x' * (2 << 20)")
    assert run(some, b"title = 'short'") == "short"


def test_silence_ends_with_a_refusal(readers):
    some = readers(wall_s=0.5)
    with pytest.raises(TooCostlyError, match=r"not read within 0.5 s"):
        run(some, b"import time; time.sleep(600)")
    assert run(readers(), b"title = 'next'") == "next"


@pytest.mark.parametrize("script", ["raise SystemExit(1)", "print('hello', flush=True)", "no python"])
def test_a_reader_that_does_not_start_is_our_trouble_and_not_the_documents(readers, script, capfd):
    with pytest.raises(UnavailableError, match="does not start"):
        run(readers(script), b"")


def test_a_program_that_is_missing_is_our_trouble_too():
    with pytest.raises(UnavailableError, match="No process could be started"):
        Readers(Bounds(), ("/nowhere/python",)).read(b"", content_type=None, url=URL)


def test_a_reader_is_replaced_after_its_share_of_documents(readers):
    some = readers(bodies=3)
    pids = [pid_of(some) for _ in range(7)]
    assert [len(set(pids[:3])), len(set(pids[3:6])), len(set(pids))] == [1, 1, 3]


def test_a_reader_that_has_nothing_to_do_is_ended_and_the_next_document_starts_another(readers):
    some = readers()
    first = pid_of(some)
    some.rest(60)
    assert pid_of(some) == first
    some.rest(0)
    assert gone(first)
    assert pid_of(some) != first


def test_a_reader_that_has_grown_is_replaced(readers):
    some = readers(memory_bytes=64 << 20)
    first = int(run(some, b"import sys; sys.kept = b' ' * (24 << 20); title = pid"))
    assert pid_of(some) != first
    assert gone(first)


def test_many_threads_each_get_their_own_answer_from_few_readers(readers):
    some = readers()

    def ask(number):
        return run(some, b"title = '%d ' + str(pid)" % number).split()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(80)))
    assert [int(number) for number, _ in answers] == list(range(80))
    assert len({pid for _, pid in answers}) <= 2


def test_a_slow_document_does_not_hold_up_the_others(readers):
    some = readers()
    with ThreadPoolExecutor(1) as threads:
        first = pid_of(some)
        os.kill(
            first, signal.SIGSTOP
        )  # slow for as long as starting another takes, however busy the machine is
        try:
            slow = threads.submit(run, some, b"title = pid")
            while some._places != 1:
                threading.Event().wait(0.01)
            assert pid_of(some) != first
            assert not slow.done()
        finally:
            os.kill(first, signal.SIGCONT)
        assert int(slow.result()) == first
    assert len(some._idle) == 1  # the second is not kept


def test_a_document_reaches_no_file_no_network_no_process_and_no_secret(readers, monkeypatch, tmp_path):
    monkeypatch.setenv("DATELINE_ADMIN_TOKEN", "secret")
    (tmp_path / "a.py").write_text("x = 1")
    program = b"""
import os, socket, subprocess, pathlib
tries = {
    "read": lambda: open("/etc/passwd"),
    "path": lambda: pathlib.Path("/etc/hostname").read_bytes(),
    "os": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "write": lambda: open(os.__file__, "w"),
    "module elsewhere": lambda: open(%r),
    "list": lambda: os.listdir("/"),
    "connect": lambda: socket.create_connection(("127.0.0.1", 1)),
    "resolve": lambda: socket.getaddrinfo("localhost", 80),
    "run": lambda: subprocess.run(["true"]),
    "fork": os.fork,
    "system": lambda: os.system("true"),
    "kill": lambda: os.kill(os.getppid(), 9),
}
found = []
for name, attempt in tries.items():
    try:
        attempt()
        found.append(name)
    except PermissionError:
        pass
title = found, [name for name in os.environ if "DATELINE" in name], "secret" in str(os.environ)
""" % str(tmp_path / "a.py")
    assert run(readers(), program.replace(b"b'", b"'")) == "([], [], False)"


def test_ctrl_c_leaves_the_reader_to_its_parent(readers):
    some = readers()
    pid = pid_of(some)
    os.kill(pid, signal.SIGINT)
    assert pid_of(some) == pid


def test_closing_ends_every_reader_those_at_work_too(readers):
    some = readers()
    pid = pid_of(some)
    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(run, some, SPIN)
        while some._places != 1:
            threading.Event().wait(0.01)
        some.close()
        with pytest.raises(UnavailableError, match="stopping"):
            busy.result()
    assert gone(pid)
    with pytest.raises(UnavailableError):
        pid_of(some)


def script(text, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", text, OBEDIENT, *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


START = """
import os, signal, sys, threading
from services.ingest.parse_apart import Bounds, Readers
def readers():
    return Readers(Bounds(cpu_s=600), (sys.executable, "-c", sys.argv[1], str(1 << 28), "200"))
def run(readers, program):
    return readers.read(program, content_type=None, url="https://n.example/").title
"""


def test_a_reader_never_outlives_its_parent_however_busy_it_is():
    parent = script(START + f"r = readers(); print(run(r, b'title = pid'), flush=True); run(r, {SPIN!r})")
    with parent:
        pid = int(parent.stdout.readline())
        threading.Event().wait(0.2)  # so that it is at work
        assert not gone(pid)
        parent.kill()
    until_gone(pid)


def test_a_reader_lives_on_when_the_thread_that_started_it_ends():
    text = START + (
        "r = readers(); pids = []\n"
        "for _ in range(3):\n"
        "    t = threading.Thread(target=lambda: pids.append(run(r, b'title = pid'))); t.start(); t.join()\n"
        "print(len(set(pids)))"
    )
    with script(text) as process:
        assert process.stdout.read() == "1\n"
    assert process.returncode == 0


def test_after_a_fork_every_process_has_a_reader_of_its_own():
    """As Celery's prefork does it: the parent's lock is held and its reader at work in the moment of the fork."""
    text = START + (
        "from services.ingest import parsing\n"
        "parsing._readers = r = readers(); mine = run(r, b'title = pid')\n"
        "os.kill(int(mine), signal.SIGSTOP)\n"  # at work until the fork is over
        "busy = threading.Thread(target=run, args=(r, b'title = 1')); busy.start()\n"
        "while r._places == 2: pass\n"
        "parsing._lock.acquire()\n"
        "forked = os.fork()\n"
        "if not forked:\n"
        "    assert parsing._readers is None and not parsing._lock.locked()\n"
        "    parsing._readers = s = readers(); theirs = run(s, b'title = pid'); parsing.close()\n"
        "    os._exit(0 if theirs != mine else 1)\n"
        "parsing._lock.release()\n"
        "status = os.waitstatus_to_exitcode(os.waitpid(forked, 0)[1])\n"
        "os.kill(int(mine), signal.SIGCONT); busy.join()\n"
        "print(status, run(r, b'title = pid') == mine); parsing.close()"
    )
    with script(text) as process:
        assert process.stdout.read() == "0 True\n"
    assert process.returncode == 0


@pytest.fixture
def fresh():
    parsing.close()
    yield parsing
    parsing.close()


def test_what_the_fast_parser_reads_needs_no_other_process(fresh):
    feed = fresh.parse(RSS, content_type="text/xml", url=URL)
    assert feed.entries
    assert fresh._readers is None


def test_what_the_fast_parser_doubts_is_read_apart(fresh):
    assert parsers.parse_fast(LOOSE, content_type=None, url=URL) is None
    feed = fresh.parse(LOOSE, content_type=None, url=URL)
    assert feed == parsers.parse_reference(LOOSE, content_type=None, url=URL)
    assert fresh._readers is not None


def test_what_is_certainly_no_feed_is_refused_at_once(fresh):
    with pytest.raises(NotAFeedError):
        fresh.parse(b"\x89PNG", content_type=None, url=URL)
    assert fresh._readers is None


def test_a_comparison_tells_differences_in_words_and_never_raises(fresh, monkeypatch):
    fast = parsers.parse_fast(RSS, content_type=None, url=URL)
    assert fresh.compare(RSS, content_type=None, url=URL, fast=fast) == ()
    assert fresh.compare(LOOSE, content_type=None, url=URL, fast=fast)
    assert "no answer" in fresh.compare(b"<html>", content_type=None, url=URL, fast=fast)[0]
    assert "failed" in fresh.compare(RSS, content_type=None, url=URL, fast=None)[0]
