"""Owns which executors there are by name; a new one is one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.runtime.executors.local import LocalExecutor
from flowyml_infra.runtime.unavailable import unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flowyml_infra.runtime.executors.executor import Executor

EXECUTORS: Final[Mapping[str, Callable[[], Executor]]] = {"local": LocalExecutor}


def executor_named(name: str) -> Executor:
    """The executor of this name.

    Raises:
        EngineUnavailableError: There is none that can be used from here.
    """
    if name not in EXECUTORS:
        raise unknown("executor", name)
    return EXECUTORS[name]()
