"""Owns given prices, and what a stack costs a month by them; it never guesses a price."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import Options, SettingError, amount, mapping, text
from flowyml_infra.policy.rules.rule import is_known
from flowyml_infra.policy.traits import DISKS, MACHINES, named
from flowyml_infra.resources.catalogue import kind_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.address import Address
    from flowyml_infra.policy.subject import PlannedChange
    from flowyml_infra.resources.values import Json

_NUMBERS = ("max_nodes", "system_nodes", "replicas")
_FREE = ("local.", "kubernetes.namespace", "kubernetes.service_account")
"""What costs nothing of its own: this machine, and entries in a cluster that is paid for already."""


@dataclass(frozen=True, slots=True)
class Price:
    """What one kind costs a month.

    Attributes:
        each: For the thing itself, or for each node.
        gib: For each GiB of disk, of each node.
        sizes: By glob of the machine type or size; it takes the place of ``each``.
    """

    each: float | None = None
    gib: float = 0.0
    sizes: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by glob of ``provider.kind``, in one currency; empty when there are none."""

    currency: str = ""
    kinds: Mapping[str, Price] = field(default_factory=dict)

    def of(self, kind: str) -> Price | None:
        """The price of ``kind``, spelt out before any glob."""
        exact = self.kinds.get(kind)
        return exact or next((price for glob, price in self.kinds.items() if fnmatchcase(kind, glob)), None)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a stack costs a month at most, each part of it, what has no price, and what is not known yet."""

    monthly: float
    by_address: Mapping[Address, float]
    unpriced: tuple[Address, ...]
    open: tuple[tuple[Address, str], ...]


def estimate(changes: Iterable[PlannedChange], prices: Prices) -> Cost:
    """What ``changes``, as they are afterwards, cost a month when all nodes run."""
    parts: dict[Address, float] = {}
    unpriced: list[Address] = []
    open_: list[tuple[Address, str]] = []
    for change in changes:
        if change.kind.startswith(_FREE):
            continue
        missing = _unknown(change)
        if missing is not None:
            open_.append((change.address, missing))
            continue
        cost = _cost(change, prices.of(change.kind))
        if cost is None:
            unpriced.append(change.address)
        else:
            parts[change.address] = cost
    return Cost(sum(parts.values()), parts, tuple(unpriced), tuple(open_))


def _unknown(change: PlannedChange) -> str | None:
    names = (*MACHINES, *DISKS, *_NUMBERS)
    return next((name for name in names if not is_known(change.after.get(name))), None)


def _cost(change: PlannedChange, price: Price | None) -> float | None:
    if price is None:
        return None
    each = price.each
    for _, machine in named(change, MACHINES):
        if price.sizes and isinstance(machine, str):
            exact = price.sizes.get(machine)
            globbed = (value for glob, value in price.sizes.items() if fnmatchcase(machine, glob))
            each = exact if exact is not None else next(globbed, None)
            break
    if each is None:
        return None
    disk = max((size for _, size in named(change, DISKS) if isinstance(size, int)), default=0)
    return (each + price.gib * disk) * _number(change)


def _number(change: PlannedChange) -> int:
    for name in _NUMBERS:
        value = change.after.get(name)
        if isinstance(value, int):
            return value
    return 1


def read_prices(setting: Json) -> Prices:
    """Prices as a policy gives them: ``{currency, kinds: {GLOB: NUMBER or {each, gib, sizes}}}``.

    Raises:
        SettingError: They are something else.
    """
    options = Options(mapping(setting))
    prices = Prices(options.demand("currency", text), options.demand("kinds", _kinds))
    options.finish()
    return prices


def _kinds(setting: Json) -> dict[str, Price]:
    found: dict[str, Price] = {}
    for glob, value in mapping(setting).items():
        try:
            if not any(fnmatchcase(kind, glob) for kind in kind_ids()):
                raise SettingError("is no kind that there is", (), "write provider.kind, for example aws.bucket")
            found[glob] = _price(value)
        except SettingError as error:
            raise SettingError(error.clause, (glob, *error.path), error.hint) from None
    return found


def _price(value: Json) -> Price:
    if not isinstance(value, dict):
        return Price(amount(value))
    options = Options(value)
    options.one_of("each", "sizes")
    price = Price(
        options.read("each", amount, None), options.read("gib", amount, 0.0), options.read("sizes", _sizes, {})
    )
    options.finish()
    return price


def _sizes(setting: Json) -> dict[str, float]:
    found: dict[str, float] = {}
    for glob, value in mapping(setting).items():
        try:
            found[glob] = amount(value)
        except SettingError as error:
            raise SettingError(error.clause, (glob,), error.hint) from None
    return found
