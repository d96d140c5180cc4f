"""Owns the key of a deployment: which stack, in which environment."""

from __future__ import annotations

from typing import NamedTuple


class DeploymentKey(NamedTuple):
    """Which deployment: a stack's name and an environment's."""

    stack: str
    environment: str = "default"

    def __str__(self) -> str:
        return f"{self.stack}@{self.environment}"
