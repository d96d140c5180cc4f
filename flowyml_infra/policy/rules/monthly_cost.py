"""Owns the rule ``monthly_cost``: what the stack costs a month, by given prices, stays within a limit.

What has no price is named and keeps the rule from being decided: a limit that leaves something out is none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import amount, choice, text
from flowyml_infra.policy.prices import Prices, estimate, read_prices
from flowyml_infra.policy.rules.rule import Rule, note, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject

_NAMED = 5


@dataclass(frozen=True, slots=True)
class Setting:
    """The limit a month, its currency (empty for any), the prices, and what happens to what has no price."""

    limit: float
    currency: str
    prices: Prices
    unpriced: str


def read(options: Options) -> Setting:
    """The setting."""
    return Setting(
        options.demand("limit", amount),
        options.read("currency", text, ""),
        options.read("prices", read_prices, Prices()),
        options.read("unpriced", choice("pending", "deny", "note"), "pending"),
    )


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse what costs more, and say what has no price."""
    if setting.currency and setting.prices.currency != setting.currency:
        given = setting.prices.currency or "no currency"
        message = f"the limit is in {setting.currency} and the prices are in {given}"
        yield violated(message, hint="give prices in the currency of the limit")
        return
    cost = estimate(subject.footprint(), setting.prices)
    unit = setting.prices.currency or setting.currency
    if cost.monthly > setting.limit:
        dearest = sorted(cost.by_address.items(), key=lambda item: -item[1])[:_NAMED]
        parts = ", ".join(f"{address} {value:,.2f}" for address, value in dearest)
        message = f"{cost.monthly:,.2f} {unit} a month at most, and {setting.limit:,.2f} are allowed: {parts}"
        yield violated(message, hint="lower max_nodes or choose smaller machines")
    for address, name in cost.open:
        yield unknown(f"what it costs is open: {name} is not known before the apply", address, later=True)
    for address in cost.unpriced:
        message = "it has no price, so the limit cannot be held against it"
        hint = "give it one under policies.prices"
        if setting.unpriced == "deny":
            yield violated(message, address, hint)
        elif setting.unpriced == "pending":
            yield unknown(message, address, hint)
        else:
            yield note("it has no price and is left out of the sum", address)


RULE = Rule("monthly_cost", "a stack that costs more a month than this", read, judge, main="limit", whole=True)
