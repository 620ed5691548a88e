"""The servers of the test run itself: every test finds them as if it were the only one."""

import socket

import psycopg
import pytest


def connect(url):
    return psycopg.connect(url.replace("+psycopg", ""))


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_a_database_of_its_own(database_url, turn):
    with connect(database_url) as connection:
        made = connection.execute("CREATE TABLE only_here AS SELECT 1")
    assert made.rowcount == 1


def test_a_session_that_a_test_forgot_does_not_hold_up_the_end(database_url, request):
    forgotten = connect(database_url)
    request.addfinalizer(forgotten.close)
    assert not forgotten.closed, "the fixture has to end while it is open"


def test_an_empty_database_is_empty(empty_database_url):
    with connect(empty_database_url) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert found == (0,)


@pytest.mark.parametrize("turn", [1, 2])
def test_every_test_has_an_empty_broker(redis_url, turn):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(redis_url.removeprefix("unix://"))
        connection.sendall(b"INCR turns\r\n")
        assert connection.recv(64) == b":1\r\n"
