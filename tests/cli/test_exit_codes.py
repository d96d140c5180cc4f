"""The contracted table of exit codes."""

from __future__ import annotations

import pytest

from flowyml_infra import errors
from flowyml_infra.cli.exits import PRECEDENCE, Exit, exit_of, foremost

CONTRACT = {
    Exit.DONE: 0,
    Exit.ERROR: 1,
    Exit.CHANGES: 2,
    Exit.DENIED: 3,
    Exit.LOCKED: 4,
    Exit.STALE: 5,
    Exit.PARTIAL: 6,
    Exit.INTERRUPTED: 130,
}


def test_the_numbers_are_the_contracted_ones() -> None:
    assert {code: int(code) for code in Exit} == CONTRACT


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (errors.ApplyInterruptedError("stopped"), 130),
        (errors.StateLockedError("held"), 4),
        (errors.StalePlanError("old"), 5),
        (errors.PartialApplyError("half"), 6),
        (errors.PolicyDeniedError("no"), 3),
        (errors.UsageError("what"), 1),
        (errors.DefinitionError("wrong"), 1),
        (errors.StateConflictError("lost"), 1),
        (errors.ApplyError("no engine"), 1),
        (OSError(28, "No space left on device"), 1),
        (ZeroDivisionError(), 1),
    ],
)
def test_each_error_has_its_code(error: BaseException, code: int) -> None:
    assert exit_of(error) == code


def test_where_several_apply_the_contracted_order_decides() -> None:
    assert [int(code) for code in PRECEDENCE] == [130, 4, 5, 6, 3, 1, 2, 0]
    assert foremost([Exit.CHANGES, Exit.DENIED, Exit.ERROR]) is Exit.DENIED
    assert foremost([Exit.DENIED, Exit.PARTIAL, Exit.STALE]) is Exit.STALE
    assert foremost([]) is Exit.DONE
