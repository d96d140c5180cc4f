"""Owns the rule ``change_windows``: changes are made at these times alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flowyml_infra.policy.options import Options, SettingError, choices, mapping, text
from flowyml_infra.policy.rules.rule import CHANGING, Rule, unknown, violated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from flowyml_infra.policy.rules.rule import Remark
    from flowyml_infra.policy.subject import PolicySubject
    from flowyml_infra.resources.values import Json

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)|24:00")


@dataclass(frozen=True, slots=True)
class Window:
    """Days of the week, and minutes of the day from and before which; one that ends before it begins spans midnight."""

    days: tuple[str, ...]
    begin: int
    end: int

    def holds(self, moment: datetime) -> bool:
        """Whether ``moment``, in the rule's zone, lies in it."""
        minute, day = moment.hour * 60 + moment.minute, moment.weekday()
        if self.begin < self.end:
            return _DAYS[day] in self.days and self.begin <= minute < self.end
        tail = _DAYS[day - 1] in self.days and minute < self.end
        return tail or (_DAYS[day] in self.days and minute >= self.begin)

    def __str__(self) -> str:
        return f"{' '.join(self.days)} {_clock(self.begin)}-{_clock(self.end)}"


@dataclass(frozen=True, slots=True)
class Setting:
    """The zone that times are in, and the windows: in ``open`` changes are made, in ``frozen`` they are not."""

    zone: ZoneInfo
    open: tuple[Window, ...] | None
    frozen: tuple[Window, ...]


def read(options: Options) -> Setting:
    """The windows, of which there is one at least."""
    options.one_of("open", "frozen")
    return Setting(
        options.read("zone", _zone, ZoneInfo("UTC")),
        options.read("open", _windows, None),
        options.read("frozen", _windows, ()),
    )


def judge(subject: PolicySubject, setting: Setting) -> Iterator[Remark]:
    """Refuse changes at other times; a plan that changes nothing may be applied at any."""
    acts = [change for change in subject.changes if change.chosen and change.action != "noop"]
    if subject.purpose == "apply" and not acts:
        return
    if subject.facts.now is None:
        yield unknown("it is not known what time it is")
        return
    here = subject.facts.now.astimezone(setting.zone)
    shut = next((window for window in setting.frozen if window.holds(here)), None)
    said = f"{_DAYS[here.weekday()]} {here:%H:%M} {setting.zone.key}"
    if shut is not None:
        yield violated(f"it is {said}, and nothing is changed {shut}", hint="wait until then is over")
    elif setting.open is not None and not any(window.holds(here) for window in setting.open):
        windows = "; ".join(map(str, setting.open)) or "never"
        yield violated(f"it is {said}; changes are made {windows}", hint="wait until then")


def _zone(setting: Json) -> ZoneInfo:
    name = text(setting)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise SettingError(f"is {name!r}, which is no time zone", hint="write for example Europe/Berlin") from None


def _windows(setting: Json) -> tuple[Window, ...]:
    if not isinstance(setting, list):
        raise SettingError("is not a list", hint="write [{days: [mon], from: '09:00', to: '17:00'}]")
    return tuple(_window(index, item) for index, item in enumerate(setting))


def _window(index: int, item: Json) -> Window:
    try:
        options = Options(mapping(item))
        window = Window(
            options.read("days", choices(*_DAYS), _DAYS),
            options.read("from", _minutes, 0),
            options.read("to", _minutes, 24 * 60),
        )
        options.finish()
    except SettingError as error:
        raise SettingError(error.clause, (index, *error.path), error.hint) from None
    return window


def _minutes(setting: Json) -> int:
    clock = text(setting)
    if not _TIME.fullmatch(clock):
        raise SettingError(f"is {clock!r}, which is no time", hint="write it as '09:30', in quotes")
    return int(clock[:2]) * 60 + int(clock[3:])


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


RULE = Rule(
    "change_windows",
    "changes outside these times, or inside times that are frozen",
    read,
    judge,
    main="open",
    purposes=CHANGING,
)
