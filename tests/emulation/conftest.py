"""Owns what is done after every test of the test bed."""

from __future__ import annotations

import gc
import sys

import pytest


def pytest_runtest_logfinish() -> None:
    """A program whose deployment failed leaves coroutines that nobody awaits: they go here, when no test looks.

    Left to chance they go in the middle of something else, which Python 3.11 does not survive when it is a parse.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "unraisablehook", lambda _: None)
        gc.collect()
