import contextlib
import os
import pty

from services.embedded.output import Lines, LogFile, Screen


def test_lines_come_out_whole_however_the_bytes_come_in():
    lines = Lines()
    assert list(lines.feed(b"one\ntw")) == [b"one"]
    assert list(lines.feed(b"o\r\n\nth")) == [b"two", b""]
    assert list(lines.end()) == [b"th"]
    assert list(lines.end()) == []


def test_a_line_without_end_is_cut():
    lines = Lines()
    assert [len(line) for line in lines.feed(b"x" * 150_000)] == [65_536, 65_536]
    assert [len(line) for line in lines.end()] == [150_000 - 2 * 65_536]


def test_a_log_turns_when_it_has_grown_and_keeps_a_few(tmp_path):
    log = LogFile(tmp_path / "role.log", limit=10, kept=2)
    for number in range(4):
        log.write(b"line %d of it" % number)
    log.close()
    held = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert held == {"role.log": "", "role.log.1": "line 3 of it\n", "role.log.2": "line 2 of it\n"}


def test_a_log_that_cannot_be_written_is_given_up(tmp_path):
    log = LogFile(tmp_path / "no such folder" / "role.log")
    log.write(b"lost")
    assert list(tmp_path.iterdir()) == []


def all_of(terminal: int) -> bytes:
    """What was written to a terminal whose other side is closed: it comes in pieces, then as an error (Linux) or nothing."""
    pieces: list[bytes] = []
    with contextlib.suppress(OSError):
        while piece := os.read(terminal, 4096):
            pieces.append(piece)
    os.close(terminal)
    return b"".join(pieces)


def test_on_a_terminal_the_status_stays_below_what_is_said():
    main, side = pty.openpty()
    with os.fdopen(side, "w") as stream:
        screen = Screen(stream)
        screen.status("1 of 2")
        screen.say("hello")
        screen.status("")
        assert screen.is_terminal
    assert all_of(main) == b"\r\x1b[K1 of 2\r\x1b[Khello\r\n1 of 2\r\x1b[K"


def test_elsewhere_there_is_no_status(tmp_path):
    with (tmp_path / "out").open("w") as stream:
        screen = Screen(stream)
        screen.status("1 of 2")
        screen.say("hello")
    assert (tmp_path / "out").read_text() == "hello\n"


def test_a_full_pipe_loses_lines_and_says_how_many():
    read, write = os.pipe()
    with os.fdopen(write, "w") as stream:
        screen = Screen(stream)
        for _ in range(100):
            screen.line(b"x" * 1000)
        while len(os.read(read, 1 << 20)) == 1 << 20:
            pass
        screen.say("hello")
        said = os.read(read, 4096)
    os.close(read)
    assert said.startswith(b"(")
    assert said.endswith(b" lines not shown; they are in the logs)\nhello\n")


def test_a_reader_that_is_gone_is_no_error():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        screen = Screen(stream)
        screen.say("hello")
        screen.say("again")
        assert not screen.is_terminal
