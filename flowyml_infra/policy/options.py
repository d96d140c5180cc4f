"""Owns the reading of what a policy gives to a rule: typed, key by key, and with what may be meant by a wrong one."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from flowyml_infra.diagnostics import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from flowyml_infra.resources.values import Json

T = TypeVar("T")


class SettingError(ValueError):
    """A setting is not what a rule takes.

    Args:
        clause: What is wrong, as a clause that follows the setting's name.
        path: The keys that lead to it, from the rule's own setting.
        hint: What to write instead.
    """

    def __init__(self, clause: str, path: tuple[str | int, ...] = (), hint: str | None = None) -> None:
        super().__init__(clause)
        self.clause = clause
        self.path = path
        self.hint = hint


class Options:
    """The keys of one mapping, read one after the other; :meth:`finish` refuses those that nobody read.

    Args:
        values: The mapping.
    """

    def __init__(self, values: Mapping[str, Json]) -> None:
        self._values = values
        self.known: list[str] = []
        """The keys that were asked for."""

    def read(self, key: str, parse: Callable[[Json], T], default: T) -> T:
        """The value at ``key`` as ``parse`` reads it, or ``default`` where there is none."""
        if key in self._values:
            return self._parsed(key, parse)
        self.known.append(key)
        return default

    def _parsed(self, key: str, parse: Callable[[Json], T]) -> T:
        self.known.append(key)
        try:
            return parse(self._values[key])
        except SettingError as error:
            raise SettingError(error.clause, (key, *error.path), error.hint) from None

    def demand(self, key: str, parse: Callable[[Json], T]) -> T:
        """The value at ``key``, which must be there.

        Raises:
            SettingError: It is not there, or ``parse`` refuses it.
        """
        if key not in self._values:
            self.known.append(key)
            raise SettingError(f"has no {key}", (), f"add `{key}:`")
        return self._parsed(key, parse)

    def one_of(self, *keys: str) -> None:
        """Refuse a mapping with none of ``keys``.

        Raises:
            SettingError: All of them are missing.
        """
        if not any(key in self._values for key in keys):
            raise SettingError(f"says nothing: it needs {' or '.join(keys)}", (), f"add `{keys[0]}:`")

    def finish(self) -> None:
        """Refuse keys that were not read.

        Raises:
            SettingError: There is one; the hint names the closest that is known.
        """
        for key in self._values:
            if key not in self.known:
                hint = did_you_mean(key, self.known) or f"known here: {', '.join(self.known)}"
                raise SettingError("is not known here", (key,), hint)


def texts(setting: Json) -> tuple[str, ...]:
    """``setting`` as non-empty texts; there may be none of them.

    Raises:
        SettingError: It is something else.
    """
    if not isinstance(setting, list):
        raise SettingError("is not a list", hint="write it as [a, b]")
    for index, item in enumerate(setting):
        if not isinstance(item, str) or not item.strip():
            raise SettingError(f"holds {item!r}, which is not a text", (index,), "put it in quotes")
    return tuple(item for item in setting if isinstance(item, str))


def text(setting: Json) -> str:
    """``setting`` as a non-empty text.

    Raises:
        SettingError: It is something else.
    """
    if not isinstance(setting, str) or not setting.strip():
        raise SettingError(f"is {setting!r}, which is not a text", hint="put it in quotes")
    return setting


def flag(setting: Json) -> bool:
    """``setting`` as true or false.

    Raises:
        SettingError: It is something else.
    """
    if not isinstance(setting, bool):
        raise SettingError(f"is {setting!r}, which is neither true nor false")
    return setting


def count(setting: Json) -> int:
    """``setting`` as a whole number of at least 0.

    Raises:
        SettingError: It is something else.
    """
    if isinstance(setting, bool) or not isinstance(setting, int) or setting < 0:
        raise SettingError(f"is {setting!r}, which is not a whole number from 0 up")
    return setting


def amount(setting: Json) -> float:
    """``setting`` as a finite number of at least 0.

    Raises:
        SettingError: It is something else.
    """
    if isinstance(setting, bool) or not isinstance(setting, (int, float)) or not 0 <= setting < float("inf"):
        raise SettingError(f"is {setting!r}, which is not a number from 0 up")
    return float(setting)


def choice(*allowed: str) -> Callable[[Json], str]:
    """A reader for one of ``allowed``."""

    def parse(setting: Json) -> str:
        if not isinstance(setting, str) or setting not in allowed:
            near = did_you_mean(setting, allowed) if isinstance(setting, str) else None
            raise SettingError(f"is {setting!r}, which is not one of {', '.join(allowed)}", hint=near)
        return setting

    return parse


def choices(*allowed: str) -> Callable[[Json], tuple[str, ...]]:
    """A reader for several of ``allowed``."""
    one = choice(*allowed)

    def parse(setting: Json) -> tuple[str, ...]:
        return tuple(one(item) for item in texts(setting))

    return parse


def mapping(setting: Json) -> dict[str, Json]:
    """``setting`` as a mapping.

    Raises:
        SettingError: It is something else.
    """
    if not isinstance(setting, dict):
        raise SettingError("is not a mapping")
    return setting


def values_by_name(setting: Json) -> dict[str, tuple[str, ...]]:
    """A mapping from a name to the value, or the list of values, that is accepted for it.

    Raises:
        SettingError: It is something else.
    """
    found = mapping(setting)
    try:
        return {name: (value,) if isinstance(value, str) else texts(value) for name, value in found.items()}
    except SettingError as error:
        raise SettingError(f"holds a value that {error.clause}", error.path, error.hint) from None


def listed(items: Iterable[str]) -> str:
    """``items`` for a sentence."""
    return ", ".join(items) or "nothing"


def shown(value: object) -> str:
    """``value`` quoted so that letters from outside ASCII, which may pass for others, stand out."""
    plain = repr(value)
    return plain if plain.isascii() else f"{plain} (which is {value!a})"
