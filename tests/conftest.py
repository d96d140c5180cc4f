"""Owns the fixtures that tests in several folders share: the servers and plugins of the engine's test bed."""

from __future__ import annotations

pytest_plugins = ["tests.emulation.fixtures"]
