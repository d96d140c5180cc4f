"""Owns the rule ``sizes``: machine types, numbers of nodes and disks stay within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowyml_infra.policy.options import count, listed, shown, texts
from flowyml_infra.policy.rules.rule import Rule, is_known, matches, undecided, violated
from flowyml_infra.policy.traits import DISKS, MACHINES, NODES, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.policy.options import Options
    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject


@dataclass(frozen=True, slots=True)
class Setting:
    """Globs of the machine types and database sizes allowed, or None for any; the most nodes; the largest disk."""

    machine_types: tuple[str, ...] | None
    denied_machine_types: tuple[str, ...]
    max_nodes: int | None
    max_disk_gib: int | None


def read(options: Options) -> Setting:
    """The bounds, of which there is one at least."""
    options.one_of("machine_types", "denied_machine_types", "max_nodes", "max_disk_gib")
    return Setting(
        options.read("machine_types", texts, None),
        options.read("denied_machine_types", texts, ()),
        options.read("max_nodes", count, None),
        options.read("max_disk_gib", count, None),
    )


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse what is beyond a bound."""
    for change in subject.resources():
        yield from _machines(change, setting)
        yield from _numbers(change, NODES, setting.max_nodes, "nodes")
        yield from _numbers(change, DISKS, setting.max_disk_gib, "GiB")


def _machines(change: PlannedChange, setting: Setting) -> Iterator[Remark]:
    if setting.machine_types is None and not setting.denied_machine_types:
        return
    for name, value in named(change, MACHINES):
        if not is_known(value):
            yield undecided(change, name, value)
        elif isinstance(value, str):
            denied = matches(value, setting.denied_machine_types)
            allowed = setting.machine_types is None or matches(value, setting.machine_types)
            if denied or not allowed:
                accepted = f"; accepted: {listed(setting.machine_types)}" if setting.machine_types is not None else ""
                message = f"{name} {shown(value)} is not allowed{accepted}"
                yield violated(message, change.address, f"choose another {name}")


def _numbers(change: PlannedChange, properties: tuple[str, ...], most: int | None, unit: str) -> Iterator[Remark]:
    if most is None:
        return
    for name, value in named(change, properties):
        if not is_known(value):
            yield undecided(change, name, value)
        elif isinstance(value, int) and value > most:
            message = f"{name} is {value} {unit}; at most {most} {unit} are allowed"
            yield violated(message, change.address, f"set {name} to {most} or less")


RULE = Rule("sizes", "machine types, numbers of nodes and disks beyond these bounds", read, judge)
