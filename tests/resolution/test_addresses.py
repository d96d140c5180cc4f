"""Which hosts are connected to: the set of addresses that server-side request forgery uses, and rebinding."""

import socket

import pytest

from flowyml_infra.errors import SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.addresses import Guard, is_public

PRIVATE = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "169.254.0.1", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1"),
    *("203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12:3456::1", "fec0::1", "ff02::1", "2001:db8::1"),
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::", "2002:a9fe:a9fe::"),
    *("2001:0:4136:e378:8000:63bf:80ff:fffe", "fd00:ec2::254", "nonsense", ""),
]
PUBLIC = ["1.1.1.1", "8.8.8.8", "140.82.121.4", "2606:4700:4700::1111", "2a00:1450:4001:81b::200e"]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused_wherever_a_name_leads_there(address):
    assert not is_public(address)
    with pytest.raises(SourceRefusedError, match="not public") as caught:
        Guard((), lambda host, port: [address]).addresses("example.com", 443)
    assert "fetch.private_hosts" in caught.value.hint


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_not(address):
    assert Guard((), lambda host, port: [address]).addresses("example.com", 443) == (address,)


@pytest.mark.parametrize(
    "host",
    ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "::1", "::ffff:7f00:1"],
)
def test_every_way_to_write_this_machine_is_seen_through(host):
    with pytest.raises(SourceRefusedError, match="not public"):
        Guard().addresses(host, 80)


def test_one_private_address_among_public_ones_is_enough():
    with pytest.raises(SourceRefusedError, match=r"10\.0\.0\.1"):
        Guard((), lambda host, port: ["8.8.8.8", "10.0.0.1"]).addresses("example.com", 443)


@pytest.mark.parametrize("host", ["exämple.com", "a b", "a/b", "a@b", "-a", "", "a\n", "[::1]", "ⓛocalhost", "a" * 300])
def test_what_is_no_host_name_is_not_even_looked_up(host):
    with pytest.raises(SourceRefusedError, match="no host name"):
        Guard((), lambda *asked: pytest.fail("it was looked up")).addresses(host, 443)


@pytest.mark.parametrize("said", ["git.internal", "GIT.internal", "git.internal:8443"])
def test_a_host_that_flowyml_yaml_names_may_be_private(said):
    assert Guard([said], lambda host, port: ["10.0.0.1"]).addresses("git.internal", 8443) == ("10.0.0.1",)


@pytest.mark.parametrize("said", ["other.internal", "internal", "git.internal:443", "*.internal", "10.0.0.1"])
def test_another_host_or_port_may_not(said):
    with pytest.raises(SourceRefusedError):
        Guard([said], lambda host, port: ["10.0.0.1"]).addresses("git.internal", 8443)


def test_what_was_checked_is_what_is_connected_to(monkeypatch):
    answers = [["93.184.215.14"], ["127.0.0.1"]]
    connected = []

    def connect(address, timeout):
        connected.append(address)
        raise ConnectionRefusedError(111, "refused")

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(SourceUnreachableError, match="cannot be connected to: refused"):
        Guard((), lambda host, port: answers.pop(0)).connect("example.com", 443, 1.0)
    assert connected == [("93.184.215.14", 443)]
    assert len(answers) == 1


def test_a_name_that_cannot_be_found_is_unreachable():
    def fail(host, port):
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(SourceUnreachableError, match="cannot be found"):
        Guard((), fail).addresses("example.com", 443)
    with pytest.raises(SourceUnreachableError, match="no address"):
        Guard((), lambda host, port: []).addresses("example.com", 443)
