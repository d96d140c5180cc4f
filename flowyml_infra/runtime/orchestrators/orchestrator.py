"""Owns the protocol of an orchestrator: what decides when the steps of a run are carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from flowyml_infra.runtime.course import Course
    from flowyml_infra.runtime.executors.executor import Executor


class Orchestrator(Protocol):
    """Takes a run from its first step to its last."""

    @property
    def name(self) -> str:
        """What it is called in a stack."""

    @property
    def executor(self) -> Executor:
        """What carries out the steps that have no stack of their own."""

    def check(self) -> None:
        """Refuse at once what could not be carried out later; asked before anything is recorded.

        Raises:
            EngineUnavailableError: It cannot be used from here.
        """

    def run(self, course: Course) -> None:
        """Perform or skip every step of ``course``, none before those that it needs have succeeded.

        Raises:
            BaseException: Whatever ``course.perform`` raises, at once: the run is over then.
        """
