"""Owns the comparison of two sets of properties, field by field; what follows from it is decided elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.plan.changes import FieldChange
from flowyml_infra.resources.values import Sealed, Secret, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowyml_infra.resources.kind import Kind
    from flowyml_infra.resources.values import Json, Value

    Digest = Callable[[Json], str]


def diff(
    before: Mapping[str, Value],
    after: Mapping[str, Value],
    kind: Kind,
    digest: Digest,
    ignored: tuple[str, ...] = (),
) -> tuple[FieldChange, ...]:
    """The fields in which ``after`` differs from ``before``, in the kind's order.

    Mappings are compared key by key, lists of one length item by item; a key without a value counts as a missing one.
    What the kind says nothing comes of is no difference.

    Args:
        before: The inputs as recorded.
        after: The inputs as wanted; may hold unknowns, which differ from everything.
        kind: Says which fields force a replacement.
        digest: The keyed digest that secrets are compared by; called only where one side is a clear secret and the
            other is not.
        ignored: Paths that are left out, with everything below them.
    """
    known = [item.name for item in kind.properties]
    names = [*known, *before, *after]
    found: list[FieldChange] = []
    for name in dict.fromkeys(names):
        if kind.transition(name, "keep", before, after) is not None:
            continue
        for path, old, new in _differences(name, before.get(name), after.get(name), digest):
            if not is_ignored(path, ignored):
                found.append(FieldChange(path, old, new, _forces_replacement(kind, name, before, after)))
    return tuple(found)


def _forces_replacement(kind: Kind, name: str, before: Mapping[str, Value], after: Mapping[str, Value]) -> bool:
    item = kind.property(name)
    if item is None:
        return False
    return item.replaces or kind.transition(name, "replace", before, after) is not None


def is_ignored(path: str, ignored: tuple[str, ...]) -> bool:
    """Whether ``path`` is one of ``ignored`` or below one of them."""
    return any(path == item or path.startswith((f"{item}.", f"{item}[")) for item in ignored)


def same(before: Value, after: Value, digest: Digest) -> bool:
    """Whether two values are the same; secrets are compared by keyed digest, and an unknown equals nothing."""
    return not any(_differences("", before, after, digest))


def _differences(path: str, before: Value, after: Value, digest: Digest) -> Iterator[tuple[str, Value, Value]]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from _differences(f"{path}.{key}" if path else key, before.get(key), after.get(key), digest)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from _differences(f"{path}[{index}]", old, new, digest)
    elif isinstance(before, (Secret, Sealed)) or isinstance(after, (Secret, Sealed)):
        if not _same_secret(before, after, digest):
            yield path, before, after
    elif isinstance(after, Unknown) or before != after or type(before) is not type(after):
        yield path, before, after


def _same_secret(before: Value, after: Value, digest: Digest) -> bool:
    if isinstance(before, Secret) and isinstance(after, Secret):
        return before.value == after.value
    if not isinstance(before, (Secret, Sealed)) or not isinstance(after, (Secret, Sealed)):
        return False
    return _digest_of(before, digest) == _digest_of(after, digest)


def _digest_of(value: Secret | Sealed, digest: Digest) -> str:
    return value.digest if isinstance(value, Sealed) else digest(value.value)


def overlay(after: Mapping[str, Value], before: Mapping[str, Value], ignored: tuple[str, ...]) -> dict[str, Value]:
    """``after`` with the values of ``before`` at the ignored paths, so that applying it leaves them as they are."""
    result = dict(after)
    for path in ignored:
        name, _, rest = path.partition(".")
        if not rest:
            result[name] = before.get(name)
            continue
        inner_after, inner_before = result.get(name), before.get(name)
        if isinstance(inner_after, dict) and isinstance(inner_before, dict):
            result[name] = overlay(inner_after, inner_before, (rest,))
    return result
