"""Owns the rule ``retention``: how long backups, old versions and logs are kept, at least and at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.policy.options import SettingError, count, flag, mapping
from flowyml_infra.policy.rules.rule import Rule, is_known, undecided, violated
from flowyml_infra.policy.traits import PERIODS, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject
    from flowyml_infra.resources.values import Json


@dataclass(frozen=True, slots=True)
class Setting:
    """Days by property, at least and at most, and whether old versions have to be kept."""

    minimum: dict[str, int]
    maximum: dict[str, int]
    versioning: bool


def read(options: Options) -> Setting:
    """The bounds, of which there is one at least."""
    options.one_of("minimum", "maximum", "versioning")
    return Setting(
        options.read("minimum", _days, {}),
        options.read("maximum", _days, {}),
        options.read("versioning", flag, False),  # noqa: FBT003
    )


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse what is kept for less, or for longer."""
    for change in subject.resources():
        for name, least in setting.minimum.items():
            yield from _at_least(change, name, least)
        for name, most in setting.maximum.items():
            yield from _at_most(change, name, most)
        for name, value in named(change, ("versioning",)) if setting.versioning else ():
            if not is_known(value):
                yield undecided(change, name, value)
            elif value is not True:
                yield violated(
                    "versioning is off, so what is overwritten is lost", change.address, "set versioning: true"
                )


def _at_least(change: PlannedChange, name: str, least: int) -> Iterator[Remark]:
    for _, value in named(change, (name,)):
        if not is_known(value):
            yield undecided(change, name, value)
        elif isinstance(value, int) and value < least:
            message = f"{name} is {value}; at least {least} days are asked for"
            yield violated(message, change.address, f"set {name} to {least} or more")
        elif value is None and name in _OFF_WHEN_UNSET:
            yield violated(f"{name} is not set; at least {least} days are asked for", change.address, f"set {name}")


def _at_most(change: PlannedChange, name: str, most: int) -> Iterator[Remark]:
    for _, value in named(change, (name,)):
        if not is_known(value):
            yield undecided(change, name, value)
        elif value is None:
            yield violated(f"{name} is not set; {most} days are the most", change.address, f"set {name} to {most}")
        elif isinstance(value, int) and value > most:
            message = f"{name} is {value}; at most {most} days are allowed"
            yield violated(message, change.address, f"set {name} to {most} or less")


_OFF_WHEN_UNSET = ("backup_days", "soft_delete_days", "recovery_window", "log_days", "deletion_window")
"""Without a number nothing is kept; of the others, everything is kept for ever."""


def _days(setting: Json) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, value in mapping(setting).items():
        if name not in PERIODS:
            hint = did_you_mean(name, PERIODS) or f"there is {', '.join(PERIODS)}"
            raise SettingError("is no period that a resource has", (name,), hint)
        try:
            found[name] = count(value)
        except SettingError as error:
            raise SettingError(error.clause, (name,), error.hint) from None
    return found


RULE = Rule("retention", "backups, versions and logs that are kept for less, or for longer", read, judge)
