"""Owns what a rule is: how it reads its setting, and what it can say about a subject."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Final, Literal

from flowyml_infra.policy.options import Options
from flowyml_infra.resources.values import Secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flowyml_infra.address import Address
    from flowyml_infra.policy.facts import ImageFacts, Need
    from flowyml_infra.policy.subject import PlannedChange, PolicySubject, Purpose
    from flowyml_infra.resources.values import Json, Value

Verdict = Literal["violated", "doubtful", "unknown", "note"]


ENTRY_KEYS: Final = ("rule", "name", "severity", "scope", "waivable")
"""What every entry of a policy may have beside the keys of its rule; no rule has one of them for its own."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What a rule says; nothing is said where all is well.

    Attributes:
        verdict: ``violated``; ``doubtful`` when it should be looked at; ``unknown`` when it cannot be decided; or
            ``note`` for what only should be known.
        message: One sentence with what was found.
        address: The resource concerned, or None for the stack.
        hint: How to satisfy the rule.
        later: What is unknown will be known before the resource is touched.
    """

    verdict: Verdict
    message: str
    address: Address | None = None
    hint: str = ""
    later: bool = False


PLANNED: frozenset[Purpose] = frozenset({"apply", "record"})
"""For rules about resources: what an apply would leave, and what stands recorded."""

USED: frozenset[Purpose] = frozenset({"apply", "run", "record"})
"""For rules about the stack and its image: whenever something is there or runs afterwards."""

CHANGING: frozenset[Purpose] = frozenset({"apply", "destroy", "record", "edit"})
"""For rules about who changes something, when, and what is lost by it."""

ALWAYS: frozenset[Purpose] = CHANGING | {"run"}
"""For rules that say themselves what they are about."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        name: What policies call it.
        summary: What it refuses, as a clause.
        read: Reads its setting from options; raises ``SettingError``.
        judge: Judges a subject by what ``read`` gave. Pure.
        main: The key that is meant when the setting is no mapping, or None.
        maps: The main setting may itself be a mapping, which counts as it when it has none of the known keys.
        purposes: When it is asked.
        needs: The facts that it is decided by.
        whole: It adds up over all resources, so one resource alone says nothing.
        version: Of the code, for rules that are not part of this library.
    """

    name: str
    summary: str
    read: Callable[[Options], Any]
    judge: Callable[[PolicySubject, Any], Iterable[Remark]]
    main: str | None = None
    maps: bool = False
    purposes: frozenset[Purpose] = PLANNED
    needs: frozenset[Need] = field(default_factory=frozenset)
    whole: bool = False
    version: str = ""

    def keys(self) -> tuple[str, ...]:
        """The keys that its setting may have."""
        options = _Listening({})
        self.read(options)
        return tuple(dict.fromkeys(options.known))


class _Listening(Options):
    """Options that hold nothing and only note what is asked for."""

    def demand(self, key: str, parse: Callable[[Json], Any]) -> Any:  # noqa: ARG002, ANN401 - as in the parent
        self.known.append(key)
        return None

    def one_of(self, *keys: str) -> None:
        self.known.extend(keys)


def violated(message: str, address: Address | None = None, hint: str = "") -> Remark:
    """The rule is broken."""
    return Remark("violated", message, address, hint)


def unknown(message: str, address: Address | None = None, hint: str = "", *, later: bool = False) -> Remark:
    """The rule cannot be decided; ``later`` says that it can before the resource is touched."""
    return Remark("unknown", message, address, hint, later)


def note(message: str, address: Address | None = None) -> Remark:
    """Nothing is wrong, and it should be known all the same."""
    return Remark("note", message, address)


def without_image() -> Remark:
    """What rules about the image that steps run in say where there is none."""
    return note("the stack names no image; one given to a run is judged then")


def why_unknown(facts: ImageFacts | None) -> str:
    """Why something about an image was not collected, to be put after what was not; empty where nobody tried."""
    return f": {facts.problem}" if facts is not None and facts.problem else ""


def undecided(change: PlannedChange, name: str, value: Value) -> Remark:
    """The property ``name`` of ``change`` has no value that can be compared."""
    if isinstance(value, Secret):
        return violated(f"{name} is a secret, so it cannot be judged", change.address, f"write {name} in the clear")
    return unknown(
        f"{name} is not known before the apply",
        change.address,
        f"write {name} out to have it decided when planning",
        later=change.action in ("create", "update", "replace", "import"),
    )


def is_known(value: Value) -> bool:
    """Whether ``value`` is plain, and so can be compared."""
    if isinstance(value, list):
        return all(is_known(item) for item in value)
    if isinstance(value, dict):
        return all(is_known(item) for item in value.values())
    return value is None or isinstance(value, (str, int, float))


def matches(text: str, patterns: Iterable[str]) -> bool:
    """Whether a shell glob of ``patterns`` matches ``text``; case counts, and so does every code point."""
    return any(fnmatchcase(text, pattern) for pattern in patterns)
