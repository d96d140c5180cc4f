"""Owns the loading of the engine's messages without the SDK around them, which takes longer than all else.

To be imported before anything of ``pulumi``: the packages on the way to the messages are then empty ones.
"""

from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

_PARENTS = ("pulumi", "pulumi.runtime", "pulumi.runtime.proto")


def _without_their_init() -> None:
    """Make the parents of the messages packages that have nothing but a path, where nothing of them is loaded."""
    if "pulumi" in sys.modules:
        return
    found = importlib.util.find_spec("pulumi")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("pulumi is not installed", name="pulumi")
    folder = Path(found.origin).parents[1]
    for name in _PARENTS:
        package = types.ModuleType(name)
        package.__path__ = [str(folder.joinpath(*name.split(".")))]
        sys.modules[name] = package


_without_their_init()
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2  # noqa: E402

__all__ = ["plugin_pb2", "provider_pb2", "provider_pb2_grpc", "status_pb2"]
