"""Owns which hosts may be connected to: public addresses, and private ones of hosts that flowyml.yaml names.

A name is looked up once, every address that it has is judged, and connections go to those very addresses. A name that
answers differently the next time, as in DNS rebinding, gains nothing by it.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from typing import TYPE_CHECKING, TypeAlias

from flowyml_infra.errors import SourceRefusedError, SourceUnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    LookUp: TypeAlias = Callable[[str, int], Sequence[str]]

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?\.?|[0-9A-Fa-f:.]{2,45}")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOCAL_NAT64 = ipaddress.IPv6Network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_SITE_LOCAL = ipaddress.IPv6Network("fec0::/10")


class Guard:
    """Judges hosts.

    Args:
        private_hosts: Hosts, ``name`` or ``name:port``, that may have private addresses and be spoken to without TLS.
        look_up: Gives the addresses of a host.
    """

    def __init__(self, private_hosts: Sequence[str] = (), look_up: LookUp | None = None) -> None:
        self._private = {item.lower() for item in private_hosts}
        self._look_up = look_up or system_addresses

    def allows_private(self, host: str, port: int) -> bool:
        """Whether flowyml.yaml names this host."""
        name = host.lower()
        bracketed = f"[{name}]" if ":" in name else name
        return not self._private.isdisjoint({name, bracketed, f"{bracketed}:{port}"})

    def check_plain(self, host: str, port: int, shown: str) -> None:
        """Refuse to speak to a host without TLS.

        Raises:
            SourceRefusedError: flowyml.yaml does not name it.
        """
        if not self.allows_private(host, port):
            raise SourceRefusedError(
                f"{shown} is not encrypted",
                code="source.plain_http",
                hint=f"use https, or list {host} under fetch.private_hosts in flowyml.yaml",
            )

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of ``host``, every one of them allowed.

        Raises:
            SourceRefusedError: One of them is private, and flowyml.yaml does not name the host.
            SourceUnreachableError: It has none.
        """
        if not _HOST.fullmatch(host):
            hint = "write the name in ASCII, as punycode where needed"
            raise SourceRefusedError(f"{host!r} is no host name", code="source.host", hint=hint)
        try:
            found = tuple(dict.fromkeys(self._look_up(host, port)))
        except OSError as error:
            raise SourceUnreachableError(f"the host {host} cannot be found: {error.strerror or error}") from error
        if not found:
            raise SourceUnreachableError(f"the host {host} has no address")
        private = [text for text in found if not is_public(text)]
        if private and not self.allows_private(host, port):
            raise SourceRefusedError(
                f"{host} has the address {private[0]}, which is not public",
                code="source.private_address",
                hint=f"if this is meant, list {host} under fetch.private_hosts in flowyml.yaml",
            )
        return found

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connection to ``host``, to one of the addresses that were judged.

        Raises:
            SourceRefusedError: It may not be connected to.
            SourceUnreachableError: It cannot be.
        """
        failure: OSError | None = None
        end = time.monotonic() + seconds
        for address in self.addresses(host, port):
            try:
                return socket.create_connection((address, port), max(0.1, end - time.monotonic()))
            except OSError as error:
                failure = error
        why = getattr(failure, "strerror", None) or failure
        raise SourceUnreachableError(f"{host}:{port} cannot be connected to: {why}") from failure


def system_addresses(host: str, port: int) -> list[str]:
    """What the system's resolver says."""
    return [str(item[4][0]) for item in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def is_public(text: str) -> bool:
    """Whether an address, and any other that it stands for, is one of the public internet."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(_is_global(item) for item in (address, *_embedded(address)))


def is_loopback(text: str) -> bool:
    """Whether an address is this machine."""
    return ipaddress.ip_address(text.partition("%")[0]).is_loopback


def _is_global(address: Address) -> bool:
    if address.version == 6 and (address in _SITE_LOCAL or address in _LOCAL_NAT64):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _embedded(address: Address) -> list[Address]:
    """The IPv4 addresses inside an IPv6 address, by each of the ways that there are to put one there."""
    if address.version == 4:
        return []
    found: list[Address | None] = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [item for item in found if item is not None]
