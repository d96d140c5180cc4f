"""Owns the checking of address ranges in CIDR notation."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.resources.values import Json


def cidr_problem(widest: int, narrowest: int) -> Callable[[Json], str | None]:
    """A check of IPv4 ranges between the prefix lengths ``widest`` and ``narrowest``."""

    def check(value: Json) -> str | None:
        try:
            network = IPv4Network(str(value))
        except ValueError as error:
            return f"is {value!r}, which is no range of addresses: {error}"
        if not widest <= network.prefixlen <= narrowest:
            return f"is {value!r}; the number after the slash is between {widest} and {narrowest}"
        if not network.is_private:
            return f"is {value!r}, which is not private; use a part of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16"
        return None

    return check
