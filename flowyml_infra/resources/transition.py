"""Owns the transition: a change of one property's value that a cloud treats in a way of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.resources.values import Json, Value

Verdict = Literal["replace", "refuse", "keep"]


@dataclass(frozen=True, slots=True)
class Transition:
    """Some changes of a value, and what becomes of them.

    Attributes:
        verdict: ``replace``: it takes a new resource. ``refuse``: the cloud would refuse it at apply, so the plan does.
            ``keep``: nothing comes of it, so the plan does not count it.
        happens: Whether going from the first value to the second is such a change; the third argument has every
            property as wanted. It is asked about known values only.
        why: A clause that follows the property's name, for example ``cannot shrink``.
        hint: What to do instead, or None.
        source: Where the fact is from.
    """

    verdict: Verdict
    happens: Callable[[Json, Json, Mapping[str, Value]], bool]
    why: str
    hint: str | None = None
    source: str = ""


def shrinks(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a number gets smaller."""
    return isinstance(before, int) and isinstance(after, int) and after < before


def changes(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether the value differs at all."""
    return before != after


def changes_once_set(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a value that was set differs; setting it for the first time does not count."""
    return before is not None and before != after


def is_removed(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a value that was set is gone."""
    return before not in (None, "", [], {}, False) and after in (None, "", [], {}, False)


def is_set_first(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a value that was not set now is."""
    return before in (None, "", [], {}, False) and after not in (None, "", [], {}, False)


def is_reordered(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a list of texts has the same entries in another order."""
    if not isinstance(before, list) or not isinstance(after, list):
        return False
    return all(isinstance(item, str) for item in (*before, *after)) and sorted(map(str, before)) == sorted(
        map(str, after)
    )


def idle(when: Callable[[Mapping[str, Value]], bool], why: str) -> Transition:
    """The transition of a property that does nothing where ``when`` says so of the properties as wanted."""
    return Transition("keep", lambda _before, _after, wanted: when(wanted), why)


def loses_entries(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a list lacks something that it had."""
    return isinstance(before, list) and isinstance(after, list) and any(item not in after for item in before)


def goes_back(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a dotted version number gets smaller."""
    old, new = version_parts(before), version_parts(after)
    return bool(old and new) and new < old


def skips_minor(before: Json, after: Json, _: Mapping[str, Value]) -> bool:
    """Whether a version's second number grows by more than one, or its first number changes."""
    old, new = version_parts(before), version_parts(after)
    if len(old) < 2 or len(new) < 2:
        return False
    return new > old and (new[0] != old[0] or new[1] > old[1] + 1)


def version_parts(value: Json) -> tuple[int, ...]:
    """The numbers of a dotted version, up to the first part that is none; empty for anything else."""
    if not isinstance(value, str):
        return ()
    parts: list[int] = []
    for part in value.split("."):
        if not part.isdecimal():
            break
        parts.append(int(part))
    return tuple(parts)


ANY_ORDER: Final = Transition("keep", is_reordered, "means the same in any order")
"""For lists that the cloud takes as sets."""
STAYS: Final = Transition("keep", is_removed, "stays as it is when it is left out")
"""For what the provider leaves alone when it is not told: an input that is optional and computed."""
