"""Owns the list of failure classes."""

from __future__ import annotations

from tests.reliability.classes.at_once import AT_ONCE
from tests.reliability.classes.damaged_state import DAMAGED_STATE
from tests.reliability.classes.disk_full import DISK_FULL
from tests.reliability.classes.engine_failures import ENGINE_FAILURES
from tests.reliability.classes.kill_at_commits import KILL_AT_COMMITS
from tests.reliability.classes.kill_at_random import KILL_AT_RANDOM
from tests.reliability.classes.lives import LIVES
from tests.reliability.classes.suspended_holder import SUSPENDED_HOLDER

CLASSES = (
    LIVES,
    KILL_AT_RANDOM,
    KILL_AT_COMMITS,
    AT_ONCE,
    SUSPENDED_HOLDER,
    DISK_FULL,
    DAMAGED_STATE,
    ENGINE_FAILURES,
)
