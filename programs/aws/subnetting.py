"""Owns the division of a network's addresses among its subnets, and of the subnets among zones."""

from __future__ import annotations

from ipaddress import ip_network
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_SMALLEST = 28
"""The longest prefix that a subnet may have: https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html."""


def part(cidr: str, count: int, index: int) -> str:
    """The addresses of the subnet ``index`` of ``count``: equal parts, and at least one more of them than that."""
    network = ip_network(cidr, strict=False)
    bits = count.bit_length()
    return str(next(islice(network.subnets(prefixlen_diff=bits), index, None)))


def exit_part(cidr: str) -> str:
    """The last addresses, as few as a subnet can have; no part that :func:`part` gives has them."""
    network = ip_network(cidr, strict=False)
    last = network.num_addresses - 2 ** (network.max_prefixlen - _SMALLEST)
    return f"{network.network_address + last}/{_SMALLEST}"


def zone(names: Sequence[str], index: int) -> str:
    """The zone ``index`` by name.

    Raises:
        ValueError: The region has fewer.
    """
    if index >= len(names):
        raise ValueError(f"zones is more than the {len(names)} that the region has: {', '.join(names)}")
    return sorted(names)[index]
