"""Owns the class of whole lives: random sequences of everything that a user does and that can happen on the way."""

from __future__ import annotations

import sys
import time
from typing import Any

import hypothesis
import hypothesis.strategies as st
from hypothesis import HealthCheck, Phase
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.reliability.failure_class import FailureClass, Ground
from tests.reliability.life import Life
from tests.support.kinds import DATA, known

NAMES = st.sampled_from("abcde")
LIKELY = st.sampled_from([0.0, 0.0, 0.3, 0.7])
COMMITS = st.integers(1, 12)
STEPS = 30
PIECE = 25
"""Lives by one search."""


class TimeIsUp(BaseException):
    """No life is begun any more, be it one that is lived again to make a failure small: the search is over."""


class Lives(RuleBasedStateMachine):
    """One life: rules are what happens, invariants what must hold after each of them.

    Attributes:
        ground: Where it is lived.
        failed: What the lives of this search failed with, before they were made small.
        over: Whether the time of the search ran out.
        life: The life, once it has begun.
    """

    ground: Ground
    failed: list[str]
    over = False
    life: Life | None = None

    @initialize(seed=st.integers(0, 1000))
    def begin(self, seed: int) -> None:
        if time.monotonic() >= self.ground.until:
            type(self).over = True
            raise TimeIsUp
        self.ground.count += 1
        self.life = Life(self.ground.place(), seed)

    @rule(name=NAMES, value=st.sampled_from("12"), trigger=st.sampled_from([None, "x", "y"]), link=st.none() | NAMES)
    def declare(self, name: str, value: str, trigger: str | None, link: str | None) -> None:
        self.life.declare(name, value, trigger, link)

    @rule(name=NAMES)
    def undeclare(self, name: str) -> None:
        self.life.undeclare(name)

    @rule(old=NAMES, new=NAMES)
    def rename(self, old: str, new: str) -> None:
        self.life.rename(old, new)

    @rule(likely=LIKELY)
    def apply(self, likely: float) -> None:
        self.life.apply(likely)

    @rule(likely=LIKELY, commit=COMMITS, after=st.booleans())
    def apply_and_die(self, likely: float, commit: int, after: bool) -> None:
        with self.life.dying_at(commit, after=after):
            self.life.apply(likely)

    @rule(likely=LIKELY)
    def destroy(self, likely: float) -> None:
        self.life.destroy(likely)

    @rule(commit=COMMITS, after=st.booleans())
    def destroy_and_die(self, commit: int, after: bool) -> None:
        with self.life.dying_at(commit, after=after):
            self.life.destroy()

    @rule(name=NAMES)
    def adopt(self, name: str) -> None:
        self.life.adopt(name)

    @rule(name=NAMES, commit=COMMITS, after=st.booleans())
    def adopt_and_die(self, name: str, commit: int, after: bool) -> None:
        with self.life.dying_at(commit, after=after):
            self.life.adopt(name)

    @rule(old=NAMES, new=NAMES)
    def move(self, old: str, new: str) -> None:
        self.life.move(old, new)

    @rule(name=NAMES)
    def forget(self, name: str) -> None:
        self.life.forget(name)

    @rule(name=NAMES, commit=st.integers(1, 4), after=st.booleans())
    def forget_and_die(self, name: str, commit: int, after: bool) -> None:
        with self.life.dying_at(commit, after=after):
            self.life.forget(name)

    @rule()
    def save(self) -> None:
        self.life.save()

    @precondition(lambda self: self.life is not None and self.life.saved is not None)
    @rule()
    def use_saved(self) -> None:
        self.life.use_saved()

    @rule(number=st.integers(0, 9))
    def roll_back(self, number: int) -> None:
        self.life.roll_back(number)
        self.life.take_out_moves()

    @rule(number=st.integers(0, 9), commit=COMMITS, after=st.booleans())
    def roll_back_and_die(self, number: int, commit: int, after: bool) -> None:
        with self.life.dying_at(commit, after=after):
            self.life.roll_back(number)
        self.life.take_out_moves()

    @rule(name=NAMES, gone=st.booleans())
    def meddle_and_refresh(self, name: str, gone: bool) -> None:
        if self.life.meddle(name, gone=gone):
            self.life.refresh()

    @rule(name=NAMES, gone=st.booleans(), commit=st.integers(1, 4), after=st.booleans())
    def refresh_and_die(self, name: str, gone: bool, commit: int, after: bool) -> None:
        if self.life.meddle(name, gone=gone):
            with self.life.dying_at(commit, after=after):
                self.life.refresh()
            self.life.refresh()

    # The rule of a further command belongs here, with its method of Life.

    @invariant()
    def holds(self) -> None:
        if self.life is not None:
            self.life.check_always()

    def teardown(self) -> None:
        if isinstance(failure := sys.exception(), Exception):
            self.failed.append(f"{type(failure).__name__}: {failure}")
        if self.life is not None:
            self.life.finish()


def run(ground: Ground) -> None:
    """Searches of some lives each; every search has a seed of its own, and shrinks what fails."""
    numbers = list(ground.numbers())
    with known(DATA):
        for first in range(0, len(numbers), PIECE):
            if next(iter(ground.numbers()), None) is None:
                return
            search(ground, numbers[first : first + PIECE])


def search(ground: Ground, numbers: list[int]) -> None:
    """As many lives as there are numbers."""
    begun = ground.count
    machine: Any = type("Lives", (Lives,), {"ground": ground, "failed": []})
    hypothesis.seed(numbers[0])(machine)
    settings = hypothesis.settings(
        max_examples=len(numbers),
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(machine, settings=settings)
    except (Exception, TimeIsUp) as error:
        # Hypothesis may make an error of its own of being stopped.
        if machine.over:
            ground.failures.extend(f"lives from {numbers[0]}, not made small: {text}" for text in machine.failed[-1:])
        else:
            notes = "\n".join(getattr(error, "__notes__", ()))
            ground.failures.append(f"lives from {numbers[0]}: {type(error).__name__}: {error}\n{notes}")
    # A life that is lived again, to make a failure small, is not another one.
    ground.count = min(ground.count, begun + len(numbers))


LIVES = FailureClass(
    "lives",
    f"up to {STEPS} random steps: edit, plan, apply, failures, kills, moves, imports, forgetting, refresh, saved "
    "plans, rollback, destroy",
    "recorded is what is there, the serial only grows, nothing twice, outputs agree, one apply settles it",
    run,
    short=20,
    full=2000,
)
