import signal
import subprocess
import sys

import defusedxml.ElementTree
import pytest

from newswire.__main__ import main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_command_says_where_it_serves_writes_the_list_and_stops_cleanly(client, tmp_path, number):
    listed = tmp_path / "press.opml"
    command = [
        sys.executable,
        "-m",
        "newswire",
        "--port",
        "0",
        "--every",
        "1",
        "--outlets",
        "4",
        "--opml",
        str(listed),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as press:
        line = press.stdout.readline()
        feeds = [
            row.get("xmlUrl")
            for row in defusedxml.ElementTree.parse(listed).iter("outline")
            if row.get("text") == "Silk Meridian"
        ]
        status = client.get(feeds[0]).status
        press.send_signal(number)
        rest, errors = press.communicate(timeout=120)

    assert line.startswith("Newswire: 17 outlets publish; list http://127.0.0.1:")
    assert (status, press.returncode, rest, errors) == (200, 0, "", "")


def test_a_taken_port_is_one_sentence_and_exit_1(press, capsys):
    port = press.url.rsplit(":", 1)[1]

    assert main(["--port", port]) == 1
    told = capsys.readouterr().err
    assert told.startswith("The press cannot open: ")
    assert "name another --port" in told
    assert main(["demo", "--port", port]) == 1
    assert "make demo ARGS='--port 0'" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--port", "no"], ["--every", "-1"], ["--every", "soon"], ["dance"]])
def test_a_wrong_option_is_exit_2(wrong, capsys):
    with pytest.raises(SystemExit) as stop:
        main(wrong)

    assert stop.value.code == 2
    assert "Traceback" not in capsys.readouterr().err
