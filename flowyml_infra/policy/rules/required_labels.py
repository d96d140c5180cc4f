"""Owns the rule ``required_labels``: the stack carries these labels, each with a value that is accepted.

The built-in stack has no place for labels, and of a stack that is being destroyed nothing is left to label; both are
let through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.policy.options import SettingError, listed, shown, texts, values_by_name
from flowyml_infra.policy.rules.rule import USED, Rule, matches, violated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json


def read(options: Options) -> dict[str, tuple[str, ...]]:
    """The accepted values by label; none when any will do."""
    return options.demand("labels", _labels)


def judge(subject: PolicySubject, required: dict[str, tuple[str, ...]]) -> Iterator[Remark]:
    """Refuse, label by label, what is missing, empty or another value."""
    if subject.builtin:
        return
    for label, accepted in required.items():
        value = subject.labels.get(label)
        hint = f"set metadata.labels.{label} to {' or '.join(accepted) if accepted else 'a value'}"
        if value is None:
            yield violated(f"label {label!r} is missing; add it under metadata.labels", hint=hint)
        elif not value.strip():
            yield violated(f"label {label!r} is empty; give it a value under metadata.labels", hint=hint)
        elif accepted and not matches(value, accepted):
            yield violated(f"label {label!r} is {shown(value)}; accepted: {listed(accepted)}", hint=hint)


def _labels(setting: Json) -> dict[str, tuple[str, ...]]:
    if isinstance(setting, dict):
        found = values_by_name(setting)
        empty = next((name for name, values in found.items() if not values), None)
        if empty is not None:
            raise SettingError("accepts no value at all", (empty,), "list the values, or * for any")
        return found
    return dict.fromkeys(texts(setting), ())


RULE = Rule(
    "required_labels",
    "a stack that lacks one of these metadata.labels, or has another value than those accepted",
    read,
    judge,
    main="labels",
    maps=True,
    purposes=USED,
)
