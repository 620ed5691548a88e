"""Which addresses may be spoken to."""

import socket
from ipaddress import ip_network

import pytest

from services.core.guard import ForbiddenAddressError, refusal, refusal_of_url, socket_factory

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "169.254.169.254",
    "192.0.0.8",
    "192.0.0.192",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.9",
    "192.31.196.1",
    "192.175.48.1",
    "192.52.193.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:7f00:1",
    "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "2001::1",
    "2001:db8::1",
    "2001:10::1",
    "2001:20::1",
    "2002:7f00:1::",
    "3fff::1",
    "2620:4f:8000::1",
    "4000::1",
]

PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "2606:4700::1111",
    "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
    "172.32.0.1",
    "100.128.0.1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_special_addresses_are_refused(address):
    assert refusal(address, 443, allow=())


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_let_through(address):
    assert refusal(address, 443, allow=()) is None


@pytest.mark.parametrize(
    ("port", "free"),
    [
        (80, True),
        (443, True),
        (8080, True),
        (8443, True),
        (22, False),
        (6379, False),
        (5432, False),
        (0, False),
    ],
)
def test_only_the_ports_that_feeds_are_served_on(port, free):
    assert (refusal("8.8.8.8", port, allow=()) is None) == free


def test_what_an_operator_opened_is_open_on_any_port_and_nothing_beside_it():
    allow = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert refusal("127.0.0.1", 6379, allow=allow) is None
    assert refusal("::ffff:127.0.0.1", 6379, allow=allow) is None
    assert refusal("fd00::1", 8000, allow=allow) is None
    assert refusal("10.0.0.1", 80, allow=allow)
    assert refusal("::1", 80, allow=allow)


def test_an_opened_nat64_network_is_still_checked_for_what_it_stands_for():
    allow = (ip_network("64:ff9b::/96"),)
    assert refusal("64:ff9b::8.8.8.8", 443, allow=allow) is None
    assert refusal("64:ff9b::127.0.0.1", 443, allow=allow)
    assert refusal("64:ff9b::10.0.0.1", 443, allow=allow)


@pytest.mark.parametrize("address", ["example.org", "", "2130706433", "0x7f.1", "127.1"])
def test_what_is_no_numeric_address_is_refused(address):
    assert refusal(address, 80, allow=())


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST", "localhost.", "news.localhost", "127.1", "[::1]"])
def test_what_is_this_machine_without_asking_anybody_is_refused_before_it_is_asked(host):
    refused = refusal_of_url(f"http://{host}/feed", allow=())
    assert refused
    assert "is an address for this machine" in refused
    assert "DATELINE_FETCH_ALLOW" in refused


@pytest.mark.parametrize("network", ["127.0.0.0/8", "::1/128"])
def test_a_name_of_this_machine_is_open_where_one_of_its_addresses_is(network):
    assert refusal_of_url("http://localhost:9000/feed", allow=(ip_network(network),)) is None


@pytest.mark.parametrize("host", ["localhost.example", "notlocalhost", "a.example"])
def test_what_any_other_name_leads_to_shows_when_it_is_asked(host):
    assert refusal_of_url(f"http://{host}/feed", allow=()) is None


def test_the_factory_makes_no_socket_for_a_forbidden_address():
    make = socket_factory(())
    with pytest.raises(ForbiddenAddressError) as refused:
        make((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80)))
    assert "this machine" in refused.value.reason


def test_the_factory_refuses_unix_sockets():
    with pytest.raises(ForbiddenAddressError):
        socket_factory(())((socket.AF_UNIX, socket.SOCK_STREAM, 0, "", ("8.8.8.8", 80)))


def test_the_factory_makes_a_socket_that_does_not_block():
    with socket_factory((ip_network("127.0.0.0/8"),))(
        (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))
    ) as made:
        assert not made.getblocking()
