import os
import socket
from pathlib import Path

import pytest

from services.core.errors import ConfigurationError
from services.embedded.ports import check_port, split_bind
from services.embedded.roles import answers, visible_address


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_is_free_and_stays_so(taken):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    check_port(f"127.0.0.1:{free}")
    check_port(f"127.0.0.1:{free}")


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_a_taken_one_is_named_with_its_holder(taken, host):
    with pytest.raises(ConfigurationError) as caught:
        check_port(f"{host}:{taken}")
    sentence = str(caught.value)
    assert sentence.startswith(f"Port {taken} is taken")
    if Path("/proc/self/comm").exists():
        assert f"by {Path('/proc/self/comm').read_text().strip()} (process {os.getpid()})" in sentence
    assert sentence.endswith(f"or set DATELINE_BIND to another, such as {host}:{taken + 1}.")


@pytest.mark.parametrize(
    ("bind", "says"),
    [
        ("8000", "is not host:port"),
        ("127.0.0.1:", "is not host:port"),
        ("127.0.0.1:70000", "is not host:port"),
        ("no.such.host.invalid:8000", "the host no.such.host.invalid of"),
        ("192.0.2.1:8000", "nothing can listen on 192.0.2.1, port 8000"),
    ],
)
def test_an_address_that_cannot_be_is_said_so(bind, says):
    with pytest.raises(ConfigurationError, match=says):
        check_port(bind)


def test_hosts_of_both_kinds_are_read_and_shown():
    assert split_bind("[::1]:8000") == ("::1", 8000)
    assert visible_address("0.0.0.0:8000") == "127.0.0.1:8000"
    assert visible_address("[::]:8000") == "[::1]:8000"
    assert visible_address("news.example:80") == "news.example:80"


def test_a_port_where_nobody_speaks_http_does_not_answer():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert not answers(f"127.0.0.1:{probe.getsockname()[1]}")
