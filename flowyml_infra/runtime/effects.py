"""Owns which outer names a function's code changes: what it counts and collects there is its effect, not its cause."""

from __future__ import annotations

import dis
from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_OUTER: Final = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_DEREF"})
_ASSIGNING: Final = frozenset({"STORE_GLOBAL", "DELETE_GLOBAL", "STORE_DEREF", "DELETE_DEREF"})
_NO_STEP: Final = frozenset({"CACHE", "EXTENDED_ARG"})
_CHANGING: Final = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem", "popleft"}
    | {"put", "put_nowait", "remove", "setdefault", "sort", "subtract", "update"}
)
"""Methods of the standard containers that change them."""


def changed_in(code: CodeType) -> frozenset[str]:
    """The names outside of ``code`` that it, or what is nested in it, evidently assigns to or changes the value of."""
    return _changed_in(_Same(code))


class _Same:
    """A code object that equals only itself: comparing two costs more than looking into one."""

    __slots__ = ("code",)

    def __init__(self, code: CodeType) -> None:
        self.code = code

    def __hash__(self) -> int:
        return id(self.code)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.code is self.code


@lru_cache(maxsize=2_048)
def _changed_in(same: _Same) -> frozenset[str]:
    code = same.code
    found = {name for item in code.co_consts if isinstance(item, CodeType) for name in changed_in(item)}
    own = set(code.co_varnames) | set(code.co_cellvars)
    steps = [item for item in dis.get_instructions(code) if item.opname not in _NO_STEP]
    for index, item in enumerate(steps):
        assigned = item.opname in _ASSIGNING
        if assigned or (item.opname in _OUTER and _is_changed(steps[index + 1 : index + 4])):
            found.add(item.argval)
    return frozenset(found - own)


def _is_changed(following: Sequence[dis.Instruction]) -> bool:
    """Whether a value that was just loaded is changed by what follows, in the forms that a compiler gives it.

    ``x.append(…)``, ``x.y = …``, ``x.y += …``, ``x[y] = …``, ``del x[y]``, ``x[y] += …``; where ``y`` is not simple,
    it goes unnoticed, and the value counts.
    """
    names = [item.opname for item in following] + [""] * 3
    if names[0] in ("LOAD_METHOD", "LOAD_ATTR"):
        return following[0].argval in _CHANGING
    if names[0] == "STORE_ATTR" or names[:2] == ["COPY", "LOAD_ATTR"]:
        return True
    return names[0].startswith("LOAD_") and (
        names[1] in ("STORE_SUBSCR", "DELETE_SUBSCR") or names[1:3] == ["COPY"] * 2
    )
