"""Logs: one line of JSON an event, whatever is in it, and a readable line where somebody asks for one."""

import json
import re
import subprocess
import sys

import pytest

MOMENT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def logged(code: str, log_format: str = "json", level: str = "info") -> list[str]:
    """What a process of its own writes to standard error: configuring logging is for the whole process."""
    program = (
        "import logging; from services.core import logs; "
        f"logs.configure(level={level!r}, log_format={log_format!r}); log = logging.getLogger('dateline.test')\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_an_event_is_one_line_of_json_with_time_level_logger_and_message():
    (line,) = logged("log.warning('feed %s: %s', 3, 'Қазақстан\\nsecond line', extra={'feed': 3})")
    told = json.loads(line)
    assert re.fullmatch(MOMENT, told.pop("time"))
    assert told == {
        "level": "WARNING",
        "logger": "dateline.test",
        "message": "feed 3: Қазақстан\nsecond line",
        "feed": 3,
    }
    assert "Қазақстан" in line


def test_an_exception_stays_on_its_line():
    (line,) = logged("try:\n    1 / 0\nexcept ZeroDivisionError:\n    log.exception('broken')")
    assert "ZeroDivisionError: division by zero" in json.loads(line)["exc_info"]


def test_the_level_asked_for_decides_and_noisy_libraries_are_kept_down():
    code = "log.info('no'); log.warning('yes'); logging.getLogger('kombu').info('no')"
    assert [json.loads(line)["message"] for line in logged(code, level="warning")] == ["yes"]
    assert logged("logging.getLogger('celery.app.trace').info('no')", level="debug") == []


def test_auto_is_json_where_nobody_watches_and_pretty_is_readable():
    (line,) = logged("log.info('x')", "auto")
    assert json.loads(line)["message"] == "x"
    (line,) = logged("log.info('x')", "pretty")
    assert re.fullmatch(MOMENT + r" INFO    dateline\.test: x", line)


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_the_time_is_that_of_the_event_in_utc_to_the_millisecond(log_format):
    code = """
import os, time; os.environ['TZ'] = 'Asia/Bishkek'; time.tzset()
record = log.makeRecord(log.name, 20, '', 0, 'x', (), None)
record.created, record.msecs = 1795867923.0079, 7.9
log.handle(record)
"""
    (line,) = logged(code, log_format)
    assert "2026-11-28T12:12:03.007Z" in line


@pytest.mark.parametrize("log_format", ["json", "pretty"])
def test_no_secret_stands_in_a_line_whoever_wrote_it(log_format):
    code = f"""
logs.configure(level='info', log_format={log_format!r}, secrets=('hunter2-of-the-admin', None))
log.info('connected to %s', 'redis://:hush@queue:6379/0')
log.info('postgresql://dateline:swordfish@db/dateline and https://someone:pass@word@feed.example/')
log.info('token dl_abcdefghijkl and whsec_abcdefghijkl==, Authorization: Bearer abcdefghijkl, hunter2-of-the-admin')
try:
    raise OSError('amqp://a:sesame@b/')
except OSError:
    log.exception('broken')
"""
    text = "\n".join(logged(code, log_format))
    for secret in ("hush", "swordfish", "pass@", "abcdefghijkl", "hunter2", "sesame"):
        assert secret not in text, secret
    assert "redis://***@queue:6379/0" in text


def test_what_a_context_is_at_stands_in_every_line_of_it():
    code = "with logs.bound(task='t1'):\n    log.info('in'); logging.getLogger('other').info('too')\nlog.info('out')"
    found = [json.loads(line) for line in logged(code)]
    assert [line.get("task") for line in found] == ["t1", "t1", None]
