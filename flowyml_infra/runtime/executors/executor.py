"""Owns the protocol of an executor: what carries out the function of one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from flowyml_infra.runtime.step import StepOptions


@dataclass(frozen=True, slots=True)
class Task:
    """One step's function with its values.

    Attributes:
        step: The step's name.
        call: Calls the function; it is told which attempt this is, from 1.
        options: How often it may be tried again, how long it may take, what it asks for.
        stop: Set once the run ends; nothing is tried again then.
    """

    step: str
    call: Callable[[int], object]
    options: StepOptions
    stop: threading.Event


class Executor(Protocol):
    """Carries out single steps; its methods may be called from several threads at once."""

    @property
    def name(self) -> str:
        """What it is called in a stack."""

    def check(self) -> None:
        """Refuse at once what could not be carried out later; asked before anything is recorded.

        Raises:
            EngineUnavailableError: It cannot be used from here.
        """

    def execute(self, task: Task) -> object:
        """What the function gives back; whatever it raises comes out as it is.

        Raises:
            StepTimeoutError: It took too long.
            EngineUnavailableError: The executor cannot be used from here.
        """
