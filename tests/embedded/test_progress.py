import os
import pty

from services.embedded.first_round import RoundProgress
from services.embedded.output import Screen
from services.embedded.progress import LONGEST, RoundTeller, describe

MIDST = RoundProgress(total=312, done=41, failed=2, articles=1204)
DONE = RoundProgress(total=312, done=312, failed=7, articles=9821)


def test_the_line_says_everything():
    assert describe(MIDST) == "first round: 41 of 312 feeds, 39 ok, 2 failing, 1,204 articles"


def told(tmp_path, *steps):
    with (tmp_path / "out").open("w") as stream:
        teller = RoundTeller(Screen(stream), started=0.0)
        for now, progress in steps:
            teller.tell(progress, now=now)
        teller.end()
    return (tmp_path / "out").read_text().splitlines(), teller


def test_without_a_terminal_there_is_a_line_every_few_seconds(tmp_path):
    lines, teller = told(tmp_path, (1.0, MIDST), (2.0, MIDST), (5.9, MIDST), (6.0, MIDST), (7.0, DONE))
    assert lines == [describe(MIDST), describe(MIDST), describe(DONE)]
    assert teller.over


def test_a_round_that_was_over_before_is_no_first_round(tmp_path):
    assert told(tmp_path, (1.0, DONE))[0] == ["312 feeds, 9,821 articles"]


def test_without_feeds_there_is_nothing_to_tell(tmp_path):
    assert told(tmp_path, (1.0, RoundProgress(0, 0, 0, 0)))[0] == []


def test_it_is_not_told_for_ever(tmp_path):
    _, teller = told(tmp_path, (1.0, MIDST))
    assert not teller.over
    assert not teller.late(LONGEST - 1)
    assert teller.late(LONGEST)


def _all_of(terminal: int) -> str:
    """What stands in it, which one reading may not bring."""
    said = b""
    while not said.endswith(b"\n"):
        said += os.read(terminal, 4096)
    return said.decode()


def test_on_a_terminal_one_line_is_rewritten():
    main, side = pty.openpty()
    with os.fdopen(side, "w") as stream:
        teller = RoundTeller(Screen(stream), started=0.0)
        teller.tell(MIDST, now=1.0)
        teller.tell(DONE, now=2.0)
        teller.end()
    said = _all_of(main)
    os.close(main)
    assert said.count("\n") == 1
    assert said.endswith(f"\r\x1b[K{describe(DONE)}\r\n")
