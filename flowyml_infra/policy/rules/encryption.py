"""Owns the rule ``encryption``: what keeps data keeps it encrypted, with a key of one's own where that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import flag
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, violated
from flowyml_infra.policy.traits import KEYS, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject


def read(options: Options) -> bool:
    """Whether a key of one's own is asked for."""
    return options.read("customer_keys", flag, False)  # noqa: FBT003


def judge(subject: PolicySubject, customer_keys: bool) -> Iterator[Remark]:
    """Refuse encryption that is off, and keys of the provider where others are asked for."""
    for change in subject.resources():
        for name, value in named(change, ("encrypted",)):
            if not is_known(value):
                yield undecided(change, name, value)
            elif value is not True:
                yield violated(
                    "encrypted is off, so the data rests in the clear", change.address, "set encrypted: true"
                )
        if not customer_keys:
            continue
        for name, value in named(change, KEYS):
            # A key that another resource of the plan will be is a key all the same.
            if value is None or value == "":
                message = f"{name} is not set, so the provider's own key is used"
                yield violated(message, change.address, f"set {name} to a key of yours")


RULE = Rule("encryption", "data that rests unencrypted, or under the provider's own key", read, judge)
