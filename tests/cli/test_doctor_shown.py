"""The doctor on a terminal: sentences that do not break amid a word, and colours for who has them; a line a finding elsewhere."""

import os
import pty
import re
import subprocess
import sys

import pytest

COLUMNS = 80


def on_a_terminal(**env: str) -> list[str]:
    """What a person sees in a window of 80 columns."""
    ours, theirs = pty.openpty()
    shown = b""
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "services", "doctor"],
            env=os.environ | {"COLUMNS": str(COLUMNS), "LINES": "24", "TERM": "xterm"} | env,
            stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        )  # fmt: skip
        os.close(theirs)
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # Linux says so at the end of a terminal
                break
            if not more:
                break
            shown += more
        assert process.wait() == 1
    finally:
        os.close(ours)
    return shown.decode().replace("\r\n", "\n").splitlines()


def test_a_long_sentence_goes_on_below_its_beginning(service):
    lines = on_a_terminal()
    plain = [re.sub(r"\x1b\[\d+m", "", line) for line in lines]
    assert max(map(len, plain)) <= COLUMNS
    assert any("\x1b[31m\x1b[1mWRONG\x1b[0m" in line for line in lines)
    (at,) = [number for number, line in enumerate(plain) if line.startswith("WRONG feeds")]
    assert plain[at] == "WRONG feeds        there are none: `dateline feeds import FILE.opml` adds some."
    assert all(re.match(r"(ok|note|WRONG) |More on each: | {19}\S", line) for line in plain), plain


def test_no_colours_for_who_wants_none(service):
    assert not any("\x1b" in line for line in on_a_terminal(NO_COLOR="1"))


def test_elsewhere_a_finding_is_one_line_without_colours(service, run):
    done = run("doctor")
    assert "\x1b" not in done.out
    assert re.search(
        r"^WRONG rulebook     none is in force: run `dateline rules publish`\.$", done.out, re.MULTILINE
    )


@pytest.mark.parametrize("count", [1, 2])
def test_one_is_one(service, desk, run, count):
    for number in range(count):
        desk.feed(f"{number}.example")
        desk.article(f"Title {number}", source=f"{number}.example", listed=False)
    told = {1: ("1 feed,", "1 article waits"), 2: ("2 feeds,", "2 articles wait")}[count]
    out = run("doctor").out
    assert all(words in out for words in told), out
